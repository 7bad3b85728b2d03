// EC_KEY and RSA are deprecated in OpenSSL 3, yet a P-256 key enters through them thirty times faster than through the
// decoders that replace them.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "contenttrust/crypto/public_key.hpp"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <string>
#include <variant>

#include "contenttrust/crypto/hash.hpp"
#include "libcrypto.hpp"
#include "libsodium.hpp"

namespace contenttrust::crypto {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using EcGroup = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using EcPoint = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_free>>;
using EcKey = std::unique_ptr<EC_KEY, FreeWith<EC_KEY_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using RsaKey = Asn1<RSA, RSAPublicKey_it>;
using Ed25519Key = std::array<unsigned char, crypto_sign_PUBLICKEYBYTES>;

constexpr std::size_t max_spki = 2048;  // an RSA key of 8192 bits takes 1,062 bytes
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr int salt_length = 32;

/// RFC 5280 §4.1: SubjectPublicKeyInfo. libcrypto's own X509_PUBKEY would decode the key as well, by the slow road.
struct SubjectPublicKeyInfo {
    X509_ALGOR* algorithm;
    ASN1_BIT_STRING* key;
};

// clang-format off
ASN1_SEQUENCE(SubjectPublicKeyInfo) = {
    ASN1_SIMPLE(SubjectPublicKeyInfo, algorithm, X509_ALGOR),
    ASN1_SIMPLE(SubjectPublicKeyInfo, key, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(SubjectPublicKeyInfo);
// clang-format on

template <int Nid>
const EC_GROUP* shared_group() {
    // An initialiser that throws runs again at the next call.
    static const EcGroup group = [] {
        EcGroup made(EC_GROUP_new_by_curve_name(Nid));
        if (!made) throw std::bad_alloc();
        return made;
    }();
    return group.get();
}

struct Curve {
    int nid;
    std::string_view name;
    std::size_t octets;  // of a coordinate
    const EC_GROUP* (*group)();
};

constexpr std::array curves{
    Curve{NID_X9_62_prime256v1, "P-256", 32, shared_group<NID_X9_62_prime256v1>},
    Curve{NID_secp384r1, "P-384", 48, shared_group<NID_secp384r1>},
    Curve{NID_secp521r1, "P-521", 66, shared_group<NID_secp521r1>},
};

/// DER writes every value in one way: a P-256 key with an uncompressed point is these octets, then the point. Known by
/// them, it need not be taken apart, which takes longer than all the rest of loading it.
constexpr std::array<unsigned char, 26> p256_spki{
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};

bool is_p256_spki(Bytes der) {
    return der.size() == p256_spki.size() + 65 &&
           std::memcmp(der.data(), p256_spki.data(), p256_spki.size()) == 0;
}

/// A point of a curve. libcrypto verifies with an EC_KEY, which holds a copy of the whole group: most keys are never
/// asked to verify one signature by itself, so it is made when the first one is.
class EcdsaKey {
  public:
    static std::optional<EcdsaKey> from_point(const EC_GROUP* group, Bytes octet_string) {
        EcPoint point(EC_POINT_new(group));
        if (!point) throw std::bad_alloc();
        // Refuses what is not on the curve.
        if (EC_POINT_oct2point(group, point.get(), octets(octet_string), octet_string.size(),
                               nullptr) != 1)
            return std::nullopt;
        return EcdsaKey(group, std::move(point));
    }

    const EC_GROUP* group() const noexcept { return group_; }

    EC_KEY* get() const {
        const std::lock_guard alone(lazy_->making);
        if (!lazy_->key) {
            EcKey key(EC_KEY_new());
            if (!key || EC_KEY_set_group(key.get(), group_) != 1 ||
                EC_KEY_set_public_key(key.get(), point_.get()) != 1)
                throw std::bad_alloc();
            lazy_->key = std::move(key);
        }
        return lazy_->key.get();
    }

  private:
    struct Lazy {
        std::mutex making;
        EcKey key;
    };
    EcdsaKey(const EC_GROUP* group, EcPoint point) : group_(group), point_(std::move(point)) {}

    const EC_GROUP* group_;
    EcPoint point_;
    std::unique_ptr<Lazy> lazy_ = std::make_unique<Lazy>();
};

/// One way of writing each key down, so that its wrapping does not change who it is.
Sha256 identify(std::string_view kind, std::string_view material) {
    std::string text(kind);
    text += '\0';
    text += material;
    return sha256(as_bytes(text));
}

bool verify_ecdsa(const EcdsaKey& key, const Sha256& digest, Bytes signature) {
    const auto bits = static_cast<std::size_t>(EC_GROUP_order_bits(key.group()));
    const std::size_t n = (bits + 7) / 8;
    if (signature.size() != 2 * n) return false;  // DER is nothing here, whatever the first byte
    BigNumber r(BN_bin2bn(octets(signature), static_cast<int>(n), nullptr));
    BigNumber s(BN_bin2bn(octets(signature) + n, static_cast<int>(n), nullptr));
    const EcdsaSignature parts(ECDSA_SIG_new());
    if (!r || !s || !parts) throw std::bad_alloc();
    ECDSA_SIG_set0(parts.get(), r.release(), s.release());
    // libcrypto refuses r and s outside [1, n-1].
    const int answer =
        ECDSA_do_verify(octets(digest), static_cast<int>(digest.size()), parts.get(), key.get());
    // There is no answer where the sum of a crafted signature has no coordinates, which makes it wrong; else because
    // libcrypto lacked something, of which it does not always tell.
    if (answer < 0 && ERR_GET_REASON(ERR_peek_error()) != EC_R_POINT_AT_INFINITY)
        throw std::bad_alloc();
    return answer == 1;
}

bool verify_rsa(RSA* key, Method method, const Sha256& digest, Bytes signature) {
    const int length = RSA_size(key);
    if (signature.size() != static_cast<std::size_t>(length)) return false;
    if (method == Method::rsapkcs1v15) {
        return RSA_verify(NID_sha256, octets(digest), static_cast<unsigned>(digest.size()),
                          octets(signature), static_cast<unsigned>(length), key) == 1;
    }
    std::array<unsigned char, max_rsa_bits / 8> encoded;
    const EVP_MD* hash = EVP_sha256();
    return method == Method::rsapss &&
           RSA_public_decrypt(length, octets(signature), encoded.data(), key, RSA_NO_PADDING) ==
               length &&
           RSA_verify_PKCS1_PSS_mgf1(key, octets(digest), hash, hash, encoded.data(),
                                     salt_length) == 1;
}

/// A key that can be used, and who it is.
struct Loaded {
    Algorithm algorithm;
    Sha256 identity;
    std::variant<EcdsaKey, RsaKey, Ed25519Key> key;
    std::optional<P256Point> p256{};  // asking libcrypto for it each time would cost more
};

Result<Loaded> load_ecdsa(int curve_nid, std::string_view point) {
    const auto* curve = std::ranges::find(curves, curve_nid, &Curve::nid);
    if (curve == curves.end()) {
        return unusable("the curve of an ecdsa key is not supported", "P-256, P-384 or P-521");
    }
    if (point.size() != 1 + 2 * curve->octets || point.front() != '\x04') {
        return unusable("the point of an ecdsa key is not in uncompressed form");
    }
    auto key = EcdsaKey::from_point(curve->group(), as_bytes(point));
    if (!key) return unusable("the point of an ecdsa key is not on its curve");
    std::optional<P256Point> p256;
    if (curve_nid == NID_X9_62_prime256v1)
        std::memcpy(&p256.emplace(), point.data() + 1, sizeof(P256Point));
    return Loaded{Algorithm::ecdsa, identify(curve->name, point), *std::move(key), p256};
}

Result<Loaded> load_rsa(std::string_view der) {
    auto key = decode_strictly<RSA, RSAPublicKey_it>(as_bytes(der));
    if (!key) return unusable("an RSA key is not a DER RSAPublicKey");
    const BIGNUM* modulus = RSA_get0_n(key.get());
    const BIGNUM* exponent = RSA_get0_e(key.get());
    if (const int bits = BN_num_bits(modulus); bits < min_rsa_bits || bits > max_rsa_bits) {
        return unusable("the modulus of an RSA key has a size that is not accepted",
                        "2048 to 8192 bits", std::to_string(bits) + " bits");
    }
    if (BN_is_odd(modulus) != 1) return unusable("the modulus of an RSA key is even");
    // At most 2^31-1, as in Go's crypto/rsa.
    if (BN_is_odd(exponent) != 1 || BN_is_one(exponent) == 1 || BN_num_bits(exponent) > 31) {
        return unusable("the exponent of an RSA key is not accepted",
                        "an odd number from 3 to 2^31-1");
    }
    return Loaded{Algorithm::rsa, identify("rsa", der), std::move(key)};
}

Result<Loaded> load_spki(Bytes der) {
    if (der.size() > max_spki) return unusable("a public key is too long");
    if (is_p256_spki(der))
        return load_ecdsa(NID_X9_62_prime256v1, as_text(der.subspan(p256_spki.size())));
    const auto spki = decode_strictly<SubjectPublicKeyInfo, SubjectPublicKeyInfo_it>(der);
    if (!spki || (spki->key->flags & 7) != 0) {
        return unusable("a public key is not a DER SubjectPublicKeyInfo");
    }
    const ASN1_OBJECT* oid = nullptr;
    int type = V_ASN1_UNDEF;
    const void* parameter = nullptr;
    X509_ALGOR_get0(&oid, &type, &parameter, spki->algorithm);
    const int nid = OBJ_obj2nid(oid);
    if (nid == NID_X9_62_id_ecPublicKey) {
        if (type != V_ASN1_OBJECT) return unusable("an ecdsa key does not name its curve");
        const int curve = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter));
        return load_ecdsa(curve, content(spki->key));
    }
    if (nid == NID_rsaEncryption) {
        // RFC 3279 §2.3.1 demands NULL, and Go's crypto/x509 refuses a key without it.
        if (type != V_ASN1_NULL) return unusable("an RSA key lacks its NULL parameter");
        return load_rsa(content(spki->key));
    }
    return unusable("a public key is of an unknown kind", "ECDSA or RSA");
}

}  // namespace

struct PublicKey::Material : Loaded {};

std::optional<Method> parse_method(std::string_view text) {
    std::string lower(text);
    for (char& c : lower) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (lower == "ecdsa") return Method::ecdsa;
    if (lower == "rsapss") return Method::rsapss;
    if (lower == "rsapkcs1v15") return Method::rsapkcs1v15;
    if (lower == "eddsa") return Method::eddsa;
    return std::nullopt;
}

Result<PublicKey> PublicKey::from_spki(Bytes der) {
    auto key = answered([&] { return load_spki(der); });
    if (!key) return std::move(key).error();
    return PublicKey(std::make_shared<const Material>(Material{std::move(key).value()}));
}

Result<PublicKey> PublicKey::from_ed25519(Bytes raw) {
    start_libsodium();
    Ed25519Key key;
    if (raw.size() != key.size()) {
        return unusable("an ed25519 key has a wrong length", "32 bytes",
                        std::to_string(raw.size()) + " bytes");
    }
    std::ranges::copy(std::span(octets(raw), raw.size()), key.begin());
    // Refuses what is not canonical, not on the curve, of small order, or outside the subgroup of prime order. Every
    // key that was made as RFC 8032 §5.1.5 says is inside; one that is not has signatures about which libraries differ.
    if (crypto_core_ed25519_is_valid_point(key.data()) != 1)
        return unusable("an ed25519 key is not a point of the prime-order group");
    return PublicKey(std::make_shared<const Material>(
        Material{{Algorithm::ed25519, identify("ed25519", as_text(raw)), key}}));
}

Algorithm PublicKey::algorithm() const noexcept { return material_->algorithm; }

const Sha256& PublicKey::identity() const noexcept { return material_->identity; }

const P256Point* PublicKey::p256_point() const noexcept {
    return material_->p256 ? &*material_->p256 : nullptr;
}

bool PublicKey::verify(Method method, const Message& message, Bytes signature) const {
    if (const auto* ec = std::get_if<EcdsaKey>(&material_->key))
        return method == Method::ecdsa &&
               answered([&] { return verify_ecdsa(*ec, message.sha256, signature); });
    if (const auto* rsa = std::get_if<RsaKey>(&material_->key))
        return answered([&] { return verify_rsa(rsa->get(), method, message.sha256, signature); });
    // libsodium refuses S ≥ L, small-order and non-canonical R.
    return method == Method::eddsa && signature.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(octets(signature), octets(message.bytes),
                                       message.bytes.size(),
                                       std::get<Ed25519Key>(material_->key).data()) == 0;
}

}  // namespace contenttrust::crypto
