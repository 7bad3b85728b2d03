#include "contenttrust/crypto/certificate.hpp"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>

#include "made_certificates.hpp"
#include "patience.hpp"

namespace contenttrust::crypto {
namespace {

using made::CertificateFields;

bool parses(std::string_view pem) {
    const auto bundle = CertificateBundle::parse(pem);
    BOOST_TEST(ERR_peek_error() == 0U);
    if (!bundle) BOOST_TEST((bundle.error().code == ErrorCode::malformed));
    return static_cast<bool>(bundle);
}

CertificateBundle bundle(std::string_view pem) { return CertificateBundle::parse(pem).value(); }

CertificateBundle with(const CertificateFields& fields) {
    return bundle(made::certificate(made::ec_key(), fields));
}

Instant at(std::string_view text) { return Instant::parse(text).value(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(a_root_certificate_gives_its_facts) {
    const auto key = made::ec_key();
    const CertificateBundle parsed = bundle(made::certificate(key));
    BOOST_TEST(parsed.leaf().common_name == "registry.example.com/team/web");
    BOOST_TEST((parsed.leaf().not_before == at("2026-01-01T00:00:00Z")));
    BOOST_TEST((parsed.leaf().not_after == at("2036-01-01T00:00:00Z")));
    BOOST_TEST(!parsed.leaf().is_ca);
    BOOST_TEST(!parsed.leaf().signed_with_sha1_or_older);
    BOOST_TEST(parsed.leaf_count() == 1U);
    BOOST_TEST(parsed.leaf().spki == made::spki(key));
    BOOST_TEST((parsed.key().algorithm() == Algorithm::ecdsa));
}

BOOST_AUTO_TEST_CASE(a_certificate_verifies_what_its_key_signed) {
    const auto key = made::ec_key();
    const CertificateBundle ecdsa = bundle(made::certificate(key));
    const std::string good = made::sign_ecdsa(key, "text");
    BOOST_TEST(ecdsa.key().verify(Method::ecdsa, made::message("text"), as_bytes(good)));
    const CertificateBundle rsa = bundle(made::certificate(made::rsa_key()));
    BOOST_TEST((rsa.key().algorithm() == Algorithm::rsa));
    const std::string pss = made::sign_pss(made::rsa_key(), "text");
    BOOST_TEST(rsa.key().verify(Method::rsapss, made::message("text"), as_bytes(pss)));
}

BOOST_AUTO_TEST_CASE(t004_bare_key_and_certificates_are_one_identity) {
    const auto key = made::ec_key();
    const auto bare = PublicKey::from_spki(as_bytes(made::spki(key)));
    CertificateFields other;
    other.common_names = {"another/name"};
    BOOST_TEST((bundle(made::certificate(key)).key().identity() == bare.value().identity()));
    BOOST_TEST((bundle(made::certificate(key, other)).key().identity() == bare.value().identity()));
    const auto rsa = PublicKey::from_spki(as_bytes(made::spki(made::rsa_key())));
    BOOST_TEST(
        (bundle(made::certificate(made::rsa_key())).key().identity() == rsa.value().identity()));
}

BOOST_AUTO_TEST_CASE(t022_certificates_hold_keys_of_accepted_sizes) {
    BOOST_TEST(!parses(made::certificate(made::rsa_key(1024, 65537))));
    BOOST_TEST(!parses(made::certificate(made::ec_key("secp256k1"))));
}

BOOST_AUTO_TEST_CASE(other_kinds_of_keys_are_refused) {
    const made::Key ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    CertificateFields fields;
    fields.digest = nullptr;
    BOOST_TEST(!parses(made::certificate(ed25519, fields)));
}

BOOST_AUTO_TEST_CASE(t029_only_certificates_and_white_space_make_a_bundle) {
    const std::string one = made::certificate(made::ec_key());
    const std::string two = made::certificate(made::ec_key());
    BOOST_TEST(parses(one + two));
    BOOST_TEST(parses("\n \t\r\n" + one + "\n\n" + two + "\r\n"));
    BOOST_TEST(!parses(""));
    BOOST_TEST(!parses("\n"));
    BOOST_TEST(!parses("text\n" + one));
    BOOST_TEST(!parses(one + "text\n" + two));
    BOOST_TEST(!parses(one + "text"));
    BOOST_TEST(!parses(one + std::string(1, '\0')));
    BOOST_TEST(!parses(std::string(1, '\0') + one));
    const std::string der = made::der_of_pem(one);
    for (const char* label : {"X509 CERTIFICATE", "TRUSTED CERTIFICATE", "PUBLIC KEY",
                              "EC PRIVATE KEY", "PRIVATE KEY", "certificate"}) {
        BOOST_TEST(!parses(made::pem(label, der)), label);
        BOOST_TEST(!parses(one + made::pem(label, der)), label);
    }
    BOOST_TEST(!parses(made::pem("CERTIFICATE", der, "Proc-Type: 4,CLEAR\n")));
}

BOOST_AUTO_TEST_CASE(t029_a_block_that_libcrypto_would_skip_hides_nothing) {
    const std::string one = made::certificate(made::ec_key());
    BOOST_TEST(!parses("-----BEGIN CERTIFICATE-----text\n" + one));
    BOOST_TEST(!parses("-----BEGIN CERTIFICATE-----\n" + one));
    BOOST_TEST(!parses("-----BEGIN CERTIFICATE-----"));
    BOOST_TEST(
        !parses(std::string(27, '-') + "\n" + one));  // as long as the line that opens a block
    std::string nul = one;
    nul.insert(nul.find('\n', 40), 1, '\0');
    BOOST_TEST(!parses(nul));
    std::string tail = one;
    tail.insert(tail.size() - 1, "text");  // on the last line
    BOOST_TEST(!parses(tail));
    std::string other_end = one;
    other_end.replace(other_end.rfind("CERTIFICATE"), 11, "CERTIFICATF");
    BOOST_TEST(!parses(other_end));
}

BOOST_AUTO_TEST_CASE(t029_line_ends_may_be_those_of_windows_and_the_last_may_be_missing) {
    const std::string one = made::certificate(made::ec_key());
    BOOST_TEST(parses(one.substr(0, one.size() - 1)));
    std::string windows;
    for (const char c : one) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    BOOST_TEST(parses(windows));
    BOOST_TEST(parses(windows + windows));
}

BOOST_AUTO_TEST_CASE(t029_a_bundle_is_bounded) {
    const std::string one = made::certificate(made::ec_key());
    std::string many;
    for (int i = 0; i < 16; ++i) many += one;
    BOOST_TEST(parses(many));
    BOOST_TEST(!parses(many + one));
    BOOST_TEST(parses(one + std::string(64 * 1024 - one.size(), '\n')));
    BOOST_TEST(!parses(one + std::string(64 * 1024 - one.size() + 1, '\n')));
    const std::string huge = "-----BEGIN CERTIFICATE-----\n" + std::string(10'000'000, 'A');
    const std::clock_t start = std::clock();
    BOOST_TEST(!parses(huge));
    BOOST_TEST(made::soon_after(start));
}

BOOST_AUTO_TEST_CASE(broken_certificates_are_refused) {
    const std::string der = made::der_of_pem(made::certificate(made::ec_key()));
    BOOST_TEST(parses(made::pem("CERTIFICATE", der)));
    BOOST_TEST(!parses(made::pem("CERTIFICATE", der + '\0')));
    for (std::size_t size = 1; size < der.size(); ++size) {
        BOOST_TEST(!parses(made::pem("CERTIFICATE", der.substr(0, size))), size);
    }
    for (std::size_t i = 0; i < der.size();
         ++i) {  // the verdict varies; a crash or a hang does not
        for (const char flip : {'\x01', '\x20', '\x80', '\xff'}) {
            std::string changed = der;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            const auto parsed = CertificateBundle::parse(made::pem("CERTIFICATE", changed));
            if (parsed) (void)parsed.value().chains_to(made::pem("CERTIFICATE", changed), {});
        }
    }
    BOOST_TEST(ERR_peek_error() == 0U);
}

BOOST_AUTO_TEST_CASE(the_two_signature_algorithms_of_a_certificate_must_agree) {
    std::string der = made::der_of_pem(made::certificate(made::ec_key()));
    const std::string sha256 = made::hex("06082a8648ce3d040302");
    const std::string sha384 = made::hex("06082a8648ce3d040303");
    der.replace(der.rfind(sha256), sha256.size(), sha384);
    BOOST_TEST(!parses(made::pem("CERTIFICATE", der)));
    der.replace(der.find(sha256), sha256.size(), sha384);
    BOOST_TEST(parses(made::pem("CERTIFICATE", der)));
}

BOOST_AUTO_TEST_CASE(t030_the_common_name_is_one_plain_text) {
    const auto name = [](std::vector<std::string> names, int type = V_ASN1_UTF8STRING) {
        CertificateFields fields;
        fields.common_names = std::move(names);
        fields.cn_type = type;
        return with(fields).leaf().common_name;
    };
    BOOST_TEST(name({"docker.io/library/*"}) == "docker.io/library/*");
    BOOST_TEST(name({"docker.io/a"}, V_ASN1_PRINTABLESTRING) == "docker.io/a");
    BOOST_TEST(name({std::string("\0d\0o\0c", 6)}, V_ASN1_BMPSTRING) == "doc");
    BOOST_TEST(name({"b\u00fccher"}) == "b\u00fccher");
    BOOST_TEST(name({}) == "");
    BOOST_TEST(name({"docker.io/a", "docker.io/b"}) == "");
    BOOST_TEST(name({"docker.io/a", "docker.io/a"}) == "");
    BOOST_TEST(name({std::string("docker.io/a\0.evil", 17)}) == "");
    BOOST_TEST(name({std::string("docker.io/a\0", 12)}) == "");
    BOOST_TEST(name({"docker.io/a\n"}) == "");
    BOOST_TEST(name({"docker.io/a\x7f"}) == "");
}

BOOST_AUTO_TEST_CASE(a_name_of_broken_utf8_is_refused) {
    std::string der = made::der_of_pem(made::certificate(made::ec_key()));
    for (std::size_t at = der.find("team"); at != der.npos; at = der.find("team")) {
        der.replace(at, 4, "\xff\xfe\xc0\x80");
    }
    BOOST_TEST(!parses(made::pem("CERTIFICATE", der)));
    const auto key = made::ec_key();
    CertificateFields fields;
    fields.issuer = {&key, "team"};
    fields.common_names = {"web"};
    der = made::der_of_pem(made::certificate(made::ec_key(), fields));
    der.replace(der.find("team"), 4, "\xff\xfe\xc0\x80");
    BOOST_TEST(!parses(made::pem("CERTIFICATE", der)));
}

BOOST_AUTO_TEST_CASE(t030_both_forms_of_time_are_read) {
    CertificateFields fields;
    fields.not_before = "991231235959Z";
    fields.not_after = "99991231235959Z";
    BOOST_TEST((with(fields).leaf().not_before == at("1999-12-31T23:59:59Z")));
    BOOST_TEST((with(fields).leaf().not_after == at("9999-12-31T23:59:59Z")));
    fields.not_before = "490229000000Z";  // 2049 is no leap year
    BOOST_TEST(!parses(made::certificate(made::ec_key(), fields)));
    fields.not_before = "20261301000000Z";
    BOOST_TEST(!parses(made::certificate(made::ec_key(), fields)));
    fields.not_before = "tomorrow";
    BOOST_TEST(!parses(made::certificate(made::ec_key(), fields)));
}

BOOST_AUTO_TEST_CASE(t030_an_authority_is_told_from_a_leaf) {
    CertificateFields authority;
    authority.authority = true;
    const std::string ca = made::certificate(made::ec_key(), authority);
    const std::string leaf = made::certificate(made::ec_key());
    BOOST_TEST(bundle(ca).leaf().is_ca);
    BOOST_TEST(bundle(ca).leaf_count() == 0U);
    BOOST_TEST(bundle(leaf + ca).leaf_count() == 1U);
    BOOST_TEST(!bundle(leaf + ca).leaf().is_ca);
    BOOST_TEST(bundle(ca + leaf).leaf().is_ca);
    BOOST_TEST(bundle(leaf + leaf + ca).leaf_count() == 2U);
    CertificateFields fields;
    fields.change = [](X509* made) {
        made::add_extension(made, NID_basic_constraints, "CA:FALSE");
    };
    BOOST_TEST(!with(fields).leaf().is_ca);
}

BOOST_AUTO_TEST_CASE(t030_unclear_basic_constraints_are_refused) {
    CertificateFields fields;
    fields.change = [](X509* made) {
        made::add_extension(made, NID_basic_constraints, "CA:FALSE");
        made::add_extension(made, NID_basic_constraints, "CA:TRUE");
    };
    BOOST_TEST(!parses(made::certificate(made::ec_key(), fields)));
    fields.change = [](X509* made) {
        made::add_extension(made, NID_basic_constraints, "DER:30:03:01:01");
    };
    BOOST_TEST(!parses(made::certificate(made::ec_key(), fields)));
}

BOOST_AUTO_TEST_CASE(t030_old_digests_are_told) {
    const auto old = [](const made::Key& key, const EVP_MD* digest) {
        CertificateFields fields;
        fields.digest = digest;
        return bundle(made::certificate(key, fields)).leaf().signed_with_sha1_or_older;
    };
    BOOST_TEST(old(made::ec_key(), EVP_sha1()));
    BOOST_TEST(old(made::rsa_key(), EVP_sha1()));
    BOOST_TEST(old(made::rsa_key(), EVP_md5()));
    BOOST_TEST(!old(made::rsa_key(), EVP_sha256()));
    BOOST_TEST(!old(made::ec_key(), EVP_sha384()));
    BOOST_TEST(!old(made::rsa_key(), EVP_sha512()));
}

BOOST_AUTO_TEST_CASE(t030_the_digest_of_a_pss_signature_is_looked_up) {
    const auto old = [](const EVP_MD* digest) {
        // X509_sign fixes the padding to PKCS#1 v1.5: the certificate is signed again with PSS.
        CertificateFields fields;
        const std::string plain = made::certificate(made::rsa_key(), fields);
        const std::string der = made::der_of_pem(plain);
        const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<X509, made::FreeWith<X509_free>> made(
            d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
        const std::unique_ptr<EVP_MD_CTX, made::FreeWith<EVP_MD_CTX_free>> context(
            EVP_MD_CTX_new());
        EVP_PKEY_CTX* parameters = nullptr;
        EVP_DigestSignInit(context.get(), &parameters, digest, nullptr, made::rsa_key().get());
        EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
        BOOST_REQUIRE(X509_sign_ctx(made.get(), context.get()) > 0);
        unsigned char* encoded = nullptr;
        const int size = i2d_X509(made.get(), &encoded);
        const std::string signed_der(reinterpret_cast<char*>(encoded),
                                     static_cast<std::size_t>(size));
        OPENSSL_free(encoded);
        return bundle(made::pem("CERTIFICATE", signed_der)).leaf().signed_with_sha1_or_older;
    };
    BOOST_TEST(old(EVP_sha1()));  // the default, so the parameters are left out
    BOOST_TEST(!old(EVP_sha256()));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
