/// The DER of private keys, both ways. What is decoded of a secret is wiped when it is freed.
#pragma once

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <memory>
#include <string_view>
#include <variant>

#include "contenttrust/crypto/private_key.hpp"
#include "libcrypto.hpp"

namespace contenttrust::crypto {

using EcPrivateKey = std::unique_ptr<EC_KEY, FreeWith<EC_KEY_free>>;
using RsaPrivateKey = std::unique_ptr<RSA, FreeWith<RSA_free>>;
using BigNumber = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using SecretNumber = std::unique_ptr<BIGNUM, FreeWith<BN_clear_free>>;

/// A step that does not depend on what the key is: it fails where libcrypto lacks memory, of which it does not always
/// tell.
inline void require(bool done) {
    if (!done) throw std::bad_alloc();
}

/// Seed, then public key: as libsodium has it.
struct Ed25519PrivateKey {
    Secret octets;
};

using PrivateNumbers = std::variant<EcPrivateKey, RsaPrivateKey, Ed25519PrivateKey>;

/// Libcrypto's secure heap is there from the first call on, as far as the system lets memory be locked.
void start_secure_heap();

/// The key of a seed of 32 octets.
Ed25519PrivateKey ed25519_from_seed(Bytes seed);

/// Reads a key whose public part fits, by whatever is cheaply told; whether it signs is for the caller to find out.
Result<PrivateNumbers> read_private_key(KeyForm form, Bytes der);

/// PKCS#8 as PrivateKey::pkcs8 promises it.
Secret write_pkcs8(const PrivateNumbers& key);

}  // namespace contenttrust::crypto
