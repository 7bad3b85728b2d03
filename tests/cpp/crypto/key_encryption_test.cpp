#include "contenttrust/crypto/key_encryption.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>
#include <vector>

#include "contenttrust/crypto/private_key.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto {
namespace {

template <auto Free>
using FreeWith = made::FreeWith<Free>;
using Info = std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreeWith<PKCS8_PRIV_KEY_INFO_free>>;
using Sig = std::unique_ptr<X509_SIG, FreeWith<X509_SIG_free>>;
using Algor = std::unique_ptr<X509_ALGOR, FreeWith<X509_ALGOR_free>>;
using Kdf2 = std::unique_ptr<PBKDF2PARAM, FreeWith<PBKDF2PARAM_free>>;
using Pbe2 = std::unique_ptr<PBE2PARAM, FreeWith<PBE2PARAM_free>>;

const Secret& passphrase() {
    static const Secret secret(as_bytes("passphrase"));
    return secret;
}

std::string der_of(const X509_SIG* sig) {
    unsigned char* der = nullptr;
    const int length = i2d_X509_SIG(sig, &der);
    std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return out;
}

/// Of libcrypto's own choice one in 256 would give a padding that counts.
unsigned char zeros[EVP_MAX_IV_LENGTH] = {};

/// A structure with these parameters around octets that nothing opens.
std::string around(X509_ALGOR* made_algorithm, std::size_t octets = 16) {
    const Algor algorithm(made_algorithm);
    BOOST_REQUIRE(bool(algorithm));
    const Sig sig(X509_SIG_new());
    X509_ALGOR* place = nullptr;
    ASN1_OCTET_STRING* data = nullptr;
    X509_SIG_getm(sig.get(), &place, &data);
    X509_ALGOR_copy(place, algorithm.get());
    const std::string encrypted(octets, '\0');
    ASN1_OCTET_STRING_set(data, reinterpret_cast<const unsigned char*>(encrypted.data()),
                          static_cast<int>(octets));
    return der_of(sig.get());
}

std::string pbkdf2(int rounds, int prf = NID_hmacWithSHA1,
                   const EVP_CIPHER* cipher = EVP_aes_256_cbc()) {
    unsigned char salt[] = "saltsalt";
    return around(PKCS5_pbe2_set_iv(cipher, rounds, salt, 8, zeros, prf));
}

std::string scrypt(std::uint64_t n, std::uint64_t r, std::uint64_t p) {
    unsigned char salt[] = "saltsalt";
    // libcrypto makes no parameters that it would not take itself, so small ones are changed.
    X509_ALGOR* algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, 8, zeros, 2, 1, 1);
    BOOST_REQUIRE(algorithm != nullptr);
    const Pbe2 scheme(static_cast<PBE2PARAM*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter)));
    auto* parameters = static_cast<SCRYPT_PARAMS*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), scheme->keyfunc->parameter));
    ASN1_INTEGER_set_uint64(parameters->costParameter, n);
    ASN1_INTEGER_set_uint64(parameters->blockSize, r);
    ASN1_INTEGER_set_uint64(parameters->parallelizationParameter, p);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameters, &scheme->keyfunc->parameter);
    SCRYPT_PARAMS_free(parameters);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), scheme.get(), &algorithm->parameter);
    return around(algorithm);
}

/// PBKDF2 with a change of its parameters.
std::string changed(const std::function<void(PBKDF2PARAM&)>& change) {
    unsigned char salt[] = "saltsalt";
    X509_ALGOR* algorithm =
        PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, 8, zeros, NID_hmacWithSHA1);
    const Pbe2 scheme(static_cast<PBE2PARAM*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter)));
    const Kdf2 parameters(static_cast<PBKDF2PARAM*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), scheme->keyfunc->parameter)));
    change(*parameters);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameters.get(),
                            &scheme->keyfunc->parameter);
    ASN1_TYPE_pack_sequence(ASN1_ITEM_rptr(PBE2PARAM), scheme.get(), &algorithm->parameter);
    return around(algorithm);
}

std::string code(const Error& error) {
    BOOST_TEST(ERR_peek_error() == 0U);
    return std::string(to_string(error.code));
}

/// Rounds, `scrypt`, or the code of the refusal; opening answers alike.
std::string judged(std::string_view der) {
    const auto rounds = pbkdf2_rounds(as_bytes(der));
    if (rounds) return rounds.value() ? std::to_string(*rounds.value()) : "scrypt";
    const auto opened = decrypt_pkcs8(as_bytes(der), passphrase());
    BOOST_TEST(!opened);
    if (!opened) BOOST_TEST((opened.error().code == rounds.error().code));
    return code(rounds.error());
}

std::string opened(std::string_view der, const Secret& with = passphrase()) {
    const auto plain = decrypt_pkcs8(as_bytes(der), with);
    if (!plain) return "<" + code(plain.error()) + ">";
    return std::string(as_text(plain.value().bytes()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_encryption)

BOOST_AUTO_TEST_CASE(what_is_encrypted_opens_with_its_passphrase_only) {
    for (const std::size_t size : {0UL, 1UL, 15UL, 16UL, 17UL, 4700UL}) {
        const std::string plain(size, 'x');
        const auto der = encrypt_pkcs8(Secret(as_bytes(plain)), passphrase(), 7);
        BOOST_TEST(judged(der) == "7");
        BOOST_TEST((opened(der) == plain));
    }
    const auto key = PrivateKey::generate(NewKey::ecdsa_p256).pkcs8();
    const auto der = encrypt_pkcs8(key, passphrase(), 1);
    int accepted = 0;
    for (const char* wrong : {"", "Passphrase", "passphrase ", "passphras", "passphrase\n"}) {
        // The padding of what a wrong passphrase opens is right once in 256 times.
        const auto plain = decrypt_pkcs8(as_bytes(der), Secret(as_bytes(wrong)));
        accepted += plain && PrivateKey::decode(KeyForm::pkcs8, plain.value().bytes()) ? 1 : 0;
    }
    BOOST_TEST(accepted == 0);
    BOOST_TEST((opened(encrypt_pkcs8(key, Secret(as_bytes("")), 1), Secret(as_bytes(""))) ==
                as_text(key.bytes())));
}

BOOST_AUTO_TEST_CASE(docker_opens_nothing_else_than_this_structure) {
    const auto der = encrypt_pkcs8(Secret(as_bytes("x")), passphrase(), 600'000);
    // PBES2 with PBKDF2, 16 octets of salt, 600,000 rounds, no prf; AES-256-CBC (RFC 8018 §A).
    BOOST_TEST((der.starts_with(
        made::hex("3066305206092a864886f70d01050d3045302406092a864886f70d01050c30170410"))));
    BOOST_TEST(der.find(made::hex("02030927c0301d060960864801650304012a0410")) !=
               std::string::npos);
    BOOST_TEST(encrypt_pkcs8(Secret(as_bytes("x")), passphrase(), 1) !=
               encrypt_pkcs8(Secret(as_bytes("x")), passphrase(), 1));
}

BOOST_AUTO_TEST_CASE(what_libcrypto_encrypts_is_opened) {
    const auto key = made::ec_key();
    const Info info(EVP_PKEY2PKCS8(key.get()));
    unsigned char* plain = nullptr;
    const int length = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &plain);
    const std::string expected(reinterpret_cast<char*>(plain), static_cast<std::size_t>(length));
    OPENSSL_free(plain);
    for (const EVP_CIPHER* cipher :
         {EVP_aes_128_cbc(), EVP_aes_192_cbc(), EVP_aes_256_cbc(), EVP_des_ede3_cbc()}) {
        for (const int prf : {NID_hmacWithSHA1, NID_hmacWithSHA224, NID_hmacWithSHA256,
                              NID_hmacWithSHA384, NID_hmacWithSHA512}) {
            const Algor algorithm(PKCS5_pbe2_set_iv(cipher, 3, nullptr, 0, nullptr, prf));
            Algor owned(X509_ALGOR_dup(algorithm.get()));
            const Sig sig(PKCS8_set0_pbe("passphrase", 10, info.get(), owned.get()));
            BOOST_REQUIRE(sig);
            [[maybe_unused]] const X509_ALGOR* owned_by_sig = owned.release();
            BOOST_TEST((opened(der_of(sig.get())) == expected));
            BOOST_TEST(judged(der_of(sig.get())) == "3");
        }
    }
}

BOOST_AUTO_TEST_CASE(t029_work_over_the_limit_is_refused_before_it_is_done) {
    BOOST_TEST(judged(pbkdf2(1)) == "1");
    BOOST_TEST(judged(pbkdf2(10'000'000)) == "10000000");
    BOOST_TEST(judged(pbkdf2(10'000'001)) == "limit_exceeded");
    BOOST_TEST(judged(pbkdf2(2'147'483'647)) == "limit_exceeded");
    const auto rounds = [](const std::function<void(ASN1_INTEGER*)>& set) {
        return changed([&](PBKDF2PARAM& parameters) { set(parameters.iter); });
    };
    BOOST_TEST(judged(rounds([](auto* iter) { ASN1_INTEGER_set(iter, 0); })) == "limit_exceeded");
    BOOST_TEST(judged(rounds([](auto* iter) { ASN1_INTEGER_set(iter, -1); })) == "limit_exceeded");
    BOOST_TEST(judged(rounds([](auto* iter) {
                   ASN1_INTEGER_set_uint64(iter, (std::uint64_t{1} << 32U) + 1);
               })) == "limit_exceeded");
    BOOST_TEST(judged(rounds([](auto* iter) {
                   const std::string huge(20, '\x01');
                   ASN1_STRING_set(iter, huge.data(), 20);
               })) == "limit_exceeded");

    BOOST_TEST(judged(scrypt(16384, 8, 1)) == "scrypt");
    BOOST_TEST(judged(scrypt(262144, 8, 1)) == "scrypt");  // 256 MiB
    BOOST_TEST(judged(scrypt(262144, 9, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(524288, 8, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(16384, 8, 9)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(16383, 8, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(1, 8, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(0, 8, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(16384, 0, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(16384, 8, 0)) == "limit_exceeded");
    constexpr auto huge = std::uint64_t{1} << 63U;
    BOOST_TEST(judged(scrypt(huge, huge, 1)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(2, huge, huge)) == "limit_exceeded");
    BOOST_TEST(judged(scrypt(65536, 1, 1)) == "malformed");  // RFC 7914: N < 2^(16 r)
}

BOOST_AUTO_TEST_CASE(the_largest_scrypt_that_is_allowed_can_be_done) {
    BOOST_TEST(opened(scrypt(262144, 8, 1)) == "<unauthorized>");
    BOOST_TEST(opened(scrypt(32768, 1, 8)) == "<unauthorized>");
    BOOST_TEST(opened(scrypt(2, 1, 1)) == "<unauthorized>");
}

BOOST_AUTO_TEST_CASE(odd_parameters_are_refused_or_harmless) {
    BOOST_TEST(opened(changed([](PBKDF2PARAM& parameters) {
                   ASN1_STRING_set(parameters.salt->value.octet_string, "", 0);
               })) == "<unauthorized>");
    BOOST_TEST(opened(changed([](PBKDF2PARAM& parameters) {
                   ASN1_TYPE_set(parameters.salt, V_ASN1_NULL, nullptr);
               })) == "<malformed>");
    const auto length = [](std::int64_t octets) {
        return changed([&](PBKDF2PARAM& parameters) {
            parameters.keylength = ASN1_INTEGER_new();
            ASN1_INTEGER_set_int64(parameters.keylength, octets);
        });
    };
    BOOST_TEST(opened(length(32)) == "<unauthorized>");
    for (const int octets : {0, 16, 33, -32, 2147483647})
        BOOST_TEST(opened(length(octets)) == "<malformed>");
    BOOST_TEST(judged(pbkdf2(1, NID_hmacWithMD5)) == "malformed");
    BOOST_TEST(judged(pbkdf2(1, NID_hmacWithSHA1, EVP_camellia_128_cbc())) == "malformed");
    BOOST_TEST(judged(pbkdf2(1, NID_hmacWithSHA1, EVP_aes_256_ofb())) == "malformed");
    BOOST_TEST(judged(around(PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, 1, nullptr, 0))) ==
               "malformed");
    BOOST_TEST(judged("") == "malformed");
    BOOST_TEST(judged("\x30") == "malformed");
    BOOST_TEST(judged(pbkdf2(1) + '\0') == "malformed");
    BOOST_TEST(judged(std::string(70000, '0')) == "malformed");
}

BOOST_AUTO_TEST_CASE(a_length_that_is_no_multiple_of_a_block_is_a_wrong_passphrase) {
    unsigned char salt[] = "saltsalt";
    for (const std::size_t octets : {0UL, 1UL, 15UL, 17UL})
        BOOST_TEST(
            opened(around(PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, 8, zeros, NID_hmacWithSHA1),
                          octets)) == "<unauthorized>");
}

BOOST_AUTO_TEST_CASE(t104_no_damage_opens_another_key) {
    const auto key = PrivateKey::generate(NewKey::ecdsa_p256);
    const auto der = encrypt_pkcs8(key.pkcs8(), passphrase(), 1);
    for (std::size_t i = 0; i < der.size(); ++i) {
        for (const int bit : {0x01, 0x80}) {
            auto damaged = der;
            damaged[i] = static_cast<char>(damaged[i] ^ bit);
            const auto plain = decrypt_pkcs8(as_bytes(damaged), passphrase());
            if (!plain) continue;
            const auto other = PrivateKey::decode(KeyForm::pkcs8, plain.value().bytes());
            if (other) BOOST_TEST((other.value().public_text() == key.public_text()));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_older_form_knows_four_ciphers) {
    const auto legacy = [](std::string_view dek_info, std::string_view text) {
        const auto plain = decrypt_legacy(dek_info, as_bytes(text), passphrase());
        return plain ? "opened" : code(plain.error());
    };
    const std::string octets(16, 'x');
    const std::string iv = "0123456789ABCDEF";
    for (const char* cipher : {"AES-128-CBC,", "AES-192-CBC,", "AES-256-CBC,"})
        BOOST_TEST(legacy(cipher + iv + iv, octets) == "unauthorized");
    BOOST_TEST(legacy("DES-EDE3-CBC," + iv, octets) == "unauthorized");
    const std::vector<std::string> deks{"DES-CBC," + iv,
                                        "AES-128-OFB," + iv + iv,
                                        std::string(),
                                        "AES-128-CBC",
                                        "AES-128-CBC,",
                                        "AES-128-CBC,xyz",
                                        "AES-128-CBC," + iv,
                                        "aes-128-cbc," + iv + iv,
                                        "AES-128-CBC ," + iv + iv,
                                        "AES-128-CBC," + iv + iv + "\nX: y"};
    for (const auto& dek : deks)
        BOOST_TEST((legacy(dek, octets) == "malformed" || legacy(dek, octets) == "unauthorized"),
                   dek);
    BOOST_TEST(legacy("DES-CBC," + iv, octets) == "malformed");
    BOOST_TEST(legacy("AES-128-CBC," + iv, octets) == "malformed");
    const auto plain = decrypt_legacy("AES-128-CBC," + iv + iv, as_bytes(octets),
                                      Secret(as_bytes(std::string(1025, 'x'))));
    BOOST_TEST(code(plain.error()) == "unauthorized");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
