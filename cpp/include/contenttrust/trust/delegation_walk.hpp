/// From targets down to every role that it trusts, breadth first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contenttrust/metadata/snapshot.hpp"
#include "contenttrust/trust/rollback.hpp"

namespace contenttrust::trust {

/// targets or a delegation, as its parent defines it and as its file turned out.
struct TargetsRole {
    RoleName name;
    metadata::RoleKeys keys;
    std::vector<KeyId> canonical_ids;  ///< of `keys`
    std::vector<std::string>
        paths{};           ///< those that hold here and in every parent, as shortest_paths
    File* file = nullptr;  ///< judged and good; null when broken or never published
    std::vector<KeyId> signed_by{};  ///< canonical ids of the keys that really signed
    std::optional<Error> broken{};
};

/// The ids of the bare keys behind `ids`, each once.
std::vector<KeyId> canonical_ids(Context& context, const metadata::Keys& keys,
                                 const std::vector<KeyId>& ids);

/// Appends every delegated role below roles[0] (targets, judged). A role that is expired, below its threshold or
/// without keys is broken; any other defect refuses the whole (Notary `client/tufclient.go`).
Status walk_delegations(Context& context, Files& files, const Memory& memory,
                        const metadata::Snapshot& snapshot, std::vector<TargetsRole>& roles);

}  // namespace contenttrust::trust
