#include "contenttrust/publish/signer_key.hpp"

#include <utility>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/key_cache.hpp"
#include "contenttrust/crypto/public_key_file.hpp"
#include "contenttrust/publish/armor.hpp"

namespace contenttrust::publish {
namespace {

constexpr std::size_t ed25519_octets = 32;
// SEQUENCE of the algorithm 1.3.101.112 and a BIT STRING of 32 octets, which follow.
constexpr std::string_view ed25519_spki_head{"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00",
                                             12};

Error malformed(std::string message, std::string expected = {}, std::string found = {}) {
    return Error{
        ErrorCode::malformed, {}, std::move(message), std::move(expected), std::move(found)};
}

std::string type_of(crypto::Algorithm algorithm) {
    switch (algorithm) {
        case crypto::Algorithm::ecdsa: return "ecdsa";
        case crypto::Algorithm::rsa: return "rsa";
        case crypto::Algorithm::ed25519: break;
    }
    return "ed25519";
}

Result<SignerKey> read_public_key(const Armor& armor) {
    const Bytes der = armor.content.bytes();
    // 32 octets would be taken for a raw key.
    const auto key = der.size() > ed25519_octets
                         ? crypto::read_public_key(der)
                         : Result<crypto::PublicKey>(malformed("a public key is too short"));
    if (!key) return key.error();
    const auto algorithm = key.value().algorithm();
    const Bytes text = algorithm == crypto::Algorithm::ed25519 ? der.last(ed25519_octets) : der;
    auto out = SignerKey::of(type_of(algorithm), as_text(text));
    const auto role = armor.headers.find("role");
    if (out && role != armor.headers.end()) out.value().role = role->second;
    return out;
}

}  // namespace

Result<SignerKey> SignerKey::of(std::string_view type, std::string_view public_text) {
    crypto::KeyCache cache;
    metadata::Key key{std::string(type), std::string(public_text)};
    const KeyId id = metadata::key_id(type, to_base64(as_bytes(public_text)));
    const auto& entry = cache.find(id, key.text());
    if (!entry.key) return entry.key.error();
    std::optional<crypto::Certificate> leaf;
    if (entry.certificate) leaf = entry.certificate->leaf();
    const KeyId canonical = metadata::canonical_key_id(id, key, cache);
    return SignerKey{std::move(key), id, canonical, {}, std::move(leaf)};
}

std::string SignerKey::spki() const {
    if (certificate) return certificate->spki;
    const bool raw = key.public_text.size() == ed25519_octets;
    return raw ? std::string(ed25519_spki_head) + key.public_text : key.public_text;
}

Result<SignerKey> SignerKey::read(std::string_view contents) {
    const auto blocks = read_armor(contents);
    if (!blocks) return blocks.error();
    std::string certificates;
    const Armor* bare = nullptr;
    for (const Armor& armor : blocks.value()) {
        if (armor.label == "CERTIFICATE") {
            certificates += write_armor(armor.label, {}, armor.content.bytes());
        } else if (armor.label == "PUBLIC KEY" && bare == nullptr) {
            bare = &armor;
        } else {
            return malformed("a public key file holds something else, or several keys",
                             "PEM certificates, or one PEM PUBLIC KEY", printable(armor.label));
        }
    }
    if (bare != nullptr && !certificates.empty())
        return malformed("a public key file holds a certificate and a key: which is meant?",
                         "PEM certificates, or one PEM PUBLIC KEY");
    if (bare != nullptr) return read_public_key(*bare);
    if (certificates.empty())
        return malformed("this holds no public key", "PEM certificates, or one PEM PUBLIC KEY");
    const auto bundle = crypto::CertificateBundle::parse(certificates);
    if (!bundle) return bundle.error();
    return of(type_of(bundle.value().key().algorithm()) + "-x509", certificates);
}

}  // namespace contenttrust::publish
