// What each kind of document holds beside header and envelope: keys, roles, listed files, targets, delegations.
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "documents.hpp"

namespace contenttrust::metadata {
namespace {

using namespace testing;

const auto timestamp_key = simulator::ed25519_key(1);

std::string digest_text(std::string_view content) {
    return to_base64(crypto::sha256(as_bytes(content)));
}

std::string zeros(std::size_t count) { return to_base64(as_bytes(std::string(count, '\0'))); }

// The targets document with this in place of its delegations.
std::string delegating(const std::string& delegations) {
    return simulator::signed_document(
        R"({"_type":"Targets","delegations":)" + delegations +
            R"(,"expires":"2030-01-01T00:00:00Z","targets":{},"version":1})",
        {timestamp_key});
}

std::string role_named(const std::string& name) {
    return R"({"keyids":[],"name":")" + name + R"(","paths":[""],"threshold":1})";
}

// A targets document with one target of this file meta.
std::string with_target(const std::string& meta) {
    return changed("targets", "\"targets\":{", "\"targets\":{\"t\":" + meta + ",");
}

TargetIndex::Target decoded_target(const std::string& meta, TargetIndex& owner) {
    const auto text = with_target(meta);
    owner = decode_targets(text, RoleName::targets(), {}).value().body.targets;
    return owner.at(owner.find("t").value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decode_body)

BOOST_AUTO_TEST_CASE(a_key_under_an_id_that_is_not_its_own_is_refused) {
    const auto id = timestamp_key.id().str();
    auto other = id;
    other.front() = other.front() == '0' ? '1' : '0';
    auto upper = id;
    for (auto& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    for (const auto& wrong : {other, upper, id.substr(1), id + "0", std::string()}) {
        refused("root", changed("root", "\"" + id + "\":{", "\"" + wrong + "\":{"),
                ErrorCode::key_id, "key ID is not valid for key content");
    }
    refused("root", changed("root", to_base64(as_bytes(timestamp_key.public_text)), zeros(32)),
            ErrorCode::key_id, "key ID is not valid for key content");
    refused("targets", changed("targets", "\"keytype\":\"ed25519\"", "\"keytype\":\"ecdsa\""),
            ErrorCode::key_id, "key ID is not valid for key content");
}

BOOST_AUTO_TEST_CASE(an_unknown_key_type_is_found_out_only_when_a_signature_asks) {
    auto made = simulator::collection();
    made.targets["targets/a"] = simulator::delegation(9);
    made.targets["targets/a"].role.keys.front().type = "dilithium";
    accepted("targets", made.publish().at("targets"));
}

BOOST_AUTO_TEST_CASE(a_private_part_or_a_broken_public_part_is_refused) {
    for (const auto* secret : {"\"\"", "\"c2VjcmV0\"", "0", "false", "{}"}) {
        refused("targets",
                changed("targets", "\"private\":null", "\"private\":" + std::string(secret)),
                ErrorCode::malformed, "private");
    }
    accepted("targets", changed("targets", "\"private\":null,", ""));
    for (const auto* text : {"\"*\"", "\"AA\"", "\"AA==\\n\"", "null", "7"}) {
        refused("targets",
                changed("targets", "\"public\":", "\"public\":" + std::string(text) + ",\"x\":"),
                ErrorCode::malformed, "public");
    }
    refused("targets", changed("targets", "\"public\":", "\"x\":"), ErrorCode::malformed, "public");
}

BOOST_AUTO_TEST_CASE(a_role_may_only_name_keys_that_are_there) {
    const auto id = simulator::ed25519_key(4).id().str();
    const auto list = "[\"" + id + "\"]";
    const auto stranger = simulator::ed25519_key(99).id().str();
    for (const auto& wrong : {stranger, id.substr(1), std::string("../x"), std::string()}) {
        refused("targets", changed("targets", list, "[\"" + wrong + "\"]"), ErrorCode::key_id,
                "a key that is not among the keys");
    }
    refused("targets", changed("targets", list, "[7]"), ErrorCode::malformed,
            "key id is not a string");
    refused("root",
            changed("root", "[\"" + timestamp_key.id().str() + "\"]", "[\"" + stranger + "\"]"),
            ErrorCode::key_id, "a key that is not among the keys");
}

BOOST_AUTO_TEST_CASE(a_key_that_a_role_names_twice_is_one_key) {
    const auto id = "\"" + simulator::ed25519_key(4).id().str() + "\"";
    const auto text = changed("targets", "[" + id + "]", "[" + id + "," + id + "]");
    const auto targets = decode_targets(text, RoleName::targets(), {.keys = 1}).value();
    BOOST_TEST(targets.body.delegations.front().keys.key_ids.size() == 1U);
}

BOOST_AUTO_TEST_CASE(more_keys_for_a_role_than_the_limit_are_refused) {
    auto made = simulator::collection();
    auto& keys = made.targets["targets"].role.keys;
    for (unsigned char i = 100; keys.size() < 65; ++i) keys.push_back(simulator::ed25519_key(i));
    made.targets["targets"].role.signers = {{keys.front()}};
    refused("root", made.root_document(), ErrorCode::limit_exceeded, "too many keys");
    keys.pop_back();
    accepted("root", made.root_document());
    refused("root", made.root_document(), ErrorCode::limit_exceeded, "too many keys", {.keys = 63});
}

BOOST_AUTO_TEST_CASE(root_must_define_its_four_roles) {
    for (const std::string role : {"root", "targets", "snapshot", "timestamp"}) {
        refused("root", changed("root", "\"" + role + "\":{\"keyids\"", "\"x\":{\"keyids\""),
                ErrorCode::missing_role, "root does not define " + role);
        refused("root",
                changed("root", "\"" + role + "\":{\"keyids\"",
                        "\"" + role + "\":null,\"x\":{\"keyids\""),
                ErrorCode::malformed, "role is not an object");
    }
    accepted("root", changed("root", "\"roles\":{", "\"roles\":{\"mirrors\":{\"keyids\":7},"));
}

BOOST_AUTO_TEST_CASE(consistent_snapshot_may_be_true_or_absent) {
    accepted("root",
             changed("root", "\"consistent_snapshot\":false", "\"consistent_snapshot\":true"));
    accepted("root", changed("root", "\"consistent_snapshot\":false,", ""));
    refused("root",
            changed("root", "\"consistent_snapshot\":false", "\"consistent_snapshot\":null"),
            ErrorCode::malformed, "consistent_snapshot");
}

BOOST_AUTO_TEST_CASE(snapshot_must_list_root_and_targets_under_legal_names) {
    for (const std::string role : {"root", "targets"}) {
        refused("snapshot", changed("snapshot", "\"" + role + "\":", "\"targets/x\":"),
                ErrorCode::missing_role, "snapshot does not list " + role);
    }
    for (const std::string name :
         {"root.json", "", "targets/", "targets/../root", "targets/A", "Root", "targets//a"}) {
        refused("snapshot",
                changed("snapshot", "\"meta\":{", "\"meta\":{\"" + name + "\":{\"length\":0},"),
                ErrorCode::role_name, "illegal role name");
    }
    refused("snapshot", changed("snapshot", "\"meta\":", "\"meta\":null,\"x\":"),
            ErrorCode::missing_role);
}

BOOST_AUTO_TEST_CASE(timestamp_must_list_snapshot_and_may_list_more) {
    refused("timestamp", changed("timestamp", "\"snapshot\":", "\"snapshot.json\":"),
            ErrorCode::missing_role, "timestamp does not list snapshot");
    refused("timestamp", changed("timestamp", "\"meta\":", "\"meta\":null,\"x\":"),
            ErrorCode::missing_role);
    accepted("timestamp", changed("timestamp", "\"meta\":{", "\"meta\":{\"other\":7,"));
}

BOOST_AUTO_TEST_CASE(lengths_below_zero_and_what_is_no_plain_integer_are_refused) {
    for (const std::string length :
         {"-1", "\"3\"", "null", "3.0", "1e2", "true", "9007199254740993"}) {
        refused("targets", with_target("{\"length\":" + length + "}"), ErrorCode::length);
        refused("timestamp",
                changed("timestamp", "\"length\":", "\"length\":" + length + ",\"x\":"),
                ErrorCode::length);
    }
    refused("targets", with_target("{\"hashes\":{}}"), ErrorCode::length);
    accepted("targets", with_target("{\"length\":0}"));
    accepted("targets", with_target("{\"length\":9007199254740992}"));
}

BOOST_AUTO_TEST_CASE(a_listed_file_has_its_digests_and_remembers_malformed_ones) {
    const auto meta_of = [](const std::string& hashes) {
        const auto part =
            R"({"_type":"Timestamp","expires":"2030-01-01T00:00:00Z","meta":{"snapshot":{"hashes":)" +
            hashes + R"(,"length":5}},"version":1})";
        const auto text = simulator::signed_document(part, {timestamp_key});
        return decode_timestamp(text, {}).value().body.snapshot;
    };
    const auto both =
        meta_of(R"({"sha256":")" + digest_text("a") + R"(","sha512":")" + zeros(64) + "\"}");
    BOOST_TEST((both.length == 5 && both.sha256 == crypto::sha256(as_bytes("a")) &&
                both.sha512 == Sha512{}));
    BOOST_TEST((both.has_known_hash() && !both.malformed_hash));
    for (const auto* none : {"null", "{}", R"({"md5":"AA=="})", R"({"SHA256":7})"}) {
        const auto meta = meta_of(none);
        BOOST_TEST((!meta.has_known_hash() && !meta.malformed_hash), none);
    }
    for (const std::size_t size : {0U, 31U, 33U, 64U}) {
        BOOST_TEST(meta_of(R"({"sha256":")" + zeros(size) + "\"}").malformed_hash, size);
    }
    const auto half = meta_of(R"({"sha256":")" + zeros(32) + R"(","sha512":")" + zeros(32) + "\"}");
    BOOST_TEST((half.malformed_hash && half.sha256 && !half.sha512));
}

BOOST_AUTO_TEST_CASE(a_target_is_usable_with_a_sha256_of_the_right_size_only) {
    TargetIndex owner;
    const auto good =
        decoded_target(R"({"hashes":{"sha256":")" + digest_text("x") + R"("},"length":7})", owner);
    BOOST_TEST((good.usable && good.length == 7 && good.sha256 == crypto::sha256(as_bytes("x"))));
    for (const auto& hashes :
         {std::string("null"), std::string("{}"), R"({"sha512":")" + zeros(64) + "\"}",
          R"({"sha256":")" + zeros(31) + "\"}",
          R"({"sha256":")" + zeros(32) + R"(","sha512":")" + zeros(63) + "\"}"}) {
        BOOST_TEST(!decoded_target("{\"hashes\":" + hashes + ",\"length\":7}", owner).usable,
                   hashes);
    }
}

BOOST_AUTO_TEST_CASE(custom_data_is_kept_in_canonical_form) {
    TargetIndex owner;
    const auto target =
        decoded_target(R"({"custom":{"b" : [1, "\u003c"],"a":null},"length":1})", owner);
    BOOST_TEST(target.custom == R"({"a":null,"b":[1,"<"]})");
    BOOST_TEST(decoded_target(R"({"length":1})", owner).custom.empty());
    BOOST_TEST(decoded_target(R"({"custom":null,"length":1})", owner).custom == "null");
    refused("targets", with_target(R"({"custom":1.5,"length":1})"), ErrorCode::malformed,
            "plain integer");
}

BOOST_AUTO_TEST_CASE(null_stands_for_every_empty_list_and_map) {
    const auto empty =
        decode_targets(simulator::signed_document(
                           R"({"_type":"Targets","delegations":{"keys":null,"roles":null},)"
                           R"("expires":"2030-01-01T00:00:00Z","targets":null,"version":1})",
                           {timestamp_key}),
                       RoleName::targets(), {});
    BOOST_REQUIRE(empty);
    BOOST_TEST(empty.value().body.targets.size() == 0U);
    BOOST_TEST(empty.value().body.keys.empty());
    BOOST_TEST(empty.value().body.delegations.empty());
    accepted("targets", delegating("null"));
    accepted("targets", delegating("{}"));
    accepted("targets", changed("targets", "\"delegations\":{", "\"x\":{"));

    const auto text = delegating(
        R"({"keys":{},"roles":[{"keyids":null,"name":"targets/a","paths":null,"threshold":1}]})");
    const auto one = decode_targets(text, RoleName::targets(), {}).value().body.delegations;
    BOOST_TEST((one.size() == 1 && one.front().keys.key_ids.empty() && one.front().paths.empty()));

    const auto root =
        decode_root(changed("root", "[\"" + timestamp_key.id().str() + "\"]", "null"), {});
    BOOST_REQUIRE(root);
    BOOST_TEST(root.value().body.timestamp.key_ids.empty());
    refused("root", changed("root", "\"keys\":", "\"keys\":null,\"x\":"), ErrorCode::key_id);
}

BOOST_AUTO_TEST_CASE(a_delegation_must_be_a_direct_child_of_the_role_whose_file_it_is_in) {
    for (const std::string name :
         {"targets", "targets/", "targets//a", "targets/a/b", "targets/../root", "targets/A",
          "root", "snapshot", "other/a", "", "targets/a "}) {
        refused("targets", delegating("{\"roles\":[" + role_named(name) + "]}"),
                ErrorCode::role_name, "invalid delegation role name");
    }
    const auto nested = delegating("{\"roles\":[" + role_named("targets/a/b") + "]}");
    accepted("targets/a", nested);
    refused("targets/b", nested, ErrorCode::role_name, "invalid delegation role name");
    refused("targets/a/b", nested, ErrorCode::role_name, "invalid delegation role name");
}

BOOST_AUTO_TEST_CASE(a_role_that_is_delegated_twice_is_refused) {
    const auto roles = role_named("targets/b") + "," + role_named("targets/a") + ",";
    refused("targets", delegating("{\"roles\":[" + roles + role_named("targets/b") + "]}"),
            ErrorCode::role_name, "delegated twice");
    accepted("targets", delegating("{\"roles\":[" + roles + role_named("targets/c") + "]}"));
}

BOOST_AUTO_TEST_CASE(delegations_keep_the_order_of_the_file) {
    const auto text =
        delegating("{\"roles\":[" + role_named("targets/b") + "," + role_named("targets/a") + "]}");
    const auto delegations = decode_targets(text, RoleName::targets(), {}).value().body.delegations;
    BOOST_REQUIRE_EQUAL(delegations.size(), 2U);
    BOOST_TEST(delegations[0].name.str() == "targets/b");
    BOOST_TEST(delegations[1].name.str() == "targets/a");
    BOOST_TEST((delegations[0].paths == std::vector<std::string>{""}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::metadata
