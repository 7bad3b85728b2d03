#include "contenttrust/json/text.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace contenttrust::json {
namespace {

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
    return std::min(text.find_first_not_of(" \t\n\r", at), text.size());
}

/// Whether an odd run of backslashes stands before `at`. The runs of two places never overlap: asking for all is linear.
bool is_escaped(std::string_view text, std::size_t at) noexcept {
    const std::size_t run = at;
    while (at > 0 && text[at - 1] == '\\') --at;
    return (run - at) % 2 != 0;
}

/// Behind the string whose opening quote stands at `at`.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
    auto end = text.find('"', at + 1);
    while (end != text.npos && is_escaped(text, end)) end = text.find('"', end + 1);
    return end == text.npos ? text.size() : end + 1;
}

}  // namespace

bool holds_nul(std::string_view text) noexcept {
    auto at = text.find("\\u0000");
    while (at != text.npos && !is_escaped(text, at + 1)) at = text.find("\\u0000", at + 1);
    return at != text.npos;
}

std::size_t value_end(std::string_view text, std::size_t at, std::size_t depth) noexcept {
    while (at < text.size()) {
        const char c = text[at];
        const bool opens = c == '{' || c == '[';
        const bool closes = c == '}' || c == ']';
        if (depth == 0 && !opens && c != '"') {
            return std::min(text.find_first_of(",]} \t\n\r", at), text.size());
        }
        at = c == '"' ? skip_string(text, at) : at + 1;
        if (opens) ++depth;
        if (closes) --depth;
        if (depth == 0) return at;
    }
    return at;
}

std::size_t member_at(std::string_view text, std::string_view name) noexcept {
    std::size_t at = skip_space(text, 0);
    if (at == text.size() || text[at] != '{') return text.size();
    for (at = skip_space(text, at + 1); at < text.size() && text[at] == '"';) {
        const std::size_t name_end = skip_string(text, at);
        const std::string_view found = text.substr(at + 1, name_end - at - 2);
        const std::size_t colon = skip_space(text, name_end);
        const std::size_t begin = skip_space(text, colon + 1);
        if (found == name) return begin;
        at = skip_space(text, skip_space(text, value_end(text, begin)) + 1);  // over the comma
    }
    return text.size();
}

std::optional<std::string_view> member_text(std::string_view text, std::string_view name) noexcept {
    const std::size_t begin = member_at(text, name);
    if (begin == text.size()) return std::nullopt;
    return text.substr(begin, value_end(text, begin) - begin);
}

bool only_plain_integers(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const bool is_number = c == '-' || (c >= '0' && c <= '9');
        const std::size_t end = is_number || c == '"' ? value_end(text, at) : at + 1;
        if (is_number) {
            const std::string_view number = text.substr(at, end - at);
            std::int64_t value = 0;
            std::from_chars(number.data(), number.data() + number.size(), value);
            // Whatever else was written ("-0", "1.0", "1e3", too many digits) comes back in another form.
            if (std::to_string(value) != number || !is_exact(value)) return false;
        }
        at = end;
    }
    return true;
}

}  // namespace contenttrust::json
