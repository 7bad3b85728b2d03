#include "contenttrust/trust/pinning.hpp"

#include <openssl/x509v3.h>

#include "simulator/vectors.hpp"
#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using crypto::made::CertificateFields;
using simulator::bare;
using simulator::bundled;
using simulator::certified;
using simulator::ec_key;
using simulator::EcKey;
using simulator::SigningKey;

metadata::Root root_with(const std::vector<SigningKey>& keys, std::int64_t threshold = 1) {
    metadata::Root out;
    out.keys = keys_of(keys);
    out.root = role_of(keys, threshold);
    return out;
}

Result<metadata::RoleKeys> certified_in(Surroundings& around, const CertificateFields& fields,
                                        CertificateTime time = CertificateTime::judged) {
    return certified_keys(around.context, root_with({certified(ec_key(), fields)}), time);
}

void refused_certificate(const CertificateFields& fields, std::string_view reason) {
    Surroundings around;
    refused(certified_in(around, fields), ErrorCode::root_certificate, "root", reason);
    BOOST_TEST(around.last_step("certificate", false));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pinning)

BOOST_AUTO_TEST_CASE(a_certificate_for_the_gun_is_good) {
    Surroundings around;
    const auto key = certified(ec_key());
    const auto keys = certified_keys(around.context, root_with({key}, 3), CertificateTime::judged);
    held(keys);
    BOOST_TEST((keys.value().key_ids == std::vector{key.id()}));
    BOOST_TEST(keys.value().threshold == 3, "the threshold is that of root");
    BOOST_TEST(around.last_step("certificate", true));
    BOOST_TEST(around.context.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_common_name_must_be_the_gun_byte_for_byte) {
    for (const std::string name :
         {"registry.example.com/team/web2", "registry.example.com/team/we", "", "web",
          "Registry.example.com/team/web", "registry.example.com/team/web ",
          "*.example.com/team/web", "registry.example.com/*/web", "registry.example.com/tean/*"}) {
        refused_certificate({.common_names = {name}}, "issued for another collection");
    }
    refused_certificate(
        {.common_names = {"registry.example.com/team/web", "registry.example.com/team/web"}},
        "issued for another collection");
    refused_certificate({.common_names = {std::string("registry.example.com/team/web\0x", 31)}},
                        "issued for another collection");
    refused_certificate({.common_names = {}}, "issued for another collection");
}

BOOST_AUTO_TEST_CASE(a_prefix_that_ends_in_a_star_is_good_and_warned_of) {
    for (const std::string name :
         {"registry.example.com/team/*", "registry.example.com/team/web*", "*"}) {
        Surroundings around;
        held(certified_in(around, {.common_names = {name}}));
        BOOST_TEST(warnings_of(around.context.warnings, "root_certificate") == 1, name);
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_lives_until_its_last_second) {
    Surroundings around;
    refused_certificate({.not_after = "20261123235959Z"}, "expired");
    held(certified_in(around, {.not_after = "20261124000000Z"}));
    BOOST_TEST(warnings_of(around.context.warnings, "expired") == 1);
}

BOOST_AUTO_TEST_CASE(a_certificate_may_begin_up_to_a_day_ahead) {
    Surroundings around;
    held(certified_in(around, {.not_before = "20261125000000Z"}));
    refused_certificate({.not_before = "20261125000001Z"}, "not valid yet");
}

BOOST_AUTO_TEST_CASE(the_last_six_months_are_warned_of) {
    const auto warned = [](const std::string& not_after) {
        Surroundings around;
        held(certified_in(around, {.not_after = not_after}));
        return warnings_of(around.context.warnings, "expired") == 1;
    };
    BOOST_TEST(warned("20270520000000Z"));
    BOOST_TEST(!warned("20270601000000Z"));
}

BOOST_AUTO_TEST_CASE(of_a_superseded_root_the_time_is_passed_over_and_nothing_else) {
    Surroundings around;
    held(certified_in(around, {.not_after = "20260201000000Z"}, CertificateTime::passed_over));
    held(certified_in(around, {.not_before = "20300101000000Z"}, CertificateTime::passed_over));
    BOOST_TEST(around.context.warnings.empty());
    refused(certified_in(around, {.common_names = {"other"}}, CertificateTime::passed_over),
            ErrorCode::root_certificate, "root", "another collection");
    refused(certified_in(around, {.digest = EVP_sha1()}, CertificateTime::passed_over),
            ErrorCode::root_certificate, "root", "broken hash");
}

BOOST_AUTO_TEST_CASE(a_ca_certificate_is_no_leaf) {
    refused_certificate({.authority = true}, "one leaf certificate");
}

BOOST_AUTO_TEST_CASE(two_leaves_in_a_bundle_are_one_too_many) {
    Surroundings around;
    const auto secret = ec_key();
    const auto leaf = crypto::made::certificate(*secret);
    const auto keys = certified_keys(around.context, root_with({bundled(secret, leaf + leaf)}),
                                     CertificateTime::judged);
    refused(keys, ErrorCode::root_certificate, "root", "one leaf certificate");
    BOOST_TEST(keys.error().found == "2 leaves");
}

BOOST_AUTO_TEST_CASE(sha1_is_refused) {
    refused_certificate({.digest = EVP_sha1()}, "broken hash");
}

BOOST_AUTO_TEST_CASE(a_root_key_without_a_certificate_is_refused) {
    Surroundings around;
    for (const auto& key :
         {bare(ec_key()), simulator::ed25519_key(1), bundled(ec_key(), "no PEM")}) {
        refused(certified_keys(around.context, root_with({key}), CertificateTime::judged),
                ErrorCode::root_certificate, "root", "no usable certificate");
    }
    refused(certified_keys(around.context, root_with({}), CertificateTime::judged),
            ErrorCode::root_certificate, "root", "lists no key");
}

BOOST_AUTO_TEST_CASE(good_certificates_are_kept_beside_bad_ones) {
    Surroundings around;
    const auto good = certified(ec_key());
    const auto keys = certified_keys(
        around.context,
        root_with({certified(ec_key(), {.common_names = {"other"}}), good, bare(ec_key()),
                   certified(ec_key(), {.not_after = "20260201000000Z"})}),
        CertificateTime::judged);
    held(keys);
    BOOST_TEST((keys.value().key_ids == std::vector{good.id()}));
}

BOOST_AUTO_TEST_CASE(pins_by_key_id_are_canonical_ids_and_by_certificate_metadata_ids) {
    Surroundings around;
    const auto secret = ec_key();
    const auto key = certified(secret);
    const auto root = root_with({key});
    const auto bare_id = bare(secret).id();
    const auto pinned = [&](const Anchor& anchor) {
        return pinned_keys(around.context, anchor, root, root.root).key_ids.size();
    };
    BOOST_TEST(pinned({.key_ids = {{bare_id}}}) == 1U);
    BOOST_TEST(pinned({.key_ids = {{key.id()}}}) == 0U);
    BOOST_TEST(pinned({.certificates = {{key.id()}}}) == 1U);
    BOOST_TEST(pinned({.certificates = {{bare_id}}}) == 0U);
}

BOOST_AUTO_TEST_CASE(one_id_of_each_list_is_enough_and_every_list_must_have_one) {
    Surroundings around;
    const auto key = certified(ec_key());
    const auto other = certified(ec_key()).id();
    const auto root = root_with({key});
    const auto pinned = [&](std::vector<std::vector<KeyId>> certificates) {
        return pinned_keys(around.context, {.certificates = std::move(certificates)}, root,
                           root.root)
            .key_ids.size();
    };
    BOOST_TEST(pinned({{other, key.id()}}) == 1U);
    BOOST_TEST(pinned({{key.id()}, {other}}) == 0U);
    BOOST_TEST(pinned({{key.id()}, {other, key.id()}}) == 1U);
    BOOST_TEST(pinned({{}}) == 0U, "a list of no ids is matched by nothing");
}

BOOST_AUTO_TEST_CASE(only_the_pinned_ones_of_several_root_keys_are_left) {
    Surroundings around;
    const auto one = certified(ec_key());
    const auto two = certified(ec_key());
    const auto root = root_with({one, two}, 2);
    const auto left = pinned_keys(around.context, {.certificates = {{two.id()}}}, root, root.root);
    BOOST_TEST((left.key_ids == std::vector{two.id()}));
    BOOST_TEST(left.threshold == 2);
}

BOOST_AUTO_TEST_CASE(a_pinned_authority_must_have_issued_the_certificate) {
    Surroundings around;
    const auto ca = ec_key();
    const auto other_ca = ec_key();
    const auto authority = [](const EcKey& key, const std::string& name) {
        return crypto::made::certificate(*key, {.common_names = {name}, .authority = true});
    };
    const auto key = certified(ec_key(), {.issuer = {ca.get(), "the authority"}});
    const auto root = root_with({key});
    const auto pinned = [&](std::vector<crypto::Authorities> authorities) {
        return pinned_keys(around.context, {.authorities = std::move(authorities)}, root, root.root)
            .key_ids.size();
    };
    const auto pem = authority(ca, "the authority");
    const auto other = authority(other_ca, "the authority");
    BOOST_TEST(pinned({pem}) == 1U);
    BOOST_TEST(pinned({other}) == 0U);
    BOOST_TEST(pinned({pem, other}) == 0U);
    BOOST_TEST(pinned({std::string()}) == 0U);
}

BOOST_AUTO_TEST_CASE(the_captured_certificate_chains_to_its_authority_and_to_no_other) {
    const std::string name = "good-root-rsa-wildcard-cn";
    const auto& one = simulator::vector_named(name);
    const auto verdict_with = [&](const std::string& file) {
        return simulator::judged(
                   {.gun = Gun::parse(one.gun).value(),
                    .anchor = {.authorities = {simulator::vector_file(name + "/" + file)}},
                    .now = one.verify_at,
                    .requirements = {},
                    .state = {},
                    .cached = {}},
                   one.served)
            .verdict;
    };
    held(verdict_with("pinned-ca.crt"));
    refused(verdict_with("other-ca.crt"), ErrorCode::anchor_mismatch, "root", "trust_pinning");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
