/// A collection in memory, published right, or wrong in the one place that a test asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/signing_key.hpp"

namespace contenttrust::simulator {

/// Files by name: a role, or `<n>.root`.
using Documents = std::map<std::string, std::string>;

/// How a role is defined, and what its file says of itself.
struct Role {
    std::vector<SigningKey> keys;
    std::int64_t threshold = 1;
    std::optional<std::vector<SigningKey>> signers{};  ///< who signs instead of `keys`
    std::int64_t version = 1;
    std::string expires = "2030-01-01T00:00:00Z";
};

struct TargetsRole {
    Role role;
    std::map<std::string, std::string> targets{};  ///< name to file meta, see `image`
    std::vector<std::string> paths{};              ///< as the parent grants them
};

struct Collection {
    std::string gun = "registry.example.com/team/web";
    Role root;
    Role timestamp;
    Role snapshot;
    std::map<std::string, TargetsRole>
        targets;                       ///< `targets` and delegations; a parent lists those below it
    std::set<std::string> unlisted{};  ///< left out of the snapshot
    /// Last changes: of a signed part before it is signed, of a file before its parent hashes it.
    std::function<void(const std::string& role, std::string& part)> change_signed{};
    std::function<void(const std::string& role, std::string& text)> change_file{};

    std::string root_document() const;
    Documents publish() const;
};

/// One P-256 root key in a certificate, an Ed25519 key for every other role, and the tag 1.0 in targets.
Collection collection();

/// A delegation with one Ed25519 key and all paths.
TargetsRole delegation(unsigned char key_number, std::map<std::string, std::string> targets = {});

/// The file meta of an image whose manifest is `content`.
std::string image(std::string_view content);

/// A document around a signed part.
std::string signed_document(std::string_view part, const std::vector<SigningKey>& signers);

/// `text` with the one occurrence of `old` replaced; throws if it is not there exactly once.
std::string replaced(std::string text, std::string_view old, std::string_view by);

}  // namespace contenttrust::simulator
