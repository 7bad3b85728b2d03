#include "contenttrust/crypto/public_key.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <sodium.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>

#include "made_keys.hpp"
#include "patience.hpp"

namespace contenttrust::crypto {
namespace {

using made::hex;

constexpr auto octets_of_modulus = 256;
constexpr std::string_view f4("\x01\x00\x01", 3);  // 65537

bool loads(Algorithm algorithm, std::string_view der) {
    const auto key = PublicKey::from_spki(as_bytes(der));
    BOOST_TEST(ERR_peek_error() == 0U);  // the queue is the thread's, not ours
    if (!key) BOOST_TEST((key.error().code == ErrorCode::malformed));
    return key && key.value().algorithm() == algorithm;
}

bool loads_ec(std::string_view der) { return loads(Algorithm::ecdsa, der); }
bool loads_rsa(std::string_view der) { return loads(Algorithm::rsa, der); }
bool loads_ed25519(std::string_view raw) {
    return static_cast<bool>(PublicKey::from_ed25519(as_bytes(raw)));
}

/// An odd modulus of so many bits (a multiple of eight): prime factors do not matter for loading.
std::string modulus(std::size_t bits) { return std::string(bits / 8, '\xff'); }

/// `der` with its outermost length written in the long form, which DER does not allow below 128.
std::string with_long_length(std::string_view der) { return std::string(der).insert(1, 1, '\x81'); }

}  // namespace

BOOST_AUTO_TEST_SUITE(public_key)

BOOST_AUTO_TEST_CASE(named_curves_and_rsa_load) {
    BOOST_TEST(loads_ec(made::spki(made::ec_key("P-256"))));
    BOOST_TEST(loads_ec(made::spki(made::ec_key("P-384"))));
    BOOST_TEST(loads_ec(made::spki(made::ec_key("P-521"))));
    BOOST_TEST(loads_rsa(made::spki(made::rsa_key())));
}

BOOST_AUTO_TEST_CASE(a_key_says_itself_of_which_algorithm_it_is) {
    BOOST_TEST(!loads_rsa(made::spki(made::ec_key())));
    BOOST_TEST(!loads_ec(made::spki(made::rsa_key())));
    const std::string other = made::spki(NID_ED25519, V_ASN1_UNDEF, nullptr, modulus(256));
    const auto unknown = PublicKey::from_spki(as_bytes(other));
    BOOST_TEST(unknown.error().message == "a public key is of an unknown kind");
}

BOOST_AUTO_TEST_CASE(t003_identity_depends_on_the_key_alone) {
    const auto key = made::ec_key();
    const auto one = PublicKey::from_spki(as_bytes(made::spki(key)));
    const auto again = PublicKey::from_spki(as_bytes(made::spki(key)));
    const auto other = PublicKey::from_spki(as_bytes(made::spki(made::ec_key())));
    BOOST_TEST((one.value().identity() == again.value().identity()));
    BOOST_TEST((one.value().identity() != other.value().identity()));
}

BOOST_AUTO_TEST_CASE(t004_a_compressed_point_is_not_a_second_form_of_a_key) {
    const std::string point = made::key_bits(made::ec_key());
    const char parity = point.back() % 2 == 0 ? '\x02' : '\x03';
    BOOST_TEST(loads_ec(made::ec_spki(NID_X9_62_prime256v1, point)));
    BOOST_TEST(!loads_ec(made::ec_spki(NID_X9_62_prime256v1, parity + point.substr(1, 32))));
}

BOOST_AUTO_TEST_CASE(t020_only_the_der_encoding_of_a_key_is_read) {
    const std::string der = made::spki(made::ec_key());
    BOOST_TEST(!loads_ec(""));
    BOOST_TEST(!loads_ec(der + '\0'));
    BOOST_TEST(!loads_ec(der + der));
    BOOST_TEST(!loads_ec(with_long_length(der)));
    BOOST_TEST(!loads_ec("\x30\x80" + der.substr(2) + std::string(2, '\0')));  // indefinite length
    for (std::size_t size = 0; size < der.size(); ++size)
        BOOST_TEST(!loads_ec(der.substr(0, size)));
}

BOOST_AUTO_TEST_CASE(every_flipped_byte_of_a_key_is_noticed) {
    const std::string der = made::spki(made::ec_key());
    for (std::size_t i = 0; i < der.size(); ++i) {
        for (const char flip : {'\x01', '\x80', '\xff'}) {
            std::string changed = der;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            BOOST_TEST(!loads_ec(changed), "byte " << i);
        }
    }
}

BOOST_AUTO_TEST_CASE(unused_bits_of_the_key_are_refused) {
    constexpr std::size_t unused_bits_at = 25;
    std::string der;
    do der = made::spki(made::ec_key());
    while (der.back() % 2 != 0);  // the same octets, whether the last bit counts or not
    BOOST_REQUIRE(loads_ec(der));
    der[unused_bits_at] = '\x01';
    BOOST_TEST(!loads_ec(der));
}

BOOST_AUTO_TEST_CASE(t021_other_curves_are_refused) {
    for (const char* curve : {"P-192", "P-224", "secp256k1", "brainpoolP256r1", "B-283"}) {
        BOOST_TEST(!loads_ec(made::spki(made::ec_key(curve))), curve);
    }
    const std::string p256 = made::key_bits(made::ec_key());
    const std::string p384 = made::key_bits(made::ec_key("P-384"));
    BOOST_TEST(!loads_ec(made::ec_spki(NID_secp384r1, p256)));
    BOOST_TEST(!loads_ec(made::ec_spki(NID_X9_62_prime256v1, p384)));
    BOOST_TEST(!loads_ec(made::ec_spki(
        NID_X9_62_prime256v1, made::key_bits(made::ec_key("secp256k1")))));  // of the right length
}

BOOST_AUTO_TEST_CASE(t021_points_off_the_curve_or_in_other_forms_are_refused) {
    const std::string point = made::key_bits(made::ec_key());
    const auto p256 = [](std::string_view bits) {
        return made::ec_spki(NID_X9_62_prime256v1, bits);
    };
    std::string off = point;
    off.back() = static_cast<char>(off.back() ^ 1);
    BOOST_TEST(!loads_ec(p256(off)));
    const char hybrid = point.back() % 2 == 0 ? '\x06' : '\x07';
    BOOST_TEST(!loads_ec(p256(hybrid + point.substr(1))));
    BOOST_TEST(!loads_ec(p256(std::string(1, '\0'))));   // infinity
    BOOST_TEST(!loads_ec(p256(std::string(65, '\0'))));  // infinity, padded
    BOOST_TEST(!loads_ec(p256('\x04' + std::string(64, '\0'))));
    BOOST_TEST(!loads_ec(p256('\x04' + std::string(64, '\xff'))));  // beyond the field
    BOOST_TEST(!loads_ec(p256("")));
    BOOST_TEST(!loads_ec(p256(point + '\0')));
    BOOST_TEST(!loads_ec(p256(point.substr(0, 64))));
}

BOOST_AUTO_TEST_CASE(t021_a_coordinate_plus_the_prime_is_refused) {
    // x = 5 is on P-256; x + p fits 256 bits and is the same element of the field.
    const std::string y = hex("459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc");
    const std::string x = std::string(31, '\0') + '\x05';
    BOOST_TEST(loads_ec(made::ec_spki(NID_X9_62_prime256v1, '\x04' + x + y)));
    const std::string beyond =
        hex("ffffffff00000001000000000000000000000001000000000000000000000004");
    BOOST_TEST(!loads_ec(made::ec_spki(NID_X9_62_prime256v1, '\x04' + beyond + y)));
}

BOOST_AUTO_TEST_CASE(t021_explicit_and_absent_curve_parameters_are_refused_at_once) {
    const auto key = made::ec_key();
    const std::string point = made::key_bits(key);
    EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                   OSSL_PKEY_EC_ENCODING_EXPLICIT);
    const std::string explicit_curve = made::spki(key);
    BOOST_REQUIRE(explicit_curve.size() > 200);
    const std::clock_t start = std::clock();
    BOOST_TEST(!loads_ec(explicit_curve));
    BOOST_TEST(!loads_ec(made::spki(NID_X9_62_id_ecPublicKey, V_ASN1_NULL, nullptr, point)));
    BOOST_TEST(!loads_ec(made::spki(NID_X9_62_id_ecPublicKey, V_ASN1_UNDEF, nullptr, point)));
    BOOST_TEST(made::soon_after(start));
}

BOOST_AUTO_TEST_CASE(t022_rsa_moduli_have_2048_to_8192_bits) {
    BOOST_TEST(!loads_rsa(made::rsa_spki(modulus(1024), f4)));
    BOOST_TEST(!loads_rsa(made::rsa_spki('\x7f' + modulus(2040), f4)));  // 2047 bits
    BOOST_TEST(loads_rsa(made::rsa_spki(modulus(2048), f4)));
    BOOST_TEST(loads_rsa(made::rsa_spki(modulus(8192), f4)));
    BOOST_TEST(!loads_rsa(made::rsa_spki('\x01' + modulus(8192), f4)));  // 8193 bits
    BOOST_TEST(!loads_rsa(made::rsa_spki(modulus(16384), f4)));
    const std::string huge = made::rsa_spki(modulus(1 << 20), f4);
    const auto refused = PublicKey::from_spki(as_bytes(huge));
    BOOST_TEST(refused.error().message ==
               "a public key is too long");  // before any of it is decoded
}

BOOST_AUTO_TEST_CASE(t022_rsa_moduli_and_exponents_are_odd) {
    const std::string n = modulus(2048);
    BOOST_TEST(!loads_rsa(made::rsa_spki(n.substr(1) + '\xfe', f4)));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, std::string(1, '\0'))));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, "\x01")));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, "\x02")));
    BOOST_TEST(loads_rsa(made::rsa_spki(n, "\x03")));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, hex("010000"))));
    BOOST_TEST(loads_rsa(made::rsa_spki(n, hex("7fffffff"))));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, hex("80000001"))));
    BOOST_TEST(!loads_rsa(made::rsa_spki(n, n)));
}

BOOST_AUTO_TEST_CASE(rsa_keys_carry_a_null_parameter_and_der_integers) {
    const std::string bits = made::key_bits(made::rsa_key());
    const auto rsa = [](std::string_view der) {
        return made::spki(NID_rsaEncryption, V_ASN1_NULL, nullptr, der);
    };
    BOOST_REQUIRE(loads_rsa(rsa(bits)));
    BOOST_TEST(!loads_rsa(made::spki(NID_rsaEncryption, V_ASN1_UNDEF, nullptr, bits)));
    BOOST_TEST(!loads_rsa(made::spki(NID_rsassaPss, V_ASN1_NULL, nullptr, bits)));
    BOOST_TEST(!loads_rsa(rsa(bits + '\0')));
    BOOST_TEST(!loads_rsa(rsa("")));
    // SEQUENCE (4 octets of header), INTEGER (4 octets of header), the octet 0 of the sign, the modulus, the exponent.
    BOOST_REQUIRE(bits.substr(0, 9) == hex("3082010a0282010100"));
    const std::string rest = bits.substr(9);
    BOOST_TEST(!loads_rsa(rsa(hex("3082010902820100") + rest)));      // negative
    BOOST_TEST(!loads_rsa(rsa(hex("3082010b028201020000") + rest)));  // one octet 0 too many
    BOOST_TEST(!loads_rsa(rsa(hex("3083"
                                  "00010a"
                                  "0282010100") +
                              rest)));  // long form of the length
    BOOST_TEST(rest.size() == octets_of_modulus + 5U);
}

BOOST_AUTO_TEST_CASE(t025_ed25519_keys_have_32_octets) {
    std::string key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    BOOST_TEST(loads_ed25519(key));
    BOOST_TEST(!loads_ed25519(""));
    BOOST_TEST(!loads_ed25519(key.substr(0, 31)));
    BOOST_TEST(!loads_ed25519(key + '\0'));
    BOOST_TEST(!loads_ed25519(key + key));
}

BOOST_AUTO_TEST_CASE(t025_ed25519_keys_of_small_order_are_refused) {
    // The points of order 1, 2, 4 and 8, as libsodium's blocklist writes them; the sign bit gives the rest.
    for (const char* point : {"0100000000000000000000000000000000000000000000000000000000000000",
                              "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                              "0000000000000000000000000000000000000000000000000000000000000000",
                              "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                              "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"}) {
        std::string key = hex(point);
        BOOST_TEST(!loads_ed25519(key), point);
        key.back() = static_cast<char>(key.back() ^ '\x80');
        BOOST_TEST(!loads_ed25519(key), point);
    }
}

BOOST_AUTO_TEST_CASE(t025_ed25519_keys_that_are_not_canonical_are_refused) {
    for (int excess = 0; excess < 19; ++excess) {  // y = p + excess
        std::string key(32, '\xff');
        key.front() = static_cast<char>(0xed + excess);
        key.back() = '\x7f';
        BOOST_TEST(!loads_ed25519(key), excess);
        key.back() = '\xff';
        BOOST_TEST(!loads_ed25519(key), excess);
    }
}

BOOST_AUTO_TEST_CASE(t025_ed25519_keys_outside_the_prime_order_group_are_refused) {
    const std::string key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    const std::string torsion =
        hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");
    std::string mixed(32, '\0');
    const auto* a = reinterpret_cast<const unsigned char*>(key.data());
    const auto* b = reinterpret_cast<const unsigned char*>(torsion.data());
    BOOST_REQUIRE(crypto_core_ed25519_add(reinterpret_cast<unsigned char*>(mixed.data()), a, b) ==
                  0);
    BOOST_TEST(!loads_ed25519(mixed));
}

BOOST_AUTO_TEST_CASE(methods_are_compared_in_lower_case) {
    BOOST_TEST((parse_method("ecdsa") == Method::ecdsa));
    BOOST_TEST((parse_method("ECDSA") == Method::ecdsa));
    BOOST_TEST((parse_method("RsaPSS") == Method::rsapss));
    BOOST_TEST((parse_method("rsapkcs1v15") == Method::rsapkcs1v15));
    BOOST_TEST((parse_method("EdDSA") == Method::eddsa));
    for (const char* text :
         {"", " ecdsa", "ecdsa ", "ed25519", "rsa", "none", "rsap\u212acs1v15"}) {
        BOOST_TEST(!parse_method(text), text);
    }
    BOOST_TEST(!parse_method(std::string_view("ecdsa\0", 6)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
