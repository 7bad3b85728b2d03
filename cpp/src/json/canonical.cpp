#include "contenttrust/json/canonical.hpp"

#include <algorithm>
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

void append_object(std::string& out, const Value& value) {
    std::vector<Members::Member> members;
    auto rest = value.members();
    while (auto member = rest.next()) members.push_back(*member);
    // char_traits<char> compares as unsigned bytes, which is the order of Go's strings.
    if (!std::ranges::is_sorted(members, {}, &Members::Member::name)) {
        std::ranges::sort(members, {}, &Members::Member::name);
    }
    out += '{';
    for (const auto& member : members) {
        if (out.back() != '{') out += ',';  // no value ends in an opening bracket
        append_string(out, member.name);
        out += ':';
        append(out, member.value);
    }
    out += '}';
}

void append_array(std::string& out, const Value& value) {
    out += '[';
    auto rest = value.elements();
    while (auto element = rest.next()) {
        if (out.back() != '[') out += ',';
        append(out, *element);
    }
    out += ']';
}

// Recursion is bounded: a Document has at most Document::max_depth levels.
void append(std::string& out, const Value& value) {
    switch (value.kind()) {
        case Kind::null: out += "null"; break;
        case Kind::boolean: out += value.boolean().value_or(false) ? "true" : "false"; break;
        case Kind::integer:
        case Kind::real:
            // A number that has no canonical form must not vanish: no JSON holds this mark, so nobody has signed it.
            out += value.integer() ? std::to_string(*value.integer()) : "?";
            break;
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
    append_string(out, text);
    return out;
}

}  // namespace contenttrust::json
