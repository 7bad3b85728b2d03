#include "contenttrust/json/reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::json {
namespace {

namespace dom = simdjson::dom;

using Words = std::array<std::uint64_t, 2>;

// The header shows simdjson's cursors as plain words; each is a pointer and an index.
template <typename T>
concept Cursor = sizeof(T) == sizeof(Words) && std::is_trivially_copyable_v<T>;

template <Cursor T>
Words words(T cursor) noexcept {
    return std::bit_cast<Words>(cursor);
}

template <Cursor T>
T cursor(Words words) noexcept {
    return std::bit_cast<T>(words);
}

/// What simdjson reads from the element in `raw`; an unset Value reads as nothing.
template <typename T>
std::optional<T> read(Words raw) noexcept {
    if (raw == Words{}) return std::nullopt;
    T out;
    if (cursor<dom::element>(raw).get<T>().get(out) != simdjson::SUCCESS) return std::nullopt;
    return out;
}

/// Beyond 2^53 Go's doubles round.
bool is_exact(std::int64_t number) noexcept {
    constexpr std::int64_t largest = std::int64_t{1} << 53;
    return number >= -largest && number <= largest;
}

Error malformed(std::string message) {
    return {ErrorCode::malformed, {}, std::move(message), {}, {}};
}

Error too_deep() {
    const auto limit = std::to_string(Document::max_depth);
    return {ErrorCode::limit_exceeded, {}, "nesting deeper than " + limit + " levels", limit, {}};
}

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

/// Behind the value that starts at `at`. Safe on any text, right on valid JSON.
std::size_t skip_value(std::string_view text, std::size_t at) noexcept {
    std::size_t depth = 0;
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

/// Whether a string in valid JSON holds U+0000, which has only this spelling: simdjson refuses a raw one.
bool holds_nul(std::string_view text) noexcept {
    auto at = text.find("\\u0000");
    while (at != text.npos && !is_escaped(text, at + 1)) at = text.find("\\u0000", at + 1);
    return at != text.npos;
}

Status distinct(Members members) {
    std::vector<std::string_view> names;
    while (const auto member = members.next()) names.push_back(member->name);
    std::ranges::sort(names);
    const auto twin = std::ranges::adjacent_find(names);
    if (twin == names.end()) return {};
    return malformed("duplicate member \"" + printable(*twin) + "\"");
}

/// Finds duplicate members and levels beyond ours, which simdjson lets through. Recursion is bounded: the parser was told
/// to stop a little beyond our limit.
Status inspect(const Value& value, unsigned level) {
    const Kind kind = value.kind();
    if (kind != Kind::array && kind != Kind::object) return {};
    if (level > Document::max_depth) return too_deep();
    auto elements = value.elements();
    while (const auto element = elements.next()) {
        if (auto status = inspect(*element, level + 1); !status) return status;
    }
    bool increasing = true;  // as in canonical JSON, where no two names can be equal
    std::string_view last;
    auto members = value.members();
    while (const auto member = members.next()) {
        increasing = increasing && last < member->name;
        last = member->name;
        if (auto status = inspect(member->value, level + 1); !status) return status;
    }
    return increasing ? Status() : distinct(value.members());
}

/// Parses into `document`, whose address the element keeps. The parser's own buffers go with it.
simdjson::error_code parse_into(dom::document& document, std::string_view text,
                                dom::element& root) {
    dom::parser parser;
    // simdjson does not count an empty innermost container: it only stops the monstrous, Inspection counts.
    constexpr std::size_t depth = Document::max_depth + 2;
    if (const auto error = parser.allocate(text.size(), depth); error != simdjson::SUCCESS)
        return error;
    return parser.parse_into_document(document, text.data(), text.size()).get(root);
}

Error refusal(simdjson::error_code error) {
    switch (error) {
        case simdjson::DEPTH_ERROR: return too_deep();
        case simdjson::CAPACITY:
            return {ErrorCode::limit_exceeded, {}, "the document is too large", {}, {}};
        case simdjson::MEMALLOC: throw std::bad_alloc();
        case simdjson::STRING_ERROR: return malformed("a broken escape or a lone surrogate");
        case simdjson::TAPE_ERROR: return malformed("broken syntax, or text after the document");
        default: return malformed(simdjson::error_message(error));
    }
}

}  // namespace

struct Document::Tape {
    dom::document document;
};

Result<Document> Document::parse(std::string_view text) {
    if (text.empty()) return malformed("the document is empty");
    if (text.starts_with("\xef\xbb\xbf")) return malformed("a byte order mark before the document");
    auto tape = std::make_shared<Tape>();
    dom::element root;
    if (const auto error = parse_into(tape->document, text, root); error != simdjson::SUCCESS) {
        return refusal(error);
    }
    if (holds_nul(text)) return malformed("U+0000 in a string");
    Document document(std::move(tape));
    if (auto status = inspect(document.root(), 1); !status) return std::move(status).error();
    return document;
}

Value Document::root() const noexcept { return Value(words(tape_->document.root())); }

Kind Value::kind() const noexcept {
    if (raw_ == Words{}) return Kind::null;
    switch (cursor<dom::element>(raw_).type()) {
        case dom::element_type::ARRAY: return Kind::array;
        case dom::element_type::OBJECT: return Kind::object;
        case dom::element_type::INT64:
        case dom::element_type::UINT64: return Kind::integer;
        case dom::element_type::DOUBLE: return Kind::real;
        case dom::element_type::STRING: return Kind::string;
        case dom::element_type::BOOL: return Kind::boolean;
        case dom::element_type::NULL_VALUE: return Kind::null;
    }
    return Kind::null;
}

std::optional<std::int64_t> Value::integer() const noexcept {
    const auto number = read<std::int64_t>(raw_);
    return number && is_exact(*number) ? number : std::nullopt;
}

std::optional<std::string_view> Value::string() const noexcept {
    return read<std::string_view>(raw_);
}

std::optional<bool> Value::boolean() const noexcept { return read<bool>(raw_); }

std::optional<Value> Value::member(std::string_view name) const noexcept {
    const auto object = read<dom::object>(raw_);
    dom::element found;
    if (!object || object->at_key(name).get(found) != simdjson::SUCCESS) return std::nullopt;
    return Value(words(found));
}

Members Value::members() const noexcept {
    const auto object = read<dom::object>(raw_);
    return object ? Members(words(object->begin()), words(object->end())) : Members();
}

Elements Value::elements() const noexcept {
    const auto array = read<dom::array>(raw_);
    return array ? Elements(words(array->begin()), words(array->end())) : Elements();
}

std::optional<Members::Member> Members::next() noexcept {
    if (position_ == end_) return std::nullopt;
    auto at = cursor<dom::object::iterator>(position_);
    const Member member{at.key(), Value(words(at.value()))};
    position_ = words(++at);
    return member;
}

std::optional<Value> Elements::next() noexcept {
    if (position_ == end_) return std::nullopt;
    auto at = cursor<dom::array::iterator>(position_);
    const Value value(words(*at));
    position_ = words(++at);
    return value;
}

std::optional<std::string_view> member_text(std::string_view text, std::string_view name) noexcept {
    std::size_t at = skip_space(text, 0);
    if (at == text.size() || text[at] != '{') return std::nullopt;
    for (at = skip_space(text, at + 1); at < text.size() && text[at] == '"';) {
        const std::size_t name_end = skip_string(text, at);
        const std::string_view found = text.substr(at + 1, name_end - at - 2);
        const std::size_t colon = skip_space(text, name_end);
        const std::size_t begin = skip_space(text, colon + 1);
        const std::size_t end = skip_value(text, begin);
        if (found == name) return text.substr(begin, end - begin);
        at = skip_space(text, skip_space(text, end) + 1);  // over the comma
    }
    return std::nullopt;
}

bool only_plain_integers(std::string_view text) noexcept {
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        const bool is_number = c == '-' || (c >= '0' && c <= '9');
        const std::size_t end = is_number || c == '"' ? skip_value(text, at) : at + 1;
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

std::string library_version() {
    return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

}  // namespace contenttrust::json
