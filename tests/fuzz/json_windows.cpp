/// A document read in windows is the document read as a whole.
#include "contenttrust/json/windows.hpp"

#include <string>
#include <utility>
#include <vector>

#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/text.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

using Read = std::vector<std::pair<std::string, std::string>>;

Read members_of(const json::Value& object) {
    Read out;
    auto members = object.members();
    while (const auto member = members.next())
        out.emplace_back(member->name, json::canonical(member->value));
    return out;
}

/// A window is 64 KiB: members in order, in front of those of the input, make two or three of them.
std::string enlarged(std::string_view text) {
    static const std::string more = [] {
        std::string out;
        for (int i = 0; i < 1300; ++i)
            out +=
                "\"!" + std::to_string(100'000 + i) +
                R"(":{"hashes":{"sha256":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"length":1},)";
        return out;
    }();
    const auto outer = json::member_at(text, "signed");
    const auto at = outer + json::member_at(text.substr(outer), "targets");
    if (at + 1 >= text.size() || text[at] != '{') return std::string(text);
    return std::string(text.substr(0, at + 1)) + more + std::string(text.substr(at + 1));
}

void judge(std::string_view text) {
    Read read;
    const auto hollow =
        json::read_in_windows(text, "signed", "targets", [&](const json::Members::Member& member) {
            read.emplace_back(member.name, json::canonical(member.value));
            return true;
        });
    if (!hollow) return;
    const auto document = json::Document::parse(text);
    require(static_cast<bool>(document), "what is read in windows is a document");
    const auto part = document.value().root().member("signed");
    require(part && part->member("targets"), "the object that is read in windows is there");
    require(read == members_of(*part->member("targets")), "windows show what the document shows");
    require(hollow->outer == json::member_text(text, "signed").value_or(""),
            "the text around the object is that of the document");
    require(json::only_plain_integers(text), "windows are read of plain integers only");
    auto rest = members_of(hollow->document.root());
    auto all = members_of(document.value().root());
    require(rest.size() == all.size(), "what stands beside the object stays");
    for (std::size_t i = 0; i < all.size(); ++i)
        require(rest[i].first == all[i].first && (all[i].first == "signed" || rest[i] == all[i]),
                "what stands beside the object is not changed");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = contenttrust::fuzz::input(data, size);
    contenttrust::fuzz::judge(text);
    if (size % 8 == 0) contenttrust::fuzz::judge(contenttrust::fuzz::enlarged(text));
    return 0;
}
