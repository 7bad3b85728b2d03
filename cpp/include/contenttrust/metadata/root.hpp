/// root: the keys of the four top-level roles.
#pragma once

#include "contenttrust/metadata/delegation.hpp"
#include "contenttrust/metadata/key.hpp"

namespace contenttrust::metadata {

struct Root {
    static constexpr std::string_view type = "Root";
    Keys keys;
    RoleKeys root;
    RoleKeys targets;
    RoleKeys snapshot;
    RoleKeys timestamp;
};

}  // namespace contenttrust::metadata
