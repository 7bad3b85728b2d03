#include "contenttrust/json/windows.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/text.hpp"

using namespace contenttrust;
using namespace contenttrust::json;

namespace {

using Read = std::vector<std::pair<std::string, std::string>>;  // names, values in canonical form

std::optional<Read> in_windows(std::string_view text) {
    Read read;
    const auto hollow =
        read_in_windows(text, "signed", "targets", [&](const Members::Member& member) {
            read.emplace_back(member.name, canonical(member.value));
            return true;
        });
    if (!hollow) return std::nullopt;
    BOOST_TEST(hollow->outer == member_text(text, "signed").value());
    BOOST_TEST(!hollow->document.root().member("signed")->member("targets")->members().next());
    return read;
}

std::optional<Read> as_a_whole(std::string_view text) {
    const auto document = Document::parse(text);
    if (!document) return std::nullopt;
    const auto part = document.value().root().member("signed");
    const auto targets = part ? part->member("targets") : std::nullopt;
    if (!targets || targets->kind() != Kind::object) return std::nullopt;
    Read read;
    auto members = targets->members();
    while (const auto member = members.next())
        read.emplace_back(member->name, canonical(member->value));
    return read;
}

std::string around(const std::string& targets) {
    return R"({"signed":{"_type":"Targets","delegations":{"roles":[{"paths":["},\"a"]}]},"targets":)" +
           targets + R"(,"version":1},"signatures":[{"sig":"}},\"x\":{"}]})";
}

std::string entry(std::size_t number, const std::string& custom = {}) {
    auto name = std::to_string(1'000'000 + number);
    return "\"v" + name + "\":{" + custom + R"("hashes":{"sha256":")" + std::string(44, 'A') +
           R"("},"length":)" + name + "}";
}

std::string many(std::size_t count, const std::string& custom = {}) {
    std::string out = "{";
    for (std::size_t i = 0; i < count; ++i) (out += i == 0 ? "" : ",") += entry(i, custom);
    return out += '}';
}

constexpr std::size_t some = 2500;  // over 200 kB: several windows

}  // namespace

BOOST_AUTO_TEST_SUITE(windows)

BOOST_AUTO_TEST_CASE(windows_show_what_the_whole_document_shows) {
    for (const auto& custom : {std::string(), std::string(R"("custom":{"n":{"a":1}},)"),
                               std::string(R"("custom":{"s":"1},\"b\":{"},)"),
                               std::string(R"("custom":["}","\\\"},\"",{"x":[]}],)")}) {
        for (const std::size_t count : {0U, 1U, 2U, 700U, 2500U}) {
            const auto text = around(many(count, custom));
            const auto read = in_windows(text);
            BOOST_REQUIRE(read);
            BOOST_TEST(read->size() == count);
            BOOST_TEST((read == as_a_whole(text)));
        }
    }
}

BOOST_AUTO_TEST_CASE(white_space_between_members_is_no_obstacle) {
    std::string spaced;
    for (const char c : around(many(some))) {
        spaced += c;
        if (c == ',' || c == '{' || c == ':') spaced += "  ";
    }
    BOOST_REQUIRE(in_windows(spaced));
    BOOST_TEST((in_windows(spaced) == as_a_whole(spaced)));
}

BOOST_AUTO_TEST_CASE(what_strict_json_refuses_is_not_read) {
    const auto list = many(some);
    const auto inside = list.substr(1, list.size() - 2);
    const auto half = entry(some / 2);
    const auto changed = [&](const std::string& to) {
        auto out = list;
        return around(out.replace(out.find(half), half.size(), to));
    };
    const std::vector<std::string> refused{
        around("{" + inside + ",}"),
        around("{," + inside + "}"),
        around("{" + inside + ",," + entry(some) + "}"),
        around("{" + inside),
        around("{" + inside + "}}"),
        around("{" + inside + "," + entry(some - 1) + "}"),  // the last name twice
        around("{" + inside + "," + entry(0) + "}"),         // the first, windows later
        around("{" + inside + ",\"v10\\u0030\\u0030000\":{}}"),
        changed(half + "," + half),
        changed(half + ",\"w\":\"\\u0000\""),
        changed(half + ",\"w\":\"\xff\""),
        changed(half + ",\"w\":{\"a\":1,\"a\":2}"),
        changed(half + ",\"w\":" + std::string(62, '[') + std::string(62, ']')),
        changed("{}"),
        changed("\"w\""),
        changed("\"w\":01"),
        changed("\"w\":\"\\ud800\""),
        around(list) + "x",
        "\xef\xbb\xbf" + around(list),
        around(list).replace(1, 8, R"("signed":{"targets":{}},"signed")"),
        around(list).replace(1, 9, R"("signed":{"targets":{},)"),
    };
    for (const auto& text : refused) {
        BOOST_TEST(!Document::parse(text));
        BOOST_TEST(!in_windows(text));
    }
}

BOOST_AUTO_TEST_CASE(the_levels_around_a_window_count) {
    const auto deep = [&](std::size_t levels) {
        auto list = many(some);
        return around(list.insert(list.size() - 1,
                                  ",\"w\":" + std::string(levels, '[') + std::string(levels, ']')));
    };
    BOOST_TEST(in_windows(deep(Document::max_depth - 3)).has_value());
    BOOST_TEST(!in_windows(deep(Document::max_depth - 2)));
    BOOST_TEST(!Document::parse(deep(Document::max_depth - 2)));
}

BOOST_AUTO_TEST_CASE(what_needs_a_closer_look_is_left_to_the_whole_document) {
    const auto list = many(some);
    const auto last = list.size() - 1;
    for (const auto* more : {",\"a\":{}", ",\"w\":1.5", ",\"w\":-0", ",\"w\":9007199254740993"}) {
        const auto text = around(std::string(list).insert(last, more));
        BOOST_TEST(static_cast<bool>(Document::parse(text)));
        BOOST_TEST(!in_windows(text), more);
    }
    for (const auto* text :
         {"", "[]", "{}", R"({"signed":1})", R"({"signed":{"targets":null}})", R"({"targets":{}})",
          R"({"signed":{"targets":[]}})", R"({"s\u0069gned":{"targets":{}}})", R"({"signed":{)",
          R"({"signed":{"targets":{)", R"({"signed":{"targets":{"a":{},"b)"}) {
        BOOST_TEST(!in_windows(text), text);
    }
}

BOOST_AUTO_TEST_CASE(whoever_does_not_take_a_member_ends_the_reading) {
    const auto text = around(many(some));
    std::size_t taken = 0;
    const auto hollow = read_in_windows(text, "signed", "targets",
                                        [&](const Members::Member&) { return ++taken < some / 2; });
    BOOST_TEST(!hollow);
    BOOST_TEST(taken == some / 2);
}

BOOST_AUTO_TEST_CASE(no_change_of_a_byte_is_read_otherwise_than_as_a_whole) {
    const auto text = around(many(700, R"("custom":{"a":"\"},\"b"},)"));
    std::mt19937 random(20);
    constexpr std::string_view bytes = "\"{}[],:\\0-1.eu \xc3";
    std::size_t read = 0;
    for (int i = 0; i < 600; ++i) {
        auto changed = text;
        const auto at = random() % changed.size();
        const char byte = bytes[random() % bytes.size()];
        switch (random() % 3) {
            case 0: changed[at] = byte; break;
            case 1: changed.insert(at, 1, byte); break;
            default: changed.erase(at, 1 + random() % 3);
        }
        const auto windows = in_windows(changed);
        if (!windows) continue;
        ++read;
        BOOST_TEST((windows == as_a_whole(changed)), "round " << i << " at " << at);
    }
    BOOST_TEST(read > 50U);
}

BOOST_AUTO_TEST_SUITE_END()
