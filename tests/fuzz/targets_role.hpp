/// What holds of targets and of every delegation.
#pragma once

#include "role.hpp"

namespace contenttrust::fuzz {

inline void require_targets(const metadata::Targets& body, const RoleName& role) {
    const auto& index = body.targets;
    for (std::size_t i = 0; i < index.size(); ++i) {
        const auto target = index.at(i);
        require(i == 0 || index.at(i - 1).name < target.name, "targets stand in order, each once");
        require(index.find(target.name) == i, "a target that is listed is found");
        require(target.length >= 0, "a length is not negative");
    }
    require(!index.find("no target has this name\x01"), "what is not listed is not found");
    require_keys(body.keys);
    std::set<RoleName> names;
    for (const auto& delegation : body.delegations) {
        require(names.insert(delegation.name).second, "a role is delegated to once");
        require(delegation.name.is_direct_child_of(role), "a delegation is a direct child");
        require_role_keys(delegation.keys, body.keys);
        require(delegation.paths.size() <= metadata::DecodeLimits().paths, "paths are limited");
        const auto shortest = metadata::shortest_paths(delegation.paths);
        for (const auto& path : delegation.paths)
            require(metadata::paths_allow(shortest, path), "a path allows itself");
    }
}

inline void judge_targets(std::string_view text, const RoleName& role) {
    judge_role(
        text,
        [&](std::string_view document) { return metadata::decode_targets(document, role, {}); },
        [&](const metadata::Targets& body) { require_targets(body, role); });
}

}  // namespace contenttrust::fuzz
