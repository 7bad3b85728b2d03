#pragma GCC diagnostic ignored \
    "-Wdeprecated-declarations"  // EC_KEY and RSA, as in private_key_der.cpp

#include "contenttrust/crypto/private_key.hpp"

#include <openssl/ecdsa.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>

#include "contenttrust/crypto/hash.hpp"
#include "libsodium.hpp"
#include "private_key_certificate.hpp"
#include "private_key_der.hpp"

namespace contenttrust::crypto {

struct PrivateKey::Material {
    PrivateNumbers numbers;
    PublicKey public_key;
    std::string public_text;
};

namespace {

using EcdsaSignature = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

constexpr int salt_octets = 32;
constexpr int rsa_bits = 3072;

std::string text_of(const EcPrivateKey& key) {
    unsigned char* der = nullptr;
    const int length = i2d_EC_PUBKEY(key.get(), &der);
    const Octets owner(der);
    require(length > 0);
    return {reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)};
}

std::string text_of(const RsaPrivateKey& key) {
    unsigned char* der = nullptr;
    const int length = i2d_RSA_PUBKEY(key.get(), &der);
    const Octets owner(der);
    require(length > 0);
    return {reinterpret_cast<const char*>(der), static_cast<std::size_t>(length)};
}

std::string text_of(const Ed25519PrivateKey& key) {
    return std::string(as_text(key.octets.bytes().last(crypto_sign_PUBLICKEYBYTES)));
}

std::string signature_of(const EcPrivateKey& key, const Message& message) {
    const EcdsaSignature parts(
        ECDSA_do_sign(octets(message.sha256), static_cast<int>(message.sha256.size()), key.get()));
    require(parts != nullptr);
    const int octets_each = (EC_GROUP_order_bits(EC_KEY_get0_group(key.get())) + 7) / 8;
    std::string out(2 * static_cast<std::size_t>(octets_each), '\0');
    auto* place = reinterpret_cast<unsigned char*>(out.data());
    require(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), place, octets_each) == octets_each &&
            BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), place + octets_each, octets_each) ==
                octets_each);
    return out;
}

std::string signature_of(const RsaPrivateKey& key, const Message& message) {
    const int length = RSA_size(key.get());
    std::string padded(static_cast<std::size_t>(length), '\0');
    std::string out(padded.size(), '\0');
    const EVP_MD* hash = EVP_sha256();
    require(RSA_padding_add_PKCS1_PSS_mgf1(key.get(),
                                           reinterpret_cast<unsigned char*>(padded.data()),
                                           octets(message.sha256), hash, hash, salt_octets) == 1 &&
            RSA_private_encrypt(length, reinterpret_cast<const unsigned char*>(padded.data()),
                                reinterpret_cast<unsigned char*>(out.data()), key.get(),
                                RSA_NO_PADDING) == length);
    return out;
}

std::string signature_of(const Ed25519PrivateKey& key, const Message& message) {
    std::string out(crypto_sign_BYTES, '\0');
    crypto_sign_detached(reinterpret_cast<unsigned char*>(out.data()), nullptr,
                         octets(message.bytes), message.bytes.size(), octets(key.octets.bytes()));
    return out;
}

Method method_of(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::ecdsa: return Method::ecdsa;
        case Algorithm::rsa: return Method::rsapss;
        case Algorithm::ed25519: break;
    }
    return Method::eddsa;
}

std::string sign_with(const PrivateNumbers& numbers, const Message& message) {
    return answered([&] {
        return std::visit([&](const auto& key) { return signature_of(key, message); }, numbers);
    });
}

bool signs(const PrivateNumbers& numbers, const PublicKey& public_key, const Message& message,
           std::string& signature) {
    signature = sign_with(numbers, message);
    return public_key.verify(method_of(public_key.algorithm()), message, as_bytes(signature));
}

PrivateNumbers generate_ec(int curve) {
    EcPrivateKey key(EC_KEY_new_by_curve_name(curve));
    require(key && EC_KEY_generate_key(key.get()) == 1);
    return key;
}

PrivateNumbers generate_rsa() {
    RsaPrivateKey key(RSA_new());
    const BigNumber exponent(BN_new());
    require(key && exponent && BN_set_word(exponent.get(), RSA_F4) == 1);
    require(RSA_generate_key_ex(key.get(), rsa_bits, exponent.get(), nullptr) == 1);
    return key;
}

PrivateNumbers generate_ed25519() {
    start_libsodium();
    Secret seed(crypto_sign_SEEDBYTES);
    randombytes_buf(seed.space().data(), seed.size());
    return ed25519_from_seed(seed.bytes());
}

PrivateNumbers generate_numbers(NewKey kind) {
    switch (kind) {
        case NewKey::ecdsa_p256: return generate_ec(NID_X9_62_prime256v1);
        case NewKey::ecdsa_p384: return generate_ec(NID_secp384r1);
        case NewKey::rsa_3072: return generate_rsa();
        case NewKey::ed25519: break;
    }
    return generate_ed25519();
}

/// With the public key that belongs to the numbers, if they sign what it verifies.
Result<std::shared_ptr<const PrivateKey::Material>> complete(PrivateNumbers numbers) {
    auto text =
        answered([&] { return std::visit([](const auto& key) { return text_of(key); }, numbers); });
    auto public_key = std::holds_alternative<Ed25519PrivateKey>(numbers)
                          ? PublicKey::from_ed25519(as_bytes(text))
                          : PublicKey::from_spki(as_bytes(text));
    if (!public_key) return std::move(public_key).error();
    static const Message trial{as_bytes("trial"), sha256(as_bytes("trial"))};
    std::string signature;
    if (!signs(numbers, public_key.value(), trial, signature))
        return unusable("a private key does not fit its public key");
    return std::make_shared<const PrivateKey::Material>(
        PrivateKey::Material{std::move(numbers), std::move(public_key).value(), std::move(text)});
}

}  // namespace

PrivateKey PrivateKey::generate(NewKey kind) {
    start_secure_heap();
    auto material = complete(answered([&] { return generate_numbers(kind); }));
    if (!material) throw std::runtime_error(material.error().message);
    return PrivateKey(std::move(material).value());
}

Result<PrivateKey> PrivateKey::decode(KeyForm form, Bytes der) {
    start_secure_heap();
    auto numbers = answered([&] { return read_private_key(form, der); });
    if (!numbers) return std::move(numbers).error();
    auto material = complete(std::move(numbers).value());
    if (!material) return std::move(material).error();
    return PrivateKey(std::move(material).value());
}

const PublicKey& PrivateKey::public_key() const noexcept { return material_->public_key; }

const std::string& PrivateKey::public_text() const noexcept { return material_->public_text; }

std::string PrivateKey::sign(Bytes message) const {
    std::string signature;
    if (!signs(material_->numbers, material_->public_key, {message, sha256(message)}, signature))
        throw std::runtime_error("a signature came out wrong: is this machine sound?");
    return signature;
}

Secret PrivateKey::pkcs8() const {
    return answered([&] { return write_pkcs8(material_->numbers); });
}

Result<std::string> PrivateKey::certificate(std::string_view common_name, Instant not_before,
                                            Instant not_after) const {
    return answered(
        [&] { return self_signed(material_->numbers, common_name, not_before, not_after); });
}

}  // namespace contenttrust::crypto
