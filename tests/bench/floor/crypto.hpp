/// libcrypto at its cheapest: fetched digests, kept contexts, keys decoded by the short road.
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

template <auto Free>
struct FreeWith {
    void operator()(auto* handle) const noexcept { Free(handle); }
};

/// Defined where deprecated functions may be called.
struct FreeKey {
    void operator()(EC_KEY* key) const noexcept;
};

using Sha256 = std::array<unsigned char, 32>;
using Sha512 = std::array<unsigned char, 64>;
using EcKey = std::unique_ptr<EC_KEY, FreeKey>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;

/// Digests fetched once and one context for all messages. For one thread.
class Hasher {
  public:
    Hasher();
    Sha256 sha256(std::string_view message);
    Sha512 sha512(std::string_view message);

  private:
    using Digest = std::unique_ptr<EVP_MD, FreeWith<EVP_MD_free>>;
    void run(const EVP_MD* digest, std::string_view message, unsigned char* out);

    Digest sha256_;
    Digest sha512_;
    std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context_;
};

/// Decodes base64 into `out`, which has room for it; the number of bytes. Throws Refused.
std::size_t from_base64(std::string_view text, unsigned char* out, std::size_t room);

/// A P-256 key out of the member `public` of its type: `ecdsa` or `ecdsa-x509`. Throws Refused.
EcKey decode_key(std::string_view type, std::string_view public_text);

/// What is kept of a key for the signature that it will be asked about.
KeyContext keep(const EC_KEY& key);

/// Whether `signature` (r and s, 32 bytes each) is one over `digest`.
bool verify(EVP_PKEY_CTX& context, const Sha256& digest,
            const std::array<unsigned char, 64>& signature);

/// What must not be believed, and why.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void require(bool condition, const char* what) {
    if (!condition) throw Refused(what);
}

}  // namespace bench
