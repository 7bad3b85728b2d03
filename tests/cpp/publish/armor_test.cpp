#include "contenttrust/publish/armor.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace contenttrust::publish {
namespace {

std::string in(const crypto::Secret& secret) { return std::string(as_text(secret.bytes())); }

/// Labels and contents of the blocks, or why they are refused.
std::string read(std::string_view text) {
    const auto blocks = read_armor(text);
    if (!blocks) {
        BOOST_TEST((blocks.error().code == ErrorCode::malformed));
        return "! " + blocks.error().message;
    }
    std::string out;
    for (const auto& block : blocks.value()) {
        out += "[" + block.label;
        for (const auto& [name, value] : block.headers) out += "|" + name + "=" + value;
        out += "] " + in(block.content) + "\n";
    }
    return out;
}

std::string block(std::string_view inside, std::string_view label = "X") {
    return "-----BEGIN " + std::string(label) + "-----\n" + std::string(inside) + "-----END " +
           std::string(label) + "-----\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(armor)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
    for (const std::size_t size : {1UL, 2UL, 3UL, 47UL, 48UL, 49UL, 1000UL}) {
        const std::string content(size, '\x9c');
        const auto text =
            write_armor("PRIVATE KEY", {{"role", "root"}, {"gun", "a:b/c"}}, as_bytes(content));
        BOOST_TEST((read(text) == "[PRIVATE KEY|gun=a:b/c|role=root] " + content + "\n"));
        BOOST_TEST((in(read_armor(text).value()[0].text) == text));
        BOOST_TEST((read(write_armor("X", {}, as_bytes(content))) == "[X] " + content + "\n"));
    }
}

BOOST_AUTO_TEST_CASE(it_is_written_as_go_writes_it) {
    BOOST_TEST(write_armor("X", {{"role", "r"}, {"gun", "g"}}, as_bytes(std::string(49, 'a'))) ==
               "-----BEGIN X-----\ngun: g\nrole: r\n\n"
               "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh\nYQ==\n"
               "-----END X-----\n");
}

BOOST_AUTO_TEST_CASE(text_around_blocks_is_passed_over) {
    BOOST_TEST(read("") == "");
    BOOST_TEST(read("no block at all\n") == "");
    BOOST_TEST(read("Bag Attributes: x\n" + block("YQ==\n") + "between\n\n" + block("Yg==\n", "Y") +
                    "after") == "[X] a\n[Y] b\n");
    BOOST_TEST(read("-----BEGIN X----\n") == "");
    BOOST_TEST(read("text -----BEGIN X-----\n") == "");
}

BOOST_AUTO_TEST_CASE(lines_may_end_and_break_anyhow) {
    BOOST_TEST(read("-----BEGIN X-----\r\nrole: r\r\n\r\nYQ\r\n==\r\n-----END X-----\r\n") ==
               "[X|role=r] a\n");
    BOOST_TEST(read("-----BEGIN X-----  \nY\nQ\n=\n=\n\n-----END X-----") == "[X] a\n");
    BOOST_TEST(read(block("role: r\nYQ==\n")) == "[X|role=r] a\n");  // as Go reads it
    BOOST_TEST(read(block("\nYQ==\n")) == "[X] a\n");
    BOOST_TEST(read(block("role:\ngun:   g g  \n\nYQ==\n")) == "[X|gun=g g|role=] a\n");
}

BOOST_AUTO_TEST_CASE(the_text_of_a_block_is_read_alike) {
    const auto blocks = read_armor("before\n-----BEGIN X----- \nrole: r\n\nYQ==\n-----END X-----");
    const auto text = in(blocks.value()[0].text);
    BOOST_TEST(text == "-----BEGIN X-----\nrole: r\n\nYQ==\n-----END X-----\n");
    BOOST_TEST(read(text) == "[X|role=r] a\n");
}

BOOST_AUTO_TEST_CASE(t029_what_is_not_right_in_a_block_is_refused) {
    const std::string no_base64 = "! a PEM block holds something else than base64";
    for (const char* inside : {"YQ=\n", "YQ\n", "Y===\n", "YQ==YQ==\n", "YR==\n", "Y-==\n",
                               "YQ==\n=abcd\n", "Y Q==\n", "YQ==\n#\n"})
        BOOST_TEST(read(block(inside)) == no_base64, inside);
    BOOST_TEST(read(block("")) == "! a PEM block is empty");
    BOOST_TEST(read(block("==\n")) == no_base64);
    BOOST_TEST(read(block("====\n")) == no_base64);
    const std::string headers = "! a PEM block has doubled headers, or too many of them";
    BOOST_TEST(read(block("role: a\nrole: b\n\nYQ==\n")) == headers);
    std::string many;
    for (int i = 0; i < 17; ++i) many += "h" + std::to_string(i) + ": x\n";
    BOOST_TEST(read(block(many + "\nYQ==\n")) == headers);
    const std::string unnamed =
        "! a header of a PEM block holds control characters, or has no name";
    BOOST_TEST(read(block(": x\n\nYQ==\n")) == unnamed);
    BOOST_TEST(read(block("role: a\x1b[2J\n\nYQ==\n")) == unnamed);
    BOOST_TEST(read("-----BEGIN X-----\nYQ==\n") == "! a PEM block has no end");
    BOOST_TEST(read("-----BEGIN X-----") == "! a PEM block has no end");
    const std::string other = "! a PEM block ends with another label than it begins with";
    BOOST_TEST(read("-----BEGIN X-----\nYQ==\n-----END Y-----\n") == other);
    BOOST_TEST(read("-----BEGIN X-----\nYQ==\n-----BEGIN X-----\n") == other);
    BOOST_TEST(read("-----BEGIN X-----\nYQ==\n-----\n") == other);
    BOOST_TEST(read(block("YQ==\n") + std::string(1, '\0')) ==
               "! a key file holds a NUL character: it is no PEM text");
}

// What Go's unicode.IsSpace tells of, but for control characters; docker and notary trim headers by it.
BOOST_AUTO_TEST_CASE(t029_a_header_that_go_would_trim_to_another_is_refused) {
    for (const char* space : {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
                              "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
                              "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"}) {
        const std::string s = space;
        for (const auto& header :
             {"role" + s + ": root", s + "role: root", "role: root" + s, "role: " + s + "root",
              "role " + s + " : root", "role: root" + s + " \t", "role:" + s, s + ": root"}) {
            const auto refusal = read(block("role: mallory\n" + header + "\n\nYQ==\n"));
            BOOST_TEST(refusal.starts_with("! a header of a PEM block begins or ends with"),
                       header);
            BOOST_TEST(read(block(header + "\n\nYQ==\n")) == refusal, header);
        }
        BOOST_TEST(read(block("role: a" + s + "b\n\nYQ==\n")) == "[X|role=a" + s + "b] a\n");
    }
    BOOST_TEST(read(block("role\u00a0: root\n\nYQ==\n")).ends_with(": role\\u00a0: root"));
    // Neither broken UTF-8 nor what has no width is white space there.
    for (const std::string part : {"\x85", "\xa0", "\xe2\x80", "\xc0\xa0", "\u200b", "\ufeff"})
        BOOST_TEST(read(block("role: a" + part + "\n\nYQ==\n")) == "[X|role=a" + part + "] a\n");
}

BOOST_AUTO_TEST_CASE(t029_headers_are_doubled_also_where_they_differ_in_white_space) {
    for (const char* second : {"role", "role ", " role", "\trole\t", "role \r"})
        BOOST_TEST(read(block("role: a\n" + std::string(second) + ": b\n\nYQ==\n")) ==
                       "! a PEM block has doubled headers, or too many of them",
                   second);
}

BOOST_AUTO_TEST_CASE(sizes_are_bounded) {
    const std::string line = std::string(64, 'A') + "\n";
    std::string lines;
    while (lines.size() + line.size() < 65000) lines += line;
    BOOST_TEST(!read(block(lines)).starts_with("!"));
    BOOST_TEST(read(block(lines + lines)) == "! a PEM block has no end");
    BOOST_TEST(read(std::string(1024 * 1024, ' ')) == "");
    BOOST_TEST(read(std::string(1024 * 1024 + 1, ' ')) == "! a key file is longer than 1 MiB");
    std::string many;
    for (int i = 0; i < 256; ++i) many += block("YQ==\n");
    BOOST_TEST(read_armor(many).value().size() == 256U);
    many += block("YQ==\n");
    BOOST_TEST(read(many) == "! a key file holds more than 256 PEM blocks");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::publish
