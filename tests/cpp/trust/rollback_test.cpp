#include "contenttrust/trust/rollback.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using metadata::Version;
using simulator::digest;
using simulator::ed25519_key;
using simulator::SigningKey;

const SigningKey today = ed25519_key(1);
const SigningKey yesterday = ed25519_key(2);

Remembered remember(std::int64_t version, std::string_view content = "content") {
    return {Version(version), digest(content), {}};
}

Sha256 identity(Surroundings& around, const SigningKey& key) {
    const auto held_key = key.key();
    return around.keys.find(key.id(), held_key.text()).key.value().identity();
}

State state_of(const RoleName& role, std::int64_t version, std::set<Sha256> signed_by) {
    return {Gun::parse("example.com/a").value(),
            "root",
            {{role, {Version(version), digest("kept"), std::move(signed_by)}}}};
}

std::string snapshot_text(std::int64_t version, const std::vector<SigningKey>& signers) {
    const std::string meta = R"({"hashes":{},"length":1})";
    return simulator::signed_document(
        R"({"_type":"Snapshot","expires":"2020-01-01T00:00:00Z","meta":{"root":)" + meta +
            ",\"targets\":" + meta + ",\"targets/a\":" + meta +
            "},\"version\":" + std::to_string(version) + "}",
        signers);
}

std::optional<Remembered> recall(Surroundings& around, const State* state,
                                 const std::optional<std::string>& cached,
                                 std::int64_t threshold = 1) {
    Files files(true);
    if (cached) files.cache("snapshot", *cached);
    const std::vector keys{today};
    return remembered(around.context, {state, files}, RoleName::snapshot(), keys_of(keys),
                      role_of(keys, threshold));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rollback)

BOOST_AUTO_TEST_CASE(a_lower_version_is_refused) {
    Surroundings around;
    for (const std::int64_t version : {1, 2, 6}) {
        const auto status = check_rollback(around.context, RoleName::targets(), Version(version),
                                           digest("content"), remember(7));
        refused(status, ErrorCode::rollback, "targets",
                "version " + std::to_string(version) + " is lower than current version 7");
        BOOST_TEST(around.last_step("rollback", false));
    }
}

BOOST_AUTO_TEST_CASE(a_higher_version_passes_without_a_warning) {
    Surroundings around;
    for (const std::int64_t version : {std::int64_t{8}, std::int64_t{1} << 53}) {
        held(check_rollback(around.context, RoleName::targets(), Version(version), digest("other"),
                            remember(7)));
    }
    BOOST_TEST(around.last_step("rollback", true));
    BOOST_TEST(around.context.warnings.empty());
}

BOOST_AUTO_TEST_CASE(the_same_version_passes_and_other_content_is_named_in_a_warning) {
    Surroundings around;
    held(check_rollback(around.context, RoleName::snapshot(), Version(7), digest("content"),
                        remember(7)));
    BOOST_TEST(around.context.warnings.empty());
    held(check_rollback(around.context, RoleName::snapshot(), Version(7), digest("other"),
                        remember(7)));
    BOOST_REQUIRE_EQUAL(around.context.warnings.size(), 1U);
    BOOST_TEST(around.context.warnings.front().code == "version");
    BOOST_TEST(around.context.warnings.front().role == "snapshot");
}

BOOST_AUTO_TEST_CASE(without_a_memory_every_version_passes) {
    Surroundings around;
    held(
        check_rollback(around.context, RoleName::targets(), Version(1), digest("x"), std::nullopt));
    BOOST_TEST(around.steps.back().expected == "any: nothing is remembered");
}

BOOST_AUTO_TEST_CASE(nothing_is_remembered_on_first_contact) {
    Surroundings around;
    BOOST_TEST(!recall(around, nullptr, std::nullopt));
    const auto other_role = state_of(RoleName::timestamp(), 9, {identity(around, today)});
    BOOST_TEST(!recall(around, &other_role, std::nullopt));
}

BOOST_AUTO_TEST_CASE(the_record_binds_while_enough_of_its_keys_are_in_the_role) {
    Surroundings around;
    const auto kept = state_of(RoleName::snapshot(), 9, {identity(around, today)});
    BOOST_TEST((recall(around, &kept, std::nullopt) == kept.roles.at(RoleName::snapshot())));
    const auto both =
        state_of(RoleName::snapshot(), 9, {identity(around, today), identity(around, yesterday)});
    BOOST_TEST(recall(around, &both, std::nullopt).has_value());
    BOOST_TEST(!recall(around, &both, std::nullopt, 2), "one of today's keys is not two");
}

BOOST_AUTO_TEST_CASE(what_rotated_keys_signed_no_longer_binds) {
    Surroundings around;
    const auto old = state_of(RoleName::snapshot(), 9, {identity(around, yesterday)});
    BOOST_TEST(!recall(around, &old, std::nullopt));
    BOOST_TEST(!recall(around, nullptr, snapshot_text(9, {yesterday})));
}

BOOST_AUTO_TEST_CASE(a_cached_file_binds_although_it_expired) {
    Surroundings around;
    const auto floor = recall(around, nullptr, snapshot_text(5, {today}));
    BOOST_REQUIRE(floor.has_value());
    BOOST_TEST((floor->version == Version(5)));
    BOOST_TEST((floor->signed_by == std::set{identity(around, today)}));
}

BOOST_AUTO_TEST_CASE(a_cached_file_that_is_damaged_or_of_another_kind_is_a_cache_miss) {
    Surroundings around;
    const auto text = snapshot_text(5, {today});
    BOOST_TEST(!recall(around, nullptr, text.substr(1)));
    BOOST_TEST(!recall(around, nullptr, ""));
    BOOST_TEST(!recall(around, nullptr, simulator::replaced(text, "Snapshot", "Timestamp")));
    BOOST_TEST(
        !recall(around, nullptr, simulator::replaced(text, "\"version\":5", "\"version\":6")));
}

BOOST_AUTO_TEST_CASE(the_higher_version_of_record_and_cache_counts) {
    Surroundings around;
    const auto kept = state_of(RoleName::snapshot(), 7, {identity(around, today)});
    const auto version_with = [&](std::int64_t cached) {
        return static_cast<std::int64_t>(
            recall(around, &kept, snapshot_text(cached, {today}))->version);
    };
    BOOST_TEST(version_with(8) == 8);
    BOOST_TEST(version_with(6) == 7);
    const auto floor = recall(around, &kept, snapshot_text(7, {today}));
    BOOST_TEST((floor->digest == digest("kept")), "of equals the record is the authority");
}

BOOST_AUTO_TEST_CASE(a_cached_file_that_the_cached_snapshot_does_not_list_is_a_left_over) {
    Surroundings around;
    auto made = simulator::collection();
    made.targets["targets/releases"] = simulator::delegation(1);
    made.targets["targets/releases"].role.version = 9;
    const auto documents = made.publish();
    Files files(true);
    files.cache("targets/releases", documents.at("targets/releases"));
    const auto recalled = [&](const metadata::Snapshot* cached_snapshot) {
        const std::vector keys{today};
        return remembered(around.context, {nullptr, files, cached_snapshot}, RoleName::releases(),
                          keys_of(keys), role_of(keys));
    };
    const auto lists = metadata::decode_snapshot(documents.at("snapshot"), {}).value().body;
    auto lists_not = lists;
    lists_not.meta.erase(RoleName::releases());
    BOOST_TEST(recalled(nullptr).has_value());
    BOOST_TEST(recalled(&lists).has_value());
    BOOST_TEST(!recalled(&lists_not));
}

BOOST_AUTO_TEST_CASE(a_role_counts_as_listed_when_record_or_cached_snapshot_knew_it) {
    Surroundings around;
    Files files(true);
    const auto listed = [&](const State* state, const metadata::Snapshot* snapshot,
                            const RoleName& role) {
        const std::vector keys{today};
        return listed_before(around.context, {state, files, snapshot}, role, keys_of(keys),
                             role_of(keys));
    };
    const auto role = RoleName::parse("targets/a").value();
    const auto state = state_of(role, 1, {});
    BOOST_TEST(!listed(nullptr, nullptr, role));
    BOOST_TEST(listed(&state, nullptr, role));
    BOOST_TEST(!listed(&state, nullptr, RoleName::releases()));
    const auto text = snapshot_text(1, {today});
    const auto snapshot = metadata::decode_snapshot(text, {}).value().body;
    BOOST_TEST(listed(nullptr, &snapshot, role));
    BOOST_TEST(!listed(nullptr, &snapshot, RoleName::releases()));
}

BOOST_AUTO_TEST_CASE(a_role_whose_keys_were_exchanged_does_not_count_as_listed_before) {
    Surroundings around;
    auto made = simulator::collection();
    made.targets["targets/releases"] = simulator::delegation(1);
    const auto documents = made.publish();
    const auto snapshot = metadata::decode_snapshot(documents.at("snapshot"), {}).value().body;
    const auto listed = [&](const State* state, Files& files, const SigningKey& key) {
        return listed_before(around.context, {state, files, &snapshot}, RoleName::releases(),
                             keys_of({key}), role_of({key}));
    };
    Files files(true);
    files.cache("targets/releases", documents.at("targets/releases"));
    BOOST_TEST(listed(nullptr, files, today));
    BOOST_TEST(!listed(nullptr, files, yesterday), "the cached file is by another key");
    Files damaged(true);
    damaged.cache("targets/releases", "{");
    BOOST_TEST(listed(nullptr, damaged, yesterday), "who signed it is not known");
    const auto kept = state_of(RoleName::releases(), 1, {identity(around, today)});
    BOOST_TEST(listed(&kept, files, today));
    BOOST_TEST(!listed(&kept, files, yesterday));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
