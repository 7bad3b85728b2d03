/// P-256 signatures over any digest, by keys whose secrets and with nonces that the test chooses.
#pragma once

#include <openssl/bn.h>

#include <memory>
#include <string>
#include <string_view>

#include "contenttrust/base/digest.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto::made {

using Number = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;

/// The number with these hexadecimal digits; a minus sign in front is allowed.
Number number(const char* digits);
Number number_of(std::string_view big_endian);
/// 32 octets, big-endian. The number must fit.
std::string octets_of(const Number& value);
Sha256 digest_of(const Number& value);
/// Whether a digest is within [1, n-1], as all but one in 2^32 are.
bool is_plain(const Sha256& digest);

const Number& p256_order();
/// The prime of the field.
const Number& p256_prime();

/// `a + b` and `a · b` modulo the order; `negative` is `-a`.
Number sum(const Number& a, const Number& b);
Number product(const Number& a, const Number& b);
Number negative(const Number& a);

/// A key whose secret is known.
struct KnownKey {
    Number secret;
    PublicKey key;
};
KnownKey known_key(Number secret);

/// r of every signature with this nonce: the x coordinate of nonce·G modulo the order.
Number r_of(const Number& nonce);

/// r‖s over `digest` (FIPS 186-4 §6.4).
std::string signed_with(const Number& secret, const Number& nonce, const Sha256& digest);

}  // namespace contenttrust::crypto::made
