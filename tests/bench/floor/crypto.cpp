// EC_KEY is deprecated in OpenSSL 3; through what replaces it a key enters ten times slower, and no floor would be one.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "crypto.hpp"

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <vector>

namespace bench {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Name = std::unique_ptr<X509_NAME, FreeWith<X509_NAME_free>>;
using Constraints = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<BASIC_CONSTRAINTS_free>>;

void free_pieces(ASN1_SEQUENCE_ANY* pieces) { sk_ASN1_TYPE_pop_free(pieces, ASN1_TYPE_free); }
void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using Pieces = std::unique_ptr<ASN1_SEQUENCE_ANY, FreeWith<free_pieces>>;
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeWith<free_extensions>>;

constexpr std::size_t point_size = 65;

/// SubjectPublicKeyInfo of every P-256 key up to its point (RFC 5480).
constexpr std::string_view p256_prefix{
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
    "\x03\x42\x00",
    26};

const EC_GROUP* p256() {
    static EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    return group;
}

EcKey key_of_point(const unsigned char* point, std::size_t size) {
    EcKey key(EC_KEY_new());
    require(size == point_size && EC_KEY_set_group(key.get(), p256()) == 1 &&
                EC_KEY_oct2key(key.get(), point, size, nullptr) == 1,
            "no point of P-256");
    return key;
}

Pieces split(const unsigned char* der, long size) {
    Pieces pieces(d2i_ASN1_SEQUENCE_ANY(nullptr, &der, size));
    require(pieces != nullptr, "no DER sequence");
    return pieces;
}

/// The piece at `index` must be of that ASN.1 type.
const ASN1_STRING& piece(const Pieces& pieces, int index, int type) {
    require(index < sk_ASN1_TYPE_num(pieces.get()), "a piece is missing");
    const ASN1_TYPE* found = sk_ASN1_TYPE_value(pieces.get(), index);
    require(found->type == type, "a piece of another type");
    return *found->value.asn1_string;
}

Pieces split(const ASN1_STRING& sequence) { return split(sequence.data, sequence.length); }

void read_extensions(const ASN1_STRING& tagged) {
    const unsigned char* at = tagged.data;
    long length = 0;
    int tag = 0;
    int cls = 0;
    require((ASN1_get_object(&at, &length, &tag, &cls, tagged.length) & 0x80) == 0,
            "no extensions");
    const Extensions extensions(d2i_X509_EXTENSIONS(nullptr, &at, length));
    require(extensions != nullptr, "no extensions");
    const Constraints constraints(static_cast<BASIC_CONSTRAINTS*>(
        X509V3_get_d2i(extensions.get(), NID_basic_constraints, nullptr, nullptr)));
    require(constraints && constraints->ca == 0, "not the certificate of a leaf");
}

/// The key of a certificate, whose subject, validity and constraints are read on the way (RFC 5280 §4.1).
EcKey key_of_certificate(const unsigned char* der, long size) {
    const auto certificate = split(der, size);
    const auto tbs = split(piece(certificate, 0, V_ASN1_SEQUENCE));
    const auto validity = split(piece(tbs, 4, V_ASN1_SEQUENCE));
    std::tm end{};
    require(ASN1_TIME_to_tm(&piece(validity, 1, V_ASN1_UTCTIME), &end) == 1, "no time");
    const ASN1_STRING& subject = piece(tbs, 5, V_ASN1_SEQUENCE);
    const unsigned char* at = subject.data;
    const Name name(d2i_X509_NAME(nullptr, &at, subject.length));
    require(name && X509_NAME_get_index_by_NID(name.get(), NID_commonName, -1) >= 0, "no CN");
    read_extensions(piece(tbs, 7, V_ASN1_OTHER));
    const auto spki = split(piece(tbs, 6, V_ASN1_SEQUENCE));
    const ASN1_STRING& point = piece(spki, 1, V_ASN1_BIT_STRING);
    return key_of_point(point.data, static_cast<std::size_t>(point.length));
}

EcKey key_of_pem(std::string_view pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----\n";
    require(pem.starts_with(begin), "no PEM");
    pem.remove_prefix(begin.size());
    pem = pem.substr(0, pem.find('-'));
    std::vector<unsigned char> der(pem.size());
    const std::unique_ptr<EVP_ENCODE_CTX, FreeWith<EVP_ENCODE_CTX_free>> context(
        EVP_ENCODE_CTX_new());
    int size = 0;
    int rest = 0;
    EVP_DecodeInit(context.get());
    require(EVP_DecodeUpdate(context.get(), der.data(), &size,
                             reinterpret_cast<const unsigned char*>(pem.data()),
                             static_cast<int>(pem.size())) >= 0 &&
                EVP_DecodeFinal(context.get(), der.data() + size, &rest) == 1,
            "no base64 in PEM");
    return key_of_certificate(der.data(), size + rest);
}

}  // namespace

void FreeKey::operator()(EC_KEY* key) const noexcept { EC_KEY_free(key); }

Hasher::Hasher()
    : sha256_(EVP_MD_fetch(nullptr, "SHA2-256", nullptr)),
      sha512_(EVP_MD_fetch(nullptr, "SHA2-512", nullptr)),
      context_(EVP_MD_CTX_new()) {
    if (!sha256_ || !sha512_ || !context_) throw std::bad_alloc();
}

void Hasher::run(const EVP_MD* digest, std::string_view message, unsigned char* out) {
    require(EVP_DigestInit_ex2(context_.get(), digest, nullptr) == 1 &&
                EVP_DigestUpdate(context_.get(), message.data(), message.size()) == 1 &&
                EVP_DigestFinal_ex(context_.get(), out, nullptr) == 1,
            "libcrypto does not hash");
}

Sha256 Hasher::sha256(std::string_view message) {
    Sha256 out;
    run(sha256_.get(), message, out.data());
    return out;
}

Sha512 Hasher::sha512(std::string_view message) {
    Sha512 out;
    run(sha512_.get(), message, out.data());
    return out;
}

std::size_t from_base64(std::string_view text, unsigned char* out, std::size_t room) {
    require(text.size() % 4 == 0 && text.size() / 4 * 3 <= room, "base64 of another length");
    const int size = EVP_DecodeBlock(out, reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    require(size >= 0, "no base64");
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    return static_cast<std::size_t>(size) - padding;
}

EcKey decode_key(std::string_view type, std::string_view public_text) {
    std::vector<unsigned char> bytes(public_text.size());
    const auto size = from_base64(public_text, bytes.data(), bytes.size());
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), size);
    if (type == "ecdsa-x509") return key_of_pem(text);
    require(type == "ecdsa" && text.starts_with(p256_prefix), "no P-256 key");
    return key_of_point(bytes.data() + p256_prefix.size(), size - p256_prefix.size());
}

KeyContext keep(const EC_KEY& key) {
    std::array<unsigned char, point_size> point;
    EC_POINT_point2oct(p256(), EC_KEY_get0_public_key(&key), POINT_CONVERSION_UNCOMPRESSED,
                       point.data(), point.size(), nullptr);
    std::string group = "P-256";
    const std::array parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end()};
    const KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* made = nullptr;
    auto writable = parameters;
    require(EVP_PKEY_fromdata_init(maker.get()) == 1 &&
                EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, writable.data()) == 1,
            "libcrypto does not take a key");
    const Key owner(made);
    KeyContext context(EVP_PKEY_CTX_new(made, nullptr));
    require(context && EVP_PKEY_verify_init(context.get()) == 1, "libcrypto does not verify");
    return context;
}

bool verify(EVP_PKEY_CTX& context, const Sha256& digest,
            const std::array<unsigned char, 64>& signature) {
    const EcdsaSignature parts(ECDSA_SIG_new());
    BigNumber r(BN_bin2bn(signature.data(), 32, nullptr));
    BigNumber s(BN_bin2bn(signature.data() + 32, 32, nullptr));
    require(parts && r && s, "no memory");
    ECDSA_SIG_set0(parts.get(), r.release(), s.release());
    std::array<unsigned char, 80> der;
    unsigned char* end = der.data();
    const int size = i2d_ECDSA_SIG(parts.get(), &end);
    return EVP_PKEY_verify(&context, der.data(), static_cast<std::size_t>(size), digest.data(),
                           digest.size()) == 1;
}

}  // namespace bench
