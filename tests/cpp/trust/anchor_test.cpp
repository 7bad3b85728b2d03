#include "simulator/judgement.hpp"
#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using namespace simulator;

Judged with_anchor(const Collection& made, Anchor anchor) {
    auto start = given(made);
    start.anchor = std::move(anchor);
    return judged(std::move(start), made.publish());
}

/// The id of the key itself, which its certificate's is not.
KeyId own_id(const SigningKey& key) {
    crypto::KeyCache cache;
    return metadata::canonical_key_id(key.id(), key.key(), cache);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(anchor)

BOOST_AUTO_TEST_CASE(a_root_key_can_be_pinned_by_its_own_id_and_by_its_certificates) {
    const auto made = collection();
    const auto& key = made.root.keys.front();
    BOOST_TEST((own_id(key) != key.id()));
    held(with_anchor(made, {.key_ids = {{own_id(key)}}}).verdict);
    held(with_anchor(made, {.certificates = {{key.id()}}}).verdict);
}

BOOST_AUTO_TEST_CASE(an_id_pinned_as_the_other_kind_is_refused_and_the_refusal_says_which_it_is) {
    const auto made = collection();
    const auto& key = made.root.keys.front();
    refused(with_anchor(made, {.key_ids = {{key.id()}}}).verdict, ErrorCode::anchor_mismatch,
            "root", "the pinned key id is a certificate id");
    refused(with_anchor(made, {.certificates = {{own_id(key)}}}).verdict,
            ErrorCode::anchor_mismatch, "root", "the pinned certificate id is a key id");
}

BOOST_AUTO_TEST_CASE(a_given_root_of_another_collection_is_refused_by_name) {
    const auto made = collection();
    auto other = collection();
    other.root.keys = {certified(ec_key(), {.common_names = {"registry.example.com/team/other"}})};
    refused(with_anchor(made, {.roots = {other.root_document()}}).verdict,
            ErrorCode::root_certificate, "root", "the root given as anchor: ");
}

BOOST_AUTO_TEST_CASE(pinned_keys_must_meet_the_threshold_of_root) {
    auto made = collection();
    made.root.keys.push_back(certified(ec_key()));
    made.root.threshold = 2;
    auto start = given(made);
    start.anchor = {.certificates = {{made.root.keys[0].id(), made.root.keys[1].id()}}};
    held(judged(start, made.publish()).verdict);
    start.anchor = {.certificates = {{made.root.keys[0].id()}}};
    refused(judged(start, made.publish()).verdict, ErrorCode::anchor_mismatch, "root");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
