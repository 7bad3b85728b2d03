#include "contenttrust/json/reader.hpp"
#include "contenttrust/json/text.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "contenttrust/json/canonical.hpp"
#include "generator.hpp"

using namespace contenttrust;
using namespace contenttrust::json;
using namespace std::string_literals;

namespace {

void refused(std::string_view text, std::string_view reason,
             ErrorCode code = ErrorCode::malformed) {
    const auto document = Document::parse(text);
    const auto shown = text.substr(0, 80);
    BOOST_TEST(!document, "accepted " << shown);
    if (document) return;
    BOOST_TEST((document.error().code == code), shown);
    BOOST_TEST(document.error().message.find(reason) != std::string::npos,
               shown << " gave: " << document.error().message);
}

void accepted(std::string_view text) {
    const auto document = Document::parse(text);
    BOOST_TEST(static_cast<bool>(document), text.substr(0, 80));
}

std::string nested(std::size_t levels, const std::string& open, const std::string& core,
                   const std::string& close) {
    std::string text;
    for (std::size_t i = 0; i < levels; ++i) text += open;
    text += core;
    for (std::size_t i = 0; i < levels; ++i) text += close;
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reader)

BOOST_AUTO_TEST_CASE(values_of_every_kind_are_read_back) {
    const auto document =
        Document::parse(
            R"( {"n":null,"t":true,"f":false,"i":-7,"r":1.5,"s":"a\u00e9\"","a":[1,[],"x"],"o":{"k":2}} )")
            .value();
    const auto root = document.root();
    const auto member = [&](std::string_view name) { return root.member(name).value(); };
    BOOST_TEST((root.kind() == Kind::object));
    BOOST_TEST((member("n").kind() == Kind::null));
    BOOST_TEST((member("t").kind() == Kind::boolean && member("t").boolean() == true));
    BOOST_TEST((member("f").kind() == Kind::boolean && member("f").boolean() == false));
    BOOST_TEST((member("i").kind() == Kind::integer && member("i").integer() == -7));
    BOOST_TEST((member("r").kind() == Kind::real && !member("r").integer()));
    BOOST_TEST((member("s").kind() == Kind::string && member("s").string() == "a\u00e9\""));
    BOOST_TEST((member("a").kind() == Kind::array && member("a").elements().next()));
    BOOST_TEST((member("o").member("k").value().integer() == 2));
    BOOST_TEST(!root.member("N"));
    BOOST_TEST(!root.member(""));
    BOOST_TEST(!member("a").member("k"));
}

BOOST_AUTO_TEST_CASE(no_kind_can_be_read_as_another) {
    const auto document = Document::parse(R"([null,true,7,1.5,"7",[],{}])").value();
    auto elements = document.root().elements();
    std::vector<std::string> seen;
    while (const auto value = elements.next()) {
        seen.push_back(std::string(value->boolean() ? "b" : "") + (value->integer() ? "i" : "") +
                       (value->string() ? "s" : ""));
        BOOST_TEST(!value->members().next());
        BOOST_TEST(!value->elements().next());
    }
    BOOST_TEST((seen == std::vector<std::string>{"", "b", "i", "", "s", "", ""}));
}

BOOST_AUTO_TEST_CASE(an_unset_value_reads_as_null) {
    const Value value;
    BOOST_TEST((value.kind() == Kind::null));
    BOOST_TEST((!value.integer() && !value.string() && !value.boolean() && !value.member("x")));
    BOOST_TEST((!value.members().next() && !value.elements().next()));
    BOOST_TEST((!Members().next() && !Elements().next()));
}

BOOST_AUTO_TEST_CASE(members_come_in_the_order_of_the_document_and_names_are_not_folded) {
    const auto document =
        Document::parse(R"({"b":1,"a":2,"B":{"x":[1,2]},"":4,"\u017fb":5})").value();
    auto members = document.root().members();
    std::vector<std::string> names;
    while (const auto member = members.next()) names.emplace_back(member->name);
    BOOST_TEST((names == std::vector<std::string>{"b", "a", "B", "", "\u017fb"}));
    BOOST_TEST(!members.next());
}

BOOST_AUTO_TEST_CASE(values_outlive_the_text_and_a_moved_document) {
    auto text =
        std::make_unique<std::string>(R"({"name":"a rather long string that lives on the heap"})");
    auto document = Document::parse(*text).value();
    text.reset();
    const auto value = document.root().member("name").value();
    const Document moved = std::move(document);
    BOOST_TEST(value.string().value() == "a rather long string that lives on the heap");
    BOOST_TEST((moved.root().kind() == Kind::object));
}

BOOST_AUTO_TEST_CASE(duplicate_members_are_refused_at_any_depth) {
    refused(R"({"version":1,"version":2})", "duplicate member \"version\"");
    refused(R"({"version":1,"v\u0065rsion":2})", "duplicate member \"version\"");
    refused(R"({"a":1,"b":2,"c":3,"a":4})", "duplicate member \"a\"");
    refused(R"({"b":1,"a":2,"b":3})", "duplicate member \"b\"");
    refused(R"({"":1,"":2})", "duplicate member \"\"");
    refused(R"([[{"x":{"k":[{"y":1,"y":1}]}}]])", "duplicate member \"y\"");
    refused(R"({"signed":{"hashes":{"sha256":"a","sha256":"a"}}})", "duplicate member \"sha256\"");
    refused(R"({"\u001b[2J":1,"\u001b[2J":2})", "duplicate member \"\\u001b[2J\"");
    refused("{\"\U0001f44d\":1,\"\\ud83d\\udc4d\":2}", "duplicate member");
    accepted("{\"a\":1,\"A\":2,\"\u00e1\":3,\"a\u0301\":4,\"aa\":5}");
    accepted(R"([{"a":1},{"a":1},{"a":{"a":{"a":1}}}])");
}

BOOST_AUTO_TEST_CASE(a_duplicate_is_found_wherever_it_stands_among_many) {
    for (const std::size_t twin : {0U, 1U, 500U, 998U}) {
        for (const bool sorted : {true, false}) {
            std::string text = "{";
            for (std::size_t i = 0; i < 1000; ++i) {
                const auto number = sorted ? 1000 + i : 1999 - i;
                text += "\"k" + std::to_string(number) + "\":0,";
            }
            text += "\"k" + std::to_string(1000 + twin) + "\":0}";
            refused(text, "duplicate member \"k" + std::to_string(1000 + twin) + '"');
        }
    }
}

BOOST_AUTO_TEST_CASE(sixty_four_levels_are_read_and_no_more) {
    constexpr auto limit = Document::max_depth;
    const std::vector<std::array<std::string, 3>> shapes{{"[", "", "]"},
                                                         {"[", "1", "]"},
                                                         {"{\"a\":", "null", "}"},
                                                         {"[0,", "\"x\"", ",0]"},
                                                         {"[[],", "1", "]"}};
    for (const auto& [open, core, close] : shapes) {
        const bool inner_level = open == "[[],";  // its empty array is one level more
        const std::size_t levels = inner_level ? limit - 1 : limit;
        accepted(nested(levels, open, core, close));
        refused(nested(levels + 1, open, core, close), "nesting deeper than 64 levels",
                ErrorCode::limit_exceeded);
        refused(nested(levels + 2, open, core, close), "nesting deeper than 64 levels",
                ErrorCode::limit_exceeded);
    }
    accepted(nested(limit - 1, "{\"a\":", "{}", "}"));
    accepted(nested(limit - 1, "[", "{\"a\":1}", "]"));
    refused(nested(limit, "{\"a\":", "{}", "}"), "nesting", ErrorCode::limit_exceeded);
    refused(nested(limit, "{\"a\":", "[]", "}"), "nesting", ErrorCode::limit_exceeded);
    refused("{\"a\":" + nested(limit, "[", "", "]") + ",\"b\":1}", "nesting",
            ErrorCode::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(monstrous_documents_are_refused_quickly) {
    const auto start = std::chrono::steady_clock::now();
    refused(nested(200000, "[", "", "]"), "nesting", ErrorCode::limit_exceeded);
    refused(nested(200000, "{\"a\":", "1", "}"), "nesting", ErrorCode::limit_exceeded);
    refused(std::string(200000, '['), "");
    refused(nested(200000, "{\"a\":", "", ""), "");
    refused("\"" + std::string(1000000, '\\'), "");
    refused("{\"" + std::string(10000000, 'x'), "never closed");
    refused("[" + nested(500000, "0,", "", ""), "");
    BOOST_TEST(((std::chrono::steady_clock::now() - start) < std::chrono::seconds(5)));
}

BOOST_AUTO_TEST_CASE(strings_that_could_name_two_things_are_refused) {
    refused(R"("\u0000")", "U+0000");
    refused(R"({"a\u0000":1})", "U+0000");
    refused(R"([{"x":[{"b":"a\u0000b"}]}])", "U+0000");
    refused("\"a\0b\""s, "");
    refused("\0"s, "");
    refused("{}\0"s, "");
    accepted(R"("\\u0000")");
    accepted(R"({"\\u0000":"\\\\u0000\u0001"})");
    for (const auto* text :
         {R"("\ud800")", R"("\udc00")", R"("\udfff x")", R"("\ud800\u0041")", R"("\ud800\ud800")",
          R"("\udc00\ud800")", R"("\ud83d\n")", R"("\ud800\ue000")", R"("\ud800x")",
          R"("\ud800\\udc00")", R"({"\udbff":1})", R"({"a":"\uDC00"})", R"("\ud800\uabcd")"}) {
        refused(text, "lone surrogate");
    }
    accepted(R"("\ud83d\udc4d\uD83D\uDC4D")");
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_refused_and_never_replaced) {
    const std::vector<std::string> broken{
        "\x80",
        "\xbf",
        "\xc3",
        "\xc3(",
        "\xc0\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xe0\x9f\xbf",
        "\xe2\x82",
        "\xe2(\xa1",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x91",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xf8\x88\x80\x80\x80",
        "\xfe",
        "\xff",
    };
    for (const auto& bytes : broken) {
        // at several distances from the edges of simdjson's blocks
        for (const std::size_t before :
             {0U, 1U, 15U, 29U, 30U, 31U, 60U, 61U, 62U, 63U, 126U, 127U}) {
            const auto filler = std::string(before, 'x');
            refused("\"" + filler + bytes + "\"", "not valid UTF-8");
            refused("{\"" + filler + bytes + "\":1}", "not valid UTF-8");
        }
    }
    accepted(
        "[\"\x7f\",\"\u0080\",\"\u07ff\",\"\u0800\",\"\ue000\",\"\uffff\",\"\U00010000\","
        "\"\U0010ffff\"]");
}

BOOST_AUTO_TEST_CASE(nothing_may_stand_around_the_document) {
    for (const auto* text : {"{} x", "{}{}", "[] []", "{}]", "{} ,", "{}//c", "[1] 2",
                             R"({"a":1}"b")", "1 2", "\"a\" \"b\"", "null null", "{}\n{}"}) {
        refused(text, "text after the document");
    }
    refused("\xef\xbb\xbf{}", "byte order mark");
    refused("\xff\xfe{\0}\0"s, "");
    for (const auto* text : {"", " ", "\n\t\r "}) refused(text, "mpty");
    for (const auto* text : {"/**/{}", "{/**/}", "#\n{}", "\v{}", "\u00a0{}", "x{}", ",{}"})
        refused(text, "");
    accepted(" \t\r\n{} \t\r\n");
    for (const auto* scalar : {"1", "\"a\"", "null", "true", " 0 "}) accepted(scalar);
}

BOOST_AUTO_TEST_CASE(broken_syntax_is_refused) {
    for (const auto* text : {"{",
                             "}",
                             "[",
                             "]",
                             "{]",
                             "[}",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{,}",
                             "{a:1}",
                             "{'a':1}",
                             "{1:2}",
                             "{\"a\" 1}",
                             "{\"a\"::1}",
                             "{\"a\":1 \"b\":2}",
                             "[[]",
                             "nul",
                             "nulll",
                             "True",
                             "truefalse",
                             "undefined",
                             "NaN",
                             "Infinity",
                             "-Infinity",
                             "[NaN]",
                             "\"",
                             "\"\\\"",
                             "\"\\x41\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"\\U00e9\"",
                             "'a'",
                             "\"a\nb\"",
                             "\"\t\"",
                             "\"\x1f\"",
                             "01",
                             "-01",
                             "1.",
                             ".5",
                             "+1",
                             "-",
                             "1e",
                             "1e+",
                             "0x10",
                             "1_000",
                             "00",
                             "--1",
                             "[-]",
                             "1.e3",
                             "[1.]",
                             "[01]",
                             "[- 1]"}) {
        refused(text, "");
    }
}

BOOST_AUTO_TEST_CASE(every_truncation_of_a_document_is_refused) {
    testing::Generator generator(3);
    for (int i = 0; i < 100; ++i) {
        const auto text = testing::slow_canonical(generator.object(3));
        for (std::size_t length = 0; length < text.size(); ++length) {
            if (Document::parse(text.substr(0, length)))
                BOOST_ERROR("accepted " + text.substr(0, length));
        }
    }
}

BOOST_AUTO_TEST_CASE(random_damage_never_passes_as_something_else_than_json) {
    testing::Generator generator(4);
    for (int i = 0; i < 3000; ++i) {
        auto text = generator.messy(generator.object(4));
        for (std::size_t n = 1 + generator.below(3); n > 0; --n) {
            text[generator.below(text.size())] = static_cast<char>(generator.below(256));
        }
        const auto document = Document::parse(text);
        if (!document) continue;
        // what is accepted has one meaning: its canonical form reads as the same document
        if (!only_plain_integers(text)) continue;
        const auto form = canonical(document.value().root());
        bool has_control = false;
        for (const char c : form) has_control = has_control || static_cast<unsigned char>(c) < 0x20;
        if (has_control) continue;
        const auto again = Document::parse(form);
        BOOST_TEST((again && canonical(again.value().root()) == form), text);
    }
}

BOOST_AUTO_TEST_CASE(integers_are_exact_or_nothing) {
    const auto integer = [](const std::string& text) {
        const auto document = Document::parse("[" + text + "]").value();
        return document.root().elements().next()->integer();
    };
    BOOST_TEST((integer("0") == 0 && integer("-1") == -1));
    BOOST_TEST((integer("9007199254740992") == 9007199254740992));
    BOOST_TEST((integer("-9007199254740992") == -9007199254740992));
    for (const auto* text : {"9007199254740993", "-9007199254740993", "9223372036854775807",
                             "-9223372036854775808", "9223372036854775808", "18446744073709551615",
                             "1.0", "1e0", "1.5", "1E2", "0.0", "-0.0"}) {
        BOOST_TEST(!integer(text), text);
    }
    refused("[18446744073709551616]", "number");
    refused("[-9223372036854775809]", "number");
    refused("[" + std::string(1000, '9') + "]", "number");
    refused("[1e400]", "number");
}

BOOST_AUTO_TEST_CASE(many_members_are_counted_and_found) {
    std::string text = "{";
    for (int i = 0; i < 100000; ++i)
        text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
    const auto document = Document::parse(text + "}").value();
    std::size_t count = 0;
    for (auto members = document.root().members(); members.next();) ++count;
    BOOST_TEST(count == 100000U);
    BOOST_TEST((document.root().member("k99999").value().integer() == 99999));
}

BOOST_AUTO_TEST_SUITE_END()
