#include "contenttrust/publish/signer_key.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/publish/armor.hpp"
#include "crypto/made_certificates.hpp"
#include "crypto/made_keys.hpp"
#include "simulator/vectors.hpp"

namespace contenttrust::publish {
namespace {

namespace made = crypto::made;

/// Type and canonical id, or why it is refused.
std::string read(std::string_view text) {
    const auto key = SignerKey::read(text);
    if (!key) {
        BOOST_TEST((key.error().code == ErrorCode::malformed));
        return "! " + key.error().message;
    }
    return key.value().key.type + " " + std::string(key.value().canonical_id.str());
}

std::string bare(std::string_view type, std::string_view text) {
    return std::string(type) + " " + metadata::key_id(type, to_base64(as_bytes(text))).str();
}

std::string id_of(const std::string& line) { return line.substr(line.find(' ')); }

std::string pem(std::string_view der) { return write_armor("PUBLIC KEY", {}, as_bytes(der)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(signer_key)

BOOST_AUTO_TEST_CASE(every_form_becomes_the_key_that_metadata_has) {
    const auto ec = made::spki(made::ec_key("P-384"));
    const auto rsa = made::spki(made::rsa_key());
    BOOST_TEST(read(pem(ec)) == bare("ecdsa", ec));
    BOOST_TEST(read(pem(rsa)) == bare("rsa", rsa));
    const auto ed = made::hex(
        "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
    BOOST_TEST(read(pem(ed)) == bare("ed25519", ed.substr(12)));
    BOOST_TEST(SignerKey::read(pem(ed)).value().spki() == ed);
}

BOOST_AUTO_TEST_CASE(a_certificate_is_a_key_of_its_own_around_the_bare_one) {
    const auto key = made::ec_key();
    const auto certificate = made::certificate(key);
    const auto read_key = SignerKey::read(certificate).value();
    BOOST_TEST(read_key.key.type == "ecdsa-x509");
    BOOST_TEST(read_key.key.public_text == certificate);
    BOOST_TEST(std::string(read_key.id.str()) ==
               metadata::key_id("ecdsa-x509", to_base64(as_bytes(certificate))).str());
    BOOST_TEST(id_of(read(certificate)) == id_of(bare("ecdsa", made::spki(key))));
    BOOST_TEST(read_key.spki() == made::spki(key));
    BOOST_TEST(SignerKey::read(pem(made::spki(key))).value().spki() == made::spki(key));
    BOOST_REQUIRE(read_key.certificate.has_value());
    BOOST_TEST(read_key.certificate->common_name == "registry.example.com/team/web");
    BOOST_TEST(read(made::certificate(made::rsa_key())).starts_with("rsa-x509 "));
}

BOOST_AUTO_TEST_CASE(white_space_and_text_around_certificates_do_not_change_the_id) {
    const auto certificate = made::certificate(made::ec_key());
    const auto id = SignerKey::read(certificate).value().id;
    std::string other = "Certificate:\n    Data:\n\n";
    for (const char c : certificate) other += c == '\n' ? std::string("\r\n") : std::string(1, c);
    BOOST_TEST((SignerKey::read(other).value().id == id));
}

BOOST_AUTO_TEST_CASE(a_chain_stays_whole_with_its_leaf_first) {
    const auto leaf = made::certificate(made::ec_key());
    made::CertificateFields fields;
    fields.authority = true;
    const auto authority = made::certificate(made::rsa_key(), fields);
    const auto key = SignerKey::read(leaf + authority).value();
    BOOST_TEST(key.key.type == "ecdsa-x509");
    BOOST_TEST(key.key.public_text == leaf + authority);
}

BOOST_AUTO_TEST_CASE(the_files_of_docker_are_read) {
    const auto text = simulator::vector_file("keys/good-removed-signer/alice.pub");
    const auto key = SignerKey::read(text).value();
    BOOST_TEST(key.role == "alice");
    BOOST_TEST(key.key.type == "ecdsa");
    BOOST_TEST((key.id == key.canonical_id));
    BOOST_TEST(!key.certificate.has_value());
}

BOOST_AUTO_TEST_CASE(t029_what_is_not_one_usable_public_key_is_refused) {
    const auto ec = made::spki(made::ec_key());
    const auto certificate = made::certificate(made::ec_key());
    const std::string several = "! a public key file holds something else, or several keys";
    BOOST_TEST(read("") == "! this holds no public key");
    BOOST_TEST(read("ssh-ed25519 AAAA") == "! this holds no public key");
    BOOST_TEST(read(pem(ec) + pem(ec)) == several);
    BOOST_TEST(read(simulator::vector_file("keys/import/ec-pkcs8.key")) == several);
    BOOST_TEST(read(pem(ec) + certificate) ==
               "! a public key file holds a certificate and a key: which is meant?");
    BOOST_TEST(read(certificate + pem(ec)) ==
               "! a public key file holds a certificate and a key: which is meant?");
    BOOST_TEST(read(pem(std::string(32, 'x'))) == "! a public key is too short");
    BOOST_TEST(read(pem(ec + "x")).starts_with("! "));
    BOOST_TEST(read(pem(made::spki(made::rsa_key(1024, 65537)))) ==
               "! the modulus of an RSA key has a size that is not accepted");
    BOOST_TEST(read(write_armor("CERTIFICATE", {}, as_bytes(ec))) == "! a certificate is not DER");
}

BOOST_AUTO_TEST_CASE(keys_of_metadata_are_what_they_say) {
    const auto ec = made::spki(made::ec_key());
    BOOST_TEST((SignerKey::of("ecdsa", ec).value().id ==
                metadata::key_id("ecdsa", to_base64(as_bytes(ec)))));
    for (const char* type : {"rsa", "ed25519", "ecdsa-x509", "rsa-x509", "", "EcDSA", "dsa"})
        BOOST_TEST(!SignerKey::of(type, ec), type);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::publish
