#include "contenttrust/crypto/hash.hpp"

#include <stdexcept>

#include "libcrypto.hpp"

namespace contenttrust::crypto {
namespace {

template <typename Digest>
Digest digest(const EVP_MD* method, Bytes message) {
    Digest result;
    auto* out = reinterpret_cast<unsigned char*>(result.data());
    if (EVP_Digest(message.data(), message.size(), out, nullptr, method, nullptr) != 1) {
        throw std::runtime_error(
            "libcrypto could not hash");  // lost memory: nothing a peer can cause
    }
    return result;
}

}  // namespace

Libcrypto::Libcrypto() {
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1) {
        sha256_.reset(EVP_MD_fetch(nullptr, "SHA256", nullptr));
        sha512_.reset(EVP_MD_fetch(nullptr, "SHA512", nullptr));
    }
    if (!sha256_ || !sha512_) throw std::runtime_error("libcrypto could not be started");
}

const Libcrypto& Libcrypto::get() {
    static const Libcrypto library;
    return library;
}

Sha256 sha256(Bytes message) { return digest<Sha256>(Libcrypto::get().sha256(), message); }

Sha512 sha512(Bytes message) { return digest<Sha512>(Libcrypto::get().sha512(), message); }

}  // namespace contenttrust::crypto
