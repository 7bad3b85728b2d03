/// Keys decoded once within one call. A bounded value: no globals, no locks.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>

#include "contenttrust/base/names.hpp"
#include "contenttrust/crypto/certificate.hpp"
#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto {

/// One key as metadata carries it: its type as written, and the decoded bytes of `keyval.public`.
struct KeyText {
    std::string_view type;         ///< ecdsa, rsa, ed25519, ecdsa-x509, rsa-x509
    std::string_view public_text;  ///< DER SPKI, 32 raw bytes, or PEM
};

/// Decodes keys and remembers them. For one thread.
class KeyCache {
  public:
    struct Entry {
        Result<PublicKey> key;
        std::optional<CertificateBundle> certificate =
            std::nullopt;  ///< for *-x509 keys that parse
    };

    /// The decoded key, or why it is unusable (unknown type, label that does not fit the content, …: `key_id` is not
    /// among the reasons, `malformed` is). `id` must be a hash of `text`, as decoded metadata proves it to be: a text
    /// of 64 KiB is not compared again for every role that names it. The reference holds until the next call that
    /// adds a key.
    const Entry& find(const KeyId& id, const KeyText& text);

  private:
    static constexpr std::size_t capacity = 4096;  // entries; when full, the map is emptied
    std::map<KeyId, Entry> keys_;
};

}  // namespace contenttrust::crypto
