/// Private keys: made, read from DER, written, signing in Notary's four ways, and their self-signed certificates.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/crypto/public_key.hpp"
#include "contenttrust/crypto/secret.hpp"

namespace contenttrust::crypto {

enum class NewKey { ecdsa_p256, ecdsa_p384, ed25519, rsa_3072 };

/// What the octets of a private key are, as the label of a PEM block tells it.
enum class KeyForm {
    pkcs8,    ///< PRIVATE KEY (RFC 5958)
    sec1,     ///< EC PRIVATE KEY (RFC 5915)
    pkcs1,    ///< RSA PRIVATE KEY (RFC 8017 §A.1.2)
    ed25519,  ///< ED25519 PRIVATE KEY: Notary's 96 octets
};

/// A private key that fits its public key. Its secret numbers are in libcrypto's secure heap or in libsodium's guarded
/// memory. Immutable, cheap to copy (copies share the one key), safe to share between threads.
class PrivateKey {
  public:
    static PrivateKey generate(NewKey kind);

    /// Reads a key that is not encrypted. Curves, sizes and exponents are what PublicKey accepts; a public key that
    /// stands beside the private one must be its own.
    static Result<PrivateKey> decode(KeyForm form, Bytes der);

    Algorithm algorithm() const noexcept { return public_key().algorithm(); }
    const PublicKey& public_key() const noexcept;

    /// As metadata carries it: DER SubjectPublicKeyInfo, or the 32 octets of an Ed25519 key.
    const std::string& public_text() const noexcept;

    /// Signs as Notary does: r‖s of the curve's length over SHA-256; RSASSA-PSS with SHA-256 and 32 octets of salt;
    /// Ed25519. What an ECDSA signature must never repeat is drawn from the key, the message and fresh randomness, also
    /// after a fork. Each signature has been verified.
    std::string sign(Bytes message) const;

    /// PKCS#8 as Docker writes it: RFC 5958, with Notary's form of Ed25519 keys.
    Secret pkcs8() const;

    /// The self-signed certificate, in PEM, that makes a root key of this one (Notary `tuf/utils/x509.go`,
    /// NewCertificate): SHA-256, a random serial number of 128 bits, no CA, for code signing. Refused for Ed25519, which
    /// root keys cannot be, for a name that is empty, longer than 255 octets or no plain text, and for times that are
    /// out of order or not of the years 1950 to 9999.
    Result<std::string> certificate(std::string_view common_name, Instant not_before,
                                    Instant not_after) const;

    struct Material;

  private:
    explicit PrivateKey(std::shared_ptr<const Material> material)
        : material_(std::move(material)) {}
    std::shared_ptr<const Material> material_;
};

}  // namespace contenttrust::crypto
