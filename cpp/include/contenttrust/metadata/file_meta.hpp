/// What a document says of another file: its length and its digests.
#pragma once

#include <cstdint>
#include <optional>

#include "contenttrust/base/digest.hpp"

namespace contenttrust::metadata {

struct FileMeta {
    std::int64_t length = 0;  ///< bytes
    std::optional<Sha256> sha256;
    std::optional<Sha512> sha512;
    bool malformed_hash = false;  ///< a known algorithm whose digest has the wrong size

    bool has_known_hash() const noexcept { return sha256 || sha512; }
};

}  // namespace contenttrust::metadata
