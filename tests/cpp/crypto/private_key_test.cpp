#include "contenttrust/crypto/private_key.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "contenttrust/crypto/certificate.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "made_certificates.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto {
namespace {

constexpr std::array kinds{NewKey::ecdsa_p256, NewKey::ecdsa_p384, NewKey::ed25519,
                           NewKey::rsa_3072};

Method method_of(const PrivateKey& key) {
    if (key.algorithm() == Algorithm::ecdsa) return Method::ecdsa;
    return key.algorithm() == Algorithm::rsa ? Method::rsapss : Method::eddsa;
}

bool verifies(const PrivateKey& key, std::string_view message, std::string_view signature) {
    return key.public_key().verify(method_of(key), made::message(message), as_bytes(signature));
}

std::string text(const Secret& secret) { return std::string(as_text(secret.bytes())); }

/// Identity of the key, or why it is refused.
std::string decoded(KeyForm form, std::string_view der) {
    const auto key = PrivateKey::decode(form, as_bytes(der));
    BOOST_TEST(ERR_peek_error() == 0U);
    if (key) return std::string(as_text(key.value().public_key().identity()));
    BOOST_TEST((key.error().code == ErrorCode::malformed));
    return key.error().message;
}

std::string identity(const PrivateKey& key) {
    return std::string(as_text(key.public_key().identity()));
}

/// DER of a libcrypto key as `form` has it.
std::string der_of(const made::Key& key, const char* form) {
    BIO* bio = BIO_new(BIO_s_mem());
    if (std::string_view(form) == "pkcs8")
        i2d_PKCS8PrivateKeyInfo_bio(bio, key.get());
    else
        i2d_PrivateKey_bio(bio, key.get());
    char* content = nullptr;
    const auto length = static_cast<std::size_t>(BIO_get_mem_data(bio, &content));
    std::string out(content, length);
    BIO_free(bio);
    return out;
}

std::string replaced(std::string in, std::string_view what, std::string_view with) {
    const auto at = in.find(what);
    BOOST_REQUIRE(at != std::string::npos);
    return in.replace(at, what.size(), with);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(private_key)

BOOST_AUTO_TEST_CASE(a_new_key_signs_what_its_public_key_verifies) {
    const std::array<std::size_t, 4> sizes{64, 96, 64, 384};
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        const auto key = PrivateKey::generate(kinds[i]);
        for (const std::string& message :
             {std::string(), std::string("text"), std::string(100000, 'x')}) {
            const auto signature = key.sign(as_bytes(message));
            BOOST_TEST(signature.size() == sizes[i]);
            BOOST_TEST(verifies(key, message, signature));
            BOOST_TEST(!verifies(key, message + "x", signature));
        }
        const auto again = key.algorithm() == Algorithm::ed25519
                               ? PublicKey::from_ed25519(as_bytes(key.public_text()))
                               : PublicKey::from_spki(as_bytes(key.public_text()));
        BOOST_TEST((again.value().identity() == key.public_key().identity()));
    }
}

BOOST_AUTO_TEST_CASE(a_key_is_itself_after_pkcs8) {
    for (const auto kind : kinds) {
        const auto key = PrivateKey::generate(kind);
        const Secret pkcs8 = key.pkcs8();
        const auto again = PrivateKey::decode(KeyForm::pkcs8, pkcs8.bytes());
        BOOST_REQUIRE(bool(again));
        BOOST_TEST(identity(again.value()) == identity(key));
        BOOST_TEST((again.value().pkcs8() == pkcs8));
        BOOST_TEST(again.value().public_text() == key.public_text());
        BOOST_TEST(verifies(key, "text", again.value().sign(as_bytes("text"))));
    }
}

BOOST_AUTO_TEST_CASE(what_libcrypto_writes_is_read) {
    for (const char* curve : {"P-256", "P-384", "P-521"}) {
        const auto key = made::ec_key(curve);
        const std::string who(
            as_text(PublicKey::from_spki(as_bytes(made::spki(key))).value().identity()));
        BOOST_TEST(decoded(KeyForm::pkcs8, der_of(key, "pkcs8")) == who);
        BOOST_TEST(decoded(KeyForm::sec1, der_of(key, "traditional")) == who);
    }
    const std::string who(
        as_text(PublicKey::from_spki(as_bytes(made::spki(made::rsa_key()))).value().identity()));
    BOOST_TEST(decoded(KeyForm::pkcs8, der_of(made::rsa_key(), "pkcs8")) == who);
    BOOST_TEST(decoded(KeyForm::pkcs1, der_of(made::rsa_key(), "traditional")) == who);
}

BOOST_AUTO_TEST_CASE(t029_what_is_no_private_key_of_its_label_is_refused) {
    const auto ec = made::ec_key();
    const auto pkcs8 = der_of(ec, "pkcs8");
    const auto sec1 = der_of(ec, "traditional");
    const auto pkcs1 = der_of(made::rsa_key(), "traditional");
    const std::string unreadable = "a private key is not the DER that its label promises";
    for (const auto form : {KeyForm::pkcs8, KeyForm::sec1, KeyForm::pkcs1, KeyForm::ed25519}) {
        for (const auto& der : {pkcs8, sec1, pkcs1}) {
            const bool fits = (form == KeyForm::pkcs8 && der == pkcs8) ||
                              (form == KeyForm::sec1 && der == sec1) ||
                              (form == KeyForm::pkcs1 && der == pkcs1);
            if (!fits) BOOST_TEST(decoded(form, der) == unreadable);
            BOOST_TEST(decoded(form, der + '\0') == unreadable);
            BOOST_TEST(decoded(form, der.substr(0, der.size() - 1)) == unreadable);
        }
        BOOST_TEST(decoded(form, "") == unreadable);
        BOOST_TEST(decoded(form, std::string(20000, '\0')) == "a private key is too long");
    }
}

BOOST_AUTO_TEST_CASE(an_ecdsa_key_has_a_number_in_range_a_known_curve_and_its_own_point) {
    const auto sec1 = der_of(made::ec_key(), "traditional");
    const std::string scalar = sec1.substr(7, 32);
    const std::string range = "the number of an ecdsa key is out of range";
    const auto order =
        made::hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    BOOST_TEST(decoded(KeyForm::sec1, replaced(sec1, scalar, std::string(32, '\0'))) == range);
    BOOST_TEST(decoded(KeyForm::sec1, replaced(sec1, scalar, order)) == range);
    BOOST_TEST(decoded(KeyForm::sec1, replaced(sec1, scalar, std::string(32, '\xff'))) == range);
    auto other = scalar;
    other[31] = static_cast<char>(other[31] ^ 1);
    BOOST_TEST(decoded(KeyForm::sec1, replaced(sec1, scalar, other)) ==
               "the public key beside a private key is not its own");
    const auto p256 = made::hex("2a8648ce3d030107");
    BOOST_TEST(decoded(KeyForm::sec1, replaced(sec1, p256, made::hex("2a8648ce3d030106"))) ==
               "the curve of a private key is not supported");
    // PKCS#8 names the curve outside, and the inside may not name another.
    const auto pkcs8 = der_of(made::ec_key(), "pkcs8");
    BOOST_TEST(decoded(KeyForm::pkcs8, replaced(pkcs8, p256, made::hex("2a8648ce3d030106"))) ==
               "the curve of a private key is not supported");
}

BOOST_AUTO_TEST_CASE(a_scalar_of_any_length_is_the_number_that_it_is) {
    // Leading zeros left out, as some writers do: 31 octets. RFC 5915 asks for 32.
    const auto whole = made::hex(
        "303102010104200000000000000000000000000000000000000000000000000000000000000007"
        "a00a06082a8648ce3d030107");
    const auto brief = made::hex(
        "301202010104010"
        "7a00a06082a8648ce3d030107");
    BOOST_TEST(decoded(KeyForm::sec1, whole) == decoded(KeyForm::sec1, brief));
    BOOST_TEST(decoded(KeyForm::sec1, whole).size() == 32U);
}

BOOST_AUTO_TEST_CASE(the_numbers_of_an_rsa_key_fit_each_other) {
    const auto pkcs1 = der_of(made::rsa_key(), "traditional");
    const std::string unfit = "the numbers of an RSA key do not fit each other";
    // In the order of RFC 8017: n, e, d, p, q, d mod (p-1), d mod (q-1), 1/q mod p. An octet in the midst of each.
    for (const std::size_t at : {400U, 600U, 730U, 860U, 990U, 1120U}) {
        auto damaged = pkcs1;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        BOOST_TEST(decoded(KeyForm::pkcs1, damaged) == unfit, "octet " << at);
    }
    auto modulus = pkcs1;
    modulus[100] = static_cast<char>(modulus[100] ^ 0x10);
    BOOST_TEST(decoded(KeyForm::pkcs1, modulus) == unfit);
    BOOST_TEST(decoded(KeyForm::pkcs1, der_of(made::rsa_key(1024, 65537), "traditional")) ==
               "the modulus of an RSA key has a size that is not accepted");
}

BOOST_AUTO_TEST_CASE(t026_ed25519_keys_are_read_in_both_forms_and_written_in_that_of_notary) {
    // RFC 8410 §10.3, without and with the public key; then what notary 0.7.0 made of it.
    const auto rfc = made::hex(
        "302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44"
        "755842");
    const auto rfc_v2 = made::hex(
        "3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44"
        "755842"
        "a01f301d060a2a864886f70d01090914310f0c0d437572646c6520436861697273"
        "81210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    const auto public_key =
        made::hex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    const auto key = PrivateKey::decode(KeyForm::pkcs8, as_bytes(rfc));
    BOOST_REQUIRE(bool(key));
    BOOST_TEST((key.value().public_text() == public_key));
    BOOST_TEST(decoded(KeyForm::pkcs8, rfc_v2) == identity(key.value()));
    const auto notary = made::hex("3072020100300b06092b06010401da470f010460") + public_key +
                        rfc.substr(16) + public_key;
    BOOST_TEST((text(key.value().pkcs8()) == notary));
    BOOST_TEST(decoded(KeyForm::pkcs8, notary) == identity(key.value()));
    BOOST_TEST(decoded(KeyForm::ed25519, notary.substr(notary.size() - 96)) ==
               identity(key.value()));
    const std::string not_its_own = "the public key beside a private key is not its own";
    auto damaged = rfc_v2;
    damaged.back() = static_cast<char>(damaged.back() ^ 1);
    BOOST_TEST(decoded(KeyForm::pkcs8, damaged) == not_its_own);
    for (const std::size_t at : {20U, 53U, 90U}) {
        damaged = notary;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        BOOST_TEST(decoded(KeyForm::pkcs8, damaged) == not_its_own, "octet " << at);
    }
}

BOOST_AUTO_TEST_CASE(every_signature_of_a_randomised_method_is_another) {
    for (const auto kind : {NewKey::ecdsa_p256, NewKey::ecdsa_p384, NewKey::rsa_3072}) {
        const auto key = PrivateKey::generate(kind);
        std::set<std::string> signatures;
        for (int i = 0; i < 20; ++i) signatures.insert(key.sign(as_bytes("same")));
        BOOST_TEST(signatures.size() == 20U);
    }
}

BOOST_AUTO_TEST_CASE(t105_no_two_signatures_share_r_after_a_fork) {
    const auto key = PrivateKey::generate(NewKey::ecdsa_p256);
    key.sign(as_bytes("the generator has run"));
    constexpr int each = 3500;
    std::vector<std::string> signatures;
    std::array<std::array<int, 2>, 2> pipes{};
    std::array<pid_t, 2> children{};
    for (std::size_t i = 0; i < children.size(); ++i) {
        BOOST_REQUIRE(pipe(pipes[i].data()) == 0);
        children[i] = fork();
        BOOST_REQUIRE(children[i] >= 0);
        if (children[i] == 0) {
            for (int n = 0; n < each; ++n) {
                const auto signature = key.sign(as_bytes("same"));
                if (write(pipes[i][1], signature.data(), signature.size()) != 64) _exit(1);
            }
            _exit(0);
        }
        close(pipes[i][1]);
    }
    for (int n = 0; n < each; ++n) signatures.push_back(key.sign(as_bytes("same")));
    for (std::size_t i = 0; i < children.size(); ++i) {
        std::string all;
        std::array<char, 4096> buffer{};
        for (ssize_t got = 0; (got = read(pipes[i][0], buffer.data(), buffer.size())) > 0;)
            all.append(buffer.data(), static_cast<std::size_t>(got));
        close(pipes[i][0]);
        int status = 0;
        waitpid(children[i], &status, 0);
        BOOST_TEST(status == 0);
        BOOST_REQUIRE(all.size() == std::size_t{each} * 64);
        for (std::size_t at = 0; at < all.size(); at += 64)
            signatures.push_back(all.substr(at, 64));
    }
    std::set<std::string> r;
    for (const auto& signature : signatures) r.insert(signature.substr(0, 32));
    BOOST_TEST(r.size() == 3U * each);
}

BOOST_AUTO_TEST_CASE(threads_may_share_a_key) {
    for (const auto kind : {NewKey::ecdsa_p256, NewKey::rsa_3072, NewKey::ed25519}) {
        const auto key = PrivateKey::generate(kind);
        std::array<int, 4> right{};
        {
            std::vector<std::jthread> threads;
            for (int& count : right)
                threads.emplace_back([&key, &count] {
                    for (int i = 0; i < 10; ++i)
                        count += verifies(key, "text", key.sign(as_bytes("text"))) ? 1 : 0;
                });
        }
        for (const int count : right) BOOST_TEST(count == 10);
    }
}

BOOST_AUTO_TEST_CASE(private_numbers_are_in_the_secure_heap_while_the_key_lives) {
    for (const auto kind : {NewKey::ecdsa_p256, NewKey::rsa_3072}) {
        const Secret pkcs8 = PrivateKey::generate(kind).pkcs8();
        const auto before = CRYPTO_secure_used();
        {
            const auto key = PrivateKey::decode(KeyForm::pkcs8, pkcs8.bytes());
            BOOST_REQUIRE(bool(key));
            BOOST_TEST(CRYPTO_secure_used() > before);
            key.value().sign(as_bytes("text"));
        }
        BOOST_TEST(CRYPTO_secure_used() == before);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
