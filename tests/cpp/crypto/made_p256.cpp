#include "made_p256.hpp"

#include <openssl/ec.h>

#include <stdexcept>

namespace contenttrust::crypto::made {
namespace {

using Point = std::unique_ptr<EC_POINT, FreeWith<EC_POINT_free>>;
using Group = std::unique_ptr<EC_GROUP, FreeWith<EC_GROUP_free>>;
using Scratch = std::unique_ptr<BN_CTX, FreeWith<BN_CTX_free>>;

const EC_GROUP* group() {
    static const Group p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
    return p256.get();
}

BN_CTX* scratch() {
    static const Scratch context(BN_CTX_new());
    return context.get();
}

Point times_generator(const Number& factor) {
    Point point(EC_POINT_new(group()));
    if (EC_POINT_mul(group(), point.get(), factor.get(), nullptr, nullptr, scratch()) != 1)
        throw std::runtime_error("libcrypto could not multiply a point");
    return point;
}

}  // namespace

Number number(const char* digits) {
    BIGNUM* value = nullptr;
    BN_hex2bn(&value, digits);
    return Number(value);
}

Number number_of(std::string_view big_endian) {
    return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(big_endian.data()),
                            static_cast<int>(big_endian.size()), nullptr));
}

std::string octets_of(const Number& value) {
    std::string bytes(32, '\0');
    if (BN_bn2binpad(value.get(), reinterpret_cast<unsigned char*>(bytes.data()), 32) != 32)
        throw std::runtime_error("a number does not fit into 32 octets");
    return bytes;
}

Sha256 digest_of(const Number& value) {
    Sha256 digest;
    BN_bn2binpad(value.get(), reinterpret_cast<unsigned char*>(digest.data()), 32);
    return digest;
}

bool is_plain(const Sha256& digest) {
    const auto value = number_of(as_text(digest));
    return BN_is_zero(value.get()) == 0 && BN_cmp(value.get(), p256_order().get()) < 0;
}

const Number& p256_order() {
    static const Number order =
        number("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    return order;
}

const Number& p256_prime() {
    static const Number prime =
        number("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");
    return prime;
}

Number sum(const Number& a, const Number& b) {
    Number out(BN_new());
    BN_mod_add(out.get(), a.get(), b.get(), p256_order().get(), scratch());
    return out;
}

Number product(const Number& a, const Number& b) {
    Number out(BN_new());
    BN_mod_mul(out.get(), a.get(), b.get(), p256_order().get(), scratch());
    return out;
}

Number negative(const Number& a) {
    Number out(BN_new());
    BN_mod_sub(out.get(), p256_order().get(), a.get(), p256_order().get(), scratch());
    return out;
}

KnownKey known_key(Number secret) {
    const auto point = times_generator(secret);
    std::string octets(65, '\0');
    EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_UNCOMPRESSED,
                       reinterpret_cast<unsigned char*>(octets.data()), octets.size(), scratch());
    const auto der = ec_spki(NID_X9_62_prime256v1, octets);
    return {std::move(secret), PublicKey::from_spki(as_bytes(der)).value()};
}

Number r_of(const Number& nonce) {
    const auto point = times_generator(nonce);
    Number x(BN_new());
    EC_POINT_get_affine_coordinates(group(), point.get(), x.get(), nullptr, scratch());
    return sum(x, number("0"));
}

std::string signed_with(const Number& secret, const Number& nonce, const Sha256& digest) {
    const auto r = r_of(nonce);
    const Number inverse(BN_mod_inverse(nullptr, nonce.get(), p256_order().get(), scratch()));
    const auto e = number_of(as_text(digest));
    return octets_of(r) + octets_of(product(inverse, sum(e, product(r, secret))));
}

}  // namespace contenttrust::crypto::made
