/// Text to metadata: strict, typed, unjudged. Source: Notary v1 `tuf/data`, TUF 1.0 §4.
#pragma once

#include <cstddef>
#include <string_view>

#include "contenttrust/base/result.hpp"
#include "contenttrust/metadata/root.hpp"
#include "contenttrust/metadata/signed.hpp"
#include "contenttrust/metadata/snapshot.hpp"
#include "contenttrust/metadata/targets.hpp"
#include "contenttrust/metadata/timestamp.hpp"

namespace contenttrust::metadata {

/// How much a document may ask of us before any signature is checked.
struct DecodeLimits {
    std::size_t signatures = 64;  ///< of one document
    std::size_t keys = 64;        ///< of one role
    std::size_t paths = 256;  ///< of one delegated role: each is compared with each of its parent's
};

/// Each refuses what Document::parse refuses, and: members of the wrong type, members that differ from a known one
/// only in case, numbers that are no plain integers, an unknown `_type` (wrong_type), a version below 1 (version), a
/// threshold below 1 (threshold), keys filed under an id that is not theirs (key_id), too many keys or signatures
/// (limit_exceeded). The envelope's view points into `text`.
Result<Signed<Root>> decode_root(std::string_view text, const DecodeLimits& limits);
Result<Signed<Timestamp>> decode_timestamp(std::string_view text, const DecodeLimits& limits);
Result<Signed<Snapshot>> decode_snapshot(std::string_view text, const DecodeLimits& limits);
/// `role` is the one whose file this is: its delegations must be its direct children (role_name).
Result<Signed<Targets>> decode_targets(std::string_view text, const RoleName& role,
                                       const DecodeLimits& limits);

}  // namespace contenttrust::metadata
