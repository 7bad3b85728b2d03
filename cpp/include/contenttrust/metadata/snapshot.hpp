/// snapshot: which file of every other role belongs to this state of the collection.
#pragma once

#include <map>
#include <string_view>

#include "contenttrust/base/names.hpp"
#include "contenttrust/metadata/file_meta.hpp"

namespace contenttrust::metadata {

struct Snapshot {
    static constexpr std::string_view type = "Snapshot";
    std::map<RoleName, FileMeta> meta;  ///< root and targets are among them

    const FileMeta* find(const RoleName& role) const {
        auto entry = meta.find(role);
        return entry == meta.end() ? nullptr : &entry->second;
    }
};

}  // namespace contenttrust::metadata
