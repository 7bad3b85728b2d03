#include "contenttrust/trust/hash_chain.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using metadata::FileMeta;

const std::string text = "exactly these bytes";

FileMeta meta_of(std::string_view content) {
    return {static_cast<std::int64_t>(content.size()), crypto::sha256(as_bytes(content)),
            crypto::sha512(as_bytes(content)), false};
}

Status check(Surroundings& around, const FileMeta& meta) {
    File file(text);
    return check_hash_chain(around.context, RoleName::snapshot(), file, meta);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hash_chain)

BOOST_AUTO_TEST_CASE(the_very_file_passes_with_either_hash_or_both) {
    Surroundings around;
    auto meta = meta_of(text);
    held(check(around, meta));
    BOOST_TEST(around.last_step("hash", true));
    meta.sha512.reset();
    held(check(around, meta));
    meta = meta_of(text);
    meta.sha256.reset();
    held(check(around, meta));
}

BOOST_AUTO_TEST_CASE(every_known_hash_must_fit) {
    Surroundings around;
    auto meta = meta_of(text);
    meta.sha256->back() ^= std::byte{1};
    refused(check(around, meta), ErrorCode::hash, "snapshot",
            "sha256 checksum for snapshot did not match");
    BOOST_TEST(around.last_step("hash", false));
    meta = meta_of(text);
    meta.sha512->back() ^= std::byte{1};
    refused(check(around, meta), ErrorCode::hash, "snapshot",
            "sha512 checksum for snapshot did not match");
    meta.sha256.reset();
    refused(check(around, meta), ErrorCode::hash, "snapshot",
            "sha512 checksum for snapshot did not match");
}

BOOST_AUTO_TEST_CASE(without_a_usable_hash_nothing_fits) {
    Surroundings around;
    auto meta = meta_of(text);
    meta.malformed_hash = true;  // beside a good one
    refused(check(around, meta), ErrorCode::hash, "snapshot", "no usable hash");
    refused(check(around, {static_cast<std::int64_t>(text.size()), {}, {}, false}), ErrorCode::hash,
            "snapshot", "no usable hash");
}

BOOST_AUTO_TEST_CASE(the_length_is_judged_before_the_hashes) {
    Surroundings around;
    for (const int difference : {-1, 1}) {
        auto meta = meta_of("other bytes");
        meta.length = static_cast<std::int64_t>(text.size()) + difference;
        refused(check(around, meta), ErrorCode::length, "snapshot", "signed length");
        auto right_hashes = meta_of(text);
        right_hashes.length += difference;
        refused(check(around, right_hashes), ErrorCode::length, "snapshot", "signed length");
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_too_long_is_not_measured) {
    // A source stops one byte behind the limit, so what it has is not how much there is.
    Surroundings around;
    auto meta = meta_of(text);
    meta.length -= 1;
    BOOST_TEST(check(around, meta).error().found == "more");
    meta.length += 2;
    BOOST_TEST(check(around, meta).error().found == std::to_string(text.size()) + " bytes");
}

BOOST_AUTO_TEST_CASE(a_cached_copy_that_fits_is_used_without_asking) {
    Surroundings around;
    Files files(false);
    files.cache("snapshot", text);
    const auto file = chained_file(around.context, files, RoleName::snapshot(), meta_of(text));
    held(file);
    BOOST_TEST(file.value() == files.cached("snapshot"));
    BOOST_TEST(files.wanted().empty());
}

BOOST_AUTO_TEST_CASE(a_cached_copy_that_does_not_fit_is_passed_over) {
    Surroundings around;
    for (auto wrong :
         {meta_of("another"), FileMeta{static_cast<std::int64_t>(text.size()), {}, {}, false}}) {
        Files files(false);
        files.cache("snapshot", text);
        const auto file = chained_file(around.context, files, RoleName::snapshot(), wrong);
        held(file);
        BOOST_TEST(file.value() == nullptr);
        BOOST_REQUIRE_EQUAL(files.wanted().size(), 1U);
        BOOST_TEST(files.wanted().front().name == "snapshot");
        BOOST_TEST((files.wanted().front().sha256 == wrong.sha256));
        BOOST_TEST(files.wanted().front().limit == wrong.length);
    }
}

BOOST_AUTO_TEST_CASE(what_the_source_gave_must_fit) {
    Surroundings around;
    Files files(false);
    files.put("targets/releases", text);
    const auto role = RoleName::releases();
    const auto file = chained_file(around.context, files, role, meta_of(text));
    held(file);
    BOOST_TEST(file.value()->text() == text);
    refused(chained_file(around.context, files, role, meta_of("exactly those bytes")),
            ErrorCode::hash, "targets/releases");
    refused(chained_file(around.context, files, role, meta_of("fewer")), ErrorCode::length,
            "targets/releases");
}

BOOST_AUTO_TEST_CASE(a_file_that_the_source_does_not_have_is_a_missing_role) {
    Surroundings around;
    Files asked(false);
    asked.put("targets", std::nullopt);
    refused(chained_file(around.context, asked, RoleName::targets(), meta_of(text)),
            ErrorCode::missing_role, "targets");
    BOOST_TEST(around.last_step("presence", false));
    Files complete(true);
    refused(chained_file(around.context, complete, RoleName::targets(), meta_of(text)),
            ErrorCode::missing_role, "targets");
    BOOST_TEST(complete.wanted().empty());
}

BOOST_AUTO_TEST_CASE(a_signed_length_beyond_the_limit_is_never_asked_for) {
    Surroundings around;
    around.requirements.file_length = 100;
    Files files(false);
    auto meta = meta_of(text);
    meta.length = 101;
    refused(chained_file(around.context, files, RoleName::targets(), meta),
            ErrorCode::limit_exceeded, "targets");
    BOOST_TEST(files.wanted().empty());
    meta.length = 100;
    held(chained_file(around.context, files, RoleName::targets(), meta));
    BOOST_TEST(files.wanted().size() == 1U);
}

BOOST_AUTO_TEST_CASE(all_signed_lengths_together_obey_a_limit_and_nothing_beyond_it_is_asked_for) {
    Surroundings around;
    const auto length = static_cast<std::int64_t>(text.size());
    around.requirements.total_length = 2 * length;
    for (const auto* name : {"snapshot", "targets"}) {
        Files files(false);
        files.put(name, text);
        held(chained_file(around.context, files, RoleName::parse(name).value(), meta_of(text)));
    }
    Files files(false);
    refused(chained_file(around.context, files, RoleName::releases(), meta_of("x")),
            ErrorCode::limit_exceeded, "targets/releases", "all files together");
    BOOST_TEST(files.wanted().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
