#include "contenttrust/crypto/key_cache.hpp"

#include <algorithm>
#include <array>

#include "contenttrust/base/encoding.hpp"
#include "libcrypto.hpp"

namespace contenttrust::crypto {
namespace {

struct KeyType {
    std::string_view name;
    Algorithm algorithm;
    bool certificate;
};

constexpr std::array key_types{
    KeyType{"ecdsa", Algorithm::ecdsa, false},     KeyType{"rsa", Algorithm::rsa, false},
    KeyType{"ed25519", Algorithm::ed25519, false}, KeyType{"ecdsa-x509", Algorithm::ecdsa, true},
    KeyType{"rsa-x509", Algorithm::rsa, true},
};

constexpr std::size_t longest_text = 64 * 1024;  // of a PEM bundle: beyond it no key is usable

KeyCache::Entry decode(const KeyType& type, std::string_view text) {
    KeyCache::Entry entry{unusable("a public key is too long")};
    if (text.size() > longest_text) return entry;
    if (type.certificate) {
        auto bundle = CertificateBundle::parse(text);
        if (!bundle) return {std::move(bundle).error()};
        entry = {bundle.value().key(), std::move(bundle).value()};
    } else if (type.algorithm == Algorithm::ed25519) {
        entry.key = PublicKey::from_ed25519(as_bytes(text));
    } else {
        entry.key = PublicKey::from_spki(as_bytes(text));
    }
    if (!entry.key || entry.key.value().algorithm() == type.algorithm) return entry;
    return {unusable("a key is not of the type that its label says", std::string(type.name))};
}

}  // namespace

const KeyCache::Entry& KeyCache::find(const KeyId& id, const KeyText& text) {
    if (const auto known = keys_.find(id); known != keys_.end()) return known->second;
    if (keys_.size() >= capacity) keys_.clear();
    const auto* type = std::ranges::find(key_types, text.type, &KeyType::name);
    auto entry = type != key_types.end()
                     ? decode(*type, text.public_text)
                     : Entry{unusable("a key has an unknown type", {}, printable(text.type))};
    return keys_.emplace(id, std::move(entry)).first->second;
}

}  // namespace contenttrust::crypto
