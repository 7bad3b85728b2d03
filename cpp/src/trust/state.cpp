#include "contenttrust/trust/state.hpp"

#include <cstring>
#include <optional>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/metadata/decode.hpp"

namespace contenttrust::trust {
namespace {

constexpr std::string_view schema = "contenttrust.state/1";

std::string quoted(const Sha256& digest) { return "\"" + to_base64(digest) + "\""; }

std::optional<Sha256> digest_of(std::optional<json::Value> value) {
    const auto text = value ? value->string() : std::nullopt;
    const auto bytes = text ? from_base64(*text) : std::nullopt;
    if (!bytes || bytes->size() != Sha256{}.size()) return std::nullopt;
    Sha256 out;
    std::memcpy(out.data(), bytes->data(), out.size());
    return out;
}

std::optional<Remembered> remembered_of(const json::Value& value) {
    const auto version = value.member("version");
    const auto number = version ? version->integer().value_or(0) : 0;
    const auto digest = digest_of(value.member("sha256"));
    const auto keys = value.member("keys");
    if (number < 1 || !digest || !keys) return std::nullopt;
    Remembered out{metadata::Version(number), *digest, {}};
    auto elements = keys->elements();
    while (auto element = elements.next()) {
        const auto key = digest_of(*element);
        if (!key) return std::nullopt;
        out.signed_by.insert(*key);
    }
    return out;
}

}  // namespace

std::int64_t State::root_version() const {
    const auto decoded = metadata::decode_root(root, {});
    return decoded ? static_cast<std::int64_t>(decoded.value().header.version) : 0;
}

std::string State::to_json() const {
    std::string out = "{\"gun\":" + json::canonical_string(gun.str()) + ",\"roles\":{";
    bool first = true;
    for (const auto& [role, remembered] : roles) {
        out += first ? "" : ",";
        first = false;
        out += json::canonical_string(role.str()) + ":{\"keys\":[";
        for (const auto& key : remembered.signed_by) {
            out += (key == *remembered.signed_by.begin() ? "" : ",") + quoted(key);
        }
        out += "],\"sha256\":" + quoted(remembered.digest) +
               ",\"version\":" + std::to_string(static_cast<std::int64_t>(remembered.version)) +
               "}";
    }
    return out + "},\"root\":\"" + to_base64(as_bytes(root)) + "\",\"schema\":\"" +
           std::string(schema) + "\"}";
}

Result<State> State::from_json(std::string_view text) {
    const auto damaged = [](std::string what) {
        return Error{ErrorCode::malformed, "root",
                     "the remembered state is damaged: " + std::move(what), std::string(schema),
                     "something else"};
    };
    const auto document = json::Document::parse(text);
    if (!document) return damaged(document.error().message);
    const auto top = document.value().root();
    const auto string = [&](std::string_view name) {
        const auto member = top.member(name);
        return member ? member->string() : std::nullopt;
    };
    if (string("schema") != schema) return damaged("unknown schema");
    const auto gun = Gun::parse(string("gun").value_or(""));
    if (!gun) return damaged(gun.error().message);
    auto root = from_base64(string("root").value_or(""));
    if (!root || root->empty()) return damaged("no root");
    State out{gun.value(), *std::move(root), {}};
    const auto roles = top.member("roles");
    if (!roles || roles->kind() != json::Kind::object) return damaged("no roles");
    auto members = roles->members();
    while (auto member = members.next()) {
        const auto role = RoleName::parse(member->name);
        const auto remembered = remembered_of(member->value);
        if (!role || !remembered) return damaged("a role that is no such thing");
        out.roles.emplace(role.value(), *remembered);
    }
    if (out.to_json() != text) return damaged("not in canonical form");
    return out;
}

}  // namespace contenttrust::trust
