#include "contenttrust/metadata/key.hpp"

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/canonical.hpp"

namespace contenttrust::metadata {

KeyId key_id(std::string_view type, std::string_view public_base64) {
    const std::string object =
        "{\"keytype\":" + json::canonical_string(type) +
        ",\"keyval\":{\"private\":null,\"public\":" + json::canonical_string(public_base64) + "}}";
    return KeyId::parse(to_hex(crypto::sha256(as_bytes(object)))).value();
}

KeyId canonical_key_id(const KeyId& id, const Key& key, crypto::KeyCache& cache) {
    if (!key.type.ends_with("-x509")) return id;
    const auto& entry = cache.find(id, key.text());
    if (!entry.certificate) return id;
    const auto bare_type =
        std::string_view(key.type).substr(0, key.type.size() - std::string_view("-x509").size());
    return key_id(bare_type, to_base64(as_bytes(entry.certificate->leaf().spki)));
}

}  // namespace contenttrust::metadata
