/// What holds of every decoded role.
#pragma once

#include <set>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/json/text.hpp"
#include "contenttrust/metadata/decode.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {

inline void require_role_keys(const metadata::RoleKeys& role, const metadata::Keys& keys) {
    require(role.threshold >= 1, "a threshold is at least 1");
    require(role.key_ids.size() <= metadata::DecodeLimits().keys, "keys of a role are limited");
    for (const auto& id : role.key_ids) require(keys.contains(id), "a role's key is known");
}

inline void require_keys(const metadata::Keys& keys) {
    for (const auto& [id, key] : keys)
        require(metadata::key_id(key.type, to_base64(as_bytes(key.public_text))) == id,
                "a key is filed under its own id");
}

inline void require_file_meta(const metadata::FileMeta& meta) {
    require(meta.length >= 0 && json::is_exact(meta.length), "a length is a number of bytes");
}

/// Decodes twice, checks what is around the body, and gives the document to `check` if there is one.
template <typename Decode, typename Check>
void judge_role(std::string_view text, Decode decode, Check check) {
    const auto document = decode(text);
    const auto again = decode(std::string(text));
    require(static_cast<bool>(document) == static_cast<bool>(again), "the same verdict twice");
    if (!document) {
        require_presentable(document.error());
        require(same(document.error(), again.error()), "the same refusal twice");
        return;
    }
    const auto& [header, body, envelope] = document.value();
    require(static_cast<std::int64_t>(header.version) >= 1, "a version is at least 1");
    require(Instant::parse(header.expires.str()) == header.expires, "an expiry is a time");
    require(envelope.signatures.size() <= metadata::DecodeLimits().signatures,
            "signatures of a document are limited");
    require(
        envelope.signed_text.data() >= text.data() &&
            envelope.signed_text.data() + envelope.signed_text.size() <= text.data() + text.size(),
        "the signed text lies in the document");
    require(crypto::sha256(as_bytes(envelope.signed_text)) == envelope.signed_digest,
            "the digest is that of the signed text");
    require(json::only_plain_integers(envelope.signed_text), "numbers have a canonical form");
    require(static_cast<bool>(json::Document::parse(envelope.signed_text)),
            "the signed text is a document");
    check(body);
}

}  // namespace contenttrust::fuzz
