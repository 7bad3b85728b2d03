#include "contenttrust/base/names.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using namespace contenttrust;
using namespace std::string_literals;

namespace {

template <typename Name>
void refused_with(const std::vector<std::string>& texts, ErrorCode code) {
    for (const auto& text : texts) {
        const auto result = Name::parse(text);
        BOOST_TEST(!result, "accepted \"" << text << "\"");
        if (result) continue;
        BOOST_TEST((result.error().code == code));
        const auto& message = result.error().message;
        BOOST_TEST(!message.empty());
        for (const char c : message)
            BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
}

template <typename Name>
void accepted(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
        const auto result = Name::parse(text);
        BOOST_TEST(static_cast<bool>(result), "refused \"" << text << "\"");
        if (result) BOOST_TEST(result.value().str() == text);
    }
}

std::string message_of(std::string_view gun) { return Gun::parse(gun).error().message; }

}  // namespace

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(guns_of_images_and_of_plain_collections_are_accepted) {
    accepted<Gun>({"docker.io/library/alpine", "docker.io/user/img", "localhost:5000/x",
                   "just/a/collection", "x", "registry.example.com:8443/org/a", "LOCALHOST/x",
                   "Foo/bar", "[::1]:5000/x", "a/...", "a/.b", "a/..b", "a/b..", "a/x~y+z@1",
                   "con/nul", std::string(255, 'a')});
}

BOOST_AUTO_TEST_CASE(guns_that_could_leave_their_directory_are_refused) {
    refused_with<Gun>(
        {"", "/", ".", "..", "/abs", "a/", "a//b", "//a", "./a", "a/.", "a/./b", "../a", "a/..",
         "docker.io/../../etc/x", "a/../../b", std::string(256, 'a'), std::string(300, 'a')},
        ErrorCode::malformed);
}

BOOST_AUTO_TEST_CASE(guns_with_characters_of_urls_shells_and_terminals_are_refused) {
    std::vector<std::string> texts{"a/%2e%2e/b", "a%2fb", "a/\u200bb", "é", "a/Ｂ"};
    for (int c = 0; c < 256; ++c) {
        const bool graphic = c > 0x20 && c < 0x7f;
        if (graphic && "%\\*?#\"'`<>|"s.find(static_cast<char>(c)) == std::string::npos) continue;
        texts.push_back("docker.io/a"s + static_cast<char>(c) + "b");
        texts.push_back(std::string(1, static_cast<char>(c)));
    }
    refused_with<Gun>(texts, ErrorCode::malformed);
}

BOOST_AUTO_TEST_CASE(guns_may_be_upper_case_in_the_host_only) {
    accepted<Gun>({"HOST.example:5000/a/b", "A"});
    refused_with<Gun>({"docker.io/Library/alpine", "docker.io/library/alpinE", "a/Z"},
                      ErrorCode::malformed);
}

BOOST_AUTO_TEST_CASE(every_other_graphic_character_is_left_to_the_publisher) {
    for (const char c : "!$&()+,-:;=@[]^_{}~.0a"s) {
        BOOST_TEST(static_cast<bool>(Gun::parse("a/x"s + c + "y")), c);
    }
}

BOOST_AUTO_TEST_CASE(refusals_of_guns_say_what_is_wrong) {
    BOOST_TEST(message_of("") == "\"\" is no GUN: it is empty");
    BOOST_TEST(message_of("a//b") == "\"a//b\" is no GUN: it has an empty segment");
    BOOST_TEST(message_of("a/../b").find("\"..\"") != std::string::npos);
    BOOST_TEST(message_of("/a").find("starts with a slash") != std::string::npos);
    BOOST_TEST(message_of("a/").find("ends with a slash") != std::string::npos);
    BOOST_TEST(message_of("a/B").find("upper-case") != std::string::npos);
    BOOST_TEST(message_of(std::string(256, 'a')).find("255") != std::string::npos);
    BOOST_TEST(message_of("a\x1b[2J") ==
               "\"a\\u001b[2J\" is no GUN: only printable ASCII without spaces is allowed");
    BOOST_TEST(Gun::parse("a\x1b").error().found == "a\\u001b");
}

BOOST_AUTO_TEST_CASE(base_roles_and_delegations_are_accepted) {
    accepted<RoleName>({"root", "targets", "snapshot", "timestamp", "targets/releases",
                        "targets/a/b", "targets/a-b_0", "targets/-", "targets/con",
                        "targets/targets", "targets/root", "targets/" + std::string(247, 'a')});
}

BOOST_AUTO_TEST_CASE(other_role_names_are_refused) {
    std::vector<std::string> texts{
        "",
        "Root",
        "mirrors",
        "targets/",
        "targets//a",
        "targets/a/",
        "/targets/a",
        "targets/.",
        "targets/..",
        "targets/../root",
        "targets/a/../../b",
        "../x",
        "/abs",
        "a/../../b",
        "..",
        ".",
        "con",
        "targets/A",
        "targets/a.b",
        "targets/a b",
        "targets/a\n",
        "targets/a\0"s,
        "root\0"s,
        "targets/%2e%2e",
        "targets\\a",
        "targets/a?",
        "targets/a#",
        "targets/é",
        "targetsa",
        "targetsx/a",
        "root/a",
        "snapshot/a",
        "releases",
        "targets/*",
        "targets/a.",
        " root",
        "root ",
        "targets/" + std::string(248, 'a'),
        std::string(300, 'a'),
    };
    refused_with<RoleName>(texts, ErrorCode::role_name);
}

BOOST_AUTO_TEST_CASE(only_a_parent_itself_has_direct_children) {
    const auto role = [](std::string_view text) { return RoleName::parse(text).value(); };
    BOOST_TEST(RoleName::releases().is_direct_child_of(RoleName::targets()));
    BOOST_TEST(role("targets/a/b").is_direct_child_of(role("targets/a")));
    BOOST_TEST(!role("targets/a/b").is_direct_child_of(RoleName::targets()));
    BOOST_TEST(!role("targets/a/b").is_direct_child_of(role("targets/b")));
    BOOST_TEST(!role("targets/ab").is_direct_child_of(role("targets/a")));
    BOOST_TEST(!role("targets/a").is_direct_child_of(role("targets/a")));
    BOOST_TEST(!role("targets/a").is_direct_child_of(role("targets/a/b")));
    BOOST_TEST(!RoleName::targets().is_direct_child_of(RoleName::root()));
    BOOST_TEST(!role("targets/root").is_direct_child_of(RoleName::root()));
}

BOOST_AUTO_TEST_CASE(only_roles_below_targets_are_delegations) {
    BOOST_TEST(RoleName::releases().is_delegation());
    BOOST_TEST(!RoleName::targets().is_delegation());
    BOOST_TEST(!RoleName::root().is_delegation());
    for (const auto& role : {RoleName::root(), RoleName::targets(), RoleName::snapshot(),
                             RoleName::timestamp(), RoleName::releases()}) {
        BOOST_TEST((RoleName::parse(role.str()).value() == role));
    }
}

BOOST_AUTO_TEST_CASE(key_ids_are_64_lower_case_hexadecimal_digits) {
    const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    accepted<KeyId>({id, std::string(64, '0'), std::string(64, 'f')});
    refused_with<KeyId>(
        {"", id.substr(1), id + "0", "A" + id.substr(1), "g" + id.substr(1), " " + id.substr(1),
         id.substr(1) + "\n", id.substr(1) + "\0"s, "0x" + id.substr(2), "/" + id.substr(1),
         ":" + id.substr(1), "`" + id.substr(1), std::string(100000, 'a')},
        ErrorCode::key_id);
}

BOOST_AUTO_TEST_SUITE_END()
