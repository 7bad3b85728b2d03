/// Who may sign a role, and for which names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/names.hpp"

namespace contenttrust::metadata {

/// The keys of a role and how many different ones must sign.
struct RoleKeys {
    std::vector<KeyId> key_ids;
    std::int64_t threshold = 1;
};

/// One delegated role as its parent defines it.
struct Delegation {
    RoleName name;
    RoleKeys keys;
    std::vector<std::string> paths;  ///< prefixes; none means that the role may sign nothing
};

/// `paths` in order, without those that begin with another of them: they say nothing of their own.
std::vector<std::string> shortest_paths(std::vector<std::string> paths);

/// Whether one of the prefixes in `paths` begins `name` (Notary `tuf/data/roles.go`, CheckPaths). `paths` as
/// shortest_paths gives them: then none but the last that does not stand behind `name` can begin it.
bool paths_allow(const std::vector<std::string>& paths, std::string_view name);

}  // namespace contenttrust::metadata
