/// Public keys and the four ways in which Notary signs with them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/digest.hpp"
#include "contenttrust/base/result.hpp"

namespace contenttrust::crypto {

enum class Algorithm { ecdsa, rsa, ed25519 };

/// How a signature was made (Notary `tuf/data/types.go`); compared in lower case as Notary does.
enum class Method { ecdsa, rsapss, rsapkcs1v15, eddsa };
std::optional<Method> parse_method(std::string_view text);

/// What is signed: the bytes, and their SHA-256 computed once for all signatures.
struct Message {
    Bytes bytes;
    Sha256 sha256;
};

/// The affine coordinates of a point of P-256, big-endian.
struct P256Point {
    std::array<std::byte, 32> x;
    std::array<std::byte, 32> y;
};

/// A usable public key. Immutable, cheap to copy, safe to share between threads.
class PublicKey {
  public:
    /// From DER SubjectPublicKeyInfo, which names its algorithm (ecdsa: named curves P-256, P-384, P-521 with an uncompressed point on the
    /// curve; rsa: 2048–8192 bits, odd modulus, odd exponent ≥ 3), the whole of `der` and nothing behind it.
    static Result<PublicKey> from_spki(Bytes der);
    /// From 32 raw bytes; small-order and non-canonical points are refused.
    static Result<PublicKey> from_ed25519(Bytes raw);

    Algorithm algorithm() const noexcept;

    /// Who this key is, whatever wrapping it came in: SHA-256 over algorithm and key material
    /// (curve and point, modulus and exponent, or raw bytes). Thresholds count these.
    const Sha256& identity() const noexcept;

    /// The point of a P-256 key, which lies on the curve: a key that does not was refused. Null for any other key;
    /// valid as long as a copy of this key.
    const P256Point* p256_point() const noexcept;

    /// Whether `signature` is this key's over `message`. A method that does not fit the key's type is a no.
    /// ecdsa: SHA-256, exactly r‖s of 2·n bytes (RFC 6979 octets), high s accepted; rsapss: SHA-256, MGF1-SHA-256, salt
    /// length exactly 32; rsapkcs1v15: SHA-256; eddsa: Ed25519 by libsodium.
    bool verify(Method method, const Message& message, Bytes signature) const;

  private:
    struct Material;
    explicit PublicKey(std::shared_ptr<const Material> material) : material_(std::move(material)) {}
    std::shared_ptr<const Material> material_;
};

}  // namespace contenttrust::crypto
