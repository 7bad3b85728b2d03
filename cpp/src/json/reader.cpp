#include "contenttrust/json/reader.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <new>
#include <string>
#include <type_traits>
#include <vector>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/json/text.hpp"

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

// Two words in two comparisons: std::array's own operator calls memcmp, which shows.
bool same(const Words& a, const Words& b) noexcept { return a[0] == b[0] && a[1] == b[1]; }

/// What simdjson reads from the element in `raw`; an unset Value reads as nothing.
template <typename T>
std::optional<T> read(Words raw) noexcept {
    if (same(raw, {})) return std::nullopt;
    T out;
    if (cursor<dom::element>(raw).get<T>().get(out) != simdjson::SUCCESS) return std::nullopt;
    return out;
}

Error malformed(std::string message) {
    return {ErrorCode::malformed, {}, std::move(message), {}, {}};
}

Error too_deep() {
    const auto limit = std::to_string(Document::max_depth);
    return {ErrorCode::limit_exceeded, {}, "nesting deeper than " + limit + " levels", limit, {}};
}

Status distinct(dom::object object) {
    std::vector<std::string_view> names;
    for (const dom::key_value_pair member : object) names.push_back(member.key);
    std::ranges::sort(names);
    const auto twin = std::ranges::adjacent_find(names);
    if (twin == names.end()) return {};
    return malformed("duplicate member \"" + printable(*twin) + "\"");
}

/// Whether `a` < `b`, which their first bytes mostly show.
bool is_before(std::string_view a, std::string_view b) noexcept {
    if (a.empty() || b.empty() || a[0] == b[0]) return a < b;
    return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
}

/// Finds duplicate members and levels beyond ours, which simdjson lets through, and notes numbers without a canonical
/// form. Recursion is bounded: the parser was told to stop a little beyond our limit.
class Inspection {
  public:
    bool plain_integers = true;

    Status visit(dom::element value, unsigned level) {
        if (value.is_array()) return elements(value.get_array().value_unsafe(), level);
        if (value.is_object()) return members(value.get_object().value_unsafe(), level);
        scalar(value);
        return {};
    }

  private:
    void scalar(dom::element value) {
        if (value.is_string()) return;
        std::int64_t number = 0;
        if (value.is_number())
            plain_integers &= value.get(number) == simdjson::SUCCESS && is_exact(number);
    }

    Status elements(dom::array array, unsigned level) {
        if (level > Document::max_depth) return too_deep();
        for (const dom::element element : array) {
            if (auto status = visit(element, level + 1); !status) return status;
        }
        return {};
    }

    Status members(dom::object object, unsigned level) {
        if (level > Document::max_depth) return too_deep();
        bool increasing = true;  // as in canonical JSON, where no two names can be equal
        std::string_view last;
        for (const dom::key_value_pair member : object) {
            increasing = increasing && is_before(last, member.key);
            last = member.key;
            if (member.value.is_array() || member.value.is_object()) {
                if (auto status = visit(member.value, level + 1); !status) return status;
            } else {
                scalar(member.value);
            }
        }
        return increasing ? Status() : distinct(object);
    }
};

/// Parses into `document`, whose address the element keeps. The parser's buffers are kept for the next document of this
/// thread, unless they are large.
simdjson::error_code parse_into(dom::document& document, std::string_view text,
                                dom::element& root) {
    constexpr std::size_t kept = 256 * 1024;
    // simdjson does not count an empty innermost container: it only stops the monstrous, Inspection counts.
    constexpr std::size_t depth = Document::max_depth + 2;
    thread_local dom::parser warm;
    dom::parser cold;
    dom::parser& parser = text.size() <= kept ? warm : cold;
    if (parser.capacity() < text.size() || parser.max_depth() != depth) {
        if (const auto error = parser.allocate(text.size(), depth); error != simdjson::SUCCESS)
            return error;
    }
    return parser.parse_into_document(document, text.data(), text.size()).get(root);
}

/// simdjson reads "-0" as 0. In a string the same characters do no harm: then it is found out otherwise.
bool may_hold_minus_zero(std::string_view text) noexcept {
    auto at = text.find("-0");
    while (at != text.npos && at > 0 &&
           std::string_view(":[, \t\n\r").find(text[at - 1]) == text.npos)
        at = text.find("-0", at + 1);
    return at != text.npos;
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
    bool plain_integers = false;
};

Result<Document> Document::parse(std::string_view text, unsigned level) {
    if (text.empty()) return malformed("the document is empty");
    if (text.starts_with("\xef\xbb\xbf")) return malformed("a byte order mark before the document");
    auto tape = std::make_shared<Tape>();
    dom::element root;
    if (const auto error = parse_into(tape->document, text, root); error != simdjson::SUCCESS) {
        return refusal(error);
    }
    if (holds_nul(text)) return malformed("U+0000 in a string");
    const Document document(tape);
    Inspection inspection;
    if (auto status = inspection.visit(root, level); !status) return std::move(status).error();
    tape->plain_integers = inspection.plain_integers && !may_hold_minus_zero(text);
    return document;
}

bool Document::has_plain_integers() const noexcept { return tape_->plain_integers; }

Value Document::root() const noexcept { return Value(words(tape_->document.root())); }

Kind Value::kind() const noexcept {
    if (same(raw_, {})) return Kind::null;
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
    if (same(position_, end_)) return std::nullopt;
    auto at = cursor<dom::object::iterator>(position_);
    const Member member{at.key(), Value(words(at.value()))};
    position_ = words(++at);
    return member;
}

std::optional<Value> Elements::next() noexcept {
    if (same(position_, end_)) return std::nullopt;
    auto at = cursor<dom::array::iterator>(position_);
    const Value value(words(*at));
    position_ = words(++at);
    return value;
}

std::string library_version() {
    return std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_MINOR) + "." +
           std::to_string(simdjson::SIMDJSON_VERSION_REVISION);
}

}  // namespace contenttrust::json
