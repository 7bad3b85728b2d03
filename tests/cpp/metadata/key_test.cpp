#include "contenttrust/metadata/key.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/json/reader.hpp"
#include "simulator/signing_key.hpp"
#include "simulator/vectors.hpp"

namespace contenttrust::metadata {
namespace {

using simulator::bare;
using simulator::certified;
using simulator::ec_key;

// Calls `visit(id, type, public text)` for every key that the captured roots and targets files list.
void for_each_captured_key(auto visit) {
    for (const auto& one : simulator::vectors()) {
        if (!one.accepted) continue;
        for (const auto& [name, text] : one.served) {
            const auto document = json::Document::parse(text);
            if (!document) continue;
            const auto part = document.value().root().member("signed").value_or(json::Value());
            const auto holder =
                part.member("keys") ? part : part.member("delegations").value_or(json::Value());
            auto members = holder.member("keys").value_or(json::Value()).members();
            while (auto key = members.next()) {
                visit(std::string(key->name), key->value.member("keytype")->string().value(),
                      key->value.member("keyval")->member("public")->string().value());
            }
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key)

BOOST_AUTO_TEST_CASE(the_id_is_that_of_every_key_in_the_vectors) {
    std::set<std::string> types;
    for_each_captured_key([&](const std::string& id, std::string_view type, std::string_view text) {
        BOOST_TEST(key_id(type, text).str() == id);
        types.emplace(type);
    });
    BOOST_TEST(
        (types == std::set<std::string>{"ecdsa", "ecdsa-x509", "ed25519", "rsa", "rsa-x509"}));
}

BOOST_AUTO_TEST_CASE(the_id_depends_on_type_and_text_and_escapes_both) {
    BOOST_TEST((key_id("ecdsa", "AA==") != key_id("rsa", "AA==")));
    BOOST_TEST((key_id("ecdsa", "AA==") != key_id("ecdsa", "AQ==")));
    BOOST_TEST((key_id("a\"b", "") != key_id("a", "")));
    // A type that could end the string early must not pass for another key.
    BOOST_TEST((key_id(R"(a","keyval":{"private":null,"public":"x"}})", "") != key_id("a", "x")));
}

BOOST_AUTO_TEST_CASE(bare_and_certified_form_of_a_key_have_one_canonical_id) {
    crypto::KeyCache cache;
    const auto secret = ec_key();
    const auto plain = bare(secret);
    const auto first = certified(secret);
    const auto second = certified(secret, {.common_names = {"example.com/other"}});
    BOOST_TEST((first.id() != plain.id()));
    BOOST_TEST((first.id() != second.id()));
    for (const auto* one : {&plain, &first, &second}) {
        BOOST_TEST((canonical_key_id(one->id(), one->key(), cache) == plain.id()));
    }
}

BOOST_AUTO_TEST_CASE(keys_without_a_readable_certificate_keep_their_own_id) {
    crypto::KeyCache cache;
    const auto ed25519 = simulator::ed25519_key(1);
    BOOST_TEST((canonical_key_id(ed25519.id(), ed25519.key(), cache) == ed25519.id()));
    const auto damaged = simulator::bundled(ec_key(), "-----BEGIN CERTIFICATE-----\nAAAA\n");
    BOOST_TEST((canonical_key_id(damaged.id(), damaged.key(), cache) == damaged.id()));
    auto mislabelled = certified(ec_key());
    mislabelled.type = "rsa-x509";
    BOOST_TEST((canonical_key_id(mislabelled.id(), mislabelled.key(), cache) == mislabelled.id()));
}

BOOST_AUTO_TEST_CASE(the_text_of_a_key_is_what_a_key_cache_asks_for) {
    crypto::KeyCache cache;
    const auto signing = simulator::ed25519_key(7);
    const Key held = signing.key();
    BOOST_TEST(held.text().type == "ed25519");
    BOOST_TEST(held.text().public_text == signing.public_text);
    BOOST_TEST(static_cast<bool>(cache.find(signing.id(), held.text()).key));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::metadata
