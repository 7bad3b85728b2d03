/// Strict JSON: what is accepted can be walked to its end, and gives the same answer each time.
#include "contenttrust/json/reader.hpp"

#include <set>

#include "contenttrust/json/text.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

void walk(const json::Value& value, unsigned depth) {
    require(depth <= json::Document::max_depth + 1, "no document is deeper than the limit");
    std::set<std::string_view> names;
    auto members = value.members();
    while (const auto member = members.next()) {
        require(names.insert(member->name).second, "no member stands twice");
        require(member->name.find('\0') == std::string_view::npos, "no name holds U+0000");
        require(value.member(member->name).has_value(), "a member that is listed is found");
        walk(member->value, depth + 1);
    }
    auto elements = value.elements();
    while (const auto element = elements.next()) walk(*element, depth + 1);
    if (const auto text = value.string())
        require(text->find('\0') == std::string_view::npos, "no string holds U+0000");
    if (const auto number = value.integer())
        require(json::is_exact(*number), "an integer is within 2^53");
}

void judge(std::string_view text) {
    const auto document = json::Document::parse(text);
    const auto again = json::Document::parse(text);
    require(static_cast<bool>(document) == static_cast<bool>(again), "the same verdict twice");
    if (!document) {
        require_presentable(document.error());
        require(same(document.error(), again.error()), "the same refusal twice");
        return;
    }
    walk(document.value().root(), 1);
    if (document.value().has_plain_integers())
        require(json::only_plain_integers(text), "numbers that are surely plain are plain");
    require(!json::holds_nul(text), "no U+0000 is spelt");
    const auto inner = json::Document::parse(text, json::Document::max_depth);
    require(inner || inner.error().code == ErrorCode::limit_exceeded,
            "deep inside another document only the depth can be wrong");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
