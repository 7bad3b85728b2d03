#include "decoder.hpp"

#include <algorithm>
#include <cstring>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::metadata {
namespace {

constexpr std::string_view base64_form = "base64 (RFC 4648 section 4, with padding)";

// With the size known to the compiler, comparing costs no call.
template <std::size_t size>
bool is(std::string_view name, const char (&known)[size]) {
    return name.size() == size - 1 && std::memcmp(name.data(), known, size - 1) == 0;
}

// Go matches member names ignoring case, and its folding takes two letters outside ASCII for ASCII ones.
std::string folded(std::string_view name) {
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name.substr(i).starts_with("\u017f")) {
            out += 's';
            i += 1;
        } else if (name.substr(i).starts_with("\u212a")) {
            out += 'k';
            i += 2;
        } else {
            const char c = name[i];
            out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return out;
}

}  // namespace

void Decoder::refuse(ErrorCode code, std::string message, std::string expected, std::string found) {
    if (!error_)
        error_ = Error{code, {}, std::move(message), std::move(expected), std::move(found)};
}

void Decoder::unknown(std::string_view member, std::string_view what,
                      std::initializer_list<std::string_view> known) {
    const auto lower = folded(member);
    const auto twin =
        std::find_if(known.begin(), known.end(), [&](auto name) { return folded(name) == lower; });
    if (twin == known.end()) return;
    refuse(ErrorCode::malformed,
           std::string(what) + " has a member that differs from a known one only in case",
           std::string(*twin), printable(member));
}

json::Value Decoder::object(std::optional<json::Value> value, std::string_view what,
                            std::initializer_list<std::string_view> known) {
    if (!value || value->kind() != json::Kind::object) {
        malformed(what, "an object");
        return {};
    }
    auto members = value->members();
    while (auto member = members.next()) {
        if (std::find(known.begin(), known.end(), member->name) == known.end())
            unknown(member->name, what, known);
    }
    return *value;
}

json::Members Decoder::map(std::optional<json::Value> value, std::string_view what) {
    if (!value || value->kind() == json::Kind::null) return {};
    if (value->kind() != json::Kind::object) malformed(what, "an object");
    return value->members();
}

json::Elements Decoder::list(std::optional<json::Value> value, std::string_view what) {
    if (!value || value->kind() == json::Kind::null) return {};
    if (value->kind() != json::Kind::array) malformed(what, "a list");
    return value->elements();
}

std::string_view Decoder::string(std::optional<json::Value> value, std::string_view what) {
    const auto text = value ? value->string() : std::nullopt;
    if (!text) malformed(what, "a string");
    return text.value_or("");
}

std::string Decoder::base64(std::optional<json::Value> value, std::string_view what) {
    auto bytes = from_base64(string(value, what));
    if (!bytes) malformed(what, base64_form);
    return std::move(bytes).value_or("");
}

std::int64_t Decoder::integer(std::optional<json::Value> value, std::string_view what,
                              ErrorCode code, std::int64_t least) {
    const auto number = value ? value->integer() : std::nullopt;
    if (number && *number >= least) return *number;
    refuse(code, std::string(what) + " is not a plain integer of at least " + std::to_string(least),
           ">= " + std::to_string(least), number ? std::to_string(*number) : "no such integer");
    return least;
}

template <typename Digest>
void Decoder::digest(const json::Members::Member& hash, std::optional<Digest>& out,
                     FileMeta& meta) {
    const auto text = string(hash.value, hash.name);
    if (decode_base64(text, out.emplace())) return;
    out.reset();
    meta.malformed_hash = true;
    if (!from_base64(text)) malformed(hash.name, base64_form);
}

// There may be a million of them: each is looked at once.
FileMeta Decoder::file_meta(const json::Value& value, std::string_view what,
                            std::optional<json::Value>* custom) {
    FileMeta meta;
    if (value.kind() != json::Kind::object) malformed(what, "an object");
    std::optional<json::Value> length;
    std::optional<json::Value> hashes;
    auto members = value.members();
    while (auto member = members.next()) {
        if (is(member->name, "length")) {
            length = member->value;
        } else if (is(member->name, "hashes")) {
            hashes = member->value;
        } else if (is(member->name, "custom")) {
            if (custom != nullptr) *custom = member->value;
        } else {
            unknown(member->name, what, {"hashes", "length", "custom"});
        }
    }
    meta.length = integer(length, "length", ErrorCode::length, 0);
    auto digests = map(hashes, "hashes");
    while (auto hash = digests.next()) {
        if (is(hash->name, "sha256")) digest(*hash, meta.sha256, meta);
        if (is(hash->name, "sha512")) digest(*hash, meta.sha512, meta);
    }
    return meta;
}

}  // namespace contenttrust::metadata
