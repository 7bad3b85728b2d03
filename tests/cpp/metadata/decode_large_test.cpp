// Large targets files are read in windows: nothing but memory and time may show it.
#include <algorithm>
#include <random>
#include <vector>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/text.hpp"
#include "documents.hpp"

namespace contenttrust::metadata {
namespace {

using namespace testing;

constexpr std::size_t count = 9000;  // over 1 MiB of them

std::string entry(std::size_t number) {
    const auto name = std::to_string(1'000'000 + number);
    const auto digest = to_base64(crypto::sha256(as_bytes(name)));
    const auto* custom = number % 3 == 0 ? R"("custom":{"b":{"n":-1},"a":"},\""},)" : "";
    return "\"v" + name + "\":{" + custom + R"("hashes":{"sha256":")" + digest +
           "\"},\"length\":" + name + "}";
}

std::vector<std::string> entries() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(entry(i));
    return out;
}

// The valid document of targets, which has delegations, with these targets.
std::string holding(const std::vector<std::string>& entries) {
    std::string list;
    for (const auto& one : entries) (list += list.empty() ? "" : ",") += one;
    const auto& text = valid().at("targets");
    const auto part = json::member_text(text, "signed").value();
    const auto targets = json::member_text(part, "targets").value();
    return replaced(text, std::string("\"targets\":") + std::string(targets) + ",\"version\"",
                    "\"targets\":{" + list + "},\"version\"");
}

bool same(const TargetIndex& a, const TargetIndex& b) {
    bool out = a.size() == b.size();
    for (std::size_t i = 0; out && i < a.size(); ++i) {
        const auto x = a.at(i);
        const auto y = b.at(i);
        out = x.name == y.name && x.custom == y.custom && x.length == y.length &&
              x.sha256 == y.sha256 && x.usable == y.usable;
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(decode_large)

BOOST_AUTO_TEST_CASE(a_large_file_says_the_same_in_order_and_out_of_order) {
    auto list = entries();
    const auto text = holding(list);
    const auto in_order = decode_targets(text, RoleName::targets(), {});
    std::mt19937 random(5);
    std::ranges::shuffle(list, random);  // which only a whole document shows
    const auto other_text = holding(list);
    const auto shuffled = decode_targets(other_text, RoleName::targets(), {});
    BOOST_REQUIRE(in_order);
    BOOST_REQUIRE(shuffled);

    const auto& a = in_order.value();
    const auto& b = shuffled.value();
    BOOST_TEST(a.body.targets.size() == count);
    BOOST_TEST(same(a.body.targets, b.body.targets));
    BOOST_TEST((a.body.targets.at(0).custom == R"({"a":"},\"","b":{"n":-1}})"));
    BOOST_TEST((a.header.version == b.header.version && a.header.expires == b.header.expires));
    BOOST_TEST(!a.body.delegations.empty());
    BOOST_TEST(a.body.delegations.size() == b.body.delegations.size());
    BOOST_TEST(a.body.keys.size() == b.body.keys.size());
    BOOST_REQUIRE(!a.envelope.signatures.empty());
    BOOST_TEST(a.envelope.signatures.size() == b.envelope.signatures.size());
    BOOST_TEST(a.envelope.signatures[0].bytes == b.envelope.signatures[0].bytes);

    const auto slice = json::member_text(text, "signed").value();
    BOOST_TEST((a.envelope.signed_text.data() == slice.data()));
    BOOST_TEST(a.envelope.signed_text.size() == slice.size());
    BOOST_TEST((a.envelope.signed_digest == crypto::sha256(as_bytes(slice))));
}

BOOST_AUTO_TEST_CASE(every_target_of_a_large_file_is_found) {
    const auto text = holding(entries());
    const auto document = decode_targets(text, RoleName::targets(), {});
    BOOST_REQUIRE(document);
    const auto& targets = document.value().body.targets;
    for (std::size_t i = 0; i < count; ++i) {
        const auto name = "v" + std::to_string(1'000'000 + i);
        const auto found = targets.find(name);
        BOOST_REQUIRE(found);
        BOOST_TEST((targets.at(*found).sha256 == crypto::sha256(as_bytes(name.substr(1)))));
    }
}

BOOST_AUTO_TEST_CASE(a_defect_anywhere_in_a_large_file_is_told) {
    const auto text = holding(entries());
    struct Defect {
        std::string old, by;
        ErrorCode code;
        std::string reason;
    };
    const std::string name = "\"length\":1004500}";
    for (const auto& [old, by, code, reason] : {
             Defect{name, "\"length\":-1}", ErrorCode::length, "length"},
             Defect{name, "\"length\":1.0}", ErrorCode::length, "length"},
             Defect{name, "\"Length\":1,\"length\":1}", ErrorCode::malformed, "case"},
             Defect{name, "\"x\":-0,\"length\":1}", ErrorCode::malformed, "plain integer"},
             Defect{name, "\"length\":1,\"length\":1}", ErrorCode::malformed, "duplicate"},
             Defect{"\"v1004500\"", "\"v1004499\"", ErrorCode::malformed, "duplicate"},
             Defect{"\"v1004500\"", "\"v1000000\"", ErrorCode::malformed, "duplicate"},
             Defect{"\"_type\":\"Targets\"", "\"_type\":\"Root\"", ErrorCode::wrong_type, "_type"},
             Defect{"\"v1008999\":{", "\"v1008999\":[", ErrorCode::malformed, ""},
         }) {
        refused("targets", replaced(text, old, by), code, reason);
    }
    refused("targets", text + "x", ErrorCode::malformed);
    refused("targets", text.substr(0, text.size() - 1), ErrorCode::malformed);
    refused("targets", text.substr(0, text.size() / 2), ErrorCode::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::metadata
