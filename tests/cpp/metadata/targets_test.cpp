#include "contenttrust/metadata/targets.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

namespace contenttrust::metadata {
namespace {

TargetIndex::Target target(std::string_view name, std::int64_t length,
                           std::string_view custom = {}) {
    return {name, custom, length, Sha256{}, true};
}

TargetIndex index_of(const std::vector<std::string>& names) {
    TargetIndex out;
    for (const auto& name : names) out.add(target(name, static_cast<std::int64_t>(name.size())));
    out.sort();
    return out;
}

// Bytes 0x7F and below, two, three and four bytes long, composed and decomposed, and prefixes of one another.
const std::vector<std::string> names{
    "latest",  "Latest", "",  "a",    "a/b",  "a\u0301", "\u00e1", "\uffff",    "\U0001f600",
    "latest2", "z",      "~", "\x7f", "1.10", "1.9",     " ",      "\"quoted\""};

}  // namespace

BOOST_AUTO_TEST_SUITE(target_index)

BOOST_AUTO_TEST_CASE(an_empty_index_finds_nothing) {
    TargetIndex index;
    index.sort();
    BOOST_TEST(index.size() == 0U);
    BOOST_TEST((!index.find("") && !index.find("a")));
}

BOOST_AUTO_TEST_CASE(unsorted_names_come_out_in_code_point_order) {
    std::mt19937 random(7);
    auto shuffled = names;
    for (int round = 0; round < 20; ++round) {
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        const auto index = index_of(shuffled);
        BOOST_REQUIRE_EQUAL(index.size(), names.size());
        for (std::size_t i = 1; i < index.size(); ++i) {
            BOOST_TEST((index.at(i - 1).name < index.at(i).name), index.at(i).name);
        }
        BOOST_TEST(index.at(index.size() - 1).name == "\U0001f600");
    }
}

BOOST_AUTO_TEST_CASE(names_that_begin_alike_are_found_among_many) {
    const std::string alike(16, 'v');  // as much as is looked at first
    for (const std::size_t count : {1U, 15U, 16U, 17U, 32U, 33U, 500U}) {
        for (const auto& begin : {std::string(), alike.substr(1), alike, alike + "x"}) {
            std::vector<std::string> many{"a", "vvvv", "z"};
            for (std::size_t i = 0; i < count; ++i) many.push_back(begin + std::to_string(2 * i));
            const auto index = index_of(many);
            for (const auto& name : many) {
                const auto found = index.find(name);
                BOOST_REQUIRE_MESSAGE(found.has_value(), name << " of " << count);
                BOOST_TEST(index.at(*found).name == name);
            }
            for (const auto* absent : {"", "vvvvv", "zz", "vvvvvvvvvvvvvvvvvvvvvvvvvvv", "A"})
                BOOST_TEST(!index.find(absent));
            for (std::size_t i = 0; i < count; ++i)
                BOOST_TEST(!index.find(begin + std::to_string(2 * i + 1)));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_name_is_found_and_no_other) {
    const auto index = index_of(names);
    for (const auto& name : names) {
        const auto found = index.find(name);
        BOOST_REQUIRE(found.has_value());
        BOOST_TEST(index.at(*found).name == name);
        BOOST_TEST(index.at(*found).length == static_cast<std::int64_t>(name.size()));
    }
    for (const auto* stranger :
         {"LATEST", "latest ", "lates", "b", "a\u0300", "\u00c1", "\U0001f601"}) {
        BOOST_TEST(!index.find(stranger), stranger);
    }
    BOOST_TEST(!index.find(std::string_view("a\0", 2)));
}

BOOST_AUTO_TEST_CASE(rows_keep_all_that_was_added) {
    TargetIndex index;
    Sha256 digest{};
    digest.front() = std::byte{7};
    index.add({"b", R"({"x":1})", 9007199254740992, digest, true});
    index.add({"a", "", 0, Sha256{}, false});
    index.sort();
    const auto a = index.at(0);
    const auto b = index.at(1);
    BOOST_TEST((a.name == "a" && a.custom.empty() && a.length == 0 && !a.usable));
    BOOST_TEST(
        (b.name == "b" && b.custom == R"({"x":1})" && b.length == 9007199254740992 && b.usable));
    BOOST_TEST((b.sha256 == digest));
}

BOOST_AUTO_TEST_CASE(a_copy_and_a_moved_index_own_their_text) {
    auto index = index_of(names);
    const TargetIndex copy = index;
    const TargetIndex moved = std::move(index);
    for (const auto* one : {&copy, &moved}) {
        BOOST_TEST(one->at(one->find("latest").value()).name == "latest");
    }
    BOOST_TEST(static_cast<const void*>(copy.at(0).custom.data()) != moved.at(0).custom.data());
}

BOOST_AUTO_TEST_CASE(paths_are_prefixes_byte_for_byte_and_none_allows_nothing) {
    BOOST_TEST(!paths_allow({}, ""));
    BOOST_TEST(!paths_allow({}, "a"));
    BOOST_TEST(paths_allow({""}, ""));
    BOOST_TEST(paths_allow({""}, "anything"));
    BOOST_TEST(paths_allow({"v1.", "x"}, "v1.2"));
    BOOST_TEST(paths_allow({"a"}, "ab"));
    BOOST_TEST(!paths_allow({"v1."}, "v1"));
    BOOST_TEST(!paths_allow({"V"}, "v1"));
    BOOST_TEST(!paths_allow({"*"}, "v1"));
    BOOST_TEST(!paths_allow({"\u00e1"}, "a\u0301"));
}

BOOST_AUTO_TEST_CASE(of_many_paths_the_shortest_say_all_that_they_say) {
    using Paths = std::vector<std::string>;
    BOOST_TEST((shortest_paths({}) == Paths{}));
    BOOST_TEST((shortest_paths({"b", "", "a"}) == Paths{""}));
    BOOST_TEST(
        (shortest_paths({"v1.2", "x", "v1", "v1", "v10", "\xff"}) == Paths{"v1", "x", "\xff"}));
    // Every set of paths and every name over a small alphabet, against one look at each path.
    const Paths words{"", "a", "b", "aa", "ab", "ba", "bb", "aab", "abb", "b\xff"};
    for (unsigned chosen = 0; chosen < 1U << words.size(); ++chosen) {
        Paths paths;
        for (std::size_t i = 0; i < words.size(); ++i) {
            if ((chosen >> i & 1U) != 0) paths.push_back(words[i]);
        }
        const auto shortest = shortest_paths(paths);
        for (const auto& name : words) {
            const auto begins = [&](const std::string& path) { return name.starts_with(path); };
            BOOST_REQUIRE(paths_allow(shortest, name) == std::ranges::any_of(paths, begins));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::metadata
