/// timestamp: which snapshot is the current one.
#pragma once

#include <string_view>

#include "contenttrust/metadata/file_meta.hpp"

namespace contenttrust::metadata {

struct Timestamp {
    static constexpr std::string_view type = "Timestamp";
    FileMeta snapshot;
};

}  // namespace contenttrust::metadata
