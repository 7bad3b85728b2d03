#include "contenttrust/crypto/public_key_file.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "contenttrust/crypto/certificate.hpp"
#include "libcrypto.hpp"
#include "pem.hpp"

namespace contenttrust::crypto {
namespace {

using Text = std::unique_ptr<char, FreeWith<free_memory>>;
using EvpKey = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

constexpr std::size_t max_file = 64 * 1024;
constexpr std::size_t ed25519_octets = 32;
constexpr std::size_t ed25519_spki_octets = 44;
constexpr std::string_view white_space = " \t\r\n";

/// Whether `der` is what RFC 8410 §4 makes of its last 32 octets. There is one such encoding of each key, so encoding
/// it again tells, and nothing else has to be decoded.
bool is_ed25519_spki(Bytes der) {
    if (der.size() != ed25519_spki_octets) return false;
    const EvpKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                 octets(der.last(ed25519_octets)), ed25519_octets));
    unsigned char* encoded = nullptr;
    const int length = key ? i2d_PUBKEY(key.get(), &encoded) : 0;
    const Octets owner(encoded);
    const auto size = static_cast<std::size_t>(std::max(length, 0));
    return as_text(der) == as_text(std::as_bytes(std::span(encoded, size)));
}

Result<PublicKey> read_spki(Bytes der) {
    if (is_ed25519_spki(der)) return PublicKey::from_ed25519(der.last(ed25519_octets));
    return PublicKey::from_spki(der);
}

Result<PublicKey> read_spki_pem(std::string_view pem) {
    const Bio bio = read_from(pem);
    char* label = nullptr;
    char* headers = nullptr;
    unsigned char* der = nullptr;
    long length = 0;
    if (PEM_read_bio(bio.get(), &label, &headers, &der, &length) != 1) {
        return unusable("a public key is not plain PEM");
    }
    const Text label_owner(label);
    const Text headers_owner(headers);
    const Octets der_owner(der);
    pem.remove_prefix(pem.size() - BIO_ctrl_pending(bio.get()));
    if (pem.find_first_not_of(white_space) != pem.npos) {
        return unusable("text follows the PEM block of a public key");
    }
    return read_spki(std::as_bytes(std::span(der, static_cast<std::size_t>(length))));
}

Result<PublicKey> read_contents(Bytes contents) {
    if (contents.size() == ed25519_octets) return PublicKey::from_ed25519(contents);
    if (contents.size() > max_file) return unusable("a public key is too long", "at most 64 KiB");
    std::string_view text = as_text(contents);
    text.remove_prefix(std::min(text.find_first_not_of(white_space), text.size()));
    if (!text.starts_with("-----BEGIN ")) return read_spki(contents);
    // PEM_read_bio drops a NUL at the end of a line.
    if (text.find('\0') != text.npos) return unusable("a PEM text holds a NUL character");
    if (text.starts_with("-----BEGIN PUBLIC KEY-----")) return read_spki_pem(text);
    const auto label = text.substr(0, text.find_first_of("\r\n"));
    if (label.ends_with("PRIVATE KEY-----")) {
        return unusable("a private key checks no signature", "the public key that belongs to it",
                        "a private key");
    }
    auto bundle = CertificateBundle::parse(text);
    if (!bundle) return std::move(bundle).error();
    return bundle.value().key();
}

}  // namespace

Result<PublicKey> read_public_key(Bytes contents) {
    return answered([&] { return read_contents(contents); });
}

}  // namespace contenttrust::crypto
