/// What a caller asks of a verification: limits, and whether Docker's weaker fallback is wanted.
#pragma once

#include <cstdint>

#include "contenttrust/metadata/decode.hpp"

namespace contenttrust::trust {

struct Requirements {
    std::int64_t root_length = 512'000;         ///< bytes
    std::int64_t timestamp_length = 1'048'576;  ///< bytes
    std::int64_t file_length =
        536'870'912;  ///< bytes; every other file also obeys its signed length
    std::int64_t total_length = 1'073'741'824;  ///< bytes of all those files together
    std::size_t lookup_roles = 32;              ///< roles searched for one tag
    std::size_t listing_roles = 4'096;          ///< delegated roles of one collection
    std::int64_t delegation_depth = 16;         ///< delegations below one another
    std::int64_t root_rotations = 256;          ///< links of the root chain followed in one run
    metadata::DecodeLimits decode;
    bool compatible = false;  ///< a broken role is passed over in a look-up, as Docker does
    std::size_t invalid_signatures = 256;  ///< checked in vain in one run
};

}  // namespace contenttrust::trust
