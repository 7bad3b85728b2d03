/// Places in the text of a JSON document, by a bracket and string skip: safe on any text, right on what has passed
/// Document::parse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace contenttrust::json {

/// Beyond 2^53 Go's doubles round.
constexpr bool is_exact(std::int64_t number) noexcept {
    constexpr std::int64_t largest = std::int64_t{1} << 53;
    return number >= -largest && number <= largest;
}

/// Whether a string in `text` holds U+0000, which has only this spelling: simdjson refuses a raw one.
bool holds_nul(std::string_view text) noexcept;

/// Where the value of member `name` of the top-level object `text` begins, or the text's size. The member must be spelt
/// without escapes.
std::size_t member_at(std::string_view text, std::string_view name) noexcept;

/// Behind the value that begins at `at`, or behind the end of the brackets of which `depth` are open there.
std::size_t value_end(std::string_view text, std::size_t at, std::size_t depth = 0) noexcept;

/// The exact text of that member.
std::optional<std::string_view> member_text(std::string_view text, std::string_view name) noexcept;

/// Whether every number in `text` is a plain decimal integer within ±2^53: no fraction, no exponent, no "-0". Only such
/// numbers have one canonical form.
bool only_plain_integers(std::string_view text) noexcept;

}  // namespace contenttrust::json
