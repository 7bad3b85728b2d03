#include "contenttrust/bulk/verify_many.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "simulator/judgement.hpp"
#include "simulator/vectors.hpp"

namespace contenttrust::bulk {
namespace {

using namespace simulator;

const trust::Anchor first_use{.first_use = true};

Item item(std::string_view gun, const Documents& documents) {
    Item out{gun, {}};
    for (const auto& [name, text] : documents) out.documents.emplace(name, text);
    return out;
}

std::string text(const Outcome& outcome) { return description(outcome.verdict, outcome.state); }

std::vector<std::string> texts(const std::vector<Outcome>& outcomes) {
    std::vector<std::string> out;
    for (const auto& outcome : outcomes) out.push_back(text(outcome));
    return out;
}

std::vector<Outcome> run(const std::vector<Item>& items, unsigned threads) {
    return verify_many(items, first_use, now(), {}, threads);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_many_items)

BOOST_AUTO_TEST_CASE(outcomes_depend_neither_on_threads_nor_on_the_rest_of_the_batch) {
    std::map<Instant, std::vector<const Case*>> by_moment;  // a batch is judged at one moment
    for (const auto* one : first_contacts()) by_moment[one->verify_at].push_back(one);
    for (const auto& [moment, cases] : by_moment) {
        std::vector<Item> items;
        for (const auto* one : cases) items.push_back(item(one->gun, one->served));
        const auto alone = verify_many(items, first_use, moment, {}, 1);
        const auto together = verify_many(items, first_use, moment, {}, 4);
        BOOST_REQUIRE_EQUAL(alone.size(), cases.size());
        BOOST_REQUIRE_EQUAL(together.size(), cases.size());
        for (std::size_t i = 0; i < cases.size(); ++i) {
            BOOST_TEST_CONTEXT(cases[i]->name) {
                BOOST_TEST(static_cast<bool>(alone[i].verdict) == cases[i]->accepted);
                const auto one = text(alone[i]);
                BOOST_TEST(text(together[i]) == one);
                const auto single = judged({.gun = Gun::parse(cases[i]->gun).value(),
                                            .anchor = first_use,
                                            .now = moment,
                                            .requirements = {},
                                            .state = std::nullopt,
                                            .cached = {}},
                                           cases[i]->served);
                BOOST_TEST(description(single.verdict, single.state) == one);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_batch_gives_no_outcomes) {
    for (const unsigned threads : {0U, 1U, 8U}) BOOST_TEST(run({}, threads).empty());
}

BOOST_AUTO_TEST_CASE(more_threads_than_items_and_none_at_all_change_nothing) {
    const auto made = collection();
    const auto documents = made.publish();
    const std::vector<Item> items{item(made.gun, documents), item("example.com/other", documents)};
    const auto expected = texts(run(items, 1));
    BOOST_TEST(expected.front().find("| 1.0 |") != std::string::npos);
    BOOST_TEST(expected.back().find("refused | root_certificate") != std::string::npos);
    for (const unsigned threads : {0U, 2U, 16U}) {
        BOOST_TEST((texts(run(items, threads)) == expected), threads);
    }
}

BOOST_AUTO_TEST_CASE(an_illegal_gun_is_the_error_of_its_item_only) {
    const auto made = collection();
    const auto documents = made.publish();
    const auto good = item(made.gun, documents);
    const auto outcomes = run({good, item("../etc", documents), good, item("", documents)}, 2);
    BOOST_TEST(static_cast<bool>(outcomes[0].verdict));
    BOOST_TEST(static_cast<bool>(outcomes[2].verdict));
    for (const std::size_t bad : {1U, 3U}) {
        BOOST_REQUIRE(!outcomes[bad].verdict);
        BOOST_TEST((outcomes[bad].verdict.error().code == ErrorCode::malformed));
        BOOST_TEST(!outcomes[bad].state);
    }
}

BOOST_AUTO_TEST_CASE(an_item_without_documents_has_no_trust_data) {
    const auto outcomes = run({item("example.com/nothing", {})}, 1);
    BOOST_REQUIRE(!outcomes.front().verdict);
    BOOST_TEST((outcomes.front().verdict.error().code == ErrorCode::no_trust_data));
}

BOOST_AUTO_TEST_CASE(two_hundred_identical_items_have_two_hundred_equal_outcomes) {
    const auto made = collection();
    const auto documents = made.publish();
    const auto expected = judged(given(made), documents);
    BOOST_REQUIRE(expected.verdict);
    const std::vector<Item> items(200, item(made.gun, documents));
    const auto outcomes = run(items, 4);
    BOOST_REQUIRE_EQUAL(outcomes.size(), items.size());
    for (const auto& outcome : outcomes) {
        BOOST_TEST(text(outcome) == description(expected.verdict, expected.state));
    }
    BOOST_TEST(outcomes[0].verdict.value() != outcomes[199].verdict.value(),
               "one view for two items");
}

BOOST_AUTO_TEST_CASE(every_item_has_a_state_of_its_own) {
    auto made = collection();
    const auto older = made.publish();
    made.timestamp.version = 2;
    const auto newer = made.publish();
    const auto remembered = *judged(given(made), newer).state;
    auto with_state = item(made.gun, older);
    with_state.state = &remembered;
    const auto outcomes = run({item(made.gun, older), with_state}, 2);
    BOOST_TEST(static_cast<bool>(outcomes[0].verdict));
    BOOST_REQUIRE(!outcomes[1].verdict);
    BOOST_TEST((outcomes[1].verdict.error().code == ErrorCode::rollback));
    BOOST_TEST(outcomes[1].state.has_value(), "the root that was proved stays proved");
}

BOOST_AUTO_TEST_CASE(outcomes_outlive_the_documents) {
    std::vector<Outcome> outcomes;
    {
        const auto made = collection();
        const auto documents = made.publish();
        outcomes = run({item(made.gun, documents)}, 2);
    }
    BOOST_REQUIRE(outcomes.front().verdict);
    BOOST_TEST(outcomes.front().verdict.value()->tag(0).name == "1.0");
    BOOST_TEST(outcomes.front().verdict.value()->verify("1.0").value().signers.front().name ==
               "Repo Admin");
}

BOOST_AUTO_TEST_CASE(anchor_and_requirements_hold_for_every_item) {
    const auto made = collection();
    const auto documents = made.publish();
    const std::vector<Item> items(3, item(made.gun, documents));
    for (const auto& outcome : verify_many(items, {}, now(), {}, 2)) {
        BOOST_REQUIRE(!outcome.verdict);
        BOOST_TEST((outcome.verdict.error().code == ErrorCode::anchor_mismatch));
    }
    for (const auto& outcome : verify_many(items, first_use, now(), {.timestamp_length = 10}, 2)) {
        BOOST_REQUIRE(!outcome.verdict);
        BOOST_TEST((outcome.verdict.error().code == ErrorCode::limit_exceeded));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::bulk
