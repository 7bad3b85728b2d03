package main

import (
	"encoding/hex"

	"github.com/theupdateframework/notary/client"
	"github.com/theupdateframework/notary/tuf"
	"github.com/theupdateframework/notary/tuf/data"
)

// target is what a client makes of a tag.
type target struct {
	Role   string `json:"role"`
	Sha256 string `json:"sha256"`
	Length int64  `json:"length"`
}

// roleSet is a loaded role: its version, the second at which it ends, and what it lists within its paths.
type roleSet struct {
	Version int               `json:"version"`
	Expires int64             `json:"expires"`
	Targets map[string]target `json:"targets,omitempty"`
}

const releases = data.RoleName("targets/releases")

// view shows each name as docker pull looks it up: below targets/releases first, then below targets
// (docker/cli, trust.GetSignableRoles and ReleasesRole), and each role as it was loaded.
func view(repository *tuf.Repo) answer {
	out := answer{Tags: map[string]target{}, Roles: map[string]roleSet{
		"root":      header(repository.Root.Signed.SignedCommon),
		"snapshot":  header(repository.Snapshot.Signed.SignedCommon),
		"timestamp": header(repository.Timestamp.Signed.SignedCommon),
	}}
	for name, role := range repository.Targets {
		set := header(role.Signed.SignedCommon)
		set.Targets = map[string]target{}
		out.Roles[name.String()] = set
	}
	reader := client.NewReadOnly(repository)
	// An empty list of names is an error of the library, and no error of docker.
	listed, _ := reader.GetAllTargetMetadataByName("")
	for _, entry := range listed {
		role := entry.Role.Name.String()
		name := entry.Target.Name
		if !entry.Role.CheckPaths(name) {
			continue
		}
		out.Roles[role].Targets[name] = targetOf(entry.Target, role)
		if _, known := out.Tags[name]; known {
			continue
		}
		if found, err := reader.GetTargetByName(name, releases, data.CanonicalTargetsRole); err == nil {
			out.Tags[name] = targetOf(found.Target, found.Role.String())
		}
	}
	return out
}

func header(common data.SignedCommon) roleSet {
	return roleSet{Version: common.Version, Expires: common.Expires.Unix()}
}

func targetOf(found client.Target, role string) target {
	return target{Role: role, Sha256: hex.EncodeToString(found.Hashes["sha256"]), Length: found.Length}
}
