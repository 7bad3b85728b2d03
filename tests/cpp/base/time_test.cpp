#include "contenttrust/base/time.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <string>
#include <vector>

using namespace contenttrust;
using namespace std::string_literals;

namespace {

struct Reading {
    std::string text;
    std::int64_t seconds;
    std::uint32_t nanoseconds;
};

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

std::string padded(int value, std::size_t width) {
    const auto text = std::to_string(value);
    return std::string(width - text.size(), '0') + text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(instants)

// Seconds from `date -u -d <text> +%s` (GNU coreutils).
BOOST_AUTO_TEST_CASE(instants_are_read_in_utc_to_the_nanosecond) {
    const std::vector<Reading> table{
        {"1970-01-01T00:00:00Z", 0, 0},
        {"0001-01-01T00:00:00Z", Instant::year_one, 0},
        {"2026-11-24T00:00:00Z", 1795478400, 0},
        {"2036-11-20T12:34:56.20389025Z", 2110797296, 203890250},
        {"2026-11-24T02:00:00+02:00", 1795478400, 0},
        {"2026-11-23T18:30:00-05:30", 1795478400, 0},
        {"2026-11-24T00:00:00-00:00", 1795478400, 0},
        {"2026-11-24T00:00:00+00:00", 1795478400, 0},
        {"2026-11-24T23:59:00+23:59", 1795478400, 0},
        {"2024-02-29T23:59:59.999999999Z", 1709251199, 999999999},
        {"1969-12-31T23:59:59.5Z", -1, 500000000},
        {"9999-12-31T23:59:59Z", 253402300799, 0},
        {"2106-02-07T06:28:16Z", 4294967296, 0},
        {"2000-02-29T00:00:00Z", 951782400, 0},
        {"9999-12-31T23:59:59.999999999999Z", 253402300799, 999999999},
        {"2026-11-24T00:00:00.0000000009Z", 1795478400, 0},
    };
    for (const auto& [text, seconds, nanoseconds] : table) {
        const auto read = Instant::parse(text);
        BOOST_TEST(read.has_value(), text);
        if (!read) continue;
        BOOST_TEST(read->seconds == seconds, text);
        BOOST_TEST(read->nanoseconds == nanoseconds, text);
    }
}

BOOST_AUTO_TEST_CASE(any_number_of_fraction_digits_is_read_and_nine_count) {
    const std::string all = "123456789123456789";
    for (std::size_t n = 1; n <= all.size(); ++n) {
        auto nine = all.substr(0, n);
        nine.resize(9, '0');
        const auto read = Instant::parse("2026-11-24T00:00:00." + all.substr(0, n) + "Z");
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST(read->nanoseconds == std::stoul(nine));
    }
    BOOST_TEST(
        Instant::parse("2026-11-24T00:00:00." + std::string(100000, '9') + "Z")->nanoseconds ==
        999999999U);
}

BOOST_AUTO_TEST_CASE(everything_that_go_does_not_read_is_refused) {
    const std::vector<std::string> refused{
        "",
        "Z",
        "2026",
        "2026-11-24",
        "2026-11-24T00:00:00",
        "2026-11-24T00:00Z",
        "2026-11-24T00:00:00z",
        "2026-11-24t00:00:00Z",
        "2026-11-24 00:00:00Z",
        " 2026-11-24T00:00:00Z",
        "2026-11-24T00:00:00Z ",
        "2026-11-24T00:00:00Z\n",
        "2026-11-24T00:00:00ZZ",
        "2026-11-24T00:00:00Z\0"s,
        "2026-11-24T00:00:00 Z",
        "2026-11-24T00:00:60Z",
        "2016-12-31T23:59:60Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T00:60:00Z",
        "2026-11-24T25:00:00Z",
        "2026-00-24T00:00:00Z",
        "2026-13-24T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-32T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "-001-01-01T00:00:00Z",
        "-2026-11-24T00:00:00Z",
        "+2026-11-24T00:00:00Z",
        "26-11-24T00:00:00Z",
        "2026-1-24T00:00:00Z",
        "2026-11-4T00:00:00Z",
        "2026-11-24T0:00:00Z",
        "2026-11-24T00:0:00Z",
        "2026-11-24T00:00:0Z",
        "2026-11-24T00:00:00.Z",
        "2026-11-24T00:00:00,5Z",
        "2026-11-24T00:00:00.5",
        "2026-11-24T00:00:00.5.5Z",
        "2026-11-24T00:00:00.-5Z",
        "2026-11-24T00:00:00.5 Z",
        "2026-11-24T00:00:00+24:00",
        "2026-11-24T00:00:00+02:60",
        "2026-11-24T00:00:00+02",
        "2026-11-24T00:00:00+0200",
        "2026-11-24T00:00:00+2:00",
        "2026-11-24T00:00:00+02:00Z",
        "2026-11-24T00:00:00Z+02:00",
        "2026-11-24T00:00:00--2:00",
        "2026-11-24T00:00:00-+02:00",
        "2026-11-24T00:00:00\u221202:00",
        "2026-11-24T00:00:00UTC",
        "2026/11/24T00:00:00Z",
        "20261124T000000Z",
        "2026-11-24T00-00-00Z",
        "2026-11-24T00:00:00+02:00:00",
        "２０２６-11-24T00:00:00Z",
        "1795478400",
        "2026-W48-2T00:00:00Z",
        "2026-328T00:00:00Z",
    };
    for (const auto& text : refused) BOOST_TEST(!Instant::parse(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(an_offset_may_not_lead_out_of_the_years_that_can_be_written) {
    BOOST_TEST(!Instant::parse("0001-01-01T00:00:00+00:01").has_value());
    BOOST_TEST(!Instant::parse("9999-12-31T23:59:59-00:01").has_value());
    BOOST_TEST(Instant::parse("0001-01-01T00:01:00+00:01")->seconds == Instant::year_one);
    BOOST_TEST(Instant::parse("9999-12-31T23:58:59-00:01")->str() == "9999-12-31T23:59:59Z");
}

// The calendar is walked day by day, by the leap-year rule alone.
BOOST_AUTO_TEST_CASE(every_day_of_the_calendar_is_read_and_written_back) {
    const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    std::int64_t seconds = Instant::year_one;
    std::size_t wrong = 0;
    for (int year = 1; year <= 9999; ++year) {
        for (int month = 1; month <= 12; ++month) {
            const int length = lengths[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
            const auto prefix = padded(year, 4) + '-' + padded(month, 2) + '-';
            for (int day = 1; day <= length; ++day, seconds += 86400) {
                const auto text = prefix + padded(day, 2) + "T00:00:00Z";
                const auto read = Instant::parse(text);
                wrong += !read || read->seconds != seconds || read->str() != text;
            }
            wrong += Instant::parse(prefix + padded(length + 1, 2) + "T00:00:00Z").has_value();
        }
    }
    BOOST_TEST(wrong == 0U);
    BOOST_TEST(seconds == 253402300800);
}

BOOST_AUTO_TEST_CASE(every_second_of_a_day_is_read_and_written_back) {
    for (const std::int64_t day : {std::int64_t{-86400}, std::int64_t{1795478400}}) {
        std::size_t wrong = 0;
        for (std::int64_t second = 0; second < 86400; ++second) {
            const Instant instant{day + second, 0};
            wrong += Instant::parse(instant.str()) != instant;
        }
        BOOST_TEST(wrong == 0U);
    }
}

BOOST_AUTO_TEST_CASE(fractions_are_written_without_trailing_zeros) {
    BOOST_TEST((Instant{0, 0}).str() == "1970-01-01T00:00:00Z");
    BOOST_TEST((Instant{0, 1}).str() == "1970-01-01T00:00:00.000000001Z");
    BOOST_TEST((Instant{0, 500000000}).str() == "1970-01-01T00:00:00.5Z");
    BOOST_TEST((Instant{2110797296, 203890250}).str() == "2036-11-20T12:34:56.20389025Z");
    BOOST_TEST(Instant{}.str() == "0001-01-01T00:00:00Z");
    BOOST_TEST(Instant::parse("2026-11-24T01:02:03.100+02:00")->str() == "2026-11-23T23:02:03.1Z");
}

BOOST_AUTO_TEST_CASE(instants_beyond_the_calendar_are_shown_at_its_end) {
    using limits = std::numeric_limits<std::int64_t>;
    BOOST_TEST((Instant{limits::max(), 0}).str() == "9999-12-31T23:59:59Z");
    BOOST_TEST((Instant{limits::min(), 0}).str() == "0001-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(instants_are_ordered_by_time_and_not_by_text) {
    const auto at = [](std::string_view text) { return Instant::parse(text).value(); };
    BOOST_TEST((at("2026-11-24T00:00:00+02:00") < at("2026-11-23T22:00:00.000000001Z")));
    BOOST_TEST((at("2026-11-24T00:00:00+02:00") == at("2026-11-23T22:00:00Z")));
    BOOST_TEST((at("2026-11-24T00:00:00.9Z") > at("2026-11-24T00:00:00.89999Z")));
    BOOST_TEST((at("1969-12-31T23:59:59.9Z") < at("1970-01-01T00:00:00Z")));
}

BOOST_AUTO_TEST_SUITE_END()
