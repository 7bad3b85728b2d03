#include "made_keys.hpp"

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <stdexcept>

#include "contenttrust/crypto/hash.hpp"

namespace contenttrust::crypto::made {
namespace {

using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Spki = std::unique_ptr<X509_PUBKEY, FreeWith<X509_PUBKEY_free>>;
using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

void must(bool succeeded) {
    if (!succeeded) throw std::runtime_error("libcrypto refused what the test needs");
}

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string der_of(const X509_PUBKEY* spki) {
    std::string der(static_cast<std::size_t>(i2d_X509_PUBKEY(spki, nullptr)), '\0');
    unsigned char* cursor = octets(der);
    i2d_X509_PUBKEY(spki, &cursor);
    return der;
}

std::string sign(const Key& key, std::string_view message, int padding, int salt,
                 const EVP_MD* mgf1) {
    const MdContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* parameters = nullptr;
    must(EVP_DigestSignInit(context.get(), &parameters, EVP_sha256(), nullptr, key.get()) == 1);
    if (padding != 0) must(EVP_PKEY_CTX_set_rsa_padding(parameters, padding) == 1);
    if (padding == RSA_PKCS1_PSS_PADDING) {
        must(EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt) == 1);
        must(EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, mgf1) == 1);
    }
    std::size_t size = 0;
    must(EVP_DigestSign(context.get(), nullptr, &size, octets(message), message.size()) == 1);
    std::string signature(size, '\0');
    must(EVP_DigestSign(context.get(), octets(signature), &size, octets(message), message.size()) ==
         1);
    signature.resize(size);
    return signature;
}

}  // namespace

std::string hex(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

Key ec_key(const char* curve) {
    Key key(EVP_EC_gen(curve));
    must(key != nullptr);
    return key;
}

Key rsa_key(unsigned bits, unsigned exponent) {
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    const Number e(BN_new());
    EVP_PKEY* key = nullptr;
    must(BN_set_word(e.get(), exponent) == 1 && EVP_PKEY_keygen_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(bits)) == 1 &&
         EVP_PKEY_CTX_set1_rsa_keygen_pubexp(context.get(), e.get()) == 1 &&
         EVP_PKEY_generate(context.get(), &key) == 1);
    return Key(key);
}

const Key& rsa_key() {
    static const Key key = rsa_key(2048, 65537);
    return key;
}

std::string spki(const Key& key) {
    X509_PUBKEY* spki = nullptr;
    must(X509_PUBKEY_set(&spki, key.get()) == 1);
    return der_of(Spki(spki).get());
}

std::string spki(int algorithm, int parameter_type, void* parameter, std::string_view key_bits) {
    const Spki spki(X509_PUBKEY_new());
    auto* bits = static_cast<unsigned char*>(OPENSSL_memdup(key_bits.data(), key_bits.size()));
    must(X509_PUBKEY_set0_param(spki.get(), OBJ_nid2obj(algorithm), parameter_type, parameter, bits,
                                static_cast<int>(key_bits.size())) == 1);
    return der_of(spki.get());
}

std::string ec_spki(int curve, std::string_view point) {
    return spki(NID_X9_62_id_ecPublicKey, V_ASN1_OBJECT, OBJ_nid2obj(curve), point);
}

std::string rsa_spki(std::string_view modulus, std::string_view exponent) {
    const auto integer = [](std::string_view big_endian) {
        const Number number(
            BN_bin2bn(octets(big_endian), static_cast<int>(big_endian.size()), nullptr));
        ASN1_TYPE* type = ASN1_TYPE_new();
        ASN1_TYPE_set(type, V_ASN1_INTEGER, BN_to_ASN1_INTEGER(number.get(), nullptr));
        return type;
    };
    ASN1_SEQUENCE_ANY* sequence = sk_ASN1_TYPE_new_null();
    sk_ASN1_TYPE_push(sequence, integer(modulus));
    sk_ASN1_TYPE_push(sequence, integer(exponent));
    std::string der(static_cast<std::size_t>(i2d_ASN1_SEQUENCE_ANY(sequence, nullptr)), '\0');
    unsigned char* cursor = octets(der);
    i2d_ASN1_SEQUENCE_ANY(sequence, &cursor);
    sk_ASN1_TYPE_pop_free(sequence, ASN1_TYPE_free);
    return spki(NID_rsaEncryption, V_ASN1_NULL, nullptr, der);
}

std::string key_bits(const Key& key) {
    X509_PUBKEY* spki = nullptr;
    must(X509_PUBKEY_set(&spki, key.get()) == 1);
    const Spki owner(spki);
    const unsigned char* bits = nullptr;
    int size = 0;
    must(X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, spki) == 1);
    return {reinterpret_cast<const char*>(bits), static_cast<std::size_t>(size)};
}

std::string sign_ecdsa(const Key& key, std::string_view message, int octets_each) {
    const std::string der = sign(key, message, 0, 0, nullptr);
    const unsigned char* cursor = octets(der);
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> parts(
        d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size())));
    std::string raw(2 * static_cast<std::size_t>(octets_each), '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), octets(raw), octets_each);
    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), octets(raw) + octets_each, octets_each);
    return raw;
}

std::string sign_pss(const Key& key, std::string_view message, int salt, const EVP_MD* mgf1) {
    return sign(key, message, RSA_PKCS1_PSS_PADDING, salt, mgf1);
}

std::string sign_pkcs1(const Key& key, std::string_view message) {
    return sign(key, message, RSA_PKCS1_PADDING, 0, nullptr);
}

std::string rsa_private(const Key& key, std::string_view block) {
    const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
    must(EVP_PKEY_sign_init(context.get()) == 1 &&
         EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_NO_PADDING) == 1);
    std::string signature(block.size(), '\0');
    std::size_t size = signature.size();
    must(EVP_PKEY_sign(context.get(), octets(signature), &size, octets(block), block.size()) == 1);
    return signature;
}

Message message(std::string_view text) { return {as_bytes(text), sha256(as_bytes(text))}; }

}  // namespace contenttrust::crypto::made
