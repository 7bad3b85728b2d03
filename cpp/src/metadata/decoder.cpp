#include "decoder.hpp"

#include <algorithm>
#include <cstring>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::metadata {
namespace {

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

template <typename Digest>
void take_digest(const std::string& bytes, std::optional<Digest>& digest, bool& malformed) {
    malformed = malformed || bytes.size() != sizeof(Digest);
    if (bytes.size() == sizeof(Digest))
        std::memcpy(&digest.emplace(), bytes.data(), sizeof(Digest));
}

}  // namespace

void Decoder::refuse(ErrorCode code, std::string message, std::string expected, std::string found) {
    if (!error_)
        error_ = Error{code, {}, std::move(message), std::move(expected), std::move(found)};
}

json::Value Decoder::object(std::optional<json::Value> value, std::string_view what,
                            std::initializer_list<std::string_view> known) {
    if (!value || value->kind() != json::Kind::object) {
        malformed(what, "an object");
        return {};
    }
    auto members = value->members();
    while (auto member = members.next()) {
        if (std::find(known.begin(), known.end(), member->name) != known.end()) continue;
        const auto lower = folded(member->name);
        const auto twin = std::find_if(known.begin(), known.end(),
                                       [&](auto name) { return folded(name) == lower; });
        if (twin == known.end()) continue;
        refuse(ErrorCode::malformed,
               std::string(what) + " has a member that differs from a known one only in case",
               std::string(*twin), printable(member->name));
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
    if (!bytes) malformed(what, "base64 (RFC 4648 section 4, with padding)");
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

FileMeta Decoder::file_meta(const json::Value& value, std::string_view what) {
    FileMeta meta;
    const auto object = this->object(value, what, {"hashes", "length", "custom"});
    meta.length = integer(object.member("length"), "length", ErrorCode::length, 0);
    auto hashes = map(object.member("hashes"), "hashes");
    while (auto hash = hashes.next()) {
        if (hash->name == "sha256")
            take_digest(base64(hash->value, "sha256"), meta.sha256, meta.malformed_hash);
        if (hash->name == "sha512")
            take_digest(base64(hash->value, "sha512"), meta.sha512, meta.malformed_hash);
    }
    return meta;
}

}  // namespace contenttrust::metadata
