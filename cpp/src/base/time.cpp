#include "contenttrust/base/time.hpp"

#include <algorithm>
#include <chrono>

namespace contenttrust {
namespace {

constexpr std::int64_t day_length = 86400;
constexpr std::int64_t last_second = 253402300799;  // 9999-12-31T23:59:59Z

/// Takes text apart from the left; one failure spoils the rest.
class Scanner {
  public:
    explicit Scanner(std::string_view text) noexcept : rest_(text) {}

    bool done() const noexcept { return good_ && rest_.empty(); }

    bool take(char wanted) noexcept {
        if (!rest_.starts_with(wanted)) return false;
        rest_.remove_prefix(1);
        return true;
    }

    void require(char wanted) noexcept { good_ = take(wanted) && good_; }

    /// Exactly `count` digits with a value in [least, most]; `least` where they are absent.
    int number(int count, int least, int most) noexcept {
        int value = 0;
        for (int i = 0; i < count; ++i) {
            const int digit = next_digit();
            if (digit < 0) return good_ = false, least;
            value = value * 10 + digit;
        }
        if (value < least || value > most) return good_ = false, least;
        return value;
    }

    /// The digits after the point, cut after nine.
    std::uint32_t nanoseconds() noexcept {
        std::uint32_t value = 0;
        std::uint32_t unit = 100'000'000;
        int digit = next_digit();
        if (digit < 0) good_ = false;
        for (; digit >= 0; digit = next_digit(), unit /= 10) {
            value += unit * static_cast<std::uint32_t>(digit);
        }
        return value;
    }

  private:
    int next_digit() noexcept {
        if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') return -1;
        const int digit = rest_[0] - '0';
        rest_.remove_prefix(1);
        return digit;
    }

    std::string_view rest_;
    bool good_ = true;
};

/// `value` with at least `width` digits.
std::string digits(std::uint64_t value, std::size_t width) {
    const std::string text = std::to_string(value);
    return std::string(width - std::min(width, text.size()), '0') + text;
}

}  // namespace

// The strict form of Go's `parseStrictRFC3339` (`src/time/format_rfc3339.go`, Go 1.20 and later).
std::optional<Instant> Instant::parse(std::string_view text) {
    Scanner scan(text);
    const int year = scan.number(4, 1, 9999);
    scan.require('-');
    const int month = scan.number(2, 1, 12);
    scan.require('-');
    const int day = scan.number(2, 1, 31);
    scan.require('T');
    const int hour = scan.number(2, 0, 23);
    scan.require(':');
    const int minute = scan.number(2, 0, 59);
    scan.require(':');
    const int second = scan.number(2, 0, 59);
    const std::uint32_t nanoseconds = scan.take('.') ? scan.nanoseconds() : 0;
    std::int64_t offset = 0;
    if (!scan.take('Z')) {
        const bool west = scan.take('-');
        if (!west) scan.require('+');
        offset = scan.number(2, 0, 23) * 3600;
        scan.require(':');
        offset += scan.number(2, 0, 59) * 60;
        if (west) offset = -offset;
    }
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (!scan.done() || !date.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    const std::int64_t seconds = days * day_length + hour * 3600 + minute * 60 + second - offset;
    // An offset may reach into a year that RFC 3339 cannot write.
    if (seconds < year_one || seconds > last_second) return std::nullopt;
    return Instant{seconds, nanoseconds};
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
