#include "simulator/collection.hpp"

#include <stdexcept>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/canonical.hpp"

namespace contenttrust::simulator {
namespace {

std::string joined(const std::vector<std::string>& parts) {
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : ",") + part;
    return out;
}

std::string quoted(std::string_view text) { return json::canonical_string(text); }

std::string key_ids(const Role& role) {
    std::vector<std::string> ids;
    for (const auto& key : role.keys) ids.push_back(quoted(key.id().str()));
    return "[" + joined(ids) + "]";
}

std::string keys_object(const std::vector<const Role*>& roles) {
    std::map<std::string, std::string> entries;  // one key may serve several roles
    for (const auto* role : roles) {
        for (const auto& key : role->keys) entries.emplace(key.id().str(), key.entry());
    }
    std::vector<std::string> texts;
    for (const auto& [id, entry] : entries) texts.push_back(entry);
    return "{" + joined(texts) + "}";
}

std::string file_meta(std::string_view text) {
    return R"({"hashes":{"sha256":")" + to_base64(crypto::sha256(as_bytes(text))) +
           R"(","sha512":")" + to_base64(crypto::sha512(as_bytes(text))) + R"("},"length":)" +
           std::to_string(text.size()) + "}";
}

std::string version_and_end(const Role& role) {
    return "\"version\":" + std::to_string(role.version) + "}";
}

std::string expires(const Role& role) { return "\"expires\":" + quoted(role.expires) + ","; }

std::string definition(const Role& role) {
    return "{\"keyids\":" + key_ids(role) + ",\"threshold\":" + std::to_string(role.threshold) +
           "}";
}

bool is_child(const std::string& name, const std::string& parent) {
    return name.starts_with(parent + "/") && name.find('/', parent.size() + 1) == std::string::npos;
}

std::string delegations(const std::map<std::string, TargetsRole>& roles,
                        const std::string& parent) {
    std::vector<const Role*> children;
    std::vector<std::string> definitions;
    for (const auto& [name, child] : roles) {
        if (!is_child(name, parent)) continue;
        children.push_back(&child.role);
        std::vector<std::string> paths;
        for (const auto& path : child.paths) paths.push_back(quoted(path));
        definitions.push_back("{\"keyids\":" + key_ids(child.role) + ",\"name\":" + quoted(name) +
                              ",\"paths\":[" + joined(paths) +
                              "],\"threshold\":" + std::to_string(child.role.threshold) + "}");
    }
    return "{\"keys\":" + keys_object(children) + ",\"roles\":[" + joined(definitions) + "]}";
}

std::string targets_object(const TargetsRole& role) {
    std::vector<std::string> texts;
    for (const auto& [name, meta] : role.targets) texts.push_back(quoted(name) + ":" + meta);
    return "{" + joined(texts) + "}";
}

std::string document(const Collection& from, const std::string& name, const Role& role,
                     std::string part) {
    if (from.change_signed) from.change_signed(name, part);
    auto text = signed_document(part, role.signers.value_or(role.keys));
    if (from.change_file) from.change_file(name, text);
    return text;
}

}  // namespace

std::string signed_document(std::string_view part, const std::vector<SigningKey>& signers) {
    std::vector<std::string> signatures;
    for (const auto& key : signers) {
        signatures.push_back(R"({"keyid":")" + key.id().str() + R"(","method":")" + key.method +
                             R"(","sig":")" + to_base64(as_bytes(key.sign(part))) + "\"}");
    }
    return "{\"signatures\":[" + joined(signatures) + "],\"signed\":" + std::string(part) + "}";
}

std::string image(std::string_view content) {
    return R"({"hashes":{"sha256":")" + to_base64(crypto::sha256(as_bytes(content))) +
           R"("},"length":)" + std::to_string(content.size()) + "}";
}

std::string replaced(std::string text, std::string_view old, std::string_view by) {
    const auto at = text.find(old);
    if (at == text.npos || text.find(old, at + 1) != text.npos) {
        throw std::logic_error("not there exactly once: " + std::string(old));
    }
    return text.replace(at, old.size(), by);
}

std::string Collection::root_document() const {
    const auto& of_targets = targets.at("targets").role;
    const auto part = R"({"_type":"Root","consistent_snapshot":false,)" + expires(root) +
                      "\"keys\":" + keys_object({&root, &of_targets, &snapshot, &timestamp}) +
                      ",\"roles\":{\"root\":" + definition(root) +
                      ",\"snapshot\":" + definition(snapshot) +
                      ",\"targets\":" + definition(of_targets) +
                      ",\"timestamp\":" + definition(timestamp) + "}," + version_and_end(root);
    return document(*this, "root", root, part);
}

Documents Collection::publish() const {
    Documents out{{"root", root_document()}};
    for (const auto& [name, role] : targets) {
        out[name] = document(*this, name, role.role,
                             R"({"_type":"Targets","delegations":)" + delegations(targets, name) +
                                 "," + expires(role.role) + "\"targets\":" + targets_object(role) +
                                 "," + version_and_end(role.role));
    }
    std::vector<std::string> listed;
    for (const auto& [name, text] : out) {
        if (!unlisted.contains(name)) listed.push_back(quoted(name) + ":" + file_meta(text));
    }
    out["snapshot"] = document(*this, "snapshot", snapshot,
                               R"({"_type":"Snapshot",)" + expires(snapshot) + "\"meta\":{" +
                                   joined(listed) + "}," + version_and_end(snapshot));
    out["timestamp"] = document(*this, "timestamp", timestamp,
                                R"({"_type":"Timestamp",)" + expires(timestamp) +
                                    "\"meta\":{\"snapshot\":" + file_meta(out["snapshot"]) + "}," +
                                    version_and_end(timestamp));
    return out;
}

Collection collection() {
    return {
        .root = {.keys = {certified(ec_key())}},
        .timestamp = {.keys = {ed25519_key(1)}},
        .snapshot = {.keys = {ed25519_key(2)}},
        .targets = {
            {"targets", {.role = {.keys = {ed25519_key(3)}}, .targets = {{"1.0", image("one")}}}}}};
}

TargetsRole delegation(unsigned char key_number, std::map<std::string, std::string> targets) {
    return {
        .role = {.keys = {ed25519_key(key_number)}}, .targets = std::move(targets), .paths = {""}};
}

}  // namespace contenttrust::simulator
