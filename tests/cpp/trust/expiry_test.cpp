#include "contenttrust/trust/expiry.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;

Instant at(std::string_view text) { return Instant::parse(text).value(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(expiry)

BOOST_AUTO_TEST_CASE(metadata_that_expires_exactly_now_is_expired) {
    Surroundings around;
    refused(check_expiry(around.context, RoleName::snapshot(), simulator::now()),
            ErrorCode::expired, "snapshot", "snapshot expired at 2026-11-24T00:00:00Z");
    BOOST_TEST(around.last_step("expiry", false));
}

BOOST_AUTO_TEST_CASE(a_nanosecond_decides) {
    Surroundings around;
    held(check_expiry(around.context, RoleName::root(), at("2026-11-24T00:00:00.000000001Z")));
    BOOST_TEST(around.last_step("expiry", true));
    refused(check_expiry(around.context, RoleName::root(), at("2026-11-23T23:59:59.999999999Z")),
            ErrorCode::expired, "root");
}

BOOST_AUTO_TEST_CASE(moments_are_compared_in_utc) {
    Surroundings around;
    held(check_expiry(around.context, RoleName::targets(), at("2026-11-23T23:00:01-01:00")));
    refused(check_expiry(around.context, RoleName::targets(), at("2026-11-24T01:00:00+01:00")),
            ErrorCode::expired, "targets");
}

BOOST_AUTO_TEST_CASE(an_absent_expiry_has_passed_and_the_last_moment_has_not) {
    Surroundings around;
    refused(check_expiry(around.context, RoleName::timestamp(), Instant{}), ErrorCode::expired,
            "timestamp");
    held(check_expiry(around.context, RoleName::timestamp(), at("9999-12-31T23:59:59Z")));
}

BOOST_AUTO_TEST_CASE(the_refusal_says_what_was_expected_and_found) {
    Surroundings around;
    const auto status =
        check_expiry(around.context, RoleName::releases(), at("2026-01-01T00:00:00Z"));
    BOOST_REQUIRE(!status);
    BOOST_TEST(status.error().expected == "later than 2026-11-24T00:00:00Z");
    BOOST_TEST(status.error().found == "2026-01-01T00:00:00Z");
    BOOST_TEST(status.error().role == "targets/releases");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
