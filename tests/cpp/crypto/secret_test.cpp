#include "contenttrust/crypto/secret.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <type_traits>
#include <utility>

namespace contenttrust::crypto {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

Secret secret(std::string_view text) { return Secret(as_bytes(text)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_octets)

BOOST_AUTO_TEST_CASE(a_secret_holds_what_it_is_made_of) {
    BOOST_TEST(as_text(secret("passphrase").bytes()) == "passphrase");
    BOOST_TEST(secret("").size() == 0U);
    BOOST_TEST(
        (as_text(secret(std::string_view("a\0b", 3)).bytes()) == std::string_view("a\0b", 3)));
    const std::string page(4097, 'x');
    BOOST_TEST((as_text(secret(page).bytes()) == page));
}

BOOST_AUTO_TEST_CASE(a_new_space_is_empty) {
    const Secret space(100);
    BOOST_TEST(std::ranges::all_of(space.bytes(), [](std::byte b) { return b == std::byte{}; }));
}

BOOST_AUTO_TEST_CASE(secrets_are_equal_if_all_their_octets_are) {
    BOOST_TEST((secret("same") == secret("same")));
    BOOST_TEST((secret("same") != secret("sama")));
    BOOST_TEST((secret("same") != secret("same ")));
    BOOST_TEST((secret("") == secret("")));
}

BOOST_AUTO_TEST_CASE(what_is_cut_off_is_wiped) {
    Secret cut = secret("keep this, not that");
    const std::byte* const memory = cut.bytes().data();
    cut.shorten(9);
    BOOST_TEST(as_text(cut.bytes()) == "keep this");
    BOOST_TEST(std::all_of(memory + 9, memory + 19, [](std::byte b) { return b == std::byte{}; }));
    cut.shorten(100);
    BOOST_TEST(cut.size() == 9U);
}

BOOST_AUTO_TEST_CASE(a_moved_secret_is_the_same_memory) {
    Secret from = secret("passphrase");
    const std::byte* const memory = from.bytes().data();
    const Secret to = std::move(from);
    BOOST_TEST(to.bytes().data() == memory);
}

BOOST_AUTO_TEST_CASE(wiping_overwrites) {
    std::string text = "passphrase";
    wipe(std::as_writable_bytes(std::span(text)));
    BOOST_TEST((text == std::string(10, '\0')));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
