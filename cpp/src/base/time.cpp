#include "contenttrust/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace contenttrust {
namespace {

constexpr std::int64_t day_length = 86400;
constexpr std::int64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

/// The number that exactly `text` spells in decimal digits; -1 if anything else stands there.
int number(std::string_view text) noexcept {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

/// Takes ".123" from the front of `text`; nothing if no digit follows the point.
std::optional<std::uint32_t> take_fraction(std::string_view& text) noexcept {
    if (!text.starts_with('.')) return 0;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    const std::string_view fraction = text.substr(1, end - 1);
    text.remove_prefix(end);
    if (fraction.empty()) return std::nullopt;
    std::uint32_t nanoseconds = 0;
    for (std::size_t i = 0; i < 9; ++i) {
        const int digit = i < fraction.size() ? fraction[i] - '0' : 0;
        nanoseconds = nanoseconds * 10 + static_cast<std::uint32_t>(digit);
    }
    return nanoseconds;
}

/// Seconds east of Greenwich: "Z", "+02:00", "-05:30".
std::optional<int> zone_offset(std::string_view text) noexcept {
    if (text == "Z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':')
        return std::nullopt;
    const int hours = number(text.substr(1, 2));
    const int minutes = number(text.substr(4, 2));
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
}

/// `value` with at least `width` digits.
std::string digits(std::uint64_t value, std::size_t width) {
    const std::string text = std::to_string(value);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

// The strict form of Go's `parseStrictRFC3339` (`src/time/format_rfc3339.go`, Go 1.20 and later).
std::optional<Instant> Instant::parse(std::string_view text) {
    constexpr std::string_view form = "2006-01-02T15:04:05";
    if (text.size() <= form.size()) return std::nullopt;
    for (const std::size_t at : {4U, 7U, 10U, 13U, 16U}) {
        if (text[at] != form[at]) return std::nullopt;
    }
    const auto field = [text](std::size_t at, std::size_t count) {
        return number(text.substr(at, count));
    };
    const int year = field(0, 4);
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(field(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(field(8, 2)))};
    if (year < 1 || !date.ok()) return std::nullopt;
    const int hour = field(11, 2);
    const int minute = field(14, 2);
    const int second = field(17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return {};
    std::string_view rest = text.substr(form.size());
    const auto nanoseconds = take_fraction(rest);
    const auto offset = zone_offset(rest);
    if (!nanoseconds || !offset) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days * day_length + hour * 3600 + minute * 60 + second - *offset;
    // An offset may reach into a year that RFC 3339 cannot write.
    if (seconds < year_one || seconds > last_second) return std::nullopt;
    return Instant{seconds, *nanoseconds};
}

std::string Instant::str() const {
    // Arithmetic on instants may leave the years that RFC 3339 can write: the nearest one is shown.
    const std::int64_t shown = std::clamp(seconds, year_one, last_second);
    const std::int64_t day = (shown - year_one) / day_length + year_one / day_length;
    const auto clock = static_cast<std::uint64_t>(shown - day * day_length);
    const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
    std::string text = digits(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    text += '-' + digits(static_cast<unsigned>(date.month()), 2);
    text += '-' + digits(static_cast<unsigned>(date.day()), 2);
    text += 'T' + digits(clock / 3600, 2);
    text += ':' + digits(clock / 60 % 60, 2);
    text += ':' + digits(clock % 60, 2);
    if (nanoseconds != 0) {
        text += '.' + digits(nanoseconds, 9);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text += 'Z';
}

}  // namespace contenttrust
