#include "contenttrust/crypto/seal.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace contenttrust::crypto {
namespace {

constexpr SealCost cheap{1, 8};
constexpr std::size_t magic = 22;
constexpr std::size_t header = magic + 8 + 16 + 24;

const Secret& passphrase() {
    static const Secret secret(as_bytes("passphrase"));
    return secret;
}

std::string sealed(std::string_view contents) {
    return seal(as_bytes(contents), passphrase(), cheap);
}

/// What the archive holds; the code of the refusal, in brackets, where it is refused.
std::string opened(std::string_view archive, const Secret& with = passphrase()) {
    const auto contents = unseal(as_bytes(archive), with);
    if (!contents) return "<" + std::string(to_string(contents.error().code)) + ">";
    return std::string(as_text(contents.value().bytes()));
}

std::string with_number(std::string archive, std::size_t position, std::uint32_t number) {
    for (std::size_t i = 0; i < 4; ++i)
        archive[position + i] = static_cast<char>((number >> (24 - 8 * i)) & 0xff);
    return archive;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sealing)

BOOST_AUTO_TEST_CASE(an_archive_opens_with_its_passphrase_only) {
    for (const std::size_t size : {0UL, 1UL, 65535UL, 65536UL, 65537UL, 131072UL, 200000UL}) {
        const std::string contents(size, 'x');
        const auto archive = sealed(contents);
        BOOST_TEST((opened(archive) == contents));
        BOOST_TEST(opened(archive, Secret(as_bytes("passphrasf"))) == "<unauthorized>");
        BOOST_TEST(archive.find("xxxx") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_cost_that_users_get_is_what_may_be_read) {
    const auto archive = seal(as_bytes("contents"), passphrase());
    BOOST_TEST(opened(archive) == "contents");
}

BOOST_AUTO_TEST_CASE(no_two_archives_are_alike) { BOOST_TEST(sealed("same") != sealed("same")); }

BOOST_AUTO_TEST_CASE(t104_any_damage_behind_the_first_line_is_a_wrong_passphrase_or_too_much_work) {
    const auto archive = sealed("contents");
    for (std::size_t i = 0; i < archive.size(); ++i) {
        auto damaged = archive;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x01);
        const auto answer = opened(damaged);
        if (i < magic)
            BOOST_TEST(answer == "<malformed>");
        else if (i >= magic + 8)
            BOOST_TEST(answer == "<unauthorized>", "octet " << i);
        else
            BOOST_TEST((answer == "<unauthorized>" || answer == "<limit_exceeded>"));
    }
}

BOOST_AUTO_TEST_CASE(an_archive_that_was_cut_extended_or_shuffled_is_refused) {
    const std::string contents = std::string(65536, 'a') + std::string(65536, 'b');
    const auto archive = sealed(contents);
    constexpr std::size_t chunk = 65536 + 17;
    BOOST_REQUIRE(archive.size() == header + 2 * chunk);
    BOOST_TEST(opened(archive.substr(0, header)) == "<unauthorized>");
    BOOST_TEST(opened(archive.substr(0, header + chunk)) == "<unauthorized>");
    BOOST_TEST(opened(archive.substr(0, archive.size() - 1)) == "<unauthorized>");
    BOOST_TEST(opened(archive + "x") == "<unauthorized>");
    BOOST_TEST(opened(archive + archive.substr(header + chunk)) == "<unauthorized>");
    BOOST_TEST(opened(archive.substr(0, header) + archive.substr(header + chunk) +
                      archive.substr(header, chunk)) == "<unauthorized>");
    BOOST_TEST(opened(archive.substr(0, header) + archive.substr(header + chunk)) ==
               "<unauthorized>");
    BOOST_TEST(opened("") == "<malformed>");
    BOOST_TEST(opened(archive.substr(0, header - 1)) == "<malformed>");
}

BOOST_AUTO_TEST_CASE(t029_work_over_the_limit_is_refused_before_it_is_done) {
    const auto archive = sealed("contents");
    for (const std::uint32_t passes : {0U, 5U, 0x7fffffffU, 0xffffffffU})
        BOOST_TEST(opened(with_number(archive, magic, passes)) == "<limit_exceeded>");
    for (const std::uint32_t kibibytes : {0U, 7U, 256U * 1024 + 1, 0xffffffffU})
        BOOST_TEST(opened(with_number(archive, magic + 4, kibibytes)) == "<limit_exceeded>");
    BOOST_TEST(opened(with_number(archive, magic, 2)) == "<unauthorized>");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
