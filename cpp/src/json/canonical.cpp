#include "contenttrust/json/canonical.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace contenttrust::json {
namespace {

void append(std::string& out, const Value& value);

void append_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '"' && text[i] != '\\') continue;
        out.append(text, begin, i - begin) += '\\';
        begin = i;
    }
    out.append(text, begin) += '"';
}

void append_integer(std::string& out, const Value& value) {
    const auto integer = value.integer();
    // A number that has no canonical form must not vanish: no JSON holds this mark, so nobody has signed it.
    out += integer ? std::to_string(*integer) : "?";
}

void append_object(std::string& out, const Value& value) {
    std::vector<Members::Member> members;
    members.reserve(value.size());
    auto rest = value.members();
    while (auto member = rest.next()) members.push_back(*member);
    // char_traits<char> compares as unsigned bytes, which is the order of Go's strings.
    if (!std::ranges::is_sorted(members, {}, &Members::Member::name)) {
        std::ranges::sort(members, {}, &Members::Member::name);
    }
    char before = '{';
    for (const auto& member : members) {
        out += std::exchange(before, ',');
        append_string(out, member.name);
        out += ':';
        append(out, member.value);
    }
    out += members.empty() ? "{}" : "}";
}

void append_array(std::string& out, const Value& value) {
    char before = '[';
    auto rest = value.elements();
    while (auto element = rest.next()) {
        out += std::exchange(before, ',');
        append(out, *element);
    }
    out += before == '[' ? "[]" : "]";
}

// Recursion is bounded: a Document has at most Document::max_depth levels.
void append(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Kind::null: out += "null"; break;
        case Kind::boolean: out += value.boolean().value_or(false) ? "true" : "false"; break;
        case Kind::integer:
        case Kind::real: append_integer(out, value); break;
        case Kind::string: append_string(out, value.string().value_or("")); break;
        case Kind::array: append_array(out, value); break;
        case Kind::object: append_object(out, value); break;
    }
}

}  // namespace

std::string canonical(const Value& value) {
    std::string out;
    append(out, value);
    return out;
}

std::string canonical_string(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 2);
    append_string(out, text);
    return out;
}

}  // namespace contenttrust::json
