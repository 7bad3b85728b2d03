#pragma GCC diagnostic ignored \
    "-Wdeprecated-declarations"  // EC_KEY and RSA, as in private_key_der.cpp

#include "private_key_certificate.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "pem.hpp"

namespace contenttrust::crypto {
namespace {

using Evp = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Usages = std::unique_ptr<EXTENDED_KEY_USAGE, FreeWith<EXTENDED_KEY_USAGE_free>>;
using BitString = std::unique_ptr<ASN1_BIT_STRING, FreeWith<ASN1_BIT_STRING_free>>;
using Constraints = std::unique_ptr<BASIC_CONSTRAINTS, FreeWith<BASIC_CONSTRAINTS_free>>;
using Time = std::unique_ptr<ASN1_TIME, FreeWith<ASN1_TIME_free>>;

constexpr std::size_t max_common_name = 255;
constexpr std::int64_t year_1950 = -631152000;
constexpr std::int64_t year_9999_end = 253402300799;
constexpr int serial_octets = 16;
constexpr int version_3 = 2;
constexpr int digital_signature = 0;  // RFC 5280 §4.2.1.3, numbers of bits
constexpr int key_encipherment = 2;

bool is_plain(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

/// X.680 §41.4, which Go prefers to UTF-8 where it suffices.
bool is_printable_string(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view(" '()+,-./:=?").find(c) != std::string_view::npos;
    });
}

Evp to_evp(const EcPrivateKey& key) {
    Evp out(EVP_PKEY_new());
    require(out && EVP_PKEY_set1_EC_KEY(out.get(), key.get()) == 1);
    return out;
}

Evp to_evp(const RsaPrivateKey& key) {
    Evp out(EVP_PKEY_new());
    require(out && EVP_PKEY_set1_RSA(out.get(), key.get()) == 1);
    return out;
}

Evp to_evp(const Ed25519PrivateKey& /*key*/) { return nullptr; }

void set_serial(X509* certificate) {
    std::array<unsigned char, serial_octets> random{};
    require(RAND_bytes(random.data(), serial_octets) == 1);
    const BigNumber number(BN_bin2bn(random.data(), serial_octets, nullptr));
    require(number &&
            BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void set_name(X509* certificate, std::string_view common_name) {
    const int type = is_printable_string(common_name) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
    X509_NAME* name = X509_get_subject_name(certificate);
    // By the type itself: libcrypto would cut names of more than 64 characters, which Notary has.
    require(X509_NAME_add_entry_by_NID(name, NID_commonName, type,
                                       reinterpret_cast<const unsigned char*>(common_name.data()),
                                       static_cast<int>(common_name.size()), -1, 0) == 1 &&
            X509_set_issuer_name(certificate, name) == 1);
}

void set_times(X509* certificate, Instant not_before, Instant not_after) {
    const Time from(ASN1_TIME_set(nullptr, not_before.seconds));
    const Time until(ASN1_TIME_set(nullptr, not_after.seconds));
    require(from && until && X509_set1_notBefore(certificate, from.get()) == 1 &&
            X509_set1_notAfter(certificate, until.get()) == 1);
}

void set_extensions(X509* certificate) {
    const BitString usage(ASN1_BIT_STRING_new());
    const Usages purposes(EXTENDED_KEY_USAGE_new());
    const Constraints constraints(BASIC_CONSTRAINTS_new());
    require(usage && purposes && constraints &&
            ASN1_BIT_STRING_set_bit(usage.get(), digital_signature, 1) == 1 &&
            ASN1_BIT_STRING_set_bit(usage.get(), key_encipherment, 1) == 1 &&
            sk_ASN1_OBJECT_push(purposes.get(), OBJ_nid2obj(NID_code_sign)) > 0 &&
            X509_add1_ext_i2d(certificate, NID_key_usage, usage.get(), 1, 0) == 1 &&
            X509_add1_ext_i2d(certificate, NID_ext_key_usage, purposes.get(), 0, 0) == 1 &&
            X509_add1_ext_i2d(certificate, NID_basic_constraints, constraints.get(), 1, 0) == 1);
}

std::string to_pem(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    require(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace

Result<std::string> self_signed(const PrivateNumbers& key, std::string_view common_name,
                                Instant not_before, Instant not_after) {
    if (common_name.empty() || common_name.size() > max_common_name || !is_plain(common_name))
        return unusable("a certificate cannot be made for this name",
                        "1 to 255 characters of ASCII without spaces");
    if (not_before.seconds < year_1950 || not_after.seconds > year_9999_end ||
        not_after.seconds <= not_before.seconds)
        return unusable("a certificate cannot be made for these times",
                        "a beginning before the end, in the years 1950 to 9999");
    const Evp evp = std::visit([](const auto& numbers) { return to_evp(numbers); }, key);
    if (!evp)
        return unusable("a root key cannot be an Ed25519 key: Notary has no certificates of them",
                        "an ecdsa or rsa key", "ed25519");
    const X509Certificate certificate(X509_new());
    require(certificate && X509_set_version(certificate.get(), version_3) == 1);
    set_serial(certificate.get());
    set_name(certificate.get(), common_name);
    set_times(certificate.get(), not_before, not_after);
    require(X509_set_pubkey(certificate.get(), evp.get()) == 1);
    set_extensions(certificate.get());
    require(X509_sign(certificate.get(), evp.get(), EVP_sha256()) > 0);
    return to_pem(certificate.get());
}

}  // namespace contenttrust::crypto
