/// libcrypto as this room uses it: started once without configuration, C handles owned, DER decoded as a whole.
#pragma once

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <memory>
#include <new>
#include <stdexcept>
#include <string>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/error.hpp"

namespace contenttrust::crypto {

template <auto Free>
struct FreeWith {
    void operator()(auto* handle) const noexcept { Free(handle); }
};

inline void free_memory(void* memory) noexcept { OPENSSL_free(memory); }
using Octets = std::unique_ptr<unsigned char, FreeWith<free_memory>>;

/// Starts libcrypto at the first call. No configuration file and no environment variable takes part: a verdict must
/// not depend on them.
inline void start_libcrypto() {
    static const int started = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    if (started != 1) throw std::runtime_error("libcrypto could not be started");
}

/// The thread's error queue: empty where the scope begins, and left empty however it ends.
class ErrorQueue {
  public:
    ErrorQueue() { clear(); }
    ErrorQueue(const ErrorQueue&) = delete;
    ErrorQueue& operator=(const ErrorQueue&) = delete;
    ~ErrorQueue() { clear(); }

    /// Throws std::bad_alloc if libcrypto has lacked memory since the scope began.
    static void require_memory() {
        while (const auto error = ERR_get_error())
            if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) throw std::bad_alloc();
    }

  private:
    static void clear() noexcept {
        if (ERR_peek_error() != 0)
            ERR_clear_error();  // clearing an empty queue costs more than to ask
    }
};

/// What `step` found out by libcrypto. Where that lacked memory nothing is known about the data, neither good nor bad:
/// std::bad_alloc.
template <typename Step>
auto answered(Step step) {
    start_libcrypto();
    const ErrorQueue errors;
    auto answer = step();
    ErrorQueue::require_memory();
    return answer;
}

inline const unsigned char* octets(Bytes bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

inline std::string_view content(const ASN1_STRING* string) noexcept {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

/// Why a key or certificate cannot be used.
inline Error unusable(std::string message, std::string expected = {}, std::string found = {}) {
    return Error{
        ErrorCode::malformed, {}, std::move(message), std::move(expected), std::move(found)};
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

/// As decode_whole, and null too when `der` is not the one encoding of its value: BER, padded integers.
template <typename T, auto Item>
Asn1<T, Item> decode_strictly(Bytes der) {
    auto value = decode_whole<T, Item>(der);
    if (!value) return value;
    unsigned char* encoded = nullptr;
    const int length =
        ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(value.get()), &encoded, Item());
    const Octets owner(encoded);
    const auto size = static_cast<std::size_t>(length < 0 ? 0 : length);
    if (as_text(der) != as_text(std::as_bytes(std::span(encoded, size)))) value.reset();
    return value;
}

}  // namespace contenttrust::crypto
