/// What all four kinds of metadata share: signatures over an exact run of bytes, a version, an expiry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/digest.hpp"
#include "contenttrust/base/names.hpp"
#include "contenttrust/base/time.hpp"

namespace contenttrust::metadata {

/// 1 … 2^53.
enum class Version : std::int64_t {};

struct Signature {
    std::string key_id;  ///< as written; compared with ids, never trusted
    std::string method;  ///< as written
    std::string bytes;
    /// Whose it really is, if anybody's; noted when first asked. A key id is a hash of its key: whoever asks, the
    /// answer is the same.
    mutable std::optional<std::optional<Sha256>> made_by{};
    /// It was found, ahead of that question, to be made over `signed_text` by the key with this id and method `ecdsa`.
    mutable bool confirmed = false;
};

/// The signatures and what they cover. `signed_text` is a view into the text that was decoded: its owner is the
/// trust::File that keeps the envelope beside it.
struct Envelope {
    std::string_view signed_text;
    Sha256 signed_digest;  ///< SHA-256 of signed_text
    std::vector<Signature> signatures;
};

struct Header {
    Version version{};
    Instant expires;  ///< year 1 when the member is absent, as Go reads it: expired
};

/// A decoded, unjudged document.
template <typename Body>
struct Signed {
    Header header;
    Body body;
    Envelope envelope;
};

}  // namespace contenttrust::metadata
