// What an Update does with Docker's cached files: input, never the authority.
#include "contenttrust/trust/verify.hpp"
#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using namespace simulator;

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(update_with_cached_files)

BOOST_AUTO_TEST_CASE(a_cached_timestamp_stands_in_for_an_absent_one) {
    const auto made = collection();
    auto documents = made.publish();
    auto start = given(made);
    start.cached = {{"timestamp", documents.at("timestamp")}};
    documents.erase("timestamp");
    const auto outcome = judged(start, documents);
    held(outcome.verdict);
    BOOST_TEST(warnings_of(outcome.repository().warnings(), "missing_role") == 1);
    start.cached.clear();
    refused(judged(start, documents).verdict, ErrorCode::missing_role, "timestamp",
            "there is no timestamp");
}

BOOST_AUTO_TEST_CASE(a_cached_timestamp_never_stands_in_for_a_bad_one) {
    auto made = collection();
    auto start = given(made);
    start.cached = {{"timestamp", made.publish().at("timestamp")}};
    made.timestamp.signers = {{ed25519_key(99)}};
    refused(judged(start, made.publish()).verdict, ErrorCode::signature, "timestamp");
}

BOOST_AUTO_TEST_CASE(an_expired_cached_timestamp_is_refused) {
    auto made = collection();
    made.timestamp.expires = "2026-11-24T00:00:00Z";
    auto documents = made.publish();
    auto start = given(made);
    start.cached = {{"timestamp", documents.at("timestamp")}};
    documents.erase("timestamp");
    refused(judged(start, documents).verdict, ErrorCode::expired, "timestamp");
}

BOOST_AUTO_TEST_CASE(cached_files_that_fit_are_not_asked_for) {
    auto made = collection();
    made.targets["targets/a"] = delegation(10);
    const auto documents = made.publish();
    auto start = given(made);
    start.cached = documents;
    const auto outcome = judged_by_asking(start, documents);
    held(outcome.verdict);
    BOOST_TEST((outcome.asked == Names{"timestamp", "root"} ||
                outcome.asked == Names{"root", "timestamp"}));
}

BOOST_AUTO_TEST_CASE(a_damaged_cache_costs_a_question_and_no_verdict) {
    auto made = collection();
    const auto documents = made.publish();
    auto start = given(made);
    for (const auto* name : {"timestamp", "snapshot", "targets"})
        start.cached[name] = "{\"signed\":";
    const auto outcome = judged_by_asking(start, documents);
    held(outcome.verdict);
    BOOST_TEST(outcome.asked.size() == 4U);
}

BOOST_AUTO_TEST_CASE(a_damaged_cached_root_is_not_taken_for_the_publisher_s) {
    const auto made = collection();
    auto documents = made.publish();
    auto start = given(made);
    start.trace = true;
    start.cached = {{"root", "{}"}};
    auto outcome = judged(start, documents);
    refused(outcome.verdict, ErrorCode::malformed, "root");
    BOOST_TEST(outcome.steps.back().check == "cache");
    start.cached.clear();
    documents["root"] = "{}";
    outcome = judged(start, documents);
    refused(outcome.verdict, ErrorCode::malformed, "root");
    BOOST_TEST(outcome.steps.back().check == "format");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
