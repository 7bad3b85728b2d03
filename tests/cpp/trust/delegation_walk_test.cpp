#include "contenttrust/trust/delegation_walk.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using namespace simulator;

const std::string releases = "targets/releases";

Collection with_releases() {
    auto made = collection();
    made.targets[releases] = delegation(4, {{"1.0", image("released")}});
    return made;
}

const RoleView& role(const TrustedRepository& repository, std::string_view name) {
    for (const auto& view : repository.roles()) {
        if (view.name.str() == name) return view;
    }
    throw std::out_of_range(std::string(name));
}

Judged first_contact(const Collection& made) { return judged(given(made), made.publish()); }

void broken(const Collection& made, ErrorCode code) {
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    if (!outcome.verdict) return;
    const auto degraded = outcome.repository().degraded();
    BOOST_REQUIRE_EQUAL(degraded.size(), 1U);
    BOOST_TEST(degraded.front().code == to_string(code));
    BOOST_TEST(degraded.front().role == releases);
    BOOST_TEST(!role(outcome.repository(), releases).usable());
    BOOST_TEST(role(outcome.repository(), releases).targets.size() == 0U);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(delegation_walk)

BOOST_AUTO_TEST_CASE(roles_are_visited_breadth_first_in_the_order_of_their_delegators) {
    auto made = collection();
    unsigned char number = 10;
    for (const auto* name : {"targets/b", "targets/a", "targets/a/x", "targets/b/y",
                             "targets/a/x/deep", "targets/c"}) {
        made.targets[name] = delegation(number++);
    }
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    std::vector<std::string> names;
    for (const auto& view : outcome.repository().roles()) names.push_back(view.name.str());
    BOOST_TEST((names == std::vector<std::string>{
                             "root", "timestamp", "snapshot", "targets", "targets/a", "targets/b",
                             "targets/c", "targets/a/x", "targets/b/y", "targets/a/x/deep"}));
}

BOOST_AUTO_TEST_CASE(an_expired_delegation_is_broken) {
    auto made = with_releases();
    made.targets[releases].role.expires = "2026-11-24T00:00:00Z";
    broken(made, ErrorCode::expired);
}

BOOST_AUTO_TEST_CASE(a_delegation_below_its_threshold_is_broken) {
    auto made = with_releases();
    auto& its_role = made.targets[releases].role;
    its_role.threshold = 2;
    its_role.keys.push_back(ed25519_key(5));
    held(first_contact(made).verdict);
    BOOST_TEST(first_contact(made).repository().degraded().empty());
    its_role.signers = {{ed25519_key(5)}};
    broken(made, ErrorCode::threshold);
}

BOOST_AUTO_TEST_CASE(a_delegation_signed_by_others_or_without_keys_is_broken) {
    auto made = with_releases();
    made.targets[releases].role.signers = {{ed25519_key(99)}};
    broken(made, ErrorCode::signature);
    made = with_releases();
    made.targets[releases].role.signers = {{ed25519_key(4)}};
    made.targets[releases].role.keys.clear();
    broken(made, ErrorCode::signature);
}

BOOST_AUTO_TEST_CASE(a_key_of_targets_is_no_key_of_its_delegation) {
    auto made = with_releases();
    made.targets[releases].role.signers = made.targets["targets"].role.keys;
    broken(made, ErrorCode::signature);
}

BOOST_AUTO_TEST_CASE(a_file_without_any_signature_refuses_the_whole) {
    auto made = with_releases();
    made.targets[releases].role.signers = std::vector<SigningKey>{};
    refused(first_contact(made).verdict, ErrorCode::signature, releases);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_or_not_the_named_one_refuses_the_whole) {
    const auto made = with_releases();
    auto documents = made.publish();
    documents[releases] += " ";
    refused(judged(given(made), documents).verdict, ErrorCode::length, releases);
    documents[releases].pop_back();
    documents[releases].back() = ' ';
    refused(judged(given(made), documents).verdict, ErrorCode::hash, releases);
    documents.erase(releases);
    refused(judged(given(made), documents).verdict, ErrorCode::missing_role, releases);
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_decoded_refuses_the_whole) {
    auto made = with_releases();
    made.change_file = [](const std::string& name, std::string& text) {
        if (name == releases) text.back() = ']';
    };
    refused(first_contact(made).verdict, ErrorCode::malformed, releases);
    made.change_file = {};
    made.change_signed = [](const std::string& name, std::string& part) {
        if (name == releases) part = replaced(part, "\"version\":1", "\"version\":0");
    };
    refused(first_contact(made).verdict, ErrorCode::version, releases);
}

BOOST_AUTO_TEST_CASE(a_delegation_that_was_rolled_back_refuses_the_whole) {
    auto made = with_releases();
    made.targets[releases].role.version = 3;
    const auto state = first_contact(made).state;
    made.targets[releases].role.version = 2;
    made.snapshot.version = made.timestamp.version = 2;
    auto start = given(made);
    start.state = state;
    const auto outcome = judged(start, made.publish());
    refused(outcome.verdict, ErrorCode::rollback, releases);
    BOOST_TEST((outcome.state->roles == state->roles), "a refusal lowers no version");
}

BOOST_AUTO_TEST_CASE(the_version_of_a_broken_delegation_stays_remembered) {
    auto made = with_releases();
    made.targets[releases].role.version = 3;
    auto start = given(made);
    start.state = first_contact(made).state;
    made.targets[releases].role.expires = "2026-01-01T00:00:00Z";
    made.targets[releases].role.version = 4;
    const auto outcome = judged(start, made.publish());
    held(outcome.verdict);
    BOOST_TEST((outcome.state->roles.at(RoleName::releases()) ==
                start.state->roles.at(RoleName::releases())));
}

BOOST_AUTO_TEST_CASE(a_role_that_no_snapshot_ever_listed_is_empty_not_broken) {
    auto made = with_releases();
    made.unlisted = {releases};
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    const auto& view = role(outcome.repository(), releases);
    BOOST_TEST(!view.published);
    BOOST_TEST(!view.broken);
    BOOST_TEST(outcome.repository().degraded().empty());
    BOOST_TEST(!outcome.state->roles.contains(RoleName::releases()));
    BOOST_TEST(outcome.repository().verify("1.0").value().role == "targets");
}

BOOST_AUTO_TEST_CASE(a_role_that_vanishes_from_the_snapshot_refuses_the_whole) {
    auto made = with_releases();
    const auto before = made.publish();
    auto start = given(made);
    start.state = judged(start, before).state;
    made.unlisted = {releases};
    made.snapshot.version = made.timestamp.version = 2;
    const auto after = made.publish();
    refused(judged(start, after).verdict, ErrorCode::missing_role, releases, "vanished");

    auto by_cache = given(made);
    by_cache.cached = {{"snapshot", before.at("snapshot")}};
    refused(judged(by_cache, after).verdict, ErrorCode::missing_role, releases, "vanished");
}

BOOST_AUTO_TEST_CASE(a_role_may_vanish_together_with_its_delegation) {
    auto made = with_releases();
    auto start = given(made);
    start.state = judged(start, made.publish()).state;
    made.targets.erase(releases);
    made.snapshot.version = made.timestamp.version = made.targets["targets"].role.version = 2;
    const auto outcome = judged(start, made.publish());
    held(outcome.verdict);
    BOOST_TEST(!outcome.state->roles.contains(RoleName::releases()));
}

BOOST_AUTO_TEST_CASE(a_cached_snapshot_that_today_s_keys_did_not_sign_lists_nothing) {
    auto made = with_releases();
    made.snapshot.keys = {ed25519_key(77)};
    const auto before = made.publish();
    made.snapshot.keys = {ed25519_key(2)};
    made.unlisted = {releases};
    auto start = given(made);
    start.cached = {{"snapshot", before.at("snapshot")}};
    held(judged(start, made.publish()).verdict);
}

BOOST_AUTO_TEST_CASE(a_child_keeps_only_those_paths_that_begin_with_one_of_its_parent) {
    auto made = collection();
    made.targets["targets/a"] = delegation(10);
    made.targets["targets/a"].paths = {"v1", "qa/"};
    made.targets["targets/a/b"] = delegation(11);
    made.targets["targets/a/b"].paths = {"v1", "v1.2", "v", "", "qa/x", "qa", "v2"};
    made.targets["targets/a/b/c"] = delegation(12);
    made.targets["targets/a/b/c"].paths = {"v1.2.3", "qa/", "qa/xy"};
    made.targets["targets/none"] = delegation(13, {{"x", image("x")}});
    made.targets["targets/none"].paths = {};
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    const auto paths = [&](std::string_view name) {
        return role(outcome.repository(), name).paths;
    };
    BOOST_TEST((paths("targets") == std::vector<std::string>{""}));
    BOOST_TEST((paths("targets/a") == std::vector<std::string>{"qa/", "v1"}));
    BOOST_TEST((paths("targets/a/b") == std::vector<std::string>{"qa/x", "v1"}));
    BOOST_TEST((paths("targets/a/b/c") == std::vector<std::string>{"qa/xy", "v1.2.3"}));
    BOOST_TEST(paths("targets/none").empty());
    BOOST_TEST(outcome.repository().role_tags(role(outcome.repository(), "targets/none")).empty());
}

BOOST_AUTO_TEST_CASE(below_a_broken_role_nothing_is_visited) {
    auto made = with_releases();
    made.targets["targets/releases/more"] = delegation(6);
    made.targets[releases].role.expires = "2026-01-01T00:00:00Z";
    broken(made, ErrorCode::expired);
    const auto outcome = first_contact(made);
    BOOST_TEST(outcome.repository().roles().back().name.str() == releases);
}

BOOST_AUTO_TEST_CASE(more_roles_than_the_limit_are_refused) {
    auto made = collection();
    for (unsigned char i = 0; i < 4; ++i)
        made.targets["targets/r" + std::to_string(i)] = delegation(10);
    auto start = given(made);
    start.requirements.listing_roles = 4;
    held(judged(start, made.publish()).verdict);
    start.requirements.listing_roles = 3;
    refused(judged(start, made.publish()).verdict, ErrorCode::limit_exceeded, "targets",
            "too many delegated roles");
}

BOOST_AUTO_TEST_CASE(deeper_delegations_than_the_limit_are_refused) {
    auto made = collection();
    made.targets["targets/a"] = delegation(10);
    made.targets["targets/a/b"] = delegation(10);
    made.targets["targets/a/b/c"] = delegation(10);
    auto start = given(made);
    start.requirements.delegation_depth = 3;
    held(judged(start, made.publish()).verdict);
    start.requirements.delegation_depth = 2;
    refused(judged(start, made.publish()).verdict, ErrorCode::limit_exceeded, "targets/a/b/c",
            "too many delegations below one another");
}

BOOST_AUTO_TEST_CASE(
    signers_are_known_by_the_canonical_ids_of_the_keys_that_really_signed_each_once) {
    auto made = with_releases();
    const auto secret = ec_key();
    made.targets[releases].role.keys = {certified(secret), bare(secret), ed25519_key(5)};
    made.targets[releases].role.signers = {{certified(secret)}};
    // Another certificate of the same key is another entry: what signed must be the one that is listed.
    made.targets[releases].role.signers = {{made.targets[releases].role.keys.front()}};
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    const auto& view = role(outcome.repository(), releases);
    BOOST_TEST((view.signed_by == std::vector{bare(secret).id()}));
    BOOST_TEST((view.canonical_ids == std::vector{bare(secret).id(), ed25519_key(5).id()}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
