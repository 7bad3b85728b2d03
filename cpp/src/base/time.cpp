#include "contenttrust/base/time.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace contenttrust {
namespace {

namespace chrono = std::chrono;

constexpr std::int64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

/// The number that exactly `text` spells in decimal digits; beyond any field if anything else stands there.
unsigned number(std::string_view text) noexcept {
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return ~0U;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

/// Takes ".123" from the front of `text`; nothing if no digit follows the point.
std::optional<std::uint32_t> take_fraction(std::string_view& text) {
    if (!text.starts_with('.')) return 0;
    const std::size_t end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    std::string nanoseconds(text.substr(1, end - 1));
    text.remove_prefix(end);
    if (nanoseconds.empty()) return std::nullopt;
    nanoseconds.resize(9, '0');
    return number(nanoseconds);
}

/// Seconds east of Greenwich: "Z", "+02:00", "-05:30".
std::optional<int> zone_offset(std::string_view text) noexcept {
    if (text == "Z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return {};
    const unsigned hours = number(text.substr(1, 2));
    const unsigned minutes = number(text.substr(4, 2));
    if (hours > 23 || minutes > 59) return std::nullopt;
    return (text[0] == '-' ? -60 : 60) * static_cast<int>(hours * 60 + minutes);
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
    const chrono::year year(static_cast<int>(field(0, 4)));
    const auto date = year / chrono::month(field(5, 2)) / chrono::day(field(8, 2));
    const unsigned hour = field(11, 2);
    const unsigned minute = field(14, 2);
    const unsigned second = field(17, 2);
    if (year < chrono::year(1) || !date.ok()) return std::nullopt;
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    std::string_view rest = text.substr(form.size());
    const auto nanoseconds = take_fraction(rest);
    const auto offset = zone_offset(rest);
    if (!nanoseconds || !offset) return std::nullopt;
    const auto clock = chrono::hours(hour) + chrono::minutes(minute) + chrono::seconds(second);
    const auto local = chrono::sys_days(date) + clock;
    const std::int64_t seconds = local.time_since_epoch().count() - *offset;
    // An offset may reach into a year that RFC 3339 cannot write.
    if (seconds < year_one || seconds > last_second) return std::nullopt;
    return Instant{seconds, *nanoseconds};
}

std::string Instant::str() const {
    // Arithmetic on instants may leave the years that RFC 3339 can write: the nearest one is shown.
    const chrono::sys_seconds shown(chrono::seconds(std::clamp(seconds, year_one, last_second)));
    const auto day = chrono::floor<chrono::days>(shown);
    const chrono::year_month_day date(day);
    const auto clock = static_cast<int>((shown - day).count());
    const auto padded = [](auto number, std::size_t width) {
        const auto digits = std::to_string(static_cast<unsigned>(number));
        return std::string(width - digits.size(), '0') + digits;
    };
    auto text = padded(static_cast<int>(date.year()), 4) + '-' +
                padded(static_cast<unsigned>(date.month()), 2) + '-' +
                padded(static_cast<unsigned>(date.day()), 2) + 'T' + padded(clock / 3600, 2) + ':' +
                padded(clock / 60 % 60, 2) + ':' + padded(clock % 60, 2) + '.' +
                padded(nanoseconds, 9);
    text.erase(text.find_last_not_of('0') + 1);
    if (nanoseconds == 0) text.pop_back();  // the point
    return text += 'Z';
}

}  // namespace contenttrust
