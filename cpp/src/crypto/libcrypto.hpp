/// libcrypto as this room uses it: started once without configuration, C handles owned, DER decoded as a whole.
#pragma once

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/error.hpp"

namespace contenttrust::crypto {

template <auto Free>
struct FreeWith {
    void operator()(auto* handle) const noexcept { Free(handle); }
};

/// What is fetched once, because a fetch by name costs more than the hash of a short message.
class Libcrypto {
  public:
    /// Starts libcrypto at the first call. No configuration file and no environment variable takes part: a verdict
    /// must not depend on them.
    static const Libcrypto& get();
    const EVP_MD* sha256() const noexcept { return sha256_.get(); }
    const EVP_MD* sha512() const noexcept { return sha512_.get(); }

  private:
    using Digest = std::unique_ptr<EVP_MD, FreeWith<EVP_MD_free>>;
    Libcrypto();
    Digest sha256_;
    Digest sha512_;
};

/// Leaves the thread's error queue empty, however the scope is left.
class ErrorQueue {
  public:
    ErrorQueue() = default;
    ErrorQueue(const ErrorQueue&) = delete;
    ErrorQueue& operator=(const ErrorQueue&) = delete;
    ~ErrorQueue() { ERR_clear_error(); }
};

inline const unsigned char* octets(Bytes bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

/// Why a key or certificate cannot be used.
inline Error unusable(std::string message, std::string expected = {}, std::string found = {}) {
    return Error{ErrorCode::malformed, "", std::move(message), std::move(expected),
                 std::move(found)};
}

template <auto Item>
struct FreeItem {
    void operator()(auto* value) const noexcept {
        ASN1_item_free(reinterpret_cast<ASN1_VALUE*>(value), Item());
    }
};

/// A value of the type that the ASN.1 template `Item` describes.
template <typename T, auto Item>
using Asn1 = std::unique_ptr<T, FreeItem<Item>>;

/// Decodes the whole of `der`; null when it is not one value of that type, or when bytes follow it.
template <typename T, auto Item>
Asn1<T, Item> decode_whole(Bytes der) {
    const unsigned char* cursor = octets(der);
    const unsigned char* const end = cursor + der.size();
    Asn1<T, Item> value(reinterpret_cast<T*>(
        ASN1_item_d2i(nullptr, &cursor, static_cast<long>(der.size()), Item())));
    if (cursor != end) value.reset();
    return value;
}

/// Whether `value` encodes to exactly `der`: BER in place of DER, and integers with padding, do not.
template <typename T, auto Item>
bool encodes_to(const Asn1<T, Item>& value, Bytes der) {
    unsigned char* encoded = nullptr;
    const int length =
        ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(value.get()), &encoded, Item());
    const std::unique_ptr<unsigned char, FreeWith<[](auto* p) { OPENSSL_free(p); }>> owner(encoded);
    return length >= 0 &&
           as_text(der) ==
               as_text(std::as_bytes(std::span(encoded, static_cast<std::size_t>(length))));
}

}  // namespace contenttrust::crypto
