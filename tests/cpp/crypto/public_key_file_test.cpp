#include "contenttrust/crypto/public_key_file.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "made_keys.hpp"

namespace contenttrust::crypto {
namespace {

std::string pem_of(std::string_view label, std::string_view headers, std::string_view der) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio(bio, std::string(label).c_str(), std::string(headers).c_str(),
                  reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
    char* text = nullptr;
    const auto length = static_cast<std::size_t>(BIO_get_mem_data(bio, &text));
    std::string pem(text, length);
    BIO_free(bio);
    return pem;
}

/// Identity of the key in `contents`; empty when it is not usable.
std::string identity(std::string_view contents) {
    const auto key = read_public_key(as_bytes(contents));
    BOOST_TEST(ERR_peek_error() == 0U);
    if (!key) {
        BOOST_TEST((key.error().code == ErrorCode::malformed));
        return {};
    }
    return std::string(as_text(key.value().identity()));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(public_key_file)

BOOST_AUTO_TEST_CASE(one_key_is_the_same_in_every_form) {
    for (const auto& der : {made::spki(made::ec_key()), made::spki(made::rsa_key())}) {
        const std::string who(as_text(PublicKey::from_spki(as_bytes(der)).value().identity()));
        const std::string pem = pem_of("PUBLIC KEY", "", der);
        BOOST_TEST(identity(der) == who);
        BOOST_TEST(identity(pem) == who);
        BOOST_TEST(identity("\r\n " + pem + "\n") == who);
        BOOST_TEST(identity(pem_of("PUBLIC KEY", "role: alice\n", der)) == who);
    }
}

BOOST_AUTO_TEST_CASE(an_ed25519_key_is_the_same_raw_and_wrapped) {
    const made::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const std::string der = made::spki(key);
    const std::string raw = der.substr(der.size() - 32);
    BOOST_TEST(!identity(raw).empty());
    BOOST_TEST(identity(der) == identity(raw));
    BOOST_TEST(identity(pem_of("PUBLIC KEY", "", der)) == identity(raw));
    BOOST_TEST((read_public_key(as_bytes(der)).value().algorithm() == Algorithm::ed25519));
}

BOOST_AUTO_TEST_CASE(an_ed25519_key_has_one_wrapping) {
    const made::Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const std::string der = made::spki(key);
    for (std::size_t at = 0; at < der.size() - 32; ++at) {
        std::string other = der;
        other[at] = static_cast<char>(other[at] ^ 1);
        BOOST_TEST(identity(other).empty(), at);
    }
    BOOST_TEST(identity(der + '\0').empty());
}

BOOST_AUTO_TEST_CASE(a_pem_text_holds_one_key_and_nothing_else) {
    const std::string der = made::spki(made::ec_key());
    const std::string pem = pem_of("PUBLIC KEY", "", der);
    BOOST_TEST(!identity(pem).empty());
    BOOST_TEST(identity(pem + pem).empty());
    BOOST_TEST(identity("x\n" + pem).empty());
    BOOST_TEST(identity(pem + "x").empty());
    BOOST_TEST(identity(pem + '\0').empty());
    BOOST_TEST(identity(pem.substr(0, pem.size() - 20)).empty());
    BOOST_TEST(identity(pem + std::string(64 * 1024, '\n')).empty());
    BOOST_TEST(identity(pem_of("PRIVATE KEY", "", der)).empty());
    BOOST_TEST(identity(pem_of("CERTIFICATE", "", der)).empty());
    BOOST_TEST(identity(pem_of("PUBLIC KEY", "", der + "x")).empty());
    BOOST_TEST(identity(pem_of("PUBLIC KEY", "", "")).empty());
    BOOST_TEST(identity("").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
