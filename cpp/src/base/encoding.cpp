#include "contenttrust/base/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace contenttrust {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// A bit that no group of four sextets has, so that all of a text can be judged by one "or".
constexpr std::uint32_t no_digit = 1U << 31;

// The value of a digit at each of the four places of its group.
constexpr auto base64_values = [] {
    std::array<std::array<std::uint32_t, 256>, 4> values{};
    for (std::size_t place = 0; place < 4; ++place) {
        values[place].fill(no_digit);
        for (std::uint32_t i = 0; i < 64; ++i)
            values[place][static_cast<std::uint8_t>(base64_digits[i])] = i << (18 - 6 * place);
    }
    return values;
}();

std::size_t padding_of(std::string_view text) noexcept {
    return !text.ends_with('=') ? 0 : text.ends_with("==") ? 2 : 1;
}

void append_escape(std::string& out, char kind, std::uint32_t value, int digits) {
    out.append({'\\', kind});
    while (digits-- > 0) out += hex_digits[value >> (4 * digits) & 0xf];
}

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t length = 0;  // bytes in UTF-8; 0 where the bytes are broken
};

/// The first character of `text`, which is not empty (Unicode 15 table 3-7: no overlong forms, no surrogates).
CodePoint first_code_point(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
    std::uint32_t value = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3fU);
    }
    constexpr std::array<std::uint32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < smallest[length] || value > 0x10ffff || surrogate) return {};
    return {value, length};
}

/// Characters that move, hide or reorder what a reader sees of a line, or are seen as nothing: in Unicode 15 the property
/// Default_Ignorable_Code_Point (DerivedCoreProperties.txt), White_Space outside ASCII (PropList.txt), the controls (Cc),
/// the format characters (Cf) without a shape of their own, and the blank among the braille patterns.
bool is_deceptive(std::uint32_t c) noexcept {
    struct Range {
        std::uint32_t first, last;
    };
    constexpr std::array ranges{
        Range{0x00, 0x1f},       Range{0x7f, 0xa0},      // controls, no-break space
        Range{0xad, 0xad},       Range{0x34f, 0x34f},    // soft hyphen, grapheme joiner
        Range{0x61c, 0x61c},     Range{0x115f, 0x1160},  // Arabic letter mark, Hangul fillers
        Range{0x1680, 0x1680},   Range{0x17b4, 0x17b5},  // Ogham space, Khmer inherent vowels
        Range{0x180b, 0x180f},   Range{0x2000, 0x200f},  // Mongolian selectors, spaces, directions
        Range{0x2028, 0x202f},   Range{0x205f, 0x206f},  // line ends, embeddings, isolates, spaces
        Range{0x2800, 0x2800},   Range{0x3000, 0x3000},  // braille blank, ideographic space
        Range{0x3164, 0x3164},   Range{0xfe00, 0xfe0f},  // Hangul filler, variation selectors
        Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},  // byte order mark, halfwidth filler
        Range{0xfff0, 0xfffb},   Range{0x13430, 0x1343f},  // annotations, hieroglyph joiners
        Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a},  // shorthand and musical format controls
        Range{0xe0000, 0xe0fff},                           // tags, more variation selectors
    };
    return std::ranges::any_of(ranges, [c](Range r) { return c >= r.first && c <= r.last; });
}

}  // namespace

std::string to_hex(Bytes bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::byte b : bytes) {
        out += hex_digits[std::to_integer<unsigned>(b) >> 4];
        out += hex_digits[std::to_integer<unsigned>(b) & 0xf];
    }
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out(text.size() / 4 * 3 - padding_of(text), '\0');
    if (!decode_base64(text, std::as_writable_bytes(std::span(out)))) return std::nullopt;
    return out;
}

bool decode_base64(std::string_view text, std::span<std::byte> out) noexcept {
    const std::size_t padding = padding_of(text);
    if (text.size() % 4 != 0 || out.size() != text.size() / 4 * 3 - padding) return false;
    std::uint32_t seen = 0;
    const auto digit = [&](std::size_t i, std::size_t place) {
        const std::uint32_t value = base64_values[place][static_cast<std::uint8_t>(text[i])];
        seen |= value;
        return value;
    };
    std::byte* to = out.data();
    const std::size_t whole = text.size() - (padding == 0 ? 0 : 4);
    for (std::size_t i = 0; i < whole; i += 4) {
        const auto bits = digit(i, 0) | digit(i + 1, 1) | digit(i + 2, 2) | digit(i + 3, 3);
        *to++ = static_cast<std::byte>(bits >> 16);
        *to++ = static_cast<std::byte>(bits >> 8);
        *to++ = static_cast<std::byte>(bits);
    }
    if (padding == 0) return (seen & no_digit) == 0;
    const auto bits =
        digit(whole, 0) | digit(whole + 1, 1) | (padding == 1 ? digit(whole + 2, 2) : 0);
    *to++ = static_cast<std::byte>(bits >> 16);
    if (padding == 1) *to++ = static_cast<std::byte>(bits >> 8);
    const std::uint32_t unused = padding == 1 ? 0xff : 0xffff;  // RFC 4648 section 3.5: zero
    return (seen & no_digit) == 0 && (bits & unused) == 0;
}

std::string to_base64(Bytes bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = i; k < i + 3; ++k) {
            const std::byte b = k < bytes.size() ? bytes[k] : std::byte{0};
            group = group << 8 | std::to_integer<std::uint32_t>(b);
        }
        for (int shift = 18; shift >= 0; shift -= 6) out += base64_digits[group >> shift & 0x3f];
    }
    const std::size_t padding = (3 - bytes.size() % 3) % 3;
    return out.replace(out.size() - padding, padding, padding, '=');
}

std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    while (!text.empty()) {
        const CodePoint c = first_code_point(text);
        const std::size_t length = c.length == 0 ? 1 : c.length;
        if (length > limit) return out += "…";
        if (c.length == 0) {
            append_escape(out, 'x', static_cast<std::uint8_t>(text[0]), 2);
        } else if (is_deceptive(c.value)) {
            append_escape(out, c.value > 0xffff ? 'U' : 'u', c.value, c.value > 0xffff ? 8 : 4);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
        limit -= length;
    }
    return out;
}

}  // namespace contenttrust
