#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <set>
#include <string>

#include "contenttrust/crypto/certificate.hpp"
#include "contenttrust/crypto/private_key.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto {
namespace {

using Parsed = std::unique_ptr<X509, made::FreeWith<X509_free>>;

constexpr Instant from{1'790'000'000, 123'456'789};
constexpr Instant until{1'790'000'000 + 3650LL * 24 * 3600, 0};

const PrivateKey& ec_key() {
    static const PrivateKey key = PrivateKey::generate(NewKey::ecdsa_p256);
    return key;
}

Parsed parsed(const std::string& pem) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    Parsed certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    return certificate;
}

std::string refusal(std::string_view name, Instant begin = from, Instant end = until) {
    const auto made = ec_key().certificate(name, begin, end);
    if (made) return "made";
    BOOST_TEST((made.error().code == ErrorCode::malformed));
    return made.error().message;
}

std::string serial(X509* certificate) {
    const ASN1_INTEGER* number = X509_get0_serialNumber(certificate);
    BOOST_TEST(ASN1_STRING_type(number) == V_ASN1_INTEGER);  // not V_ASN1_NEG_INTEGER
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(number)),
            static_cast<std::size_t>(ASN1_STRING_length(number))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(private_key_certificate)

BOOST_AUTO_TEST_CASE(the_judgement_reads_what_was_asked_for) {
    for (const auto kind : {NewKey::ecdsa_p256, NewKey::ecdsa_p384, NewKey::rsa_3072}) {
        const auto key = PrivateKey::generate(kind);
        const auto pem = key.certificate("docker.io/library/alpine", from, until);
        BOOST_REQUIRE(bool(pem));
        const auto bundle = CertificateBundle::parse(pem.value());
        BOOST_REQUIRE(bool(bundle));
        const Certificate& leaf = bundle.value().leaf();
        BOOST_TEST((bundle.value().key().identity() == key.public_key().identity()));
        BOOST_TEST((leaf.spki == key.public_text()));
        BOOST_TEST(leaf.common_name == "docker.io/library/alpine");
        BOOST_TEST((leaf.not_before == Instant{from.seconds, 0}));
        BOOST_TEST((leaf.not_after == until));
        BOOST_TEST(!leaf.is_ca);
        BOOST_TEST(!leaf.signed_with_sha1_or_older);
        BOOST_TEST(bundle.value().leaf_count() == 1U);
    }
}

BOOST_AUTO_TEST_CASE(it_is_what_notary_makes) {
    const auto pem = ec_key().certificate("docker.io/library/alpine", from, until);
    const auto certificate = parsed(pem.value());
    BOOST_REQUIRE(bool(certificate));
    X509* x509 = certificate.get();
    BOOST_TEST(X509_get_version(x509) == X509_VERSION_3);
    BOOST_TEST(X509_get_signature_nid(x509) == NID_ecdsa_with_SHA256);
    BOOST_TEST(X509_verify(x509, X509_get0_pubkey(x509)) == 1);
    BOOST_TEST(X509_check_ca(x509) == 0);
    BOOST_TEST(X509_get_key_usage(x509) ==
               (X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_KEY_ENCIPHERMENT));
    BOOST_TEST(X509_get_extended_key_usage(x509) == static_cast<std::uint32_t>(XKU_CODE_SIGN));
    BOOST_TEST(X509_get_ext_count(x509) == 3);
    const auto critical = [&](int nid) {
        return X509_EXTENSION_get_critical(X509_get_ext(x509, X509_get_ext_by_NID(x509, nid, -1)));
    };
    BOOST_TEST(critical(NID_key_usage) == 1);
    BOOST_TEST(critical(NID_ext_key_usage) == 0);
    BOOST_TEST(critical(NID_basic_constraints) == 1);
    BOOST_TEST(X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0);
    BOOST_TEST(X509_NAME_entry_count(X509_get_subject_name(x509)) == 1);
}

BOOST_AUTO_TEST_CASE(serial_numbers_are_random_and_of_128_bits) {
    std::set<std::string> serials;
    std::size_t longest = 0;
    for (int i = 0; i < 20; ++i) {
        const auto pem = ec_key().certificate("name", from, until);
        const auto number = serial(parsed(pem.value()).get());
        longest = std::max(longest, number.size());
        serials.insert(number);
    }
    BOOST_TEST(serials.size() == 20U);
    BOOST_TEST(longest == 16U);
}

BOOST_AUTO_TEST_CASE(names_are_those_that_collections_may_have) {
    for (const std::string& name :
         {std::string("a"), std::string(255, 'x'), std::string("registry.example.com:5000/a_b/c-d"),
          std::string("registry.example.com/team/*"), std::string("docker.io/x@&")}) {
        const auto pem = ec_key().certificate(name, from, until);
        BOOST_REQUIRE(bool(pem));
        BOOST_TEST(CertificateBundle::parse(pem.value()).value().leaf().common_name == name);
    }
    const std::string refused = "a certificate cannot be made for this name";
    for (const std::string& name :
         {std::string(), std::string(256, 'x'), std::string("a b"), std::string("a\nb"),
          std::string("a\0b", 3), std::string("\xc3\xa9")})
        BOOST_TEST(refusal(name) == refused);
}

BOOST_AUTO_TEST_CASE(times_are_in_order_and_can_be_written) {
    const std::string refused = "a certificate cannot be made for these times";
    BOOST_TEST(refusal("x", until, from) == refused);
    BOOST_TEST(refusal("x", from, from) == refused);
    BOOST_TEST(refusal("x", Instant{}, until) == refused);
    BOOST_TEST(refusal("x", from, Instant{253402300800, 0}) == refused);
    BOOST_TEST(refusal("x", Instant{-631152001, 0}, until) == refused);
    // On both sides of 2050, where RFC 5280 changes from UTCTime to GeneralizedTime.
    const Instant first{-631152000, 0};
    const Instant last{253402300799, 0};
    const auto pem = ec_key().certificate("x", first, last);
    const auto bundle = CertificateBundle::parse(pem.value());
    BOOST_TEST((bundle.value().leaf().not_before == first));
    BOOST_TEST((bundle.value().leaf().not_after == last));
}

BOOST_AUTO_TEST_CASE(an_ed25519_key_has_no_certificate) {
    const auto made = PrivateKey::generate(NewKey::ed25519).certificate("x", from, until);
    BOOST_REQUIRE(!made);
    BOOST_TEST(made.error().message ==
               "a root key cannot be an Ed25519 key: Notary has no certificates of them");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
