#include "contenttrust/trust/threshold.hpp"

#include <algorithm>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using metadata::Envelope;
using simulator::bare;
using simulator::certified;
using simulator::ec_key;
using simulator::ed25519_key;
using simulator::SigningKey;

const std::string part = R"({"a":1,"b":"text"})";

metadata::Signature signature(const SigningKey& key, std::string_view over = part) {
    return {key.id().str(), key.method, key.sign(over)};
}

Envelope envelope(std::vector<metadata::Signature> signatures, std::string_view text = part) {
    return {text, crypto::sha256(as_bytes(text)), std::move(signatures)};
}

std::size_t counted(const Envelope& envelope, const std::vector<SigningKey>& keys) {
    Surroundings around;
    return signed_by(around.context, envelope, keys_of(keys), role_of(keys)).identities.size();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(threshold)

BOOST_AUTO_TEST_CASE(different_keys_that_signed_are_counted_with_their_ids) {
    Surroundings around;
    const std::vector keys{ed25519_key(1), ed25519_key(2), bare(ec_key()), certified(ec_key())};
    const auto signers = signed_by(
        around.context, envelope({signature(keys[3]), signature(keys[0]), signature(keys[2])}),
        keys_of(keys), role_of(keys));
    BOOST_TEST(signers.identities.size() == 3U);
    BOOST_TEST((signers.key_ids == std::vector{keys[3].id(), keys[0].id(), keys[2].id()}));
}

BOOST_AUTO_TEST_CASE(one_signature_counts_once_however_often_it_is_listed) {
    const auto key = ed25519_key(1);
    const std::vector<metadata::Signature> copies(50, signature(key));
    BOOST_TEST(counted(envelope(copies), {key, ed25519_key(2)}) == 1U);
}

BOOST_AUTO_TEST_CASE(two_different_signatures_of_one_key_count_once) {
    const auto key = bare(ec_key());
    const auto one = signature(key);
    const auto two = signature(key);
    BOOST_REQUIRE(one.bytes != two.bytes);
    BOOST_TEST(counted(envelope({one, two}), {key, ed25519_key(2)}) == 1U);
}

BOOST_AUTO_TEST_CASE(one_public_key_counts_once_whatever_it_is_wrapped_in) {
    Surroundings around;
    const auto secret = ec_key();
    const std::vector keys{bare(secret), certified(secret),
                           certified(secret, {.common_names = {"other"}})};
    const auto all = envelope({signature(keys[0]), signature(keys[1]), signature(keys[2])});
    const auto signers = signed_by(around.context, all, keys_of(keys), role_of(keys));
    BOOST_TEST(signers.identities.size() == 1U);
    BOOST_TEST(signers.key_ids.size() == 3U);
    refused(
        check_threshold(around.context, RoleName::targets(), all, keys_of(keys), role_of(keys, 2)),
        ErrorCode::threshold, "targets");
}

BOOST_AUTO_TEST_CASE(a_key_that_the_role_does_not_list_does_not_count) {
    Surroundings around;
    const auto listed = ed25519_key(1);
    const auto of_another_role = ed25519_key(2);
    const auto signers = signed_by(around.context, envelope({signature(of_another_role)}),
                                   keys_of({listed, of_another_role}), role_of({listed}));
    BOOST_TEST(signers.identities.empty());
    BOOST_TEST(signers.key_ids.empty());
}

BOOST_AUTO_TEST_CASE(a_signature_under_the_id_of_another_key_does_not_count) {
    const std::vector keys{ed25519_key(1), ed25519_key(2)};
    auto borrowed = signature(keys[0]);
    borrowed.key_id = keys[1].id().str();
    BOOST_TEST(counted(envelope({borrowed}), keys) == 0U);
    for (const auto& id : {std::string(), std::string("x"), keys[0].id().str().substr(1)}) {
        auto renamed = signature(keys[0]);
        renamed.key_id = id;
        BOOST_TEST(counted(envelope({renamed}), keys) == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_bad_signature_does_not_spoil_a_good_one) {
    const std::vector keys{ed25519_key(1), ed25519_key(2)};
    auto bad = signature(keys[0]);
    bad.bytes.front() ^= 1;
    auto unknown = signature(ed25519_key(9));
    BOOST_TEST(counted(envelope({bad, unknown, signature(keys[0])}), keys) == 1U);
    BOOST_TEST(counted(envelope({bad}), keys) == 0U);
    BOOST_TEST(counted(envelope({}), keys) == 0U);
}

BOOST_AUTO_TEST_CASE(an_invalid_signature_is_checked_and_counted_once_whoever_asks) {
    Surroundings around;
    const std::vector keys{ed25519_key(1), ed25519_key(2)};
    auto bad = signature(keys[0]);
    bad.bytes.front() ^= 1;
    const auto held_twice = envelope({bad, signature(keys[1])});
    for (const auto& listed : {keys, std::vector{keys[0]}, keys}) {
        signed_by(around.context, held_twice, keys_of(keys), role_of(listed));
        BOOST_TEST(around.invalid_signatures == 1U);
    }
}

BOOST_AUTO_TEST_CASE(t032_behind_the_limit_nothing_new_is_checked_and_what_is_known_stays) {
    Surroundings around;
    around.requirements.invalid_signatures = 1;
    const std::vector keys{ed25519_key(1), ed25519_key(2)};
    const auto good = envelope({signature(keys[0])});
    const auto count = [&](const Envelope& one) {
        return signed_by(around.context, one, keys_of(keys), role_of(keys)).identities.size();
    };
    auto bad = signature(keys[1]);
    bad.bytes.front() ^= 1;
    BOOST_TEST(count(good) == 1U);
    BOOST_TEST(count(envelope({bad})) == 0U);
    BOOST_TEST(!around.context.exhausted(), "one is allowed");
    BOOST_TEST(count(envelope({bad, signature(keys[0])})) == 0U, "the second ends it");
    BOOST_TEST(around.context.exhausted());
    BOOST_TEST(count(envelope({signature(keys[0])})) == 0U);
    BOOST_TEST(count(good) == 1U);
}

BOOST_AUTO_TEST_CASE(methods_that_are_unknown_or_of_another_key_type_do_not_count) {
    const auto key = ed25519_key(1);
    for (const auto* method : {"", "ecdsa", "rsapss", "rsapkcs1v15", "ed25519", "none"}) {
        auto labelled = signature(key);
        labelled.method = method;
        BOOST_TEST(counted(envelope({labelled}), {key}) == 0U, method);
    }
    auto capitals = signature(key);
    capitals.method = "EdDSA";
    BOOST_TEST(counted(envelope({capitals}), {key}) == 1U);
}

BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_used_does_not_count) {
    auto broken = ed25519_key(1);
    auto made = signature(broken);
    for (const auto* type : {"ed448", "ecdsa", "ecdsa-x509"}) {
        broken.type = type;
        made.key_id = broken.id().str();
        BOOST_TEST(counted(envelope({made}), {broken}) == 0U, type);
    }
    Surroundings around;
    BOOST_TEST(identities_of(around.context, keys_of({broken}), role_of({broken})).empty());
}

BOOST_AUTO_TEST_CASE(signatures_hold_over_the_bytes_as_served) {
    const auto key = ed25519_key(1);
    const std::string served = R"({ "b" : "\u0041", "a":1 })";
    BOOST_TEST(counted(envelope({signature(key, served)}, served), {key}) == 1U);
}

BOOST_AUTO_TEST_CASE(signatures_over_the_canonical_form_hold_for_other_spellings_of_it) {
    const auto key = ed25519_key(1);
    for (const std::string served : {R"({ "b" : "text", "a" : 1 })", R"({"a":1,"b":"te\u0078t"})",
                                     "{\"a\":1,\n\"b\":\"text\"}"}) {
        BOOST_TEST(counted(envelope({signature(key, part)}, served), {key}) == 1U, served);
    }
    for (const std::string other :
         {R"({ "a":1, "b":"Text" })", R"({ "a":1 })", R"({ "a":"1", "b":"text" })"}) {
        BOOST_TEST(counted(envelope({signature(key, part)}, other), {key}) == 0U, other);
    }
}

BOOST_AUTO_TEST_CASE(served_and_canonical_signatures_are_counted_together) {
    const std::vector keys{ed25519_key(1), ed25519_key(2)};
    const std::string served = R"({ "b":"text", "a":1 })";
    BOOST_TEST(counted(envelope({signature(keys[0], served), signature(keys[1], part)}, served),
                       keys) == 2U);
}

BOOST_AUTO_TEST_CASE(the_usable_keys_of_a_role_are_different_public_keys) {
    Surroundings around;
    const auto secret = ec_key();
    const std::vector keys{bare(secret), certified(secret), ed25519_key(1), ed25519_key(2)};
    BOOST_TEST(identities_of(around.context, keys_of(keys), role_of(keys)).size() == 3U);
    BOOST_TEST(identities_of(around.context, keys_of(keys), role_of({keys[2]})).size() == 1U);
}

BOOST_AUTO_TEST_CASE(none_is_a_signature_error_too_few_a_threshold_error) {
    Surroundings around;
    const std::vector keys{ed25519_key(1), ed25519_key(2), ed25519_key(3)};
    const auto check = [&](std::size_t count, std::int64_t threshold) {
        std::vector<metadata::Signature> signatures;
        for (std::size_t i = 0; i < count; ++i) signatures.push_back(signature(keys[i]));
        return check_threshold(around.context, RoleName::targets(), envelope(std::move(signatures)),
                               keys_of(keys), role_of(keys, threshold));
    };
    refused(check(0, 1), ErrorCode::signature, "targets",
            "valid signatures did not meet threshold for targets");
    refused(check(0, 2), ErrorCode::signature, "targets");
    refused(check(1, 2), ErrorCode::threshold, "targets",
            "valid signatures did not meet threshold for targets");
    refused(check(2, 3), ErrorCode::threshold, "targets");
    refused(check(3, 4), ErrorCode::threshold, "targets");
    refused(check(3, std::int64_t{1} << 53), ErrorCode::threshold, "targets");
    BOOST_TEST(around.last_step("signatures", false));
    held(check(2, 2));
    BOOST_TEST(around.last_step("signatures", true));
    held(check(3, 2));
}

BOOST_AUTO_TEST_CASE(a_role_without_keys_is_never_signed) {
    Surroundings around;
    refused(check_threshold(around.context, RoleName::releases(),
                            envelope({signature(ed25519_key(1))}), {}, {{}, 1}),
            ErrorCode::signature, "targets/releases");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
