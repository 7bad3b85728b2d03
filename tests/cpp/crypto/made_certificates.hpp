/// Certificates that tests make with libcrypto, right or wrong in one place.
#pragma once

#include <openssl/x509.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/time.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto::made {

/// Who signs: a key and the name that goes with it. Null: the certificate signs itself.
struct Issuer {
    const Key* key = nullptr;
    std::string common_name;
};

struct CertificateFields {
    std::vector<std::string> common_names = {"registry.example.com/team/web"};
    Issuer issuer;
    std::string not_before =
        "20260101000000Z";  ///< GeneralizedTime, or UTCTime when 13 characters long
    std::string not_after = "20360101000000Z";
    int cn_type = V_ASN1_UTF8STRING;
    bool authority = false;
    const EVP_MD* digest = EVP_sha256();
    /// A last change before the signature is made.
    std::function<void(X509*)> change = [](X509*) {};
};

/// PEM of a certificate for `key`.
std::string certificate(const Key& key, const CertificateFields& fields);
std::string certificate(const Key& key);

/// The PEM text of any octets under any label.
std::string pem(const char* label, std::string_view der, const char* header = "");
/// What stands in the first block of a PEM text.
std::string der_of_pem(std::string_view text);

/// Adds an extension by its configuration text ("critical,CA:TRUE").
void add_extension(X509* certificate, int nid, const char* text);

}  // namespace contenttrust::crypto::made
