/// Keys decoded once and signatures checked once, within one call. A bounded value: no globals, no locks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

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
    /// among the reasons, `malformed` is). The reference holds until the next call that adds a key.
    const Entry& find(const KeyText& text);

    /// As PublicKey::verify, remembering the answer for this triple of key, message digest and signature.
    bool verify(const PublicKey& key, Method method, const Message& message, Bytes signature);

  private:
    static constexpr std::size_t capacity =
        4096;  // entries of each map; when full, the map is emptied
    std::unordered_map<std::string, Entry> keys_;
    std::unordered_map<std::string, bool> answers_;
};

}  // namespace contenttrust::crypto
