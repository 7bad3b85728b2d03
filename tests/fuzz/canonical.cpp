/// The canonical form says the same as the document, and is its own canonical form.
#include "contenttrust/json/canonical.hpp"

#include "contenttrust/json/text.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

bool equal(const json::Value& a, const json::Value& b);

bool equal_members(const json::Value& a, const json::Value& b) {
    std::size_t count = 0;
    auto members = a.members();
    for (auto member = members.next(); member; member = members.next(), ++count) {
        const auto other = b.member(member->name);
        if (!other || !equal(member->value, *other)) return false;
    }
    auto others = b.members();
    while (others.next()) --count;
    return count == 0;
}

bool equal(const json::Value& a, const json::Value& b) {
    if (a.kind() != b.kind() || a.integer() != b.integer() || a.string() != b.string() ||
        a.boolean() != b.boolean() || !equal_members(a, b))
        return false;
    auto elements = a.elements();
    auto others = b.elements();
    auto element = elements.next();
    auto other = others.next();
    for (; element && other; element = elements.next(), other = others.next()) {
        if (!equal(*element, *other)) return false;
    }
    return !element && !other;
}

// Control characters stand raw in the canonical form, which is no JSON then.
bool holds_control_character(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20) return true;
    }
    return false;
}

void judge(std::string_view text) {
    const auto document = json::Document::parse(text);
    if (!document || !json::only_plain_integers(text)) return;
    const auto form = json::canonical(document.value().root());
    require(form == json::canonical(document.value().root()), "the same form twice");
    if (holds_control_character(form)) return;
    const auto again = json::Document::parse(form);
    require(static_cast<bool>(again), "the canonical form is a document");
    require(json::only_plain_integers(form), "its numbers are plain");
    require(json::canonical(again.value().root()) == form, "it is its own canonical form");
    require(equal(document.value().root(), again.value().root()), "it says what the document says");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
