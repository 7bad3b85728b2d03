#include "contenttrust/trust/state.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/metadata/decode.hpp"

namespace contenttrust::trust {
namespace {

constexpr std::string_view schema = "contenttrust.state/1";

std::string quoted(const Sha256& digest) {
    return std::string(1, '"').append(to_base64(digest)).append(1, '"');
}

std::string_view text_of(std::optional<json::Value> value) {
    return (value ? value->string() : std::nullopt).value_or("");
}

// Nothing usable reads as zero: the comparison in from_json finds that out.
Sha256 digest_of(std::optional<json::Value> value) {
    Sha256 out{};
    const auto bytes = from_base64(text_of(value)).value_or("");
    if (bytes.size() == out.size()) std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

Remembered remembered_of(const json::Value& value) {
    const auto version = value.member("version").value_or(json::Value{}).integer().value_or(1);
    Remembered out{metadata::Version(std::max<std::int64_t>(version, 1)),
                   digest_of(value.member("sha256")),
                   {}};
    auto keys = value.member("keys").value_or(json::Value{}).elements();
    while (auto key = keys.next()) out.signed_by.insert(digest_of(*key));
    return out;
}

Error damaged(std::string_view what) {
    auto message = "the remembered state is damaged: " + std::string(what);
    return {ErrorCode::malformed, "root", std::move(message), std::string(schema),
            "something else"};
}

}  // namespace

std::int64_t State::root_version() const {
    // What was accepted under raised limits is read without any.
    constexpr auto any = ~std::size_t{0};
    const auto decoded = metadata::decode_root(root, {any, any, any});
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
            out += key == *remembered.signed_by.begin() ? "" : ",";
            out += quoted(key);
        }
        out += "],\"sha256\":" + quoted(remembered.digest) +
               ",\"version\":" + std::to_string(static_cast<std::int64_t>(remembered.version)) +
               "}";
    }
    return out + "},\"root\":\"" + to_base64(as_bytes(root)) + "\",\"schema\":\"" +
           std::string(schema) + "\"}";
}

Result<State> State::from_json(std::string_view text) {
    const auto document = json::Document::parse(text);
    if (!document) return damaged(document.error().message);
    const auto top = document.value().root();
    const auto gun = Gun::parse(text_of(top.member("gun")));
    if (!gun) return damaged(gun.error().message);
    State out{gun.value(), from_base64(text_of(top.member("root"))).value_or(""), {}};
    auto members = top.member("roles").value_or(json::Value{}).members();
    while (auto member = members.next()) {
        const auto role = RoleName::parse(member->name);
        if (!role) return damaged(role.error().message);
        out.roles.emplace(role.value(), remembered_of(member->value));
    }
    // Whatever was read wrongly, or not at all, is not written back the same.
    if (out.to_json() != text) return damaged("not as it was written");
    if (out.root_version() == 0) return damaged("its root is no root document");
    return out;
}

}  // namespace contenttrust::trust
