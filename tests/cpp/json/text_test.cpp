// What the reader says about the text itself: the slice of a member, the spelling of numbers.
#include <boost/test/unit_test.hpp>
#include <cctype>
#include <string>
#include <vector>

#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/json/text.hpp"
#include "generator.hpp"

using namespace contenttrust;
using namespace contenttrust::json;

namespace {

bool is_json(std::string_view text) { return static_cast<bool>(Document::parse(text)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(member_text_is_the_exact_slice) {
    const std::string text =
        " {\"a\" : {\"b\": [1, {\"signed\": 3}] } ,\"signed\":\n\t[ \"]}\\\"\" , 2 ]\r "
        ",\"n\":-12,\"t\":true }";
    BOOST_TEST(is_json(text));
    BOOST_TEST(member_text(text, "a").value() == "{\"b\": [1, {\"signed\": 3}] }");
    BOOST_TEST(member_text(text, "signed").value() == "[ \"]}\\\"\" , 2 ]");
    BOOST_TEST(member_text(text, "n").value() == "-12");
    BOOST_TEST(member_text(text, "t").value() == "true");
    BOOST_TEST(!member_text(text, "b"));
    BOOST_TEST(!member_text(text, ""));
    BOOST_TEST(!member_text(text, "signe"));
    const auto slice = member_text(text, "signed").value();
    BOOST_TEST(
        (slice.data() >= text.data() && slice.data() + slice.size() <= text.data() + text.size()));
}

BOOST_AUTO_TEST_CASE(member_text_looks_into_the_top_level_object_only) {
    for (const auto* text : {"[]", "[{\"a\":1}]", "\"a\"", "1", "null", "{}", " { } ",
                             "{\"b\":{\"a\":1}}", "{\"b\":\"a\"}", "{\"b\":\"\\\"a\\\":1\"}"}) {
        BOOST_TEST(is_json(text));
        BOOST_TEST(!member_text(text, "a"), text);
    }
}

BOOST_AUTO_TEST_CASE(member_text_is_not_misled_by_quotes_and_backslashes) {
    const std::vector<std::string> values{
        R"("\\")",       R"("\"")",        R"("\\\"")", R"("\\\\")", R"("{")", R"("\\\"}\"{\\")",
        R"(["\\","]"])", R"({"\"":"\\"})", R"("")",     "[]",        "{}",     "[[[]]]"};
    for (const auto& first : values) {
        for (const auto& second : values) {
            const auto text = "{\"x\\\\\":" + first + ",\"a\":" + second + ",\"z\":0}";
            BOOST_TEST(is_json(text));
            BOOST_TEST(member_text(text, "a").value() == second);
            BOOST_TEST(member_text(text, "z").value() == "0");
        }
    }
}

BOOST_AUTO_TEST_CASE(an_escaped_spelling_of_the_name_is_not_found) {
    BOOST_TEST(!member_text(R"({"\u0073igned":1})", "signed"));
}

BOOST_AUTO_TEST_CASE(slices_of_random_documents_mean_the_same_as_their_members) {
    testing::Generator generator(11);
    for (int i = 0; i < 3000; ++i) {
        auto node = generator.object(4);
        const auto wanted = generator.value(3);
        node.members["signed"] = wanted;
        auto text = generator.messy(node);
        const auto document = Document::parse(text);
        BOOST_REQUIRE_MESSAGE(bool(document), text);
        const auto slice = member_text(text, "signed");
        if (!slice) {
            // the generator may have spelt the name with escapes; nothing else excuses a miss
            BOOST_TEST(text.find("\"signed\"") == std::string::npos, text);
            continue;
        }
        const auto inner = Document::parse(*slice);
        BOOST_REQUIRE_MESSAGE(bool(inner), *slice);
        BOOST_TEST(canonical(inner.value().root()) == testing::slow_canonical(wanted));
        BOOST_TEST((!std::isspace(slice->front()) && !std::isspace(slice->back())));
    }
}

BOOST_AUTO_TEST_CASE(plain_integers_are_recognised_wherever_they_stand) {
    for (const auto* text : {"0", "1", "-1", "[0,-5]", "9007199254740992", "-9007199254740992",
                             "{\"a\":10}", "[]", "\"1.5\"", "\"\\\"1.5\"", "{\"1e3\":[\"-0\"]}",
                             "[true,false,null]", " [ 1 , 2 ] ", "\"\\\\\""}) {
        BOOST_TEST(is_json(text));
        BOOST_TEST(only_plain_integers(text), text);
    }
    for (const auto* text :
         {"1.0", "1e0", "1E5", "-0", "[-0]", "{\"a\":-0}", "0.0", "-0.0", "1.5", "[1,[2,[3.0]]]",
          "1e-7", "9007199254740993", "-9007199254740993", "18446744073709551615",
          "9223372036854775807", "{\"a\":\"x\",\"b\":0e1}", "{\"\\\\\":1.5}", "[ -0 ]"}) {
        BOOST_TEST(is_json(text));
        BOOST_TEST(!only_plain_integers(text), text);
    }
}

BOOST_AUTO_TEST_CASE(one_number_that_is_not_plain_spoils_a_random_document) {
    testing::Generator generator(12);
    for (int i = 0; i < 2000; ++i) {
        auto node = generator.object(4);
        BOOST_TEST(only_plain_integers(generator.messy(node)));
        const std::vector<std::string> odd{"1.5", "-0", "1e2", "9007199254740993", "0.0", "-1E+2"};
        node.members["odd"] = {
            testing::Node::Kind::literal, odd[generator.below(odd.size())], {}, {}};
        const auto text = generator.messy(node);
        BOOST_TEST(is_json(text), text);
        BOOST_TEST(!only_plain_integers(text), text);
    }
}

BOOST_AUTO_TEST_SUITE_END()
