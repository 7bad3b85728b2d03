#include "simulator/signing_key.hpp"

#include <sodium.h>

#include <array>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::simulator {
namespace {

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

SigningKey ecdsa(std::string type, std::string public_text, const EcKey& key) {
    return {std::move(type), std::move(public_text), "ecdsa",
            [key](std::string_view message) { return crypto::made::sign_ecdsa(*key, message); }};
}

}  // namespace

KeyId SigningKey::id() const { return metadata::key_id(type, to_base64(as_bytes(public_text))); }

std::string SigningKey::entry() const {
    return "\"" + id().str() + R"(":{"keytype":")" + type +
           R"(","keyval":{"private":null,"public":")" + to_base64(as_bytes(public_text)) + "\"}}";
}

SigningKey ed25519_key(unsigned char number) {
    std::array<unsigned char, crypto_sign_SEEDBYTES> seed{};
    seed.fill(number);
    std::string public_text(crypto_sign_PUBLICKEYBYTES, '\0');
    std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
    crypto_sign_seed_keypair(octets(public_text), octets(secret), seed.data());
    return {"ed25519", public_text, "eddsa", [secret](std::string_view message) {
                std::string signature(crypto_sign_BYTES, '\0');
                crypto_sign_detached(octets(signature), nullptr, octets(message), message.size(),
                                     octets(secret));
                return signature;
            }};
}

EcKey ec_key() { return std::make_shared<const crypto::made::Key>(crypto::made::ec_key()); }

SigningKey bare(const EcKey& key) { return ecdsa("ecdsa", crypto::made::spki(*key), key); }

SigningKey certified(const EcKey& key, const crypto::made::CertificateFields& fields) {
    return bundled(key, crypto::made::certificate(*key, fields));
}

SigningKey bundled(const EcKey& key, std::string pem) {
    return ecdsa("ecdsa-x509", std::move(pem), key);
}

}  // namespace contenttrust::simulator
