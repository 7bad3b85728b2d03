#include "contenttrust/crypto/libraries.hpp"

#include <openssl/crypto.h>
#include <openssl/opensslv.h>
#include <sodium.h>

namespace contenttrust::crypto {

std::vector<std::pair<std::string, std::string>> library_versions() {
    return {{"libcrypto compiled", OPENSSL_VERSION_TEXT},
            {"libcrypto loaded", OpenSSL_version(OPENSSL_VERSION)},
            {"libsodium compiled", SODIUM_VERSION_STRING},
            {"libsodium loaded", sodium_version_string()}};
}

}  // namespace contenttrust::crypto
