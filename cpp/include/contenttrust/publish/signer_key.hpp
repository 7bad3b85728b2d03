/// Public keys that a publisher puts into metadata: from a file, or as metadata carries them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "contenttrust/base/names.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/certificate.hpp"
#include "contenttrust/metadata/key.hpp"

namespace contenttrust::publish {

/// A usable public key, and who it is. Plain values.
struct SignerKey {
    metadata::Key key;
    KeyId id;
    KeyId canonical_id;
    std::string role;  ///< the `role` header of what `docker trust key generate` writes, or empty
    std::optional<crypto::Certificate> certificate;  ///< the leaf, of `*-x509` keys

    /// PEM certificates, leaf first, become an `*-x509` key of all of them; a PEM PUBLIC KEY becomes a bare key. Text around
    /// the blocks is passed over.
    static Result<SignerKey> read(std::string_view contents);

    /// A key as metadata has it: `public_text` is keyval.public without base64.
    static Result<SignerKey> of(std::string_view type, std::string_view public_text);

    /// Its DER SubjectPublicKeyInfo, whatever wrapping it came in; of an Ed25519 key that of RFC 8410 §4.
    std::string spki() const;
};

}  // namespace contenttrust::publish
