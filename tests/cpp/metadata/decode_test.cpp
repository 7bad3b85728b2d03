#include "contenttrust/metadata/decode.hpp"

#include <array>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "documents.hpp"

namespace contenttrust::metadata {
namespace {

using namespace testing;

constexpr std::array every_role{"root", "timestamp", "snapshot", "targets", "targets/releases"};

void refused_in_every_role(std::string_view old, std::string_view by, ErrorCode code,
                           std::string_view reason = {}) {
    for (const auto* role : every_role) refused(role, changed(role, old, by), code, reason);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decode)

BOOST_AUTO_TEST_CASE(valid_documents_are_decoded) {
    for (const auto& [role, text] : valid()) accepted(role, text);
}

BOOST_AUTO_TEST_CASE(a_decoded_root_has_the_keys_of_its_four_roles) {
    const auto root = decode_root(valid().at("root"), {}).value();
    BOOST_TEST((root.header.version == Version(1)));
    BOOST_TEST(root.header.expires.str() == "2030-01-01T00:00:00Z");
    BOOST_TEST(root.body.keys.size() == 4U);
    for (const auto* role :
         {&root.body.root, &root.body.targets, &root.body.snapshot, &root.body.timestamp}) {
        BOOST_REQUIRE_EQUAL(role->key_ids.size(), 1U);
        BOOST_TEST(root.body.keys.contains(role->key_ids.front()));
        BOOST_TEST(role->threshold == 1);
    }
    BOOST_TEST(root.body.keys.at(root.body.root.key_ids.front()).type == "ecdsa-x509");
    BOOST_TEST((root.body.targets.key_ids.front() == simulator::ed25519_key(3).id()));
}

BOOST_AUTO_TEST_CASE(the_signed_text_is_a_view_into_the_document_byte_for_byte) {
    const auto& text = valid().at("snapshot");
    const auto snapshot = decode_snapshot(text, {}).value();
    const auto signed_text = snapshot.envelope.signed_text;
    const auto at = static_cast<std::size_t>(signed_text.data() - text.data());
    BOOST_TEST(at == text.find("\"signed\":") + 9);
    BOOST_TEST(signed_text == text.substr(at, text.size() - at - 1));
    BOOST_TEST((snapshot.envelope.signed_digest == crypto::sha256(as_bytes(signed_text))));
    BOOST_REQUIRE_EQUAL(snapshot.envelope.signatures.size(), 1U);
    BOOST_TEST(snapshot.envelope.signatures.front().method == "eddsa");
    BOOST_TEST(snapshot.envelope.signatures.front().bytes.size() == 64U);
}

BOOST_AUTO_TEST_CASE(what_strict_json_refuses_is_refused) {
    for (const auto* role : every_role) {
        const auto& text = valid().at(role);
        refused(role, "", ErrorCode::malformed);
        refused(role, text.substr(0, text.size() / 2), ErrorCode::malformed);
        refused(role, text + "{}", ErrorCode::malformed);
        refused(role, changed(role, "\"version\":1", "\"version\":1,\"version\":1"),
                ErrorCode::malformed, "duplicate");
        refused(role, changed(role, "\"version\":1", "\"version\":1,\"v\\u0065rsion\":1"),
                ErrorCode::malformed, "duplicate");
        refused(role, "[" + text + "]", ErrorCode::malformed, "the document is not an object");
    }
    const auto deep = std::string(70, '[') + std::string(70, ']');
    refused_in_every_role("\"version\":1", "\"version\":1,\"x\":" + deep,
                          ErrorCode::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(a_document_without_a_signed_object_is_refused) {
    for (const auto* role : every_role) {
        for (const auto* text :
             {"{}", R"({"signed":null,"signatures":[]})", R"({"signed":[],"signatures":[]})",
              R"({"signed":"{}","signatures":[]})"}) {
            refused(role, text, ErrorCode::malformed, "signed is not an object");
        }
    }
}

BOOST_AUTO_TEST_CASE(the_member_signed_must_be_written_without_escapes) {
    refused_in_every_role("\"signed\":", "\"s\\u0069gned\":", ErrorCode::malformed,
                          "without escapes");
}

BOOST_AUTO_TEST_CASE(members_that_differ_from_known_ones_only_in_case_are_refused) {
    refused_in_every_role("\"signed\":", "\"Signed\":0,\"signed\":", ErrorCode::malformed,
                          "only in case");
    refused_in_every_role("\"version\":1", "\"VERSION\":2,\"version\":1", ErrorCode::malformed,
                          "only in case");
    // Go folds U+017F to s and U+212A to k, in any spelling that JSON allows.
    refused_in_every_role("\"signed\":", "\"\u017figned\":0,\"signed\":", ErrorCode::malformed,
                          "only in case");
    refused_in_every_role("\"signed\":", "\"\\u017figned\":0,\"signed\":", ErrorCode::malformed,
                          "only in case");
    refused("root", changed("root", "\"keys\":", "\"\u212aeys\":0,\"keys\":"), ErrorCode::malformed,
            "only in case");
    refused("targets", changed("targets", "\"keys\":", "\"\u212aeys\":0,\"keys\":"),
            ErrorCode::malformed, "only in case");
    refused("targets", changed("targets", "\"paths\":", "\"path\u017f\":[\"x\"],\"paths\":"),
            ErrorCode::malformed, "only in case");
    refused("targets", changed("targets", "\"keytype\":", "\"Keytype\":\"rsa\",\"keytype\":"),
            ErrorCode::malformed, "only in case");
    refused("targets", changed("targets", "\"private\":", "\"Private\":0,\"private\":"),
            ErrorCode::malformed, "only in case");
    refused("targets", changed("targets", "\"length\":", "\"Length\":1,\"length\":"),
            ErrorCode::malformed, "only in case");
    refused("timestamp", changed("timestamp", "\"hashes\":", "\"ha\u017fhe\u017f\":{},\"hashes\":"),
            ErrorCode::malformed, "only in case");
    refused("root",
            changed("root", "\"roles\":{\"root\":{", "\"roles\":{\"root\":{\"Threshold\":9,"),
            ErrorCode::malformed, "only in case");
    refused("timestamp", changed("timestamp", "\"sig\":", "\"SIG\":\"\",\"sig\":"),
            ErrorCode::malformed, "only in case");
}

BOOST_AUTO_TEST_CASE(target_names_are_not_folded) {
    const auto text = changed("targets", "\"targets\":{",
                              "\"targets\":{\"V\":{\"length\":1},\"v\":{\"length\":2},");
    BOOST_TEST(decode_targets(text, RoleName::targets(), {}).value().body.targets.size() == 3U);
}

BOOST_AUTO_TEST_CASE(unknown_members_are_let_through) {
    for (const auto* role : every_role) {
        accepted(role, changed(role, "\"signed\":{",
                               "\"other\":[1.5],\"signed\":{\"x-new\":{\"Signed\":1},"));
        accepted(role, changed(role, "\"sig\":", "\"note\":null,\"sig\":"));
    }
}

BOOST_AUTO_TEST_CASE(numbers_in_the_signed_part_must_be_plain_integers) {
    for (const auto* number :
         {"1.5", "1.0", "1e0", "-0", "9007199254740993", "-9007199254740993"}) {
        refused_in_every_role("\"signed\":{", "\"signed\":{\"x\":[" + std::string(number) + "],",
                              ErrorCode::malformed, "plain integer");
    }
}

BOOST_AUTO_TEST_CASE(members_of_the_wrong_type_are_refused) {
    for (const auto* value : {"true", "1", "\"x\"", "[]"}) {
        const auto is = [&](const std::string& name) {
            return "\"" + name + "\":" + value + ",\"" + name + "-was\":";
        };
        const std::string_view shown(value);
        refused("root", changed("root", "\"keys\":", is("keys")), ErrorCode::malformed,
                "keys is not an object");
        refused("root", changed("root", "\"roles\":", is("roles")), ErrorCode::malformed,
                "roles is not an object");
        refused("root", changed("root", "\"roles\":{\"root\":", "\"roles\":{" + is("root")),
                ErrorCode::malformed, "role is not an object");
        refused("snapshot", changed("snapshot", "\"meta\":", is("meta")), ErrorCode::malformed,
                "meta is not an object");
        refused("timestamp", changed("timestamp", "\"snapshot\":", is("snapshot")),
                ErrorCode::malformed, "file of snapshot is not an object");
        refused("targets", changed("targets", "\"delegations\":", is("delegations")),
                ErrorCode::malformed, "delegations is not an object");
        refused("targets", changed("targets", "\"targets\":{", is("targets") + "{"),
                ErrorCode::malformed, "targets is not an object");
        refused("targets", changed("targets", "\"1.0\":", is("1.0")), ErrorCode::malformed,
                "target is not an object");
        refused("targets", changed("targets", "\"hashes\":", is("hashes")), ErrorCode::malformed,
                "hashes is not an object");
        refused("targets", changed("targets", "\"keyval\":", is("keyval")), ErrorCode::malformed,
                "keyval is not an object");
        if (shown != "[]") {
            refused("targets", changed("targets", "\"paths\":", is("paths")), ErrorCode::malformed,
                    "paths is not a list");
            refused("targets", changed("targets", "\"roles\":", is("roles")), ErrorCode::malformed,
                    "roles is not a list");
            refused("snapshot", changed("snapshot", "\"signatures\":", is("signatures")),
                    ErrorCode::malformed, "signatures is not a list");
        }
        if (shown != "\"x\"") {
            refused("timestamp", changed("timestamp", "\"keyid\":", is("keyid")),
                    ErrorCode::malformed, "keyid is not a string");
            refused("timestamp", changed("timestamp", "\"method\":", is("method")),
                    ErrorCode::malformed, "method is not a string");
            refused("timestamp", changed("timestamp", "\"sig\":", is("sig")), ErrorCode::malformed,
                    "sig is not a string");
            refused("timestamp", changed("timestamp", "\"expires\":", is("expires")),
                    ErrorCode::malformed, "expires is not a string");
            refused("timestamp", changed("timestamp", "\"sha512\":", is("sha512")),
                    ErrorCode::malformed, "sha512 is not a string");
            refused("targets", changed("targets", "\"keytype\":", is("keytype")),
                    ErrorCode::malformed, "keytype is not a string");
            refused("targets", changed("targets", "\"name\":", is("name")), ErrorCode::malformed,
                    "name is not a string");
            refused("targets",
                    changed("targets", "\"paths\":[", "\"paths\":[" + std::string(value) + ","),
                    ErrorCode::malformed, "path is not a string");
        }
        if (shown != "true") {
            refused("root", changed("root", "\"consistent_snapshot\":", is("consistent_snapshot")),
                    ErrorCode::malformed, "consistent_snapshot");
        }
    }
}

BOOST_AUTO_TEST_CASE(only_the_type_of_the_role_is_accepted) {
    for (const auto* role : every_role) {
        for (const auto& [other, text] : valid()) {
            const bool alike =
                other.starts_with("targets") && std::string_view(role).starts_with("targets");
            if (other != role && !alike) refused(role, text, ErrorCode::wrong_type, "_type is not");
        }
        auto type = valid().at(role).substr(valid().at(role).find("\"_type\":\""), 10);
        const auto as_written = type;
        type.back() = static_cast<char>(type.back() - 'A' + 'a');
        refused(role, changed(role, as_written, type), ErrorCode::wrong_type, "_type is not");
        refused(role, changed(role, "\"_type\":", "\"_type\":null,\"x\":"), ErrorCode::wrong_type);
        refused(role, changed(role, "\"_type\":", "\"x\":"), ErrorCode::wrong_type);
    }
}

BOOST_AUTO_TEST_CASE(versions_below_one_and_what_is_no_plain_integer_are_refused) {
    for (const auto* version :
         {"0", "-1", "\"1\"", "null", "true", "[1]", "1.0", "1e0", "9007199254740993"}) {
        refused_in_every_role("\"version\":1", "\"version\":" + std::string(version),
                              ErrorCode::version);
    }
    refused_in_every_role("\"version\":1", "\"x\":1", ErrorCode::version);
    for (const auto* role : every_role)
        accepted(role, changed(role, "\"version\":1", "\"version\":9007199254740992"));
}

BOOST_AUTO_TEST_CASE(an_absent_expiry_is_the_year_one_and_a_broken_one_is_refused) {
    const std::string_view expires = "\"expires\":\"2030-01-01T00:00:00Z\"";
    const auto without = decode_timestamp(changed("timestamp", expires, "\"x\":1"), {}).value();
    BOOST_TEST(without.header.expires.seconds == Instant::year_one);
    for (const auto* text : {"\"\"", "\"tomorrow\"", "\"2030-01-01\"", "\"2030-01-01T00:00:60Z\"",
                             "null", "1893456000"}) {
        refused_in_every_role(expires, "\"expires\":" + std::string(text), ErrorCode::malformed,
                              "expires");
    }
}

BOOST_AUTO_TEST_CASE(thresholds_below_one_are_refused) {
    const std::string part = "\"threshold\":1}]";
    for (const auto* threshold : {"0", "-1", "\"1\"", "null", "true", "1.0", "9007199254740993"}) {
        const auto by = "\"threshold\":" + std::string(threshold);
        refused("targets", changed("targets", part, by + "}]"), ErrorCode::threshold);
        refused("root", changed("root", "\"threshold\":1}},\"version\"", by + "}},\"version\""),
                ErrorCode::threshold);
        refused("root", changed("root", "\"threshold\":1},\"snapshot\"", by + "},\"snapshot\""),
                ErrorCode::threshold);
    }
    refused("targets", changed("targets", part, "\"x\":1}]"), ErrorCode::threshold);
}

BOOST_AUTO_TEST_CASE(envelopes_may_hold_null_or_no_signatures) {
    for (const auto* role : every_role) {
        const auto& text = valid().at(role);
        const auto rest = text.substr(text.find("\"signed\":"));
        for (const auto* signatures : {"", "\"signatures\":null,", "\"signatures\":[],"}) {
            accepted(role, "{" + std::string(signatures) + rest);
        }
        refused(role, "{\"signatures\":[null]," + rest, ErrorCode::malformed,
                "signature is not an object");
    }
}

BOOST_AUTO_TEST_CASE(signatures_must_be_strict_base64) {
    const auto& text = valid().at("timestamp");
    const auto at = text.find("\"sig\":\"") + 7;
    const auto sig = text.substr(at, text.find('"', at) - at);
    for (const auto& broken : {sig.substr(0, sig.size() - 1), sig + "=", " " + sig,
                               "-" + sig.substr(1), "*" + sig.substr(1)}) {
        refused("timestamp", replaced(text, sig, broken), ErrorCode::malformed,
                "sig is not base64");
    }
}

BOOST_AUTO_TEST_CASE(more_signatures_than_the_limit_are_refused) {
    const auto& text = valid().at("targets");
    const auto begin = text.find('[') + 1;
    const auto one = text.substr(begin, text.find(']') - begin);
    std::string many;
    for (int i = 0; i < 63; ++i) many += one + ",";
    accepted("targets", replaced(text, one, many + one));
    refused("targets", replaced(text, one, many + one + "," + one), ErrorCode::limit_exceeded,
            "too many signatures");
    refused("targets", replaced(text, one, one + "," + one), ErrorCode::limit_exceeded,
            "too many signatures", {.signatures = 1});
    accepted("targets", text, {.signatures = 1});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::metadata
