/// Keys and signatures that tests make with libcrypto, and the encodings an attacker could choose for them.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto::made {

template <auto Free>
struct FreeWith {
    void operator()(auto* handle) const noexcept { Free(handle); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

/// Bytes written as hexadecimal digits.
std::string hex(std::string_view digits);

Key ec_key(const char* curve = "P-256");
/// Of 2048 bits and exponent 65537: made once, because it takes long.
const Key& rsa_key();
Key rsa_key(unsigned bits, unsigned exponent);

/// DER SubjectPublicKeyInfo.
std::string spki(const Key& key);
/// SubjectPublicKeyInfo of any algorithm, any parameter (owned by the result when not null), any key bytes.
std::string spki(int algorithm, int parameter_type, void* parameter, std::string_view key_bits);
/// SubjectPublicKeyInfo of an elliptic curve point as it stands.
std::string ec_spki(int curve, std::string_view point);
/// SubjectPublicKeyInfo of an RSA key with this modulus and exponent (big-endian octets).
std::string rsa_spki(std::string_view modulus, std::string_view exponent);
/// The key octets inside a SubjectPublicKeyInfo: a point, or an RSAPublicKey.
std::string key_bits(const Key& key);

/// r‖s, each padded to `octets`.
std::string sign_ecdsa(const Key& key, std::string_view message, int octets = 32);
std::string sign_pss(const Key& key, std::string_view message, int salt = 32,
                     const EVP_MD* mgf1 = EVP_sha256());
std::string sign_pkcs1(const Key& key, std::string_view message);
/// The private operation on a block that the test has padded itself.
std::string rsa_private(const Key& key, std::string_view block);

/// `text` as a signed message; `text` must outlive it.
Message message(std::string_view text);

}  // namespace contenttrust::crypto::made
