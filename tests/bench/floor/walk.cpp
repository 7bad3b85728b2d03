#include "walk.hpp"

#include <algorithm>
#include <cstring>

namespace bench {
namespace {

using simdjson::dom::element;

std::string_view text_of(const element& object, std::string_view name) {
    std::string_view out;
    require(object[name].get(out) == simdjson::SUCCESS, "a text is missing");
    return out;
}

element member(const element& object, std::string_view name) {
    element out;
    require(object[name].get(out) == simdjson::SUCCESS, "a member is missing");
    return out;
}

simdjson::dom::object members(const element& object, std::string_view name) {
    simdjson::dom::object out;
    require(object[name].get(out) == simdjson::SUCCESS, "an object is missing");
    return out;
}

template <typename Digest>
Digest digest_of(const element& hashes, std::string_view name) {
    std::array<unsigned char, 96> bytes;
    Digest out;
    require(from_base64(text_of(hashes, name), bytes.data(), bytes.size()) == out.size(),
            "a digest of another size");
    std::copy_n(bytes.begin(), out.size(), out.begin());
    return out;
}

/// The bytes that are signed. Notary's clients write the file like this; any other is refused, and so is one whose
/// signed part was changed.
std::string_view signed_part(std::string_view text) {
    constexpr std::string_view begin = R"({"signed":)";
    const auto end = text.rfind(R"(,"signatures":[)");
    require(text.starts_with(begin) && end != text.npos, "not as Notary writes files");
    return text.substr(begin.size(), end - begin.size());
}

const File& file_of(const Repository& repository, std::string_view role) {
    const File* file = repository.find(role);
    require(file != nullptr, "a file is missing");
    return *file;
}

std::string_view first_key(const element& role) {
    std::string_view id;
    require(member(role, "keyids").at(0).get(id) == simdjson::SUCCESS, "a role has no key");
    return id;
}

EcKey key_of(const element& keys, std::string_view id) {
    const auto key = member(keys, id);
    return decode_key(text_of(key, "keytype"), text_of(member(key, "keyval"), "public"));
}

}  // namespace

element Walker::open(const File& file) {
    const std::string_view text(file.text.data(), file.text.size());
    signed_digest_ = hasher_.sha256(signed_part(text));
    element document;
    require(parser_.parse(file.text).get(document) == simdjson::SUCCESS, "no JSON");
    return document;
}

void Walker::check(const element& document, const Role& role) {
    simdjson::dom::array signatures;
    require(document["signatures"].get(signatures) == simdjson::SUCCESS, "no signatures");
    for (const auto signature : signatures) {
        if (text_of(signature, "keyid") != role.key_id) continue;
        std::array<unsigned char, 66> bytes;
        require(from_base64(text_of(signature, "sig"), bytes.data(), bytes.size()) == 64,
                "a signature of another size");
        std::array<unsigned char, 64> pair;
        std::copy_n(bytes.begin(), pair.size(), pair.begin());
        if (first_) kept_->push_back(keep(*role.key));
        require(verified_->signatures < kept_->size(), "a signature nobody prepared for");
        EVP_PKEY_CTX& context = *(*kept_)[verified_->signatures++];
        return require(verify(context, signed_digest_, pair), "a signature is wrong");
    }
    throw Refused("a signature is missing");
}

void Walker::check_hashes(const File& file, const Expected& expected) {
    const std::string_view text(file.text.data(), file.text.size());
    require(static_cast<std::int64_t>(text.size()) == expected.length, "a file of another length");
    require(hasher_.sha256(text) == expected.sha256, "a file of another SHA-256");
    require(hasher_.sha512(text) == expected.sha512, "a file of another SHA-512");
}

Walker::Expected Walker::expected(const element& meta) {
    const auto hashes = member(meta, "hashes");
    Expected out{digest_of<Sha256>(hashes, "sha256"), digest_of<Sha512>(hashes, "sha512"), 0};
    require(meta["length"].get(out.length) == simdjson::SUCCESS, "a length is missing");
    return out;
}

Walker::Role Walker::role_of_root(const element& root, std::string_view name) {
    const auto part = member(root, "signed");
    const auto id = first_key(member(member(part, "roles"), name));
    return {std::string(name), std::string(id), key_of(member(part, "keys"), id)};
}

// Every root but the first is signed by the key of the one before it, too.
void Walker::walk_roots(const Repository& repository) {
    root_ = {};
    for (int version = 1;; ++version) {
        const File* file = repository.find(std::to_string(version) + ".root");
        if (file == nullptr && version > 1) break;
        const auto document = open(file != nullptr ? *file : file_of(repository, "root"));
        if (root_.key) check(document, root_);
        root_ = role_of_root(document, "root");
        check(document, root_);
        if (file == nullptr || repository.find(std::to_string(version + 1) + ".root") == nullptr) {
            timestamp_ = role_of_root(document, "timestamp");
            snapshot_ = role_of_root(document, "snapshot");
            targets_ = role_of_root(document, "targets");
        }
        if (file == nullptr) break;
    }
}

std::vector<Walker::Role> Walker::delegations(const element& document) {
    const auto delegations = member(member(document, "signed"), "delegations");
    // A look-up by name reads an object from its beginning: of a thousand keys that would be half a million names.
    std::unordered_map<std::string_view, element> keys;
    for (const auto [id, key] : members(delegations, "keys")) keys.emplace(id, key);
    simdjson::dom::array roles;
    std::vector<Role> out;
    if (delegations["roles"].get(roles) != simdjson::SUCCESS) return out;
    for (const auto role : roles) {
        const auto id = first_key(role);
        const auto key = keys.find(id);
        require(key != keys.end(), "a role has a key that nobody listed");
        out.push_back({std::string(text_of(role, "name")), std::string(id),
                       decode_key(text_of(key->second, "keytype"),
                                  text_of(member(key->second, "keyval"), "public"))});
    }
    return out;
}

Index Walker::index(const element& document, std::string role) {
    Index out{std::move(role), {}, {}};
    const auto targets = members(member(document, "signed"), "targets");
    out.tags.reserve(targets.size());
    bool sorted = true;
    std::size_t last = 0;
    for (const auto [name, target] : targets) {
        sorted = sorted && (out.tags.empty() || out.name(out.tags.back()) < name);
        last = out.names.size();
        if (out.tags.empty()) out.names.reserve(targets.size() * name.size());
        out.names.append(name);
        std::int64_t size = 0;
        require(target["length"].get(size) == simdjson::SUCCESS, "a length is missing");
        const auto hashes = member(target, "hashes");
        out.tags.push_back({last, static_cast<std::uint32_t>(name.size()), size,
                            digest_of<Sha256>(hashes, "sha256")});
    }
    if (!sorted) std::ranges::sort(out.tags, {}, [&](const auto& tag) { return out.name(tag); });
    return out;
}

Verified Walker::walk(const Repository& repository, Kept& kept) {
    Verified out;
    kept_ = &kept;
    verified_ = &out;
    first_ = kept.empty();
    walk_roots(repository);

    auto document = open(file_of(repository, "timestamp"));
    check(document, timestamp_);
    const auto meta_of_snapshot =
        expected(member(member(member(document, "signed"), "meta"), "snapshot"));

    const File& snapshot = file_of(repository, "snapshot");
    check_hashes(snapshot, meta_of_snapshot);
    document = open(snapshot);
    check(document, snapshot_);
    Meta meta;
    for (const auto [name, file] : members(member(document, "signed"), "meta")) {
        meta.emplace(name, expected(file));
    }
    check_hashes(file_of(repository, "root"), meta.at("root"));

    const File& targets = file_of(repository, "targets");
    check_hashes(targets, meta.at("targets"));
    document = open(targets);
    check(document, targets_);
    out.roles.push_back(index(document, "targets"));
    std::unordered_map<std::string_view, const File*> files;
    for (const auto& file : repository.files) files.emplace(file.role, &file);
    for (const auto& role : delegations(document)) {
        const auto file = files.find(role.name);
        const auto listed = meta.find(role.name);
        require(file != files.end() && listed != meta.end(), "a delegation is missing");
        check_hashes(*file->second, listed->second);
        document = open(*file->second);
        check(document, role);
        out.roles.push_back(index(document, role.name));
    }
    return out;
}

}  // namespace bench
