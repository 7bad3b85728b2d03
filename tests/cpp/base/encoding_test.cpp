#include "contenttrust/base/encoding.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

using namespace contenttrust;
using namespace std::string_literals;

namespace {

/// Base64 by the letter of RFC 4648 §4: one bit after another, with no table of values.
std::string slow_base64(const std::string& bytes) {
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bits;
    for (const char letter : bytes) {
        const auto c = static_cast<unsigned char>(letter);
        for (int bit = 7; bit >= 0; --bit) bits += (c >> bit & 1) != 0 ? '1' : '0';
    }
    std::string out;
    for (std::size_t i = 0; i < bits.size(); i += 6) {
        std::string sextet = bits.substr(i, 6);
        sextet.resize(6, '0');
        out += alphabet[std::stoul(sextet, nullptr, 2)];
    }
    while (out.size() % 4 != 0) out += '=';
    return out;
}

std::vector<std::string> random_byte_strings() {
    std::mt19937 random(20261123);
    std::vector<std::string> all;
    for (std::size_t length = 0; length < 200; ++length) {
        std::string bytes(length, '\0');
        for (char& c : bytes) c = static_cast<char>(random());
        all.push_back(bytes);
    }
    return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(encodings)

BOOST_AUTO_TEST_CASE(hexadecimal_is_lower_case_and_keeps_leading_zeros) {
    BOOST_TEST(to_hex(as_bytes("")) == "");
    BOOST_TEST(to_hex(as_bytes("\x00\x01\x9f\xab\xff"s)) == "00019fabff");
}

// The vectors of RFC 4648 §10.
BOOST_AUTO_TEST_CASE(base64_of_the_rfc_both_ways) {
    const std::vector<std::pair<std::string, std::string>> vectors{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (const auto& [plain, coded] : vectors) {
        BOOST_TEST(to_base64(as_bytes(plain)) == coded);
        BOOST_TEST(from_base64(coded).value() == plain);
    }
}

BOOST_AUTO_TEST_CASE(base64_agrees_with_a_bitwise_formulation_for_every_length) {
    for (const auto& bytes : random_byte_strings()) {
        const auto coded = to_base64(as_bytes(bytes));
        BOOST_TEST(coded == slow_base64(bytes));
        BOOST_TEST((from_base64(coded) == bytes));
    }
}

// Every text of four or eight characters over letters that matter: what is accepted is exactly what the encoder writes.
BOOST_AUTO_TEST_CASE(base64_accepts_only_the_one_spelling_of_the_encoder) {
    const std::string letters = "AQgwz09+/=-_. \n\0\x80\xff"s;
    std::size_t accepted = 0;
    std::string text(4, 'A');
    for (text[0] = 0; const char a : letters) {
        for (const char b : letters) {
            for (const char c : letters) {
                for (const char d : letters) {
                    text = {a, b, c, d};
                    const auto decoded = from_base64(text);
                    if (decoded) ++accepted;
                    if (decoded && to_base64(as_bytes(*decoded)) != text)
                        BOOST_ERROR("accepted " + text);
                    if (!decoded && slow_base64("x" + text) == text) BOOST_ERROR("refused " + text);
                    // in front of a complete group no padding may stand
                    const auto longer = from_base64(text + "AAAA");
                    const bool padded = text.find('=') != text.npos;
                    if (longer.has_value() != (decoded && !padded))
                        BOOST_ERROR("group before: " + text);
                }
            }
        }
    }
    // 9 letters of the alphabet; A Q g w end "xx==" (low four bits zero), and A Q g w 0 8 … end "xxx=" (low two zero)
    const auto value = [](char c) {
        return "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"s.find(c);
    };
    std::size_t plain = 0, two = 0, four = 0;
    for (const char c : letters) {
        const auto v = value(c);
        if (v == std::string::npos) continue;
        ++plain;
        two += v % 4 == 0;
        four += v % 16 == 0;
    }
    BOOST_TEST(accepted == plain * plain * plain * plain + plain * plain * two + plain * four);
}

BOOST_AUTO_TEST_CASE(base64_refuses_every_other_form) {
    const std::vector<std::string> refused{
        "=",        "==",        "====", "A",     "AA",       "AAA",      "AA=",      "AAAA=",
        "AAAA====", "AA==AA==",  "A=AA", "=AAA",  "Zg==\n",   "\nZg==",   "Zm9v\r\n", "Zm 9v",
        "Zg",       "Zm8",       "Zg=",  "Zg===", "Zh==",     "Zm9=",     "-_-_",     "Zm9v\0"s,
        "Zm9\0"s,   "Zm9v Zm9v", "Z===", "é===",  "Zm9vZg=A", "Zm9vZ=g=", "++//=",
    };
    for (const auto& text : refused) BOOST_TEST(!from_base64(text).has_value(), printable(text));
}

BOOST_AUTO_TEST_CASE(printable_leaves_ordinary_text_alone) {
    for (const auto& text :
         {"", "docker.io/library/alpine", "größe", "日本", "a\\b \"c\"", "👍", "e\u0301"}) {
        BOOST_TEST(printable(text) == text);
    }
}

BOOST_AUTO_TEST_CASE(printable_shows_what_would_move_or_hide_text) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"\x1b[31m", "\\u001b[31m"},
        {"a\nb\tc\r", "a\\u000ab\\u0009c\\u000d"},
        {"\0"s, "\\u0000"},
        {"\x7f", "\\u007f"},
        {"\u0080\u009f", "\\u0080\\u009f"},
        {"\u200b\u200f", "\\u200b\\u200f"},
        {"\u202a\u202e", "\\u202a\\u202e"},
        {"\u2060\u2069", "\\u2060\\u2069"},
        {"\ufeff", "\\ufeff"},
        {"\u2028\u2029", "\\u2028\\u2029"},
        {"\u061c", "\\u061c"},
        {"\U000e0041", "\\U000e0041"},
        {"\u00a0\u1680\u2003\u202f\u205f\u3000",
         "\\u00a0\\u1680\\u2003\\u202f\\u205f\\u3000"},           // white space
        {"\u034f\ufe0f\U000e0100", "\\u034f\\ufe0f\\U000e0100"},  // seen as nothing
        {"\u115f\u1160\u3164\uffa0\u2800", "\\u115f\\u1160\\u3164\\uffa0\\u2800"},  // blanks
        {"\u17b4\u180b\u206a\ufff0\U0001d173", "\\u17b4\\u180b\\u206a\\ufff0\\U0001d173"},
    };
    for (const auto& [text, shown] : table) BOOST_TEST(printable(text) == shown);
    for (const auto& text :
         {"\u00a1", "\u2010", "\u2027", "\u2030", "\u205e", "\u2070", "\u3001", " ", "~"}) {
        BOOST_TEST(printable(text) == text);  // the neighbours of those ranges
    }
}

BOOST_AUTO_TEST_CASE(printable_shows_broken_utf8_byte_by_byte) {
    const std::vector<std::pair<std::string, std::string>> table{
        {"a\xff", "a\\xff"},
        {"\x80", "\\x80"},
        {"\xc3", "\\xc3"},
        {"\xc3(", "\\xc3("},
        {"\xc0\xaf", "\\xc0\\xaf"},           // overlong
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},  // overlong
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // surrogate
        {"\xf0\x80\x80\x80", "\\xf0\\x80\\x80\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},
        {"\xe2\x82", "\\xe2\\x82"},  // cut short
    };
    for (const auto& [text, shown] : table) BOOST_TEST(printable(text) == shown);
}

BOOST_AUTO_TEST_CASE(printable_cuts_between_characters) {
    BOOST_TEST(printable("abcdef", 6) == "abcdef");
    BOOST_TEST(printable("abcdef", 5) == "abcde…");
    BOOST_TEST(printable("aé", 2) == "a…");
    BOOST_TEST(printable("aé", 3) == "aé");
    BOOST_TEST(printable("x", 0) == "…");
    BOOST_TEST(printable(std::string(1000, 'x')) == std::string(120, 'x') + "…");
    BOOST_TEST(printable(std::string(10, '\n'), 3) == "\\u000a\\u000a\\u000a…");
}

BOOST_AUTO_TEST_SUITE_END()
