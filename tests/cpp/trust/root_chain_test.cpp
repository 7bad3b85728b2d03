#include "contenttrust/trust/root_chain.hpp"

#include <algorithm>

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using namespace simulator;

// A collection whose root was rotated: one key a version, each new root signed by the old key and its own.
struct Rotated {
    Collection made = collection();
    std::vector<SigningKey> keys{made.root.keys.front()};
    Documents links;  ///< `<n>.root`

    explicit Rotated(std::int64_t versions) {
        publish_link();
        while (made.root.version < versions) rotate();
    }

    void rotate() {
        keys.push_back(certified(ec_key()));
        ++made.root.version;
        made.root.keys = {keys.back()};
        made.root.signers = {{keys[keys.size() - 2], keys.back()}};
        publish_link();
    }

    void publish_link() {
        links[std::to_string(made.root.version) + ".root"] = made.root_document();
    }

    Documents documents() const {
        auto out = made.publish();
        // Only the bytes that the snapshot names will do, and ECDSA signatures differ each time.
        for (const auto& [name, text] : links) out.emplace(name, text);
        return out;
    }

    /// What was accepted when `version` was the newest root.
    State remembered_at(std::int64_t version) const {
        return {Gun::parse(made.gun).value(), links.at(std::to_string(version) + ".root"), {}};
    }
};

Judged from_state(const Rotated& rotated, std::int64_t version, const Documents& documents) {
    auto start = given(rotated.made);
    start.anchor = {};
    start.state = rotated.remembered_at(version);
    return judged(std::move(start), documents);
}

Judged from_roots(const Rotated& rotated, std::vector<std::string> roots) {
    auto start = given(rotated.made);
    start.anchor = {.roots = std::move(roots)};
    return judged(std::move(start), rotated.documents());
}

std::int64_t proved(const Judged& outcome) {
    return outcome.state ? outcome.state->root_version() : 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(root_chain)

BOOST_AUTO_TEST_CASE(a_chain_of_rotations_leads_from_the_remembered_root_to_the_served_one) {
    const Rotated rotated(4);
    for (std::int64_t version = 1; version <= 4; ++version) {
        const auto outcome = from_state(rotated, version, rotated.documents());
        held(outcome.verdict);
        BOOST_TEST(proved(outcome) == 4);
    }
}

BOOST_AUTO_TEST_CASE(the_trace_names_the_version_of_every_link) {
    const Rotated rotated(3);
    auto start = given(rotated.made);
    start.anchor = {};
    start.state = rotated.remembered_at(1);
    start.trace = true;
    std::vector<std::string> links;
    for (const auto& step : judged(start, rotated.documents()).steps)
        if (step.check == "root chain") links.push_back(step.found);
    BOOST_TEST((links == std::vector<std::string>{"version 2", "version 3"}));
}

BOOST_AUTO_TEST_CASE(all_links_are_asked_for_in_one_round) {
    const Rotated rotated(4);
    auto start = given(rotated.made);
    start.state = rotated.remembered_at(1);
    Update update(start, Update::Source::asked);
    for (const auto& file : update.wanted())
        BOOST_TEST((file.name == "root" || file.name == "timestamp"));
    const auto documents = rotated.documents();
    update.put("root", documents.at("root"));
    update.put("timestamp", documents.at("timestamp"));
    std::set<std::string> names;
    for (const auto& file : update.wanted()) {
        names.insert(file.name);
        BOOST_TEST(file.limit == start.requirements.root_length);
    }
    BOOST_TEST((names == std::set<std::string>{"2.root", "3.root"}));
}

BOOST_AUTO_TEST_CASE(a_missing_link_is_refused_and_what_was_proved_stays_proved) {
    const Rotated rotated(4);
    auto documents = rotated.documents();
    documents.erase("3.root");
    const auto outcome = from_state(rotated, 1, documents);
    refused(outcome.verdict, ErrorCode::root_chain, "root", "a link of the root chain is missing");
    BOOST_TEST(proved(outcome) == 2);
}

BOOST_AUTO_TEST_CASE(a_link_of_another_version_than_asked_for_is_refused) {
    const Rotated rotated(4);
    for (const auto* other : {"1.root", "3.root", "4.root"}) {
        auto documents = rotated.documents();
        documents["2.root"] = rotated.links.at(other);
        const auto outcome = from_state(rotated, 1, documents);
        refused(outcome.verdict, ErrorCode::root_chain, "root", "another version");
        BOOST_TEST(!outcome.state, "nothing new was proved");
    }
}

BOOST_AUTO_TEST_CASE(a_root_signed_by_its_own_keys_only_is_refused) {
    Rotated rotated(2);
    rotated.made.root.signers = {{rotated.keys[1]}};
    const auto outcome = from_state(rotated, 1, rotated.documents());
    refused(outcome.verdict, ErrorCode::root_chain, "root", "current trusted certificates");
    BOOST_TEST(!outcome.state, "nothing new was proved");
}

BOOST_AUTO_TEST_CASE(a_root_signed_by_the_old_keys_only_is_refused) {
    Rotated rotated(2);
    rotated.made.root.signers = {{rotated.keys[0]}};
    const auto outcome = from_state(rotated, 1, rotated.documents());
    refused(outcome.verdict, ErrorCode::root_chain, "root", "its own keys");
    BOOST_TEST(!outcome.state, "nothing new was proved");
}

BOOST_AUTO_TEST_CASE(both_thresholds_must_be_met) {
    Rotated rotated(1);
    const auto second = certified(ec_key());
    rotated.made.root.keys.push_back(second);
    rotated.made.root.threshold = 2;
    rotated.links.clear();
    rotated.publish_link();
    const auto third = certified(ec_key());
    rotated.made.root = {.keys = {third}, .signers = {{rotated.keys[0], third}}, .version = 2};
    refused(from_state(rotated, 1, rotated.documents()).verdict, ErrorCode::root_chain, "root",
            "current trusted certificates");
    rotated.made.root.signers = {{rotated.keys[0], second, third}};
    held(from_state(rotated, 1, rotated.documents()).verdict);
}

BOOST_AUTO_TEST_CASE(an_old_root_key_counts_only_if_its_certificate_was_for_this_collection) {
    Rotated rotated(1);
    const auto stranger = certified(ec_key(), {.common_names = {"example.com/other"}});
    rotated.made.root.keys.push_back(stranger);
    rotated.publish_link();
    const auto next = certified(ec_key());
    rotated.made.root = {.keys = {next}, .signers = {{stranger, next}}, .version = 2};
    refused(from_state(rotated, 1, rotated.documents()).verdict, ErrorCode::root_chain, "root");
}

BOOST_AUTO_TEST_CASE(roots_between_may_be_expired_the_last_one_may_not) {
    Rotated rotated(1);
    rotated.made.root.expires = "2026-01-02T00:00:00Z";
    rotated.rotate();
    auto outcome = from_state(rotated, 1, rotated.documents());
    refused(outcome.verdict, ErrorCode::expired, "root");
    BOOST_TEST(proved(outcome) == 2, "an expired root that the chain proved is remembered");
    rotated.made.root.expires = "2030-01-01T00:00:00Z";
    rotated.rotate();
    held(from_state(rotated, 1, rotated.documents()).verdict);
}

BOOST_AUTO_TEST_CASE(certificates_of_superseded_roots_may_be_expired) {
    Rotated rotated(1);
    rotated.keys = {certified(ec_key(), {.not_after = "20260201000000Z"})};
    rotated.made.root.keys = rotated.keys;
    rotated.publish_link();
    rotated.rotate();
    held(from_state(rotated, 1, rotated.documents()).verdict);
}

BOOST_AUTO_TEST_CASE(a_served_root_below_the_remembered_one_is_a_rollback) {
    const Rotated rotated(3);
    auto documents = rotated.documents();
    documents["root"] = rotated.links.at("2.root");
    const auto outcome = from_state(rotated, 3, documents);
    refused(outcome.verdict, ErrorCode::rollback, "root",
            "version 2 is lower than current version 3");
    BOOST_TEST(!outcome.state, "there is nothing new to remember");
}

BOOST_AUTO_TEST_CASE(the_same_version_with_other_content_is_refused_with_other_signatures_not) {
    Rotated rotated(2);
    held(from_state(rotated, 2, rotated.documents()).verdict);
    const auto& kept = rotated.links.at("2.root");
    BOOST_TEST(rotated.documents().at("root") != kept, "ECDSA signs anew");
    rotated.made.root.expires = "2031-01-01T00:00:00Z";
    refused(from_state(rotated, 2, rotated.documents()).verdict, ErrorCode::root_chain, "root",
            "other content");
}

BOOST_AUTO_TEST_CASE(a_source_without_a_root_leaves_the_remembered_one_in_effect) {
    const Rotated rotated(2);
    const auto served = rotated.documents();
    auto documents = served;
    documents.erase("root");
    auto start = given(rotated.made);
    start.state = State{start.gun, served.at("root"), {}};
    held(judged(start, documents).verdict);
    start.state.reset();
    refused(judged(start, documents).verdict, ErrorCode::no_trust_data, "root");
}

BOOST_AUTO_TEST_CASE(more_rotations_than_the_limit_are_refused_but_progress_is_kept) {
    const Rotated rotated(6);
    auto start = given(rotated.made);
    start.requirements.root_rotations = 3;
    start.state = rotated.remembered_at(1);
    const auto outcome = judged(start, rotated.documents());
    refused(outcome.verdict, ErrorCode::limit_exceeded, "root", "too many root rotations");
    BOOST_TEST(proved(outcome) == 4);
    start.state = outcome.state;
    held(judged(start, rotated.documents()).verdict);
}

BOOST_AUTO_TEST_CASE(a_root_beyond_the_limit_is_refused_unread) {
    const Rotated rotated(2);
    auto documents = rotated.documents();
    auto start = given(rotated.made);
    start.requirements.root_length = static_cast<std::int64_t>(documents.at("root").size());
    held(judged(start, documents).verdict);
    --start.requirements.root_length;
    refused(judged(start, documents).verdict, ErrorCode::limit_exceeded, "root",
            "larger than the limit");
    documents["2.root"] = std::string(600'000, ' ');
    auto remembered = given(rotated.made);
    remembered.state = rotated.remembered_at(1);
    documents["root"] = std::string(600'000, '0');
    refused(judged(remembered, documents).verdict, ErrorCode::limit_exceeded, "root",
            "larger than the limit");
}

BOOST_AUTO_TEST_CASE(a_damaged_link_is_refused) {
    const Rotated rotated(3);
    auto documents = rotated.documents();
    documents["2.root"].resize(100);
    refused(from_state(rotated, 1, documents).verdict, ErrorCode::malformed, "root");
    documents["root"].resize(100);
    refused(from_state(rotated, 1, documents).verdict, ErrorCode::malformed, "root");
}

BOOST_AUTO_TEST_CASE(anchored_roots_must_lie_on_the_chain) {
    const Rotated rotated(3);
    const auto link = [&](int version) {
        return rotated.links.at(std::to_string(version) + ".root");
    };
    held(from_roots(rotated, {link(1)}).verdict);
    held(from_roots(rotated, {link(2), link(1), link(3)}).verdict);
    auto stranger = collection();
    stranger.root.version = 2;
    refused(from_roots(rotated, {link(1), stranger.root_document()}).verdict, ErrorCode::root_chain,
            "root");
    stranger.root.version = 3;
    refused(from_roots(rotated, {stranger.root_document()}).verdict, ErrorCode::root_chain, "root",
            "other content");
    stranger.root.version = 4;
    refused(from_roots(rotated, {stranger.root_document()}).verdict, ErrorCode::rollback, "root");
    refused(from_roots(rotated, {"no root"}).verdict, ErrorCode::malformed, "root");
}

BOOST_AUTO_TEST_CASE(two_believed_roots_of_one_version_that_differ_are_a_conflict) {
    const Rotated rotated(2);
    auto stranger = collection();
    const auto outcome =
        from_roots(rotated, {rotated.links.at("1.root"), stranger.root_document()});
    refused(outcome.verdict, ErrorCode::anchor_conflict, "root", "differ");
}

BOOST_AUTO_TEST_CASE(without_anchor_memory_or_first_use_no_root_is_believed) {
    const Rotated rotated(1);
    auto start = given(rotated.made);
    held(judged(start, rotated.documents()).verdict);
    start.anchor = {};
    const auto outcome = judged(start, rotated.documents());
    refused(outcome.verdict, ErrorCode::anchor_mismatch, "root", "invalid trust pinning");
    BOOST_TEST(!outcome.state);
}

BOOST_AUTO_TEST_CASE(first_use_is_warned_of_and_not_used_when_there_are_pins) {
    const Rotated rotated(1);
    auto start = given(rotated.made);
    BOOST_TEST(
        warnings_of(judged(start, rotated.documents()).repository().warnings(), "first_use") == 1);
    start.anchor.certificates = {{rotated.keys[0].id()}};
    BOOST_TEST(
        warnings_of(judged(start, rotated.documents()).repository().warnings(), "first_use") == 0);
    start.anchor.certificates = {{ed25519_key(1).id()}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::anchor_mismatch, "root",
            "trust_pinning");
}

BOOST_AUTO_TEST_CASE(pins_are_checked_against_a_remembered_root_too) {
    const Rotated rotated(2);
    auto start = given(rotated.made);
    start.state = rotated.remembered_at(1);
    start.anchor = {.certificates = {{rotated.keys[1].id()}}};
    held(judged(start, rotated.documents()).verdict);
    start.anchor = {.certificates = {{rotated.keys[0].id()}}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::anchor_conflict, "root");
}

BOOST_AUTO_TEST_CASE(a_first_root_must_be_signed_by_keys_with_good_certificates) {
    auto made = collection();
    made.root.signers = std::vector<SigningKey>{};
    refused(judged(given(made), made.publish()).verdict, ErrorCode::signature, "root");
    const auto other = certified(ec_key(), {.common_names = {"example.com/other"}});
    made.root.keys.push_back(other);
    made.root.signers = {{other}};
    refused(judged(given(made), made.publish()).verdict, ErrorCode::root_certificate, "root",
            "too few");
    made.root.signers.reset();
    held(judged(given(made), made.publish()).verdict);
    made.root.threshold = 2;
    refused(judged(given(made), made.publish()).verdict, ErrorCode::root_certificate, "root",
            "too few");
}

BOOST_AUTO_TEST_CASE(a_cached_root_must_stand_by_itself) {
    const Rotated rotated(2);
    auto start = given(rotated.made);
    start.anchor = {};
    start.cached = {{"root", rotated.links.at("1.root")}};
    held(judged(start, rotated.documents()).verdict);

    auto forged = rotated.made;
    forged.root.version = 1;
    forged.root.signers = std::vector<SigningKey>{};
    start.cached = {{"root", forged.root_document()}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::signature, "root");
}

BOOST_AUTO_TEST_CASE(a_cached_root_behind_the_record_says_nothing) {
    const Rotated rotated(3);
    auto start = given(rotated.made);
    start.state = rotated.remembered_at(3);
    auto stranger = collection();
    for (const auto& text : {rotated.links.at("1.root"), stranger.root_document()}) {
        start.cached = {{"root", text}};
        const auto outcome = judged_by_asking(start, rotated.made.publish());
        held(outcome.verdict);
        BOOST_TEST((std::ranges::find(outcome.asked, "2.root") == outcome.asked.end()));
    }
    stranger.root.version = 3;
    start.cached = {{"root", stranger.root_document()}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::anchor_conflict, "root");
}

BOOST_AUTO_TEST_CASE(a_damaged_cached_root_is_fatal_without_a_record_and_a_warning_with_one) {
    const Rotated rotated(1);
    auto start = given(rotated.made);
    start.cached = {{"root", "{}"}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::malformed, "root");
    start.state = rotated.remembered_at(1);
    const auto outcome = judged(start, rotated.documents());
    held(outcome.verdict);
    BOOST_TEST(warnings_of(outcome.repository().warnings(), "cache") == 1);
}

BOOST_AUTO_TEST_CASE(a_damaged_record_is_fatal) {
    const Rotated rotated(1);
    auto start = given(rotated.made);
    start.state = State{start.gun, "{}", {}};
    refused(judged(start, rotated.documents()).verdict, ErrorCode::malformed, "root");
}

BOOST_AUTO_TEST_CASE(signed_parts_are_the_same_when_their_canonical_forms_are) {
    const auto part = [](std::string_view text) {
        return metadata::Envelope{text, crypto::sha256(as_bytes(text)), {}};
    };
    BOOST_TEST(same_signed_part(part(R"({"a":1})"), part(R"({"a":1})")));
    BOOST_TEST(same_signed_part(part(R"({"a":1,"b":"x"})"), part(R"({ "b":"\u0078", "a":1 })")));
    BOOST_TEST(!same_signed_part(part(R"({"a":1})"), part(R"({"a":2})")));
    BOOST_TEST(!same_signed_part(part(R"({"a":1})"), part(R"({"a":"1"})")));
    BOOST_TEST(!same_signed_part(part(R"({"a":[1,2]})"), part(R"({"a":[2,1]})")));
    BOOST_TEST(!same_signed_part(part(R"({"a":1})"), part("broken")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
