#include "contenttrust/json/canonical.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "contenttrust/json/text.hpp"
#include "generator.hpp"

using namespace contenttrust;
using namespace contenttrust::json;
using namespace std::string_literals;

namespace {

std::string canonical_of(std::string_view text) {
    const auto document = Document::parse(text);
    BOOST_REQUIRE_MESSAGE(bool(document), text);
    return canonical(document.value().root());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(canonical_form)

BOOST_AUTO_TEST_CASE(ten_thousand_random_documents_agree_with_a_slow_formulation) {
    testing::Generator generator(20261123);
    std::size_t wrong = 0;
    for (int i = 0; i < 10000; ++i) {
        const auto node = generator.value(5);
        const auto expected = testing::slow_canonical(node);
        const auto messy = generator.messy(node);
        const auto document = Document::parse(messy);
        if (!document || canonical(document.value().root()) != expected) {
            ++wrong;
            BOOST_TEST_MESSAGE(messy);
        }
    }
    BOOST_TEST(wrong == 0U);
}

BOOST_AUTO_TEST_CASE(a_canonical_document_is_its_own_canonical_form) {
    testing::Generator generator(7);
    for (int i = 0; i < 1000; ++i) {
        auto text = testing::slow_canonical(generator.value(5));
        bool has_control = false;  // allowed raw in the canonical form, but not in JSON
        for (const char c : text) has_control = has_control || static_cast<unsigned char>(c) < 0x20;
        if (!has_control) BOOST_TEST(canonical_of(text) == text);
    }
}

BOOST_AUTO_TEST_CASE(members_are_ordered_by_bytes_and_not_by_utf16_units) {
    // U+FFFF sorts after U+10000 in UTF-16, before it in UTF-8
    BOOST_TEST(canonical_of("{\"\U00010000\":1,\"\uffff\":2}") ==
               "{\"\uffff\":2,\"\U00010000\":1}");
    BOOST_TEST(canonical_of(R"({"é":1,"z":2,"Z":3,"":4,"a":5,"ab":6,"a\u0001":7})") ==
               "{\"\":4,\"Z\":3,\"a\":5,\"a\x01\":7,\"ab\":6,\"z\":2,\"é\":1}");
}

BOOST_AUTO_TEST_CASE(only_quote_and_backslash_are_escaped) {
    BOOST_TEST(canonical_of(R"("\u003c\u003E\u0026\u2028\u2029\/\b\f\n\r\t\u007f\"\\")") ==
               "\"<>&\u2028\u2029/\b\f\n\r\t\x7f\\\"\\\\\"");
    BOOST_TEST(canonical_string("") == "\"\"");
    BOOST_TEST(canonical_string("\"") == "\"\\\"\"");
    BOOST_TEST(canonical_string("a\\\\b\"") == "\"a\\\\\\\\b\\\"\"");
    BOOST_TEST(canonical_string("\x01\n\0é"s) == "\"\x01\n\0é\""s);
}

BOOST_AUTO_TEST_CASE(composed_and_decomposed_names_stay_two_names) {
    BOOST_TEST(canonical_of("{\"\u00e9\":1,\"e\u0301\":2}") == "{\"e\u0301\":2,\"\u00e9\":1}");
}

BOOST_AUTO_TEST_CASE(empty_containers_literals_and_white_space) {
    BOOST_TEST(canonical_of(" { \"b\" : [ ] , \"a\" : { } }\n") == "{\"a\":{},\"b\":[]}");
    BOOST_TEST(canonical_of("[ null , true , false , -1 , 0 ]") == "[null,true,false,-1,0]");
    BOOST_TEST(canonical_of("[9007199254740992,-9007199254740992]") ==
               "[9007199254740992,-9007199254740992]");
}

BOOST_AUTO_TEST_CASE(numbers_without_a_canonical_form_give_text_that_is_no_json) {
    for (const auto* text : {"[1.5]", "[1e3]", "[9007199254740993]", "[-9007199254740993]"}) {
        BOOST_TEST(!only_plain_integers(text));
        BOOST_TEST(!Document::parse(canonical_of(text)));
    }
}

BOOST_AUTO_TEST_CASE(any_value_inside_a_document_has_its_own_form) {
    const auto document =
        Document::parse(R"({"signed": {"b":1, "a":[2, "x"]}, "signatures": []})").value();
    BOOST_TEST(canonical(document.root().member("signed").value()) == R"({"a":[2,"x"],"b":1})");
    BOOST_TEST(canonical(document.root().member("signatures").value()) == "[]");
    BOOST_TEST(canonical(Value()) == "null");
}

BOOST_AUTO_TEST_CASE(the_deepest_allowed_document_is_written) {
    const auto text = std::string(Document::max_depth, '[') + std::string(Document::max_depth, ']');
    BOOST_TEST(canonical_of(text) == text);
}

BOOST_AUTO_TEST_SUITE_END()
