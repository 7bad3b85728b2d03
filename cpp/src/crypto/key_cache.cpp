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
constexpr std::size_t longest_signature = 1024;  // RSA of 8192 bits

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

const KeyCache::Entry& KeyCache::find(const KeyText& text) {
    const auto* type = std::ranges::find(key_types, text.type, &KeyType::name);
    const bool known_type = type != key_types.end();
    // The type as one byte of its own, so that no text passes for one of another type. What can only be refused is
    // remembered by a prefix: memory stays bounded, and the refusal is the same.
    std::string name(1, static_cast<char>(type - key_types.begin()));
    name += (known_type ? text.public_text : text.type).substr(0, longest_text + 1);
    if (const auto known = keys_.find(name); known != keys_.end()) return known->second;
    if (keys_.size() >= capacity) keys_.clear();
    auto entry = known_type
                     ? decode(*type, text.public_text)
                     : Entry{unusable("a key has an unknown type", {}, printable(text.type))};
    return keys_.emplace(std::move(name), std::move(entry)).first->second;
}

bool KeyCache::verify(const PublicKey& key, Method method, const Message& message,
                      Bytes signature) {
    if (signature.size() > longest_signature) return false;  // of no key, and not worth remembering
    std::string triple(as_text(key.identity()));
    triple += static_cast<char>(method);
    triple += as_text(message.sha256);
    triple += as_text(signature);
    if (const auto known = answers_.find(triple); known != answers_.end()) return known->second;
    if (answers_.size() >= capacity) answers_.clear();
    const bool answer = key.verify(method, message, signature);
    answers_.emplace(std::move(triple), answer);
    return answer;
}

}  // namespace contenttrust::crypto
