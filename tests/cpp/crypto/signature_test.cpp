#include <openssl/ec.h>
#include <openssl/err.h>
#include <sodium.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/public_key.hpp"
#include "made_keys.hpp"
#include "patience.hpp"

namespace contenttrust::crypto {
namespace {

using made::hex;
using Number = std::unique_ptr<BIGNUM, made::FreeWith<BN_free>>;

const std::string text = R"({"_type":"Targets"})";

PublicKey ec(std::string_view der) { return PublicKey::from_spki(as_bytes(der)).value(); }
PublicKey rsa(const made::Key& key) {
    return PublicKey::from_spki(as_bytes(made::spki(key))).value();
}

bool holds(const PublicKey& key, Method method, std::string_view signature,
           std::string_view signed_text = text) {
    const bool answer = key.verify(method, made::message(signed_text), as_bytes(signature));
    BOOST_TEST(ERR_peek_error() == 0U);
    return answer;
}

std::string padded(const BIGNUM* number, std::size_t octets) {
    std::string bytes(octets, '\0');
    BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(octets));
    return bytes;
}

Number number(std::string_view bytes) {
    return Number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                            static_cast<int>(bytes.size()), nullptr));
}

const std::string p256_order =
    hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) of `info`, padded to 256 octets but for `missing`, which `tail` fills.
std::string pkcs1_block(std::string_view info, std::string_view tail = "") {
    const std::size_t padding = 256 - 3 - info.size() - tail.size();
    std::string block("\0\x01", 2);
    block += std::string(padding, '\xff');
    block += '\0';
    block += info;
    return block += tail;
}

std::string digest_of_text() { return std::string(as_text(sha256(as_bytes(text)))); }

const std::string sha256_info = hex("3031300d060960864801650304020105000420");

}  // namespace

BOOST_AUTO_TEST_SUITE(signature)

// RFC 6979 A.2.5 and A.2.6: message "sample", SHA-256.
BOOST_AUTO_TEST_CASE(published_ecdsa_signatures_hold) {
    const PublicKey p256 =
        ec(made::ec_spki(NID_X9_62_prime256v1,
                         hex("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                             "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")));
    BOOST_TEST(holds(p256, Method::ecdsa,
                     hex("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
                     "sample"));
    const PublicKey p384 = ec(made::ec_spki(
        NID_secp384r1, hex("04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64"
                           "def8f0ea9055866064a254515480bc13"
                           "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1"
                           "288b231c3ae0d4fe7344fd2533264720")));
    BOOST_TEST(holds(p384, Method::ecdsa,
                     hex("21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33"
                         "bde1e888e63355d92fa2b3c36d8fb2cd"
                         "f3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feeb"
                         "efdc63eccd1ac42ec0cb8668a4fa0ab0"),
                     "sample"));
}

BOOST_AUTO_TEST_CASE(ecdsa_signatures_of_every_curve_hold_for_their_message_only) {
    for (const auto& [curve, octets] :
         {std::pair{"P-256", 32}, std::pair{"P-384", 48}, std::pair{"P-521", 66}}) {
        const auto key = made::ec_key(curve);
        const PublicKey loaded = ec(made::spki(key));
        std::string signed_text = made::sign_ecdsa(key, text, octets);
        BOOST_TEST(holds(loaded, Method::ecdsa, signed_text), curve);
        BOOST_TEST(!holds(loaded, Method::ecdsa, signed_text, text + " "), curve);
        BOOST_TEST(!holds(ec(made::spki(made::ec_key(curve))), Method::ecdsa, signed_text), curve);
        signed_text.back() = static_cast<char>(signed_text.back() ^ 1);
        BOOST_TEST(!holds(loaded, Method::ecdsa, signed_text), curve);
    }
}

BOOST_AUTO_TEST_CASE(t009_the_method_must_fit_the_key) {
    const auto ec_pair = made::ec_key();
    const auto& rsa_pair = made::rsa_key();
    const std::string ecdsa = made::sign_ecdsa(ec_pair, text);
    const std::string pss = made::sign_pss(rsa_pair, text);
    const std::string pkcs1 = made::sign_pkcs1(rsa_pair, text);
    const auto only = [](const PublicKey& key, Method fitting, std::string_view signed_text) {
        for (const Method method :
             {Method::ecdsa, Method::rsapss, Method::rsapkcs1v15, Method::eddsa}) {
            BOOST_TEST(holds(key, method, signed_text) == (method == fitting));
        }
    };
    only(ec(made::spki(ec_pair)), Method::ecdsa, ecdsa);
    only(rsa(rsa_pair), Method::rsapss, pss);
    only(rsa(rsa_pair), Method::rsapkcs1v15, pkcs1);
}

BOOST_AUTO_TEST_CASE(t018_zero_r_or_s_is_refused) {
    const auto key = made::ec_key();
    const PublicKey loaded = ec(made::spki(key));
    const std::string good = made::sign_ecdsa(key, text);
    const std::string zero(32, '\0');
    BOOST_TEST(!holds(loaded, Method::ecdsa, zero + zero));
    BOOST_TEST(!holds(loaded, Method::ecdsa, zero + good.substr(32)));
    BOOST_TEST(!holds(loaded, Method::ecdsa, good.substr(0, 32) + zero));
}

BOOST_AUTO_TEST_CASE(t018_r_or_s_beyond_the_order_is_refused) {
    const auto key = made::ec_key();
    const PublicKey loaded = ec(made::spki(key));
    const std::string good = made::sign_ecdsa(key, text);
    const std::string most(32, '\xff');
    for (const std::string& beyond : {p256_order, most}) {
        BOOST_TEST(!holds(loaded, Method::ecdsa, beyond + good.substr(32)));
        BOOST_TEST(!holds(loaded, Method::ecdsa, good.substr(0, 32) + beyond));
        BOOST_TEST(!holds(loaded, Method::ecdsa, beyond + beyond));
    }
}

BOOST_AUTO_TEST_CASE(t018_a_number_that_is_congruent_to_s_is_refused) {
    // P-521: the order has 521 bits and the field of s 528, so s + n always fits.
    const auto key = made::ec_key("P-521");
    const PublicKey loaded = ec(made::spki(key));
    const std::string good = made::sign_ecdsa(key, text, 66);
    const std::unique_ptr<EC_GROUP, made::FreeWith<EC_GROUP_free>> group(
        EC_GROUP_new_by_curve_name(NID_secp521r1));
    for (const std::size_t at : {std::size_t{0}, std::size_t{66}}) {
        const Number part = number(std::string_view(good).substr(at, 66));
        BN_add(part.get(), part.get(), EC_GROUP_get0_order(group.get()));
        std::string congruent = good;
        congruent.replace(at, 66, padded(part.get(), 66));
        BOOST_TEST(!holds(loaded, Method::ecdsa, congruent));
    }
    BOOST_TEST(holds(loaded, Method::ecdsa, good));
}

BOOST_AUTO_TEST_CASE(t019_both_forms_of_s_are_accepted) {
    const auto key = made::ec_key();
    const PublicKey loaded = ec(made::spki(key));
    const std::string one = made::sign_ecdsa(key, text);
    const Number s = number(std::string_view(one).substr(32));
    const Number n = number(p256_order);
    BN_sub(s.get(), n.get(), s.get());
    BOOST_TEST(holds(loaded, Method::ecdsa, one));
    BOOST_TEST(holds(loaded, Method::ecdsa, one.substr(0, 32) + padded(s.get(), 32)));
}

BOOST_AUTO_TEST_CASE(t020_ecdsa_signatures_are_exactly_two_padded_numbers) {
    const auto key = made::ec_key();
    const PublicKey loaded = ec(made::spki(key));
    const std::string good = made::sign_ecdsa(key, text);
    const std::string zero(1, '\0');
    BOOST_TEST(!holds(loaded, Method::ecdsa, ""));
    BOOST_TEST(!holds(loaded, Method::ecdsa, good.substr(0, 63)));
    BOOST_TEST(!holds(loaded, Method::ecdsa, good + zero));
    BOOST_TEST(!holds(loaded, Method::ecdsa, zero + good));
    BOOST_TEST(!holds(loaded, Method::ecdsa, zero + good.substr(0, 32) + zero + good.substr(32)));
    const std::string der = hex("3044"
                                "0220") +
                            good.substr(0, 32) + hex("0220") + good.substr(32);
    BOOST_TEST(!holds(loaded, Method::ecdsa, der));
    BOOST_TEST(!holds(loaded, Method::ecdsa, good + good));
}

BOOST_AUTO_TEST_CASE(t020_a_raw_signature_that_starts_like_der_is_read_as_raw) {
    const auto key = made::ec_key();
    const PublicKey loaded = ec(made::spki(key));
    std::string good;
    do good = made::sign_ecdsa(key, text);
    while (good.front() != '\x30');
    BOOST_TEST(holds(loaded, Method::ecdsa, good));
}

BOOST_AUTO_TEST_CASE(t022_rsa_signatures_are_as_long_as_the_modulus) {
    const PublicKey loaded = rsa(made::rsa_key());
    const std::string pss = made::sign_pss(made::rsa_key(), text);
    const std::string pkcs1 = made::sign_pkcs1(made::rsa_key(), text);
    for (const auto& [method, good] :
         {std::pair{Method::rsapss, pss}, std::pair{Method::rsapkcs1v15, pkcs1}}) {
        BOOST_TEST(holds(loaded, method, good));
        BOOST_TEST(!holds(loaded, method, ""));
        BOOST_TEST(!holds(loaded, method, good.substr(0, 255)));
        BOOST_TEST(!holds(loaded, method, good + '\0'));
        BOOST_TEST(!holds(loaded, method, '\0' + good));
        BOOST_TEST(!holds(loaded, method, std::string(256, '\xff')));  // beyond the modulus
        BOOST_TEST(!holds(loaded, method, std::string(2048, '\x01')));
    }
}

BOOST_AUTO_TEST_CASE(t023_the_salt_of_pss_has_32_octets) {
    const PublicKey loaded = rsa(made::rsa_key());
    BOOST_TEST(holds(loaded, Method::rsapss, made::sign_pss(made::rsa_key(), text, 32)));
    for (const int salt : {0, 20, 31, 33, 222}) {  // 222 is the most that fits
        BOOST_TEST(!holds(loaded, Method::rsapss, made::sign_pss(made::rsa_key(), text, salt)),
                   salt);
    }
}

BOOST_AUTO_TEST_CASE(t023_the_mask_of_pss_is_made_with_sha256) {
    const PublicKey loaded = rsa(made::rsa_key());
    for (const EVP_MD* other : {EVP_sha1(), EVP_sha384(), EVP_sha512()}) {
        BOOST_TEST(
            !holds(loaded, Method::rsapss, made::sign_pss(made::rsa_key(), text, 32, other)));
    }
}

BOOST_AUTO_TEST_CASE(t024_only_the_one_pkcs1_padding_is_accepted) {
    const auto& key = made::rsa_key();
    const PublicKey loaded = rsa(key);
    const std::string info = sha256_info + digest_of_text();
    const auto with = [&](const std::string& block) {
        return holds(loaded, Method::rsapkcs1v15, made::rsa_private(key, block));
    };
    BOOST_TEST(with(pkcs1_block(info)));
    BOOST_TEST(!with(pkcs1_block(info, "x")));                       // octets after the digest
    BOOST_TEST(!with(pkcs1_block(info, std::string(200, '\x5a'))));  // short padding
    BOOST_TEST(!with(pkcs1_block(digest_of_text())));                // no DigestInfo
    const std::string without_null = hex("302f300b06096086480165030402010420") + digest_of_text();
    BOOST_TEST(!with(pkcs1_block(without_null)));
    const std::string sha512_256 = hex("3031300d060960864801650304020605000420") + digest_of_text();
    BOOST_TEST(!with(pkcs1_block(sha512_256)));
    const std::string long_form =
        hex("308131300d060960864801650304020105000420") + digest_of_text();
    BOOST_TEST(!with(pkcs1_block(long_form)));
    std::string type_two = pkcs1_block(info);
    type_two[1] = '\x02';
    BOOST_TEST(!with(type_two));
    std::string gap = pkcs1_block(info);
    gap[10] = '\xfe';
    BOOST_TEST(!with(gap));
}

BOOST_AUTO_TEST_CASE(t022_exponent_three_gets_no_sloppy_padding) {
    const auto key = made::rsa_key(2048, 3);
    const PublicKey loaded = rsa(key);
    const std::string info = sha256_info + digest_of_text();
    BOOST_TEST(holds(loaded, Method::rsapkcs1v15, made::sign_pkcs1(key, text)));
    BOOST_TEST(holds(loaded, Method::rsapss, made::sign_pss(key, text)));
    // What the forgery by a cube root makes of the block (CVE-2006-4339): little padding, then anything.
    BOOST_TEST(!holds(loaded, Method::rsapkcs1v15,
                      made::rsa_private(key, pkcs1_block(info, std::string(190, '\x5a')))));
}

BOOST_AUTO_TEST_CASE(t032_the_dearest_verification_stays_below_50_ms) {
    const std::string n(1024, '\xff');
    const std::string der = made::rsa_spki(n, hex("7fffffff"));
    const PublicKey key = PublicKey::from_spki(as_bytes(der)).value();
    const std::string guess = '\x7f' + n.substr(1);
    const std::clock_t start = std::clock();
    BOOST_TEST(!holds(key, Method::rsapss, guess));
    BOOST_TEST(made::soon_after(start));
}

BOOST_AUTO_TEST_CASE(one_key_verifies_in_many_threads) {
    for (const bool elliptic : {true, false}) {
        const auto pair = elliptic ? made::ec_key() : made::rsa_key(2048, 65537);
        const PublicKey key = elliptic ? ec(made::spki(pair)) : rsa(pair);
        const std::string good =
            elliptic ? made::sign_ecdsa(pair, text) : made::sign_pss(pair, text);
        const Method method = elliptic ? Method::ecdsa : Method::rsapss;
        std::array<int, 4> counts{};
        {
            std::vector<std::jthread> threads;
            for (int& count : counts) {
                threads.emplace_back([&] {
                    for (int i = 0; i < 50; ++i) {
                        count += key.verify(method, made::message(text), as_bytes(good)) ? 1 : 0;
                    }
                });
            }
        }
        for (const int count : counts) BOOST_TEST(count == 50);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
