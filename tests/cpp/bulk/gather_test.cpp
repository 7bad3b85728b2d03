#include "contenttrust/bulk/gather.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/bulk/verify_many.hpp"
#include "simulator/judgement.hpp"

namespace contenttrust::bulk {
namespace {

using namespace simulator;

const trust::Anchor first_use{.first_use = true};

/// P-256 keys only, as the real tools make them: root, targets, snapshot, timestamp and two delegations.
Collection p256_collection() {
    auto made = collection();
    for (auto* role : {&made.timestamp, &made.snapshot, &made.targets.at("targets").role}) {
        role->keys = {bare(ec_key())};
    }
    for (const char* name : {"targets/releases", "targets/alice"}) {
        auto role = delegation(1, {{"1.0", image(name)}});
        role.role.keys = {bare(ec_key())};
        made.targets.emplace(name, role);
    }
    return made;
}

std::string flipped(std::string text) {
    // A character in the middle of the last signature, exchanged for another one of base64.
    const auto at = text.rfind("\"sig\":\"") + 20;
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
}

/// Of one file its one signature, after all that was looked at was checked.
bool confirmed(const Collection& made, const Documents& documents, const std::string& name) {
    const trust::Requirements requirements;
    trust::Update update(given(made), trust::Update::Source::complete);
    for (const auto& [file, text] : documents) update.put(file, text);
    Gather gather(requirements);
    gather.look_at(update);
    gather.check();
    auto* file = update.files().served_already(name);
    const auto& limits = requirements.decode;
    if (name == "root") return file->root(limits).value().envelope.signatures.front().confirmed;
    if (name == "timestamp")
        return file->timestamp(limits).value().envelope.signatures.front().confirmed;
    if (name == "snapshot")
        return file->snapshot(limits).value().envelope.signatures.front().confirmed;
    const auto role = RoleName::parse(name).value();
    return file->targets(role, limits).value().envelope.signatures.front().confirmed;
}

const std::vector<std::string> roles{"root",    "timestamp",        "snapshot",
                                     "targets", "targets/releases", "targets/alice"};

Item item(std::string_view gun, const Documents& documents) {
    Item out{gun, {}};
    for (const auto& [name, text] : documents) out.documents.emplace(name, text);
    return out;
}

/// Codes and everything else, the same on both roads.
std::vector<std::string> on_both_roads(const std::vector<Item>& items,
                                       const trust::Requirements& requirements = {}) {
    std::vector<std::vector<std::string>> texts;
    for (const auto road : {Signatures::one_by_one, Signatures::eight_at_a_time}) {
        for (const unsigned threads : {1U, 3U}) {
            auto& out = texts.emplace_back();
            for (const auto& outcome :
                 verify_many(items, first_use, now(), requirements, threads, road)) {
                out.push_back(description(outcome.verdict, outcome.state));
            }
        }
    }
    for (const auto& other : texts)
        BOOST_TEST(other == texts.front(), boost::test_tools::per_element());
    return texts.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gather)

BOOST_AUTO_TEST_CASE(every_right_signature_is_confirmed_ahead_where_the_processor_can) {
    const auto made = p256_collection();
    const auto documents = made.publish();
    for (const auto& name : roles) {
        BOOST_TEST(confirmed(made, documents, name) == crypto::eight_at_a_time(), name);
    }
}

BOOST_AUTO_TEST_CASE(a_wrong_signature_is_not_confirmed) {
    for (const auto& name : roles) {
        auto made = p256_collection();
        made.change_file = [&](const std::string& role, std::string& text) {
            if (role == name) text = flipped(text);
        };
        const auto documents = made.publish();
        BOOST_TEST(!confirmed(made, documents, name), name);
        BOOST_TEST(confirmed(made, documents, name == "root" ? "targets" : "root") ==
                   crypto::eight_at_a_time());
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_does_not_fit_the_hash_chain_is_not_looked_at) {
    const auto made = p256_collection();
    auto documents = made.publish();
    documents.at("targets").push_back(' ');
    BOOST_TEST(!confirmed(made, documents, "targets"));
    BOOST_TEST(!confirmed(made, documents, "targets/alice"));
}

BOOST_AUTO_TEST_CASE(verdicts_are_the_same_with_any_signature_wrong) {
    std::vector<Documents> published{p256_collection().publish()};
    for (const auto& name : roles) {
        auto made = p256_collection();
        made.change_file = [&](const std::string& role, std::string& text) {
            if (role == name) text = flipped(text);
        };
        published.push_back(made.publish());
    }
    auto duplicated = p256_collection();
    auto& alice = duplicated.targets.at("targets/alice").role;
    alice.signers = std::vector(20, alice.keys.front());
    published.push_back(duplicated.publish());
    const auto gun = duplicated.gun;
    std::vector<Item> items;
    for (int round = 0; round < 12; ++round) {  // several groups a worker
        for (const auto& documents : published) items.push_back(item(gun, documents));
    }
    const auto texts = on_both_roads(items);
    BOOST_TEST(texts[0].find("refused") == std::string::npos);
    for (std::size_t i = 1; i <= 4; ++i) {
        BOOST_TEST(texts[i].find("refused | signature") != std::string::npos, texts[i]);
    }
}

BOOST_AUTO_TEST_CASE(wrong_signatures_without_end_are_bounded_as_they_are_one_by_one) {
    auto made = p256_collection();
    for (int i = 0; i < 40; ++i) {
        auto role = made.targets.at("targets/alice");
        role.role.signers = std::vector{bare(ec_key())};
        const auto& keys = role.role.keys;
        role.role.signers->front().public_text = keys.front().public_text;  // claims to be that key
        made.targets.emplace("targets/forged" + std::to_string(i), role);
    }
    const auto documents = made.publish();
    const std::vector<Item> items(3, item(made.gun, documents));
    const auto all = on_both_roads(items);
    BOOST_TEST(all.front().find("refused") == std::string::npos);  // broken roles only
    const auto few = on_both_roads(items, {.invalid_signatures = 10});
    BOOST_TEST(few.front().find("refused | limit_exceeded") != std::string::npos, few.front());
}

BOOST_AUTO_TEST_CASE(limits_of_size_hold_before_anything_is_decoded) {
    const auto made = p256_collection();
    const auto documents = made.publish();
    const std::vector<Item> items(2, item(made.gun, documents));
    for (const auto& requirements :
         {trust::Requirements{.root_length = 10}, trust::Requirements{.timestamp_length = 10},
          trust::Requirements{.file_length = 10}, trust::Requirements{.listing_roles = 1}}) {
        const auto texts = on_both_roads(items, requirements);
        BOOST_TEST(texts.front().find("limit_exceeded") != std::string::npos, texts.front());
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::bulk
