// EC_KEY and RSA are deprecated in OpenSSL 3, yet what replaces them copies a private key through memory that is not
// wiped.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "private_key_der.hpp"

#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "libsodium.hpp"

namespace contenttrust::crypto {
namespace {

constexpr std::size_t secure_heap_octets = 256 * 1024;
constexpr std::size_t smallest_secure_block = 32;
constexpr int min_rsa_bits = 2048;
constexpr int max_rsa_bits = 8192;
constexpr std::size_t max_private_key = 16 * 1024;  // an RSA key of 8192 bits takes 4,700 octets
constexpr std::size_t notary_ed25519_octets = 96;   // public key, seed, public key
constexpr std::size_t seed_octets = crypto_sign_SEEDBYTES;
constexpr const char* gnu_ed25519 = "1.3.6.1.4.1.11591.15.1";
constexpr std::array curves{NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1};

void wipe_string(ASN1_STRING* string) noexcept {
    if (string != nullptr && string->length > 0)
        OPENSSL_cleanse(string->data, static_cast<std::size_t>(string->length));
}

/// RFC 5958 §2. libcrypto's own PKCS8_PRIV_KEY_INFO does not know the public key at the end.
struct OneAsymmetricKey {
    ASN1_INTEGER* version;
    X509_ALGOR* algorithm;
    ASN1_OCTET_STRING* key;
    STACK_OF(X509_ATTRIBUTE) * attributes;
    ASN1_BIT_STRING* public_key;
};

/// RFC 5915 §3. libcrypto's own does not wipe the scalar that it has read.
struct EcPrivateKeyText {
    ASN1_INTEGER* version;
    ASN1_OCTET_STRING* scalar;
    ASN1_TYPE* curve;
    ASN1_BIT_STRING* point;
};

int wipe_pkcs8(int operation, ASN1_VALUE** value, const ASN1_ITEM* /*item*/, void* /*unused*/) {
    if (operation == ASN1_OP_FREE_PRE)
        wipe_string(reinterpret_cast<OneAsymmetricKey*>(*value)->key);
    return 1;
}

int wipe_sec1(int operation, ASN1_VALUE** value, const ASN1_ITEM* /*item*/, void* /*unused*/) {
    if (operation == ASN1_OP_FREE_PRE)
        wipe_string(reinterpret_cast<EcPrivateKeyText*>(*value)->scalar);
    return 1;
}

// clang-format off
ASN1_SEQUENCE_cb(OneAsymmetricKey, wipe_pkcs8) = {
    ASN1_SIMPLE(OneAsymmetricKey, version, ASN1_INTEGER),
    ASN1_SIMPLE(OneAsymmetricKey, algorithm, X509_ALGOR),
    ASN1_SIMPLE(OneAsymmetricKey, key, ASN1_OCTET_STRING),
    ASN1_IMP_SET_OF_OPT(OneAsymmetricKey, attributes, X509_ATTRIBUTE, 0),
    ASN1_IMP_OPT(OneAsymmetricKey, public_key, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END_cb(OneAsymmetricKey, OneAsymmetricKey);

ASN1_SEQUENCE_cb(EcPrivateKeyText, wipe_sec1) = {
    ASN1_SIMPLE(EcPrivateKeyText, version, ASN1_INTEGER),
    ASN1_SIMPLE(EcPrivateKeyText, scalar, ASN1_OCTET_STRING),
    ASN1_EXP_OPT(EcPrivateKeyText, curve, ASN1_ANY, 0),
    ASN1_EXP_OPT(EcPrivateKeyText, point, ASN1_BIT_STRING, 1),
} static_ASN1_SEQUENCE_END_cb(EcPrivateKeyText, EcPrivateKeyText);
// clang-format on

using Pkcs8 = Asn1<OneAsymmetricKey, OneAsymmetricKey_it>;
using Sec1 = Asn1<EcPrivateKeyText, EcPrivateKeyText_it>;
using SecretString = std::unique_ptr<ASN1_STRING, FreeWith<ASN1_STRING_clear_free>>;

Error unreadable() { return unusable("a private key is not the DER that its label promises"); }
Error unsupported_curve() {
    return unusable("the curve of a private key is not supported", "P-256, P-384 or P-521");
}
Error not_its_own() { return unusable("the public key beside a private key is not its own"); }

/// Makes the key of a scalar, and its public point, which takes the same time for every scalar.
Result<PrivateNumbers> ec_from_scalar(int curve, SecretNumber scalar) {
    EcPrivateKey key(EC_KEY_new_by_curve_name(curve));
    require(key != nullptr);
    const EC_GROUP* group = EC_KEY_get0_group(key.get());
    if (BN_is_zero(scalar.get()) == 1 || BN_cmp(scalar.get(), EC_GROUP_get0_order(group)) >= 0)
        return unusable("the number of an ecdsa key is out of range");
    BN_set_flags(scalar.get(), BN_FLG_CONSTTIME);
    const std::unique_ptr<EC_POINT, FreeWith<EC_POINT_free>> point(EC_POINT_new(group));
    require(point && EC_KEY_set_private_key(key.get(), scalar.get()) == 1 &&
            EC_POINT_mul(group, point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1 &&
            EC_KEY_set_public_key(key.get(), point.get()) == 1);
    return PrivateNumbers(std::move(key));
}

bool has_point(const EC_KEY* key, std::string_view octet_string) {
    unsigned char* encoded = nullptr;
    const auto form = octet_string.starts_with('\x04') ? POINT_CONVERSION_UNCOMPRESSED
                                                       : POINT_CONVERSION_COMPRESSED;
    const std::size_t size = EC_POINT_point2buf(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key),
                                                form, &encoded, nullptr);
    const Octets owner(encoded);
    return octet_string == std::string_view(reinterpret_cast<const char*>(encoded), size);
}

int curve_of(int type, const void* parameter) {
    if (type != V_ASN1_OBJECT) return NID_undef;
    const int nid = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter));
    return std::ranges::find(curves, nid) == curves.end() ? NID_undef : nid;
}

/// `curve`: as the structure around names it, or NID_undef.
Result<PrivateNumbers> read_sec1(Bytes der, int curve) {
    const auto text = decode_whole<EcPrivateKeyText, EcPrivateKeyText_it>(der);
    if (!text || ASN1_INTEGER_get(text->version) != 1) return unreadable();
    if (text->curve != nullptr) {
        const int named = curve_of(text->curve->type, text->curve->value.ptr);
        if (curve != NID_undef && named != curve) return unsupported_curve();
        curve = named;
    }
    if (curve == NID_undef) return unsupported_curve();
    SecretNumber scalar(BN_secure_new());
    const std::string_view octet_string = content(text->scalar);
    // libcrypto pads; others leave leading zeros out. Nothing has more octets than P-521.
    if (octet_string.size() > 66) return unreadable();
    if (!scalar || BN_bin2bn(reinterpret_cast<const unsigned char*>(octet_string.data()),
                             static_cast<int>(octet_string.size()), scalar.get()) == nullptr)
        throw std::bad_alloc();
    auto key = ec_from_scalar(curve, std::move(scalar));
    if (key && text->point != nullptr &&
        !has_point(std::get<EcPrivateKey>(key.value()).get(), content(text->point)))
        return not_its_own();
    return key;
}

/// Whether the numbers fit each other, as Go's crypto/rsa asks too. That the factors are primes is not looked at: it
/// takes seconds, and a key that is not its owner's own harms nobody else.
bool fits(const RSA* rsa) {
    const std::unique_ptr<BN_CTX, FreeWith<BN_CTX_free>> context(BN_CTX_secure_new());
    const SecretNumber result(BN_secure_new());
    const SecretNumber group(BN_secure_new());
    require(context && result && group);
    const BIGNUM* const p = RSA_get0_p(rsa);
    const BIGNUM* const q = RSA_get0_q(rsa);
    const BIGNUM* const d = RSA_get0_d(rsa);
    require(BN_mul(result.get(), p, q, context.get()) == 1);
    if (BN_cmp(result.get(), RSA_get0_n(rsa)) != 0 || BN_is_one(p) == 1 || BN_is_one(q) == 1)
        return false;
    const auto fits_prime = [&](const BIGNUM* prime, const BIGNUM* exponent) {
        require(BN_sub(group.get(), prime, BN_value_one()) == 1 &&
                BN_mod_mul(result.get(), d, RSA_get0_e(rsa), group.get(), context.get()) == 1);
        if (BN_is_one(result.get()) != 1) return false;
        require(BN_nnmod(result.get(), d, group.get(), context.get()) == 1);
        return BN_cmp(result.get(), exponent) == 0;
    };
    if (!fits_prime(p, RSA_get0_dmp1(rsa)) || !fits_prime(q, RSA_get0_dmq1(rsa))) return false;
    require(BN_mod_mul(result.get(), RSA_get0_iqmp(rsa), q, p, context.get()) == 1);
    return BN_is_one(result.get()) == 1;
}

Result<PrivateNumbers> read_pkcs1(Bytes der) {
    const unsigned char* cursor = octets(der);
    const unsigned char* const end = cursor + der.size();
    RsaPrivateKey key(d2i_RSAPrivateKey(nullptr, &cursor, static_cast<long>(der.size())));
    if (!key || cursor != end || RSA_get_version(key.get()) != RSA_ASN1_VERSION_DEFAULT)
        return unreadable();
    const RSA* rsa = key.get();
    const int bits = BN_num_bits(RSA_get0_n(rsa));
    if (bits < min_rsa_bits || bits > max_rsa_bits)
        return unusable("the modulus of an RSA key has a size that is not accepted",
                        "2048 to 8192 bits", std::to_string(bits) + " bits");
    for (const BIGNUM* part :
         {RSA_get0_n(rsa), RSA_get0_e(rsa), RSA_get0_d(rsa), RSA_get0_p(rsa), RSA_get0_q(rsa),
          RSA_get0_dmp1(rsa), RSA_get0_dmq1(rsa), RSA_get0_iqmp(rsa)}) {
        if (part == nullptr || BN_is_negative(part) == 1 || BN_is_zero(part) == 1 ||
            BN_num_bits(part) > bits)
            return unreadable();
    }
    if (!fits(rsa)) return unusable("the numbers of an RSA key do not fit each other");
    return PrivateNumbers(std::move(key));
}

Result<PrivateNumbers> read_notary_ed25519(Bytes raw) {
    if (raw.size() != notary_ed25519_octets) return unreadable();
    auto key = ed25519_from_seed(raw.subspan(crypto_sign_PUBLICKEYBYTES, seed_octets));
    const Bytes derived = key.octets.bytes().last(crypto_sign_PUBLICKEYBYTES);
    for (const Bytes beside :
         {raw.first(crypto_sign_PUBLICKEYBYTES), raw.last(crypto_sign_PUBLICKEYBYTES)})
        if (as_text(beside) != as_text(derived)) return not_its_own();
    return PrivateNumbers(std::move(key));
}

/// RFC 8410 §7: an OCTET STRING within the OCTET STRING.
Result<PrivateNumbers> read_rfc8410_ed25519(Bytes der, const ASN1_BIT_STRING* public_key) {
    const unsigned char* cursor = octets(der);
    const unsigned char* const end = cursor + der.size();
    const SecretString seed(d2i_ASN1_OCTET_STRING(nullptr, &cursor, static_cast<long>(der.size())));
    if (!seed || cursor != end || content(seed.get()).size() != seed_octets) return unreadable();
    auto key = ed25519_from_seed(as_bytes(content(seed.get())));
    const Bytes derived = key.octets.bytes().last(crypto_sign_PUBLICKEYBYTES);
    if (public_key != nullptr && content(public_key) != as_text(derived)) return not_its_own();
    return PrivateNumbers(std::move(key));
}

bool is_gnu_ed25519(const ASN1_OBJECT* object) {
    std::array<char, 64> dotted{};
    return OBJ_obj2txt(dotted.data(), dotted.size(), object, 1) > 0 &&
           std::string_view(dotted.data()) == gnu_ed25519;
}

Result<PrivateNumbers> read_pkcs8(Bytes der) {
    const auto info = decode_whole<OneAsymmetricKey, OneAsymmetricKey_it>(der);
    if (!info) return unreadable();
    const ASN1_OBJECT* kind = nullptr;
    int type = V_ASN1_UNDEF;
    const void* parameter = nullptr;
    X509_ALGOR_get0(&kind, &type, &parameter, info->algorithm);
    const Bytes key = as_bytes(content(info->key));
    switch (OBJ_obj2nid(kind)) {
        case NID_X9_62_id_ecPublicKey: {
            const int curve = curve_of(type, parameter);
            return curve == NID_undef ? unsupported_curve() : read_sec1(key, curve);
        }
        case NID_rsaEncryption: return read_pkcs1(key);
        case NID_ED25519: return read_rfc8410_ed25519(key, info->public_key);
        default:
            if (is_gnu_ed25519(kind)) return read_notary_ed25519(key);
            return unusable("a private key is of an unknown kind", "ECDSA, RSA or Ed25519");
    }
}

/// The DER of a value, written into guarded memory.
template <auto Item>
Secret encode(const void* value) {
    const auto* asn1 = static_cast<const ASN1_VALUE*>(value);
    const int length = ASN1_item_i2d(asn1, nullptr, Item());
    require(length > 0);
    Secret out(static_cast<std::size_t>(length));
    auto* cursor = reinterpret_cast<unsigned char*>(out.space().data());
    require(ASN1_item_i2d(asn1, &cursor, Item()) == length);
    return out;
}

template <typename T, auto Item>
Asn1<T, Item> make() {
    Asn1<T, Item> value(reinterpret_cast<T*>(ASN1_item_new(Item())));
    require(value != nullptr);
    return value;
}

Secret write_sec1(const EC_KEY* key, int curve) {
    const EC_GROUP* group = EC_KEY_get0_group(key);
    const auto size = static_cast<std::size_t>((EC_GROUP_order_bits(group) + 7) / 8);
    Secret scalar(size);
    unsigned char* point = nullptr;
    const auto text = make<EcPrivateKeyText, EcPrivateKeyText_it>();
    require(BN_bn2binpad(EC_KEY_get0_private_key(key),
                         reinterpret_cast<unsigned char*>(scalar.space().data()),
                         static_cast<int>(size)) > 0);
    const std::size_t point_size = EC_POINT_point2buf(
        group, EC_KEY_get0_public_key(key), POINT_CONVERSION_UNCOMPRESSED, &point, nullptr);
    const Octets point_owner(point);
    text->curve = ASN1_TYPE_new();
    text->point = ASN1_BIT_STRING_new();
    require(point_size > 0 && text->curve != nullptr && text->point != nullptr);
    ASN1_TYPE_set(text->curve, V_ASN1_OBJECT, OBJ_nid2obj(curve));
    require(ASN1_INTEGER_set(text->version, 1) == 1 &&
            ASN1_OCTET_STRING_set(text->scalar, octets(scalar.bytes()), static_cast<int>(size)) ==
                1 &&
            ASN1_BIT_STRING_set(text->point, point, static_cast<int>(point_size)) == 1);
    // No unused bits at the end, whatever the last octet is.
    text->point->flags = (text->point->flags & ~7L) | ASN1_STRING_FLAG_BITS_LEFT;
    return encode<EcPrivateKeyText_it>(text.get());
}

using Object = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;

Secret write_info(Object kind, int parameter_type, void* parameter, const Secret& key) {
    const auto info = make<OneAsymmetricKey, OneAsymmetricKey_it>();
    require(kind && X509_ALGOR_set0(info->algorithm, kind.get(), parameter_type, parameter) == 1);
    [[maybe_unused]] const ASN1_OBJECT* owned_by_info = kind.release();
    require(ASN1_INTEGER_set(info->version, 0) == 1 &&
            ASN1_OCTET_STRING_set(info->key, octets(key.bytes()), static_cast<int>(key.size())) ==
                1);
    return encode<OneAsymmetricKey_it>(info.get());
}

Secret write(const EcPrivateKey& key) {
    const int curve = EC_GROUP_get_curve_name(EC_KEY_get0_group(key.get()));
    return write_info(Object(OBJ_nid2obj(NID_X9_62_id_ecPublicKey)), V_ASN1_OBJECT,
                      OBJ_nid2obj(curve), write_sec1(key.get(), curve));
}

Secret write(const RsaPrivateKey& key) {
    const int length = i2d_RSAPrivateKey(key.get(), nullptr);
    require(length > 0);
    Secret der(static_cast<std::size_t>(length));
    auto* cursor = reinterpret_cast<unsigned char*>(der.space().data());
    require(i2d_RSAPrivateKey(key.get(), &cursor) == length);
    return write_info(Object(OBJ_nid2obj(NID_rsaEncryption)), V_ASN1_NULL, nullptr, der);
}

Secret write(const Ed25519PrivateKey& key) {
    Secret text(notary_ed25519_octets);
    const Bytes own = key.octets.bytes();
    std::ranges::copy(own.last(crypto_sign_PUBLICKEYBYTES), text.space().begin());
    std::ranges::copy(own, text.space().begin() + crypto_sign_PUBLICKEYBYTES);
    return write_info(Object(OBJ_txt2obj(gnu_ed25519, 1)), V_ASN1_UNDEF, nullptr, text);
}

}  // namespace

void start_secure_heap() {
    start_libcrypto();
    // Where it cannot be had, libcrypto takes other memory, and wipes it all the same.
    static const int started =
        CRYPTO_secure_malloc_initialized() == 1
            ? 1
            : CRYPTO_secure_malloc_init(secure_heap_octets, smallest_secure_block);
    static_cast<void>(started);
}

Ed25519PrivateKey ed25519_from_seed(Bytes seed) {
    start_libsodium();
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
    Ed25519PrivateKey key{Secret(crypto_sign_SECRETKEYBYTES)};
    crypto_sign_seed_keypair(public_key.data(),
                             reinterpret_cast<unsigned char*>(key.octets.space().data()),
                             octets(seed));
    return key;
}

Result<PrivateNumbers> read_private_key(KeyForm form, Bytes der) {
    if (der.size() > max_private_key) return unusable("a private key is too long");
    switch (form) {
        case KeyForm::pkcs8: return read_pkcs8(der);
        case KeyForm::sec1: return read_sec1(der, NID_undef);
        case KeyForm::pkcs1: return read_pkcs1(der);
        case KeyForm::ed25519: return read_notary_ed25519(der);
    }
    return unreadable();
}

Secret write_pkcs8(const PrivateNumbers& key) {
    return std::visit([](const auto& numbers) { return write(numbers); }, key);
}

}  // namespace contenttrust::crypto
