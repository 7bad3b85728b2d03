/// Key pairs that sign in tests, written the way metadata carries them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "contenttrust/metadata/key.hpp"
#include "crypto/made_certificates.hpp"

namespace contenttrust::simulator {

struct SigningKey {
    std::string type;         ///< `keytype`
    std::string public_text;  ///< `keyval.public` before base64
    std::string method;       ///< of its signatures
    std::function<std::string(std::string_view)> sign;

    KeyId id() const;
    metadata::Key key() const { return {type, public_text}; }
    /// One member of a `keys` object.
    std::string entry() const;
};

/// The same key for the same number in every run.
SigningKey ed25519_key(unsigned char number);

/// A P-256 key that can be filed more than once: bare, and under any number of certificates.
using EcKey = std::shared_ptr<const crypto::made::Key>;
EcKey ec_key();
SigningKey bare(const EcKey& key);
SigningKey certified(const EcKey& key, const crypto::made::CertificateFields& fields = {});
/// Certificates in PEM, leaf first, as one key.
SigningKey bundled(const EcKey& key, std::string pem);

}  // namespace contenttrust::simulator
