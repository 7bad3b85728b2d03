#include "contenttrust/trust/verify.hpp"

#include <algorithm>

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using namespace simulator;

std::vector<std::string> names_of(const std::vector<Wanted>& wanted) {
    std::vector<std::string> out;
    for (const auto& file : wanted) out.push_back(file.name);
    std::sort(out.begin(), out.end());
    return out;
}

using Names = std::vector<std::string>;

Judged first_contact(const Collection& made) { return judged(given(made), made.publish()); }

// A change of one base role, and the refusal it must get.
void refused_when(const std::function<void(Collection&)>& change, ErrorCode code,
                  std::string_view role) {
    auto made = collection();
    change(made);
    refused(first_contact(made).verdict, code, role);
}

std::int64_t version_of(const State& state, const RoleName& role) {
    return static_cast<std::int64_t>(state.roles.at(role).version);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(update)

BOOST_AUTO_TEST_CASE(files_are_asked_for_in_rounds_with_their_digest_and_limit) {
    auto made = collection();
    made.targets["targets/a"] = delegation(10);
    made.targets["targets/b"] = delegation(11);
    const auto documents = made.publish();
    const auto start = given(made);
    Update update(start, Update::Source::asked);
    const auto answer = [&] {
        const auto wanted = update.wanted();
        for (const auto& file : wanted) update.put(file.name, documents.at(file.name));
    };
    BOOST_TEST((names_of(update.wanted()) == Names{"root", "timestamp"}));
    for (const auto& file : update.wanted()) {
        BOOST_TEST(!file.sha256);
        BOOST_TEST(file.limit == (file.name == "root" ? start.requirements.root_length
                                                      : start.requirements.timestamp_length));
    }
    answer();
    BOOST_TEST((names_of(update.wanted()) == Names{"snapshot"}));
    BOOST_TEST((update.wanted().front().sha256 == digest(documents.at("snapshot"))));
    BOOST_TEST(update.wanted().front().limit ==
               static_cast<std::int64_t>(documents.at("snapshot").size()));
    answer();
    BOOST_TEST((names_of(update.wanted()) == Names{"targets"}));
    BOOST_TEST(!update.decided());
    answer();
    BOOST_TEST((names_of(update.wanted()) == Names{"targets/a", "targets/b"}),
               "siblings in one round");
    answer();
    BOOST_TEST(update.wanted().empty());
    BOOST_TEST(update.decided());
    held(update.verdict());
}

BOOST_AUTO_TEST_CASE(asking_again_without_an_answer_wants_the_same_files) {
    Update update(given(collection()), Update::Source::asked);
    const auto first = names_of(update.wanted());
    BOOST_TEST((names_of(update.wanted()) == first));
    BOOST_TEST(!update.decided());
}

BOOST_AUTO_TEST_CASE(a_verdict_stands) {
    const auto made = collection();
    Update update(given(made), Update::Source::complete);
    const auto documents = made.publish();
    for (const auto& [name, text] : documents) update.put(name, text);
    BOOST_TEST(update.wanted().empty());
    held(update.verdict());
    const auto before = update.verdict().value();
    update.put("root", std::nullopt);
    BOOST_TEST(update.wanted().empty());
    BOOST_TEST(update.verdict().value() == before);
}

BOOST_AUTO_TEST_CASE(the_accepted_files_are_those_that_were_judged_good) {
    auto made = collection();
    made.targets["targets/a"] = delegation(10);
    made.targets["targets/b"] = delegation(11);
    made.targets["targets/b"].role.expires = "2026-01-01T00:00:00Z";
    const auto documents = made.publish();
    Update update(given(made), Update::Source::complete);
    for (const auto& [name, text] : documents) update.put(name, text);
    static_cast<void>(update.wanted());
    held(update.verdict());
    Names names;
    for (const auto& [name, file] : update.accepted()) {
        names.push_back(name);
        BOOST_TEST(file->text() == documents.at(name));
    }
    BOOST_TEST((names == Names{"root", "snapshot", "targets", "targets/a", "timestamp"}));
}

BOOST_AUTO_TEST_CASE(nothing_of_a_refused_collection_is_accepted) {
    auto made = collection();
    made.snapshot.expires = "2026-01-01T00:00:00Z";
    Update update(given(made), Update::Source::complete);
    for (const auto& [name, text] : made.publish()) update.put(name, text);
    static_cast<void>(update.wanted());
    refused(update.verdict(), ErrorCode::expired, "snapshot");
    BOOST_TEST(update.accepted().empty());
}

BOOST_AUTO_TEST_CASE(the_state_after_success_holds_root_and_every_judged_role) {
    auto made = collection();
    made.timestamp.version = 5;
    made.snapshot.version = 4;
    made.targets["targets"].role.version = 3;
    made.targets["targets/releases"] = delegation(10);
    const auto documents = made.publish();
    const auto outcome = judged(given(made), documents);
    BOOST_REQUIRE(outcome.state.has_value());
    BOOST_TEST(outcome.state->root == documents.at("root"));
    BOOST_TEST(outcome.state->gun.str() == made.gun);
    BOOST_TEST(outcome.state->roles.size() == 4U);
    BOOST_TEST(version_of(*outcome.state, RoleName::timestamp()) == 5);
    BOOST_TEST(version_of(*outcome.state, RoleName::snapshot()) == 4);
    BOOST_TEST(version_of(*outcome.state, RoleName::targets()) == 3);
    BOOST_TEST(version_of(*outcome.state, RoleName::releases()) == 1);
    for (const auto& [role, remembered] : outcome.state->roles)
        BOOST_TEST(remembered.signed_by.size() == 1U);
    BOOST_TEST((outcome.repository().state() == *outcome.state));
}

BOOST_AUTO_TEST_CASE(a_refusal_behind_the_root_keeps_the_root_and_the_remembered_roles) {
    auto made = collection();
    auto start = given(made);
    start.state = first_contact(made).state;
    made.timestamp.version = 2;
    made.timestamp.signers = {{ed25519_key(99)}};
    made.root.version = 2;
    const auto documents = made.publish();
    const auto outcome = judged(start, documents);
    refused(outcome.verdict, ErrorCode::signature, "timestamp");
    BOOST_REQUIRE(outcome.state.has_value());
    BOOST_TEST(outcome.state->root == documents.at("root"));
    BOOST_TEST((outcome.state->roles == start.state->roles));
}

BOOST_AUTO_TEST_CASE(every_base_role_must_be_signed_unexpired_and_of_its_type) {
    const std::map<std::string, std::function<Role&(Collection&)>> roles{
        {"timestamp", [](Collection& c) -> Role& { return c.timestamp; }},
        {"snapshot", [](Collection& c) -> Role& { return c.snapshot; }},
        {"targets", [](Collection& c) -> Role& { return c.targets["targets"].role; }}};
    for (const auto& [name, role_in] : roles) {
        const auto& role = role_in;
        refused_when([&](Collection& c) { role(c).signers = {{ed25519_key(99)}}; },
                     ErrorCode::signature, name);
        refused_when([&](Collection& c) { role(c).signers = std::vector<SigningKey>{}; },
                     ErrorCode::signature, name);
        refused_when(
            [&](Collection& c) {
                role(c).signers = role(c).keys;
                role(c).keys.push_back(ed25519_key(50));
                role(c).threshold = 2;
            },
            ErrorCode::threshold, name);
        refused_when([&](Collection& c) { role(c).expires = "2026-11-24T00:00:00Z"; },
                     ErrorCode::expired, name);
        const auto wanted = name;
        refused_when(
            [&](Collection& c) {
                c.change_signed = [wanted](const std::string& changed, std::string& part) {
                    if (changed == wanted) part = replaced(part, "\"_type\":\"", "\"_type\":\"X");
                };
            },
            ErrorCode::wrong_type, name);
    }
    refused_when([](Collection& c) { c.root.expires = "2026-11-24T00:00:00Z"; }, ErrorCode::expired,
                 "root");
}

BOOST_AUTO_TEST_CASE(a_key_of_another_role_does_not_sign) {
    refused_when([](Collection& c) { c.targets["targets"].role.signers = c.snapshot.keys; },
                 ErrorCode::signature, "targets");
    refused_when([](Collection& c) { c.snapshot.signers = c.root.keys; }, ErrorCode::signature,
                 "snapshot");
}

BOOST_AUTO_TEST_CASE(an_older_version_of_any_role_is_a_rollback) {
    auto made = collection();
    made.timestamp.version = made.snapshot.version = made.targets["targets"].role.version = 5;
    auto start = given(made);
    start.state = first_contact(made).state;
    held(judged(start, made.publish()).verdict);
    for (const auto& [name, change] : std::map<std::string, std::function<void(Collection&)>>{
             {"timestamp", [](Collection& c) { c.timestamp.version = 4; }},
             {"snapshot", [](Collection& c) { c.snapshot.version = 4; }},
             {"targets", [](Collection& c) { c.targets["targets"].role.version = 4; }}}) {
        auto older = made;
        change(older);
        const auto outcome = judged(start, older.publish());
        refused(outcome.verdict, ErrorCode::rollback, name);
        BOOST_TEST((outcome.state->roles == start.state->roles));
    }
}

BOOST_AUTO_TEST_CASE(an_expired_file_still_guards_against_rollback) {
    auto made = collection();
    made.timestamp.version = 5;
    made.timestamp.expires = "2026-01-01T00:00:00Z";
    auto start = given(made);
    start.cached = {{"timestamp", made.publish().at("timestamp")}};
    made.timestamp.version = 4;
    refused(judged(start, made.publish()).verdict, ErrorCode::rollback, "timestamp");
    made.timestamp.expires = "2030-01-01T00:00:00Z";
    refused(judged(start, made.publish()).verdict, ErrorCode::rollback, "timestamp");
}

BOOST_AUTO_TEST_CASE(after_a_rotation_of_its_keys_a_role_may_begin_anew) {
    auto made = collection();
    made.timestamp.version = 1'000'000;
    auto start = given(made);
    start.state = first_contact(made).state;
    made.timestamp.version = 1;
    made.timestamp.keys = {ed25519_key(60)};
    made.root.version = 2;
    const auto outcome = judged(start, made.publish());
    held(outcome.verdict);
    BOOST_TEST(version_of(*outcome.state, RoleName::timestamp()) == 1);
}

BOOST_AUTO_TEST_CASE(the_root_must_be_the_one_that_snapshot_names) {
    auto made = collection();
    auto documents = made.publish();
    documents["root"] = made.root_document();  // signed anew: other bytes
    BOOST_TEST(documents["root"].size() == made.publish().at("root").size());
    refused(judged(given(made), documents).verdict, ErrorCode::hash, "root");
}

BOOST_AUTO_TEST_CASE(files_of_two_publications_do_not_mix) {
    auto made = collection();
    const auto before = made.publish();
    made.targets["targets"].targets["1.0"] = image("two");
    made.targets["targets"].role.version = made.snapshot.version = made.timestamp.version = 2;
    auto after = made.publish();
    for (const auto* name : {"snapshot", "targets"}) {
        auto mixed = after;
        mixed[name] = before.at(name);
        refused(judged(given(made), mixed).verdict, ErrorCode::hash, name);
    }
}

BOOST_AUTO_TEST_CASE(a_state_of_another_collection_is_a_conflict) {
    const auto made = collection();
    auto start = given(made);
    start.state = first_contact(made).state;
    start.state->gun = Gun::parse("registry.example.com/team/other").value();
    const auto outcome = judged(start, made.publish());
    refused(outcome.verdict, ErrorCode::anchor_conflict, "root", "another collection");
    BOOST_TEST(!outcome.state);
}

BOOST_AUTO_TEST_CASE(files_beyond_their_limits_are_refused) {
    const auto made = collection();
    auto documents = made.publish();
    auto start = given(made);
    start.requirements.timestamp_length =
        static_cast<std::int64_t>(documents.at("timestamp").size());
    held(judged(start, documents).verdict);
    --start.requirements.timestamp_length;
    refused(judged(start, documents).verdict, ErrorCode::limit_exceeded, "timestamp",
            "larger than the limit");
    start = given(made);
    start.requirements.file_length = 10;
    refused(judged(start, documents).verdict, ErrorCode::limit_exceeded, "snapshot");
}

BOOST_AUTO_TEST_CASE(a_hash_that_does_not_fit_is_reported_before_what_is_wrong_inside) {
    const auto made = collection();
    auto documents = made.publish();
    documents["targets"].back() = ']';
    refused(judged(given(made), documents).verdict, ErrorCode::hash, "targets");
}

BOOST_AUTO_TEST_CASE(unsigned_members_beside_the_signed_part_change_nothing) {
    auto made = collection();
    const auto plain = first_contact(made);
    made.change_file = [](const std::string&, std::string& text) {
        text =
            replaced(text, "{\"signatures\":[", R"({"extra":{"targets":{"1.0":7}},"signatures":[)");
    };
    const auto outcome = first_contact(made);
    held(outcome.verdict);
    BOOST_TEST((outcome.repository().tag(0) == plain.repository().tag(0)));
}

BOOST_AUTO_TEST_CASE(the_trace_names_every_check_in_order_and_ends_with_the_failed_one) {
    auto made = collection();
    auto start = given(made);
    BOOST_TEST(judged(start, made.publish()).steps.empty(), "nobody asked for it");
    start.trace = true;
    const auto outcome = judged(start, made.publish());
    Names checks;
    for (const auto& step : outcome.steps) {
        BOOST_TEST(step.passed);
        checks.push_back(step.role + ":" + step.check);
    }
    const Names expected{"root:certificate",   "root:signatures",     "root:anchor",
                         "root:expiry",        "timestamp:format",    "timestamp:signatures",
                         "timestamp:rollback", "timestamp:expiry",    "snapshot:hash",
                         "snapshot:format",    "snapshot:signatures", "snapshot:rollback",
                         "snapshot:expiry",    "root:hash",           "targets:hash",
                         "targets:format",     "targets:signatures",  "targets:rollback",
                         "targets:expiry"};
    BOOST_TEST(checks == expected, boost::test_tools::per_element());

    made.snapshot.expires = "2026-01-01T00:00:00Z";
    const auto failed = judged(start, made.publish());
    BOOST_REQUIRE(!failed.steps.empty());
    BOOST_TEST((failed.steps.back().check == "expiry" && failed.steps.back().role == "snapshot"));
    BOOST_TEST(!failed.steps.back().passed);
    BOOST_TEST(std::count_if(failed.steps.begin(), failed.steps.end(),
                             [](const Step& s) { return !s.passed; }) == 1);
}

BOOST_AUTO_TEST_CASE(the_trace_of_an_asked_source_is_that_of_one_pass) {
    const auto made = collection();
    const auto documents = made.publish();
    auto start = given(made);
    start.trace = true;
    const auto complete = judged(start, documents).steps;
    const auto asked = judged_by_asking(start, documents).steps;
    BOOST_REQUIRE_EQUAL(asked.size(), complete.size());
    for (std::size_t i = 0; i < asked.size(); ++i) BOOST_TEST(asked[i].check == complete[i].check);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
