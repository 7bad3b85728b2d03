#include "contenttrust/publish/armor.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::publish {
namespace {

constexpr std::size_t max_contents = 1024 * 1024;
constexpr std::size_t max_block = 64 * 1024;
constexpr std::size_t max_blocks = 256;
constexpr std::size_t max_headers = 16;
constexpr std::size_t line_length = 64;
constexpr std::string_view white_space = " \t\r";
/// What Go's encoding/pem trims off names and values of headers (unicode.IsSpace), but for control characters.
constexpr std::array<std::string_view, 20> outer_spaces{
    " ",      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
    "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
    "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

Error malformed(std::string message) {
    return Error{ErrorCode::malformed, {}, std::move(message), {}, {}};
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    return text.substr(0, text.find_last_not_of(white_space) + 1);
}

/// Takes the next line away from `text`, without white space at its end.
std::string_view next_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line.substr(0, line.find_last_not_of(white_space) + 1);
}

/// The label of a line that opens or closes a block.
std::optional<std::string_view> label_of(std::string_view line, std::string_view mark) {
    if (!line.starts_with(mark) || !line.ends_with(dashes) ||
        line.size() <= mark.size() + dashes.size())
        return std::nullopt;
    return line.substr(mark.size(), line.size() - mark.size() - dashes.size());
}

bool has_control_characters(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Result<Headers> read_headers(std::string_view& rest) {
    Headers headers;
    while (true) {
        std::string_view after = rest;
        const auto line = next_line(after);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) {
            if (line.empty() && !headers.empty()) rest = after;
            return headers;
        }
        const auto name = trimmed(line.substr(0, colon));
        const auto value = trimmed(line.substr(colon + 1));
        if (name.empty() || has_control_characters(name) || has_control_characters(value))
            return malformed("a header of a PEM block holds control characters, or has no name");
        // Docker and notary trim it away, and so read another header: a second `role`, or `root` as its value.
        if (has_outer_space(name) || has_outer_space(value))
            return malformed(
                "a header of a PEM block begins or ends with white space that docker and notary "
                "take away, and so read another one: " +
                printable(line));
        if (headers.size() == max_headers || !headers.emplace(name, value).second)
            return malformed("a PEM block has doubled headers, or too many of them");
        rest = after;
    }
}

/// The lines up to the end of the block, base64 removed.
Result<crypto::Secret> read_content(std::string_view& rest, std::string_view label) {
    crypto::Secret joined(rest.size());
    std::size_t size = 0;
    while (!rest.empty()) {
        const auto line = next_line(rest);
        if (line.starts_with(dashes)) {
            if (label_of(line, end_mark) != label)
                return malformed("a PEM block ends with another label than it begins with");
            joined.shorten(size);
            const auto text = as_text(joined.bytes());
            const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
            const std::size_t octets = text.size() / 4 * 3;
            if (text.empty()) return malformed("a PEM block is empty");
            crypto::Secret content(octets - std::min<std::size_t>(octets, padding));
            if (!decode_base64(text, content.space()))
                return malformed("a PEM block holds something else than base64");
            return content;
        }
        std::ranges::copy(as_bytes(line),
                          joined.space().begin() + static_cast<std::ptrdiff_t>(size));
        size += line.size();
    }
    return malformed("a PEM block has no end");
}

Result<Armor> read_block(std::string_view& rest, std::string_view label) {
    const std::string_view from = rest;
    rest = rest.substr(0, max_block);
    auto headers = read_headers(rest);
    if (!headers) return std::move(headers).error();
    auto content = read_content(rest, label);
    if (!content) return std::move(content).error();
    const std::string_view inner = from.substr(0, std::min(from.size(), max_block) - rest.size());
    const std::string first = std::string(begin_mark) + std::string(label) + "-----\n";
    crypto::Secret text(first.size() + inner.size() + (inner.ends_with('\n') ? 0 : 1));
    auto place = std::ranges::copy(as_bytes(first), text.space().begin()).out;
    place = std::ranges::copy(as_bytes(inner), place).out;
    if (!inner.ends_with('\n')) *place = std::byte{'\n'};
    rest = from.substr(inner.size());
    return Armor{std::string(label), std::move(headers).value(), std::move(text),
                 std::move(content).value()};
}

}  // namespace

bool has_outer_space(std::string_view text) {
    return std::ranges::any_of(outer_spaces, [text](std::string_view space) {
        return text.starts_with(space) || text.ends_with(space);
    });
}

Result<std::vector<Armor>> read_armor(std::string_view contents) {
    if (contents.size() > max_contents) return malformed("a key file is longer than 1 MiB");
    if (contents.find('\0') != std::string_view::npos)
        return malformed("a key file holds a NUL character: it is no PEM text");
    std::vector<Armor> blocks;
    while (!contents.empty()) {
        const auto label = label_of(next_line(contents), begin_mark);
        if (!label) continue;
        if (has_control_characters(*label)) return malformed("a PEM label is no text");
        // Each takes mappings of its own, of which a process has a limited number.
        if (blocks.size() == max_blocks)
            return malformed("a key file holds more than 256 PEM blocks");
        auto block = read_block(contents, *label);
        if (!block) return std::move(block).error();
        blocks.push_back(std::move(block).value());
    }
    return blocks;
}

std::string write_armor(std::string_view label, const Headers& headers, Bytes content) {
    std::string out = std::string(begin_mark) + std::string(label) + "-----\n";
    for (const auto& [name, value] : headers)
        out.append(name).append(": ").append(value).append("\n");
    if (!headers.empty()) out += '\n';
    const std::string base64 = to_base64(content);
    const std::string_view lines = base64;
    for (std::size_t i = 0; i < lines.size(); i += line_length)
        out.append(lines.substr(i, line_length)).append("\n");
    return out + std::string(end_mark) + std::string(label) + "-----\n";
}

}  // namespace contenttrust::publish
