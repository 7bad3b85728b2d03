#include "contenttrust/json/reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
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

/// simdjson keeps the count in 24 bits and stops there.
template <typename Container>
std::size_t exact_size(const Container& container) noexcept {
    if (container.size() < 0xffffff) return container.size();
    return static_cast<std::size_t>(std::distance(container.begin(), container.end()));
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

bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::size_t skip_space(std::string_view text, std::size_t at) noexcept {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

/// Behind the string whose opening quote stands at `at`. A quote counts if the run of backslashes before it is even;
/// the runs of two quotes never overlap, so this is linear.
std::size_t skip_string(std::string_view text, std::size_t at) noexcept {
    for (auto end = text.find('"', at + 1); end != text.npos; end = text.find('"', end + 1)) {
        std::size_t run = end;
        while (text[run - 1] == '\\') --run;
        if ((end - run) % 2 == 0) return end + 1;
    }
    return text.size();
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

/// Finds what simdjson lets through: duplicate members, U+0000, levels beyond ours.
class Inspection {
  public:
    explicit Inspection(bool may_hold_nul) noexcept : may_hold_nul_(may_hold_nul) {}

    // Recursion is bounded: the parser was told to stop a little beyond our limit.
    Status value(dom::element element, unsigned level) const {
        const auto raw = words(element);
        if (element.is_string()) return string(*read<std::string_view>(raw));
        if (!element.is_object() && !element.is_array()) return {};
        if (level > Document::max_depth) return too_deep();
        if (element.is_object()) return object(*read<dom::object>(raw), level);
        const dom::array elements = *read<dom::array>(raw);  // named, as a temporary would dangle
        for (const dom::element inner : elements) {
            if (auto status = value(inner, level + 1); !status) return status;
        }
        return {};
    }

  private:
    Status string(std::string_view text) const {
        if (!may_hold_nul_ || text.find('\0') == text.npos) return {};
        return malformed("U+0000 in the string \"" + printable(text) + "\"");
    }

    Status object(const dom::object& members, unsigned level) const {
        bool increasing = true;  // as in canonical JSON, where no two names can be equal
        std::string_view last;
        for (auto member = members.begin(); member != members.end(); ++member) {
            const std::string_view name = member.key();
            if (member != members.begin()) increasing = increasing && last < name;
            last = name;
            if (auto status = string(name); !status) return status;
            if (auto status = value(member.value(), level + 1); !status) return status;
        }
        return increasing ? Status() : distinct(members);
    }

    static Status distinct(const dom::object& members) {
        std::vector<std::string_view> names;
        for (const auto member : members) names.push_back(member.key);
        std::ranges::sort(names);
        const auto twin = std::ranges::adjacent_find(names);
        if (twin == names.end()) return {};
        return malformed("duplicate member \"" + printable(*twin) + "\"");
    }

    bool may_hold_nul_;
};

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

bool is_whole_document(std::string_view text) {
    dom::document document;
    dom::element root;
    return !text.empty() && parse_into(document, text, root) == simdjson::SUCCESS;
}

Error refusal(simdjson::error_code error, std::string_view text) {
    switch (error) {
        case simdjson::DEPTH_ERROR: return too_deep();
        case simdjson::CAPACITY:
            return {ErrorCode::limit_exceeded, {}, "the document is too large", {}, {}};
        case simdjson::MEMALLOC: throw std::bad_alloc();
        case simdjson::EMPTY: return malformed("the document is empty");
        case simdjson::UTF8_ERROR: return malformed("invalid UTF-8");
        case simdjson::STRING_ERROR:
            return malformed("broken escape or lone surrogate in a string");
        case simdjson::UNESCAPED_CHARS: return malformed("unescaped control character in a string");
        case simdjson::UNCLOSED_STRING: return malformed("a string does not end");
        case simdjson::NUMBER_ERROR: return malformed("a number is broken or too large");
        default: break;
    }
    // simdjson has one code for trailing text and for broken syntax.
    const std::size_t end = skip_value(text, skip_space(text, 0));
    if (skip_space(text, end) < text.size() && is_whole_document(text.substr(0, end))) {
        return malformed("text after the document");
    }
    return malformed("broken JSON syntax");
}

}  // namespace

struct Document::Tape {
    dom::document document;
};

Document::Document(std::unique_ptr<Tape> tape) noexcept : tape_(std::move(tape)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Document> Document::parse(std::string_view text) {
    if (text.empty()) return malformed("the document is empty");
    if (text.starts_with("\xef\xbb\xbf")) return malformed("a byte order mark before the document");
    auto tape = std::make_unique<Tape>();
    dom::element root;
    if (const auto error = parse_into(tape->document, text, root); error != simdjson::SUCCESS) {
        return refusal(error, text);
    }
    // U+0000 has one spelling in JSON; a raw one has been refused already.
    const Inspection inspection(text.find("\\u0000") != text.npos);
    if (auto status = inspection.value(root, 1); !status) return std::move(status).error();
    return Document(std::move(tape));
}

Value Document::root() const noexcept {
    Value value;
    value.raw_ = words(tape_->document.root());
    return value;
}

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
    Value value;
    value.raw_ = words(found);
    return value;
}

Members Value::members() const noexcept {
    Members members;
    if (const auto object = read<dom::object>(raw_)) {
        members.position_ = words(object->begin());
        members.end_ = words(object->end());
    }
    return members;
}

Elements Value::elements() const noexcept {
    Elements elements;
    if (const auto array = read<dom::array>(raw_)) {
        elements.position_ = words(array->begin());
        elements.end_ = words(array->end());
    }
    return elements;
}

std::size_t Value::size() const noexcept {
    if (const auto object = read<dom::object>(raw_)) return exact_size(*object);
    if (const auto array = read<dom::array>(raw_)) return exact_size(*array);
    return 0;
}

std::optional<Members::Member> Members::next() noexcept {
    if (position_ == end_) return std::nullopt;
    auto at = cursor<dom::object::iterator>(position_);
    Member member{at.key(), {}};
    member.value.raw_ = words(at.value());
    position_ = words(++at);
    return member;
}

std::optional<Value> Elements::next() noexcept {
    if (position_ == end_) return std::nullopt;
    auto at = cursor<dom::array::iterator>(position_);
    Value value;
    value.raw_ = words(*at);
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
        if (c == '"') {
            at = skip_string(text, at);
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            const std::size_t end = skip_value(text, at);
            const std::string_view number = text.substr(at, end - at);
            std::int64_t value = 0;
            const auto [stop, error] =
                std::from_chars(number.data(), number.data() + number.size(), value);
            const bool whole = error == std::errc() && stop == number.data() + number.size();
            if (!whole || number == "-0" || !is_exact(value)) return false;
            at = end;
        } else {
            ++at;
        }
    }
    return true;
}

std::string library_version() {
    return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

}  // namespace contenttrust::json
