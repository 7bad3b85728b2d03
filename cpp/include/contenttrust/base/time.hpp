/// One instant in UTC, to the nanosecond. The engine never asks a clock for one.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace contenttrust {

struct Instant {
    std::int64_t seconds = year_one;  ///< since 1970-01-01T00:00:00Z
    std::uint32_t nanoseconds = 0;    ///< 0–999,999,999

    static constexpr std::int64_t year_one = -62135596800;  ///< 0001-01-01, Go's zero time

    friend auto operator<=>(const Instant&, const Instant&) = default;

    /// RFC 3339 as Go's encoding/json reads it: upper-case T and Z, or a numeric offset; any number of
    /// fraction digits, of which nine count; no leap second; year 0001–9999, in UTC too.
    static std::optional<Instant> parse(std::string_view text);

    /// RFC 3339 in UTC, trailing zeros of the fraction cut.
    std::string str() const;
};

}  // namespace contenttrust
