#include "contenttrust/metadata/decode.hpp"

#include <algorithm>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "decoder.hpp"

namespace contenttrust::metadata {
namespace {

using json::Value;

Keys keys_of(Decoder& decoder, std::optional<Value> value) {
    Keys keys;
    auto members = decoder.map(value, "keys");
    while (auto member = members.next()) {
        if (decoder.failed()) break;
        const auto key = decoder.object(member->value, "key", {"keytype", "keyval"});
        if (decoder.failed()) break;
        const auto keyval = decoder.object(key.member("keyval"), "keyval", {"private", "public"});
        if (decoder.failed()) break;
        if (auto secret = keyval.member("private"); secret && secret->kind() != json::Kind::null) {
            decoder.malformed("private of a public key", "null");
        }
        const auto type = decoder.string(key.member("keytype"), "keytype");
        const auto encoded = keyval.member("public");
        auto bytes = decoder.base64(encoded, "public");
        if (decoder.failed()) break;
        const auto id = key_id(type, *encoded->string());
        if (id.str() != member->name) {
            decoder.refuse(ErrorCode::key_id, "key ID is not valid for key content", id.str(),
                           printable(member->name));
        }
        keys.insert_or_assign(id, Key{std::string(type), std::move(bytes)});
    }
    return keys;
}

RoleKeys role_keys(Decoder& decoder, const Value& role, const Keys& keys,
                   const DecodeLimits& limits) {
    RoleKeys out;
    auto ids = decoder.list(role.member("keyids"), "keyids");
    while (auto id = ids.next()) {
        const auto text = decoder.string(*id, "key id");
        auto parsed = KeyId::parse(text);
        if (!parsed || !keys.contains(parsed.value())) {
            decoder.refuse(ErrorCode::key_id, "a role names a key that is not among the keys",
                           "an id in keys", printable(text));
            break;
        }
        if (std::find(out.key_ids.begin(), out.key_ids.end(), parsed.value()) != out.key_ids.end())
            continue;
        out.key_ids.push_back(std::move(parsed).value());
        if (out.key_ids.size() > limits.keys) {
            decoder.refuse(ErrorCode::limit_exceeded, "too many keys for one role",
                           "at most " + std::to_string(limits.keys), "more");
            break;
        }
    }
    out.threshold = decoder.integer(role.member("threshold"), "threshold", ErrorCode::threshold, 1);
    return out;
}

void root_body(Decoder& decoder, const Value& part, const DecodeLimits& limits, Root& root) {
    if (auto consistent = part.member("consistent_snapshot");
        consistent && !consistent->boolean()) {
        decoder.malformed("consistent_snapshot", "true or false");
    }
    root.keys = keys_of(decoder, part.member("keys"));
    if (decoder.failed()) return;
    const auto roles = part.member("roles");
    if (!roles || roles->kind() != json::Kind::object)
        return decoder.malformed("roles", "an object");
    struct {
        std::string_view name;
        RoleKeys& keys;
    } const wanted[] = {{"root", root.root},
                        {"targets", root.targets},
                        {"snapshot", root.snapshot},
                        {"timestamp", root.timestamp}};
    for (const auto& role : wanted) {
        const auto value = roles->member(role.name);
        if (!value) {
            return decoder.refuse(ErrorCode::missing_role,
                                  "root does not define " + std::string(role.name),
                                  std::string(role.name), "absent");
        }
        const auto object = decoder.object(value, "role", {"keyids", "threshold", "name", "paths"});
        if (decoder.failed()) return;
        role.keys = role_keys(decoder, object, root.keys, limits);
    }
}

void snapshot_body(Decoder& decoder, const Value& part, Snapshot& snapshot) {
    auto members = decoder.map(part.member("meta"), "meta");
    while (auto member = members.next()) {
        auto name = RoleName::parse(member->name);
        if (!name) {
            return decoder.refuse(ErrorCode::role_name,
                                  "snapshot lists a file under an illegal role name",
                                  "root, targets or targets/…", printable(member->name));
        }
        auto meta = decoder.file_meta(member->value, "file of " + name.value().str());
        if (decoder.failed()) return;
        snapshot.meta.insert_or_assign(std::move(name).value(), meta);
    }
    for (const auto& needed : {RoleName::root(), RoleName::targets()}) {
        if (snapshot.find(needed) != nullptr) continue;
        return decoder.refuse(ErrorCode::missing_role, "snapshot does not list " + needed.str(),
                              needed.str(), "absent");
    }
}

void timestamp_body(Decoder& decoder, const Value& part, Timestamp& timestamp) {
    auto members = decoder.map(part.member("meta"), "meta");
    bool found = false;
    while (auto member = members.next()) {
        if (member->name != "snapshot") continue;
        timestamp.snapshot = decoder.file_meta(member->value, "file of snapshot");
        found = true;
    }
    if (!found) {
        decoder.refuse(ErrorCode::missing_role, "timestamp does not list snapshot", "snapshot",
                       "absent");
    }
}

void delegations_of(Decoder& decoder, std::optional<Value> value, const RoleName& parent,
                    const DecodeLimits& limits, Targets& targets) {
    if (!value || value->kind() == json::Kind::null) return;
    const auto object = decoder.object(value, "delegations", {"keys", "roles"});
    if (decoder.failed()) return;
    targets.keys = keys_of(decoder, object.member("keys"));
    auto roles = decoder.list(object.member("roles"), "roles");
    std::vector<std::string> names;
    while (auto element = roles.next()) {
        if (decoder.failed()) return;
        const auto role =
            decoder.object(*element, "delegated role", {"keyids", "name", "paths", "threshold"});
        if (decoder.failed()) return;
        const auto text = decoder.string(role.member("name"), "name");
        auto name = RoleName::parse(text);
        if (!name || !name.value().is_direct_child_of(parent)) {
            return decoder.refuse(ErrorCode::role_name, "invalid delegation role name",
                                  "a direct child of " + parent.str(), printable(text));
        }
        Delegation delegation{name.value(), role_keys(decoder, role, targets.keys, limits), {}};
        auto paths = decoder.list(role.member("paths"), "paths");
        while (auto path = paths.next())
            delegation.paths.emplace_back(decoder.string(*path, "path"));
        names.push_back(name.value().str());
        targets.delegations.push_back(std::move(delegation));
    }
    std::sort(names.begin(), names.end());
    if (auto twin = std::adjacent_find(names.begin(), names.end()); twin != names.end()) {
        decoder.refuse(ErrorCode::role_name, "a role is delegated twice", "each role once", *twin);
    }
}

void targets_body(Decoder& decoder, const Value& part, const RoleName& role,
                  const DecodeLimits& limits, Targets& out) {
    delegations_of(decoder, part.member("delegations"), role, limits, out);
    auto members = decoder.map(part.member("targets"), "targets");
    while (auto member = members.next()) {
        if (decoder.failed()) return;
        const auto meta = decoder.file_meta(member->value, "target");
        if (decoder.failed()) return;
        const auto custom = decoder.plain_integers ? member->value.member("custom") : std::nullopt;
        out.targets.add({member->name, custom ? json::canonical(*custom) : std::string(),
                         meta.length, meta.sha256.value_or(Sha256{}),
                         meta.sha256 && !meta.malformed_hash});
    }
    out.targets.sort();
}

std::vector<Signature> signatures_of(Decoder& decoder, std::optional<Value> value,
                                     const DecodeLimits& limits) {
    std::vector<Signature> out;
    auto elements = decoder.list(value, "signatures");
    while (auto element = elements.next()) {
        if (out.size() == limits.signatures) {
            decoder.refuse(ErrorCode::limit_exceeded, "too many signatures",
                           "at most " + std::to_string(limits.signatures), "more");
        }
        if (decoder.failed()) break;
        const auto signature = decoder.object(*element, "signature", {"keyid", "method", "sig"});
        if (decoder.failed()) break;
        out.push_back({std::string(decoder.string(signature.member("keyid"), "keyid")),
                       std::string(decoder.string(signature.member("method"), "method")),
                       decoder.base64(signature.member("sig"), "sig")});
    }
    return out;
}

Header header_of(Decoder& decoder, const Value& part, std::string_view type) {
    Header header;
    const auto found = part.member("_type");
    const auto text = found ? found->string() : std::nullopt;
    if (text != type) {
        decoder.refuse(ErrorCode::wrong_type, "_type is not " + std::string(type),
                       std::string(type), text ? printable(*text) : "no string");
    }
    header.version =
        Version(decoder.integer(part.member("version"), "version", ErrorCode::version, 1));
    if (auto expires = part.member("expires")) {
        const auto instant = Instant::parse(decoder.string(expires, "expires"));
        if (!instant) decoder.malformed("expires", "an RFC 3339 time");
        header.expires = instant.value_or(Instant{});
    }
    return header;
}

// The envelope, the header, then what `read_body` makes of the signed part.
template <typename Body, typename ReadBody>
Result<Signed<Body>> decode(std::string_view text, const DecodeLimits& limits, ReadBody read_body) {
    auto document = json::Document::parse(text);
    if (!document) return std::move(document).error();
    Decoder decoder;
    const auto top =
        decoder.object(document.value().root(), "the document", {"signed", "signatures"});
    if (decoder.failed()) return std::move(decoder).error();
    const auto part = decoder.object(top.member("signed"), "signed",
                                     {"_type", "consistent_snapshot", "delegations", "expires",
                                      "keys", "meta", "roles", "targets", "version"});
    const auto slice = json::member_text(text, "signed");
    if (!slice) decoder.malformed("signed", "a member written without escapes");
    if (decoder.failed()) return std::move(decoder).error();

    decoder.plain_integers = json::only_plain_integers(*slice);
    Signed<Body> out;
    out.envelope = {*slice, crypto::sha256(as_bytes(*slice)),
                    signatures_of(decoder, top.member("signatures"), limits)};
    out.header = header_of(decoder, part, Body::type);
    if (!decoder.failed()) read_body(decoder, part, out.body);
    if (!decoder.plain_integers) {
        decoder.malformed("a number in signed",
                          "a plain integer within 2^53, the only kind with a canonical form");
    }
    if (decoder.failed()) return std::move(decoder).error();
    return out;
}

}  // namespace

Result<Signed<Root>> decode_root(std::string_view text, const DecodeLimits& limits) {
    return decode<Root>(text, limits, [&](Decoder& decoder, const Value& part, Root& root) {
        root_body(decoder, part, limits, root);
    });
}

Result<Signed<Timestamp>> decode_timestamp(std::string_view text, const DecodeLimits& limits) {
    return decode<Timestamp>(text, limits, timestamp_body);
}

Result<Signed<Snapshot>> decode_snapshot(std::string_view text, const DecodeLimits& limits) {
    return decode<Snapshot>(text, limits, snapshot_body);
}

Result<Signed<Targets>> decode_targets(std::string_view text, const RoleName& role,
                                       const DecodeLimits& limits) {
    return decode<Targets>(text, limits,
                           [&](Decoder& decoder, const Value& part, Targets& targets) {
                               targets_body(decoder, part, role, limits, targets);
                           });
}

}  // namespace contenttrust::metadata
