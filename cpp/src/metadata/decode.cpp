#include "contenttrust/metadata/decode.hpp"

#include <algorithm>
#include <set>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/json/text.hpp"
#include "contenttrust/json/windows.hpp"
#include "decoder.hpp"

namespace contenttrust::metadata {
namespace {

using json::Value;

Keys keys_of(Decoder& decoder, std::optional<Value> value) {
    Keys keys;
    auto members = decoder.map(value, "keys");
    while (auto member = decoder.next(members)) {
        const auto key = decoder.object(member->value, "key", {"keytype", "keyval"});
        const auto keyval = decoder.object(key.member("keyval"), "keyval", {"private", "public"});
        if (auto secret = keyval.member("private"); secret && secret->kind() != json::Kind::null) {
            decoder.malformed("private of a public key", "null");
        }
        const auto type = decoder.string(key.member("keytype"), "keytype");
        const auto encoded = decoder.string(keyval.member("public"), "public");
        auto bytes = decoder.base64(keyval.member("public"), "public");
        const auto id = key_id(type, encoded);
        if (id.str() != member->name) {
            decoder.refuse(ErrorCode::key_id, "key ID is not valid for key content",
                           std::string(id.str()), printable(member->name));
        }
        keys.insert_or_assign(id, Key{std::string(type), std::move(bytes)});
    }
    return keys;
}

RoleKeys role_keys(Decoder& decoder, const Value& role, const Keys& keys) {
    RoleKeys out;
    auto ids = decoder.list(role.member("keyids"), "keyids");
    while (auto id = decoder.next(ids)) {
        const auto text = decoder.string(*id, "key id");
        auto parsed = KeyId::parse(text);
        if (!parsed || !keys.contains(parsed.value())) {
            decoder.refuse(ErrorCode::key_id, "a role names a key that is not among the keys",
                           "an id in keys", printable(text));
        } else if (std::ranges::find(out.key_ids, parsed.value()) == out.key_ids.end()) {
            out.key_ids.push_back(std::move(parsed).value());
            decoder.allow(out.key_ids.size(), decoder.limits.keys, "keys for one role");
        }
    }
    out.threshold = decoder.integer(role.member("threshold"), "threshold", ErrorCode::threshold, 1);
    return out;
}

void root_body(Decoder& decoder, const Value& part, Root& root) {
    if (auto consistent = part.member("consistent_snapshot");
        consistent && !consistent->boolean()) {
        decoder.malformed("consistent_snapshot", "true or false");
    }
    root.keys = keys_of(decoder, part.member("keys"));
    const auto roles = decoder.object(part.member("roles"), "roles", {});
    const auto role = [&](const char* name) {
        const auto value = roles.member(name);
        if (!value) decoder.missing("root does not define", name);
        const auto object = decoder.object(value, "role", {"keyids", "threshold", "name", "paths"});
        return role_keys(decoder, object, root.keys);
    };
    root.root = role("root");
    root.targets = role("targets");
    root.snapshot = role("snapshot");
    root.timestamp = role("timestamp");
}

void snapshot_body(Decoder& decoder, const Value& part, Snapshot& snapshot) {
    auto members = decoder.map(part.member("meta"), "meta");
    while (auto member = decoder.next(members)) {
        auto name = RoleName::parse(member->name);
        if (!name) {
            return decoder.refuse(ErrorCode::role_name,
                                  "snapshot lists a file under an illegal role name",
                                  "root, targets or targets/…", printable(member->name));
        }
        const auto meta = decoder.file_meta(member->value, "file of " + name.value().str());
        snapshot.meta.insert_or_assign(std::move(name).value(), meta);
    }
    for (const auto& needed : {RoleName::root(), RoleName::targets()}) {
        if (!snapshot.find(needed)) decoder.missing("snapshot does not list", needed.str());
    }
}

void timestamp_body(Decoder& decoder, const Value& part, Timestamp& timestamp) {
    const auto meta = part.member("meta");
    decoder.map(meta, "meta");
    const auto file = meta ? meta->member("snapshot") : std::nullopt;
    if (!file) return decoder.missing("timestamp does not list", "snapshot");
    timestamp.snapshot = decoder.file_meta(*file, "file of snapshot");
}

void delegations_of(Decoder& decoder, std::optional<Value> value, const RoleName& parent,
                    Targets& targets) {
    if (!value || value->kind() == json::Kind::null) return;
    const auto object = decoder.object(value, "delegations", {"keys", "roles"});
    targets.keys = keys_of(decoder, object.member("keys"));
    auto roles = decoder.list(object.member("roles"), "roles");
    std::set<RoleName> seen;
    while (auto element = decoder.next(roles)) {
        const auto role =
            decoder.object(*element, "delegated role", {"keyids", "name", "paths", "threshold"});
        const auto text = decoder.string(role.member("name"), "name");
        auto name = RoleName::parse(text);
        if (!name || !name.value().is_direct_child_of(parent)) {
            return decoder.refuse(ErrorCode::role_name, "invalid delegation role name",
                                  "a direct child of " + parent.str(), printable(text));
        }
        if (!seen.insert(name.value()).second) {
            decoder.refuse(ErrorCode::role_name, "a role is delegated twice", "each role once",
                           name.value().str());
        }
        Delegation delegation{name.value(), role_keys(decoder, role, targets.keys), {}};
        auto paths = decoder.list(role.member("paths"), "paths");
        while (auto path = decoder.next(paths)) {
            delegation.paths.emplace_back(decoder.string(*path, "path"));
            decoder.allow(delegation.paths.size(), decoder.limits.paths, "paths for one role");
        }
        targets.delegations.push_back(std::move(delegation));
    }
}

void add_target(Decoder& decoder, const json::Members::Member& member, TargetIndex& out) {
    std::optional<Value> custom;
    const auto meta = decoder.file_meta(member.value, "target", &custom);
    const bool has_form = custom && decoder.plain_integers;
    out.add({member.name, has_form ? json::canonical(*custom) : std::string(), meta.length,
             meta.sha256.value_or(Sha256{}), meta.sha256 && !meta.malformed_hash});
}

void targets_body(Decoder& decoder, const Value& part, const RoleName& role, Targets& out) {
    delegations_of(decoder, part.member("delegations"), role, out);
    auto members = decoder.map(part.member("targets"), "targets");
    while (auto member = decoder.next(members)) add_target(decoder, *member, out.targets);
    out.targets.sort();
}

std::vector<Signature> signatures_of(Decoder& decoder, std::optional<Value> value) {
    std::vector<Signature> out;
    auto elements = decoder.list(value, "signatures");
    while (auto element = decoder.next(elements)) {
        decoder.allow(out.size() + 1, decoder.limits.signatures, "signatures");
        const auto signature = decoder.object(*element, "signature", {"keyid", "method", "sig"});
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

// The envelope around the text `part_text`, the header, then what `read_body` makes of the signed part.
template <typename Body, typename ReadBody>
Result<Signed<Body>> decode(const json::Document& document,
                            std::optional<std::string_view> part_text, const DecodeLimits& limits,
                            ReadBody read_body) {
    Decoder decoder(limits);
    const auto top = decoder.object(document.root(), "the document", {"signed", "signatures"});
    const auto part = decoder.object(top.member("signed"), "signed",
                                     {"_type", "consistent_snapshot", "delegations", "expires",
                                      "keys", "meta", "roles", "targets", "version"});
    if (!part_text) decoder.malformed("signed", "a member written without escapes");
    if (decoder.failed()) return std::move(decoder).error();

    decoder.plain_integers = document.has_plain_integers() || json::only_plain_integers(*part_text);
    Signed<Body> out;
    out.envelope = {*part_text, crypto::sha256(as_bytes(*part_text)),
                    signatures_of(decoder, top.member("signatures"))};
    out.header = header_of(decoder, part, Body::type);
    read_body(decoder, part, out.body);
    if (!decoder.plain_integers) {
        decoder.malformed("a number in signed",
                          "a plain integer within 2^53, the only kind with a canonical form");
    }
    if (decoder.failed()) return std::move(decoder).error();
    return out;
}

template <typename Body, typename ReadBody>
Result<Signed<Body>> decode(std::string_view text, const DecodeLimits& limits, ReadBody read_body) {
    const auto document = json::Document::parse(text);
    if (!document) return document.error();
    return decode<Body>(document.value(), json::member_text(text, "signed"), limits, read_body);
}

// A large file, without holding a document many times its size. What it does not like is left to the other road, which
// says why.
std::optional<Signed<Targets>> decode_large_targets(std::string_view text, const RoleName& role,
                                                    const DecodeLimits& limits) {
    TargetIndex targets;
    targets.reserve(text.size());
    Decoder decoder(limits);
    const auto hollow =
        json::read_in_windows(text, "signed", "targets", [&](const json::Members::Member& member) {
            add_target(decoder, member, targets);
            return !decoder.failed();
        });
    if (!hollow) return std::nullopt;
    auto out = decode<Targets>(hollow->document, hollow->outer, limits,
                               [&](Decoder& rest, const Value& part, Targets& body) {
                                   delegations_of(rest, part.member("delegations"), role, body);
                               });
    if (!out) return std::nullopt;
    targets.sort();
    out.value().body.targets = std::move(targets);
    return std::move(out).value();
}

}  // namespace

Result<Signed<Root>> decode_root(std::string_view text, const DecodeLimits& limits) {
    return decode<Root>(text, limits, root_body);
}

Result<Signed<Timestamp>> decode_timestamp(std::string_view text, const DecodeLimits& limits) {
    return decode<Timestamp>(text, limits, timestamp_body);
}

Result<Signed<Snapshot>> decode_snapshot(std::string_view text, const DecodeLimits& limits) {
    return decode<Snapshot>(text, limits, snapshot_body);
}

Result<Signed<Targets>> decode_targets(std::string_view text, const RoleName& role,
                                       const DecodeLimits& limits) {
    constexpr std::size_t large = 1024 * 1024;
    if (text.size() > large) {
        if (auto targets = decode_large_targets(text, role, limits)) return *std::move(targets);
    }
    return decode<Targets>(text, limits,
                           [&](Decoder& decoder, const Value& part, Targets& targets) {
                               targets_body(decoder, part, role, targets);
                           });
}

}  // namespace contenttrust::metadata
