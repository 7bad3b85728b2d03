#include "simulator/vectors.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "contenttrust/trust/requirements.hpp"

namespace contenttrust::simulator {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

// A source hands over one byte more than it was allowed to: more zeros would prove nothing.
std::string zeros(std::int64_t count) {
    return std::string(
        static_cast<std::size_t>(std::min(count, trust::Requirements().timestamp_length + 1)), '0');
}

Documents documents(const fs::path& folder) {
    constexpr std::string_view endless = ".size-of-zeros";
    Documents out;
    if (!fs::exists(folder)) return out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        auto name = fs::relative(entry.path(), folder).generic_string();
        auto text = content(entry.path());
        if (name.ends_with(endless)) {
            name.resize(name.size() - endless.size());
            text = zeros(std::stoll(text));
        }
        name.resize(name.size() - std::string_view(".json").size());
        out.emplace(std::move(name), std::move(text));
    }
    return out;
}

std::string text_of(const json::Value& object, std::string_view name) {
    return std::string(object.member(name).value().string().value());
}

std::vector<std::string> texts_of(const json::Value& object, std::string_view name) {
    std::vector<std::string> out;
    auto elements = object.member(name).value_or(json::Value()).elements();
    while (auto element = elements.next()) out.emplace_back(element->string().value());
    return out;
}

// Members of `versions` and `expires` are roles, and links of the root chain, which are no roles.
void read_roles(const json::Value& top, std::map<std::string, ExpectedRole>& roles) {
    auto versions = top.member("versions").value_or(json::Value()).members();
    while (auto member = versions.next()) {
        roles[std::string(member->name)].version = member->value.integer();
    }
    auto ends = top.member("expires").value_or(json::Value()).members();
    while (auto member = ends.next()) {
        roles[std::string(member->name)].expires =
            Instant::parse(member->value.string().value_or(""));
    }
    auto keys = top.member("role_keys").value_or(json::Value());
    auto members = keys.members();
    while (auto member = members.next()) {
        roles[std::string(member->name)].key_ids = texts_of(keys, member->name);
    }
}

Case read_case(const fs::path& folder) {
    const auto document = json::Document::parse(content(folder / "case.json")).value();
    const auto top = document.root();
    const auto expected = top.member("expected").value();
    Case out{.name = text_of(top, "case"),
             .gun = text_of(top, "gun"),
             .verify_at = Instant::parse(text_of(top, "verify_at")).value(),
             .accepted = text_of(expected, "result") == "accept",
             .tags = {},
             .tag_count = {},
             .tags_digest = {},
             .refused_tags = texts_of(expected, "refused_tags"),
             .only_in_other_delegations = texts_of(expected, "docker_only_in_other_delegations"),
             .roles = {},
             .served = documents(folder / "tuf"),
             .cached = documents(folder / "trusted"),
             .has_cache = fs::exists(folder / "trusted")};
    auto tags = expected.member("tags").value_or(json::Value()).members();
    while (auto tag = tags.next()) {
        out.tags.emplace(tag->name,
                         ExpectedTag{text_of(tag->value, "sha256"),
                                     tag->value.member("length").value().integer().value(),
                                     text_of(tag->value, "role")});
    }
    if (const auto count = expected.member("tags_count")) {
        out.tag_count = count->integer();
        out.tags_digest = text_of(expected, "tags_sha256_of_sorted_lines");
    }
    read_roles(top, out.roles);
    return out;
}

std::vector<Case> read_all() {
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(CONTENTTRUST_VECTORS)) {
        if (fs::exists(entry.path() / "case.json")) folders.push_back(entry.path());
    }
    std::ranges::sort(folders);
    std::vector<Case> out;
    for (const auto& folder : folders) out.push_back(read_case(folder));
    return out;
}

}  // namespace

const std::vector<Case>& vectors() {
    static const std::vector<Case> cases = read_all();
    return cases;
}

std::vector<const Case*> first_contacts() {
    std::vector<const Case*> out;
    for (const auto& one : vectors()) {
        if (!one.has_cache) out.push_back(&one);
    }
    return out;
}

const Case& vector_named(std::string_view name) {
    for (const auto& one : vectors()) {
        if (one.name == name) return one;
    }
    throw std::out_of_range("no such case: " + std::string(name));
}

std::string vector_file(const std::string& path) {
    return content(fs::path(CONTENTTRUST_VECTORS) / path);
}

}  // namespace contenttrust::simulator
