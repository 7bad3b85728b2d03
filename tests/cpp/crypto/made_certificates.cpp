#include "made_certificates.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace contenttrust::crypto::made {
namespace {

using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

void must(bool succeeded) {
    if (!succeeded) throw std::runtime_error("libcrypto refused what the test needs");
}

std::string content(BIO* bio) {
    const char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

void add_name(X509_NAME* name, std::string_view text, int type) {
    must(X509_NAME_add_entry_by_NID(name, NID_commonName, type,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1);
}

void set_time(const ASN1_TIME* time, const std::string& text) {
    // The getters are for reading; a test also writes moments that the setters would correct.
    auto* writable = const_cast<ASN1_TIME*>(time);
    writable->type = text.size() == 13 ? V_ASN1_UTCTIME : V_ASN1_GENERALIZEDTIME;
    must(ASN1_STRING_set(writable, text.data(), static_cast<int>(text.size())) == 1);
}

}  // namespace

void add_extension(X509* certificate, int nid, const char* text) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>> extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, text));
    must(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string certificate(const Key& key, const CertificateFields& fields) {
    const Certificate made(X509_new());
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 7);
    for (const std::string& name : fields.common_names) {
        add_name(X509_get_subject_name(made.get()), name, fields.cn_type);
    }
    if (fields.issuer.key == nullptr) {
        X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
    } else {
        add_name(X509_get_issuer_name(made.get()), fields.issuer.common_name, V_ASN1_UTF8STRING);
    }
    set_time(X509_get0_notBefore(made.get()), fields.not_before);
    set_time(X509_get0_notAfter(made.get()), fields.not_after);
    must(X509_set_pubkey(made.get(), key.get()) == 1);
    if (fields.authority) {
        add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
        add_extension(made.get(), NID_key_usage, "critical,keyCertSign");
    } else {
        add_extension(made.get(), NID_key_usage, "critical,digitalSignature");
    }
    fields.change(made.get());
    const Key& signer = fields.issuer.key == nullptr ? key : *fields.issuer.key;
    must(X509_sign(made.get(), signer.get(), fields.digest) > 0);
    const Bio bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(bio.get(), made.get()) == 1);
    return content(bio.get());
}

std::string certificate(const Key& key) { return certificate(key, CertificateFields()); }

std::string pem(const char* label, std::string_view der, const char* header) {
    const Bio bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio(bio.get(), label, header, reinterpret_cast<const unsigned char*>(der.data()),
                       static_cast<long>(der.size())) > 0);
    return content(bio.get());
}

std::string der_of_pem(std::string_view text) {
    const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* der = nullptr;
    long size = 0;
    must(PEM_read_bio(bio.get(), &label, &header, &der, &size) == 1);
    std::string copy(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(der);
    return copy;
}

}  // namespace contenttrust::crypto::made
