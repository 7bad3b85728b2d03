#include "contenttrust/publish/key_file.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "simulator/vectors.hpp"

namespace contenttrust::publish {
namespace {

using crypto::NewKey;
using crypto::PrivateKey;
using crypto::Secret;

const Secret& passphrase() {
    static const Secret secret(as_bytes("import-pass"));
    return secret;
}

std::string file(const std::string& name) {
    return simulator::vector_file("keys/import/" + name + ".key");
}

std::string identity(const PrivateKey& key) { return to_hex(key.public_key().identity()); }

/// Identity of the key, or the code of the refusal in brackets.
std::string unlocked(std::string_view text, const Secret* with = &passphrase()) {
    const auto parsed = KeyFile::parse(text);
    if (!parsed) return "<" + std::string(to_string(parsed.error().code)) + ">";
    const auto key = parsed.value().unlock(with);
    if (!key) return "<" + std::string(to_string(key.error().code)) + ">";
    return identity(key.value());
}

std::string with_damage(const std::string& pem, std::size_t at, char bit) {
    const auto blocks = read_armor(pem);
    const Armor& armor = blocks.value().front();
    std::string der(as_text(armor.content.bytes()));
    der[at] = static_cast<char>(der[at] ^ bit);
    return write_armor(armor.label, armor.headers, as_bytes(der));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_file)

BOOST_AUTO_TEST_CASE(a_written_file_opens_and_tells_what_it_is) {
    for (const auto kind :
         {NewKey::ecdsa_p256, NewKey::ecdsa_p384, NewKey::ed25519, NewKey::rsa_3072}) {
        const auto key = PrivateKey::generate(kind);
        const auto text = write_key_file(
            key, passphrase(), {{"role", "targets"}, {"gun", "docker.io/a/b"}, {"path", ""}}, 5);
        BOOST_REQUIRE(bool(text));
        BOOST_TEST(text.value().starts_with(
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\ngun: docker.io/a/b\nrole: targets\n\nMI"));
        const auto parsed = KeyFile::parse(text.value());
        BOOST_REQUIRE(bool(parsed));
        BOOST_TEST(parsed.value().is_encrypted());
        BOOST_TEST((parsed.value().rounds() == 5U));
        BOOST_TEST(parsed.value().header("role") == "targets");
        BOOST_TEST(parsed.value().header("path") == "");
        BOOST_TEST(parsed.value().headers().size() == 2U);
        BOOST_TEST(unlocked(text.value()) == identity(key));
        BOOST_TEST(unlocked(text.value(), nullptr) == "<unauthorized>");
    }
}

BOOST_AUTO_TEST_CASE(one_key_in_every_form) {
    const auto who = unlocked(file("ec-sec1"), nullptr);
    BOOST_TEST(who.size() == 64U);
    for (const char* name :
         {"ec-pkcs8", "ec-pkcs8-role", "ec-pkcs8-gun-role", "ec-sec1-role", "ec-sec1-gun-role"})
        BOOST_TEST(unlocked(file(name), nullptr) == who, name);
    for (const char* name :
         {"ec-dek-aes256", "ec-pkcs8-pbes2-aes128", "ec-pkcs8-pbes2-sha1", "ec-pkcs8-pbes2-sha256",
          "ec-pkcs8-pbes2-sha1-role", "ec-pkcs8-pbes2-sha256-gun-role", "ec-pkcs8-scrypt",
          "ec-export-path", "ec-export-legacy-path", "ec-export-legacy-root"}) {
        BOOST_TEST(unlocked(file(name)) == who, name);
        BOOST_TEST(unlocked(file(name), nullptr) == "<unauthorized>", name);
    }
    const auto rsa = unlocked(file("rsa2048-pkcs1"), nullptr);
    BOOST_TEST(unlocked(file("rsa2048-pkcs8"), nullptr) == rsa);
    BOOST_TEST(unlocked(file("rsa2048-dek-aes128")) == rsa);
    for (const char* name : {"ec384-sec1", "ec521-sec1", "rsa4096-pkcs1", "ed25519-pkcs8"})
        BOOST_TEST(unlocked(file(name), nullptr).size() == 64U, name);
    for (const char* name : {"ec256k1-sec1", "rsa1024-pkcs1"})
        BOOST_TEST(unlocked(file(name)) == "<malformed>", name);
}

BOOST_AUTO_TEST_CASE(a_file_tells_how_it_is_protected) {
    const auto told = [](const std::string& name) {
        const auto parsed = KeyFile::parse(file(name)).value();
        return std::pair(parsed.is_encrypted(), parsed.rounds().value_or(0));
    };
    BOOST_TEST((told("ec-pkcs8") == std::pair(false, 0U)));
    BOOST_TEST((told("ec-pkcs8-pbes2-sha256") == std::pair(true, 2048U)));
    BOOST_TEST((told("ec-pkcs8-pbes2-aes128") == std::pair(true, 100000U)));
    BOOST_TEST((told("ec-pkcs8-scrypt") == std::pair(true, 0U)));
    BOOST_TEST((told("ec-dek-aes256") == std::pair(true, 0U)));
}

BOOST_AUTO_TEST_CASE(several_keys_are_told_apart) {
    const auto text = file("two-keys");
    BOOST_TEST(unlocked(text) == "<malformed>");
    const auto files = KeyFile::parse_all(text);
    BOOST_REQUIRE(bool(files));
    BOOST_REQUIRE(files.value().size() == 2U);
    BOOST_TEST(unlocked(as_text(files.value()[0].text())) == unlocked(file("ec-sec1")));
    BOOST_TEST(unlocked(as_text(files.value()[1].text())) == unlocked(file("rsa2048-pkcs1")));
    BOOST_TEST(files.value()[0].header("role") == "alice");
}

BOOST_AUTO_TEST_CASE(what_stands_beside_a_key_is_passed_over) {
    const auto key = file("ec-sec1");
    const auto who = unlocked(key);
    BOOST_TEST(unlocked("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                        "-----END EC PARAMETERS-----\n" +
                        key) == who);
    BOOST_TEST(unlocked("Bag Attributes\n    friendlyName: x\n" + key + "trailing text\n") == who);
    BOOST_TEST(unlocked(key + simulator::vector_file("keys/good-delegations/alice.crt")) == who);
}

BOOST_AUTO_TEST_CASE(t029_what_is_no_private_key_is_refused) {
    BOOST_TEST(unlocked("") == "<malformed>");
    BOOST_TEST(unlocked("text") == "<malformed>");
    BOOST_TEST(unlocked(simulator::vector_file("keys/good-delegations/alice.crt")) ==
               "<malformed>");
    const auto blocks = read_armor(file("ec-sec1"));
    const Bytes content = blocks.value()[0].content.bytes();
    for (const char* label :
         {"OPENSSH PRIVATE KEY", "DSA PRIVATE KEY", "ANY PRIVATE KEY", "RSA PRIVATE KEY",
          "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "ED25519 PRIVATE KEY", "private key"})
        BOOST_TEST(unlocked(write_armor(label, {}, content)) == "<malformed>", label);
    const Headers legacy{{"Proc-Type", "4,ENCRYPTED"}};
    BOOST_TEST(unlocked(write_armor("EC PRIVATE KEY", legacy, content)) == "<malformed>");
}

BOOST_AUTO_TEST_CASE(t104_a_wrong_passphrase_and_damage_are_one_refusal) {
    for (const char* name : {"ec-pkcs8-pbes2-sha1", "rsa2048-dek-aes128", "ec-dek-aes256"}) {
        const auto text = file(name);
        const auto who = unlocked(text);
        const Secret wrong(as_bytes("import-past"));
        BOOST_TEST(unlocked(text, &wrong) == "<unauthorized>");
        const std::size_t size = read_armor(text).value()[0].content.size();
        const bool pkcs8 = std::string_view(name).starts_with("ec-pkcs8");
        // Behind what tells how it is encrypted.
        const std::size_t first = pkcs8 ? size - 144 : 0;
        for (std::size_t at = first; at<size; at += size> 500 ? 7 : 1) {
            const auto answer = unlocked(with_damage(text, at, 0x04));
            BOOST_TEST((answer == "<unauthorized>" || answer == who), name << " octet " << at);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_a_header_is_not_written) {
    const auto key = PrivateKey::generate(NewKey::ecdsa_p256);
    const auto written = [&](const std::string& role, std::int64_t rounds = 1) {
        const auto text = write_key_file(key, passphrase(), {{"role", role}}, rounds);
        if (!text) return "<" + std::string(to_string(text.error().code)) + ">";
        return std::string(KeyFile::parse(text.value()).value().header("role"));
    };
    BOOST_TEST(written("alice") == "alice");
    BOOST_TEST(written(std::string(255, 'x')) == std::string(255, 'x'));
    BOOST_TEST(written("a: b") == "a: b");
    BOOST_TEST(written("") == "");
    for (const char* role :
         {"a\nb", "a\rb", " a", "a ", "\t", "a\x7f", "root\u00a0", "\u3000root", "\u0085"})
        BOOST_TEST(written(role) == "<malformed>");
    for (const std::int64_t rounds :
         {std::int64_t{0}, std::int64_t{-1}, std::int64_t{10'000'001}, std::int64_t{1} << 40})
        BOOST_TEST(written("alice", rounds) == "<limit_exceeded>");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::publish
