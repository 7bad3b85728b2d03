#include "contenttrust/crypto/certificate.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <optional>

#include "libcrypto.hpp"
#include "pem.hpp"

namespace contenttrust::crypto {
namespace {

void free_chain(STACK_OF(X509) * chain) { sk_X509_pop_free(chain, X509_free); }

using Chain = std::unique_ptr<STACK_OF(X509), FreeWith<free_chain>>;
using Store = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

constexpr std::size_t max_ca_pem = 1024 * 1024;
constexpr int max_depth = 10;
constexpr int auth_level = 2;  // 112 bits: no SHA-1 link, no RSA link below 2048 bits

/// RFC 5280 §4.1: TBSCertificate and Certificate. libcrypto's own X509 decodes the key by the slow road (eight times the
/// cost of all this). Names and key stay DER here until they are asked for.
struct TbsCertificate {
    ASN1_INTEGER* version;
    ASN1_INTEGER* serial;
    X509_ALGOR* signature;
    ASN1_STRING* issuer;
    X509_VAL* validity;
    ASN1_STRING* subject;
    ASN1_STRING* spki;
    ASN1_BIT_STRING* issuer_id;
    ASN1_BIT_STRING* subject_id;
    STACK_OF(X509_EXTENSION) * extensions;
};

struct SignedCertificate {
    TbsCertificate* tbs;
    X509_ALGOR* algorithm;
    ASN1_BIT_STRING* signature;
};

// clang-format off
ASN1_SEQUENCE(TbsCertificate) = {
    ASN1_EXP_OPT(TbsCertificate, version, ASN1_INTEGER, 0),
    ASN1_SIMPLE(TbsCertificate, serial, ASN1_INTEGER),
    ASN1_SIMPLE(TbsCertificate, signature, X509_ALGOR),
    ASN1_SIMPLE(TbsCertificate, issuer, ASN1_SEQUENCE),
    ASN1_SIMPLE(TbsCertificate, validity, X509_VAL),
    ASN1_SIMPLE(TbsCertificate, subject, ASN1_SEQUENCE),
    ASN1_SIMPLE(TbsCertificate, spki, ASN1_SEQUENCE),
    ASN1_IMP_OPT(TbsCertificate, issuer_id, ASN1_BIT_STRING, 1),
    ASN1_IMP_OPT(TbsCertificate, subject_id, ASN1_BIT_STRING, 2),
    ASN1_EXP_SEQUENCE_OF_OPT(TbsCertificate, extensions, X509_EXTENSION, 3),
} static_ASN1_SEQUENCE_END(TbsCertificate);

ASN1_SEQUENCE(SignedCertificate) = {
    ASN1_SIMPLE(SignedCertificate, tbs, TbsCertificate),
    ASN1_SIMPLE(SignedCertificate, algorithm, X509_ALGOR),
    ASN1_SIMPLE(SignedCertificate, signature, ASN1_BIT_STRING),
} static_ASN1_SEQUENCE_END(SignedCertificate);
// clang-format on

std::optional<Instant> to_instant(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
    using namespace std::chrono;
    const sys_days day = year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    const auto moment =
        sys_seconds(day) + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
    return Instant{moment.time_since_epoch().count(), 0};
}

/// The only commonName, as UTF-8 without control characters; empty when there is none such.
std::string common_name(const X509_NAME* subject) {
    const int first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, first) >= 0) return {};
    unsigned char* utf8 = nullptr;
    const int length =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)));
    const Octets owner(utf8);
    if (length < 0) return {};
    const std::span text(utf8, static_cast<std::size_t>(length));
    if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return {};
    return {text.begin(), text.end()};
}

/// basicConstraints cA; nothing when the extension is doubled or cannot be decoded.
std::optional<bool> is_authority(const STACK_OF(X509_EXTENSION) * extensions) {
    int found = 0;
    const Asn1<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_it> constraints(static_cast<BASIC_CONSTRAINTS*>(
        X509V3_get_d2i(extensions, NID_basic_constraints, &found, nullptr)));
    if (constraints) return constraints->ca != 0;
    if (found == -1) return false;  // absent
    return std::nullopt;
}

/// The digest of RSASSA-PSS stands in its parameters; SHA-1 where it is left out (RFC 4055 §3.1).
int digest_of_pss(const X509_ALGOR& algorithm) {
    const Asn1<RSA_PSS_PARAMS, RSA_PSS_PARAMS_it> parameters(static_cast<RSA_PSS_PARAMS*>(
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm.parameter)));
    if (!parameters || parameters->hashAlgorithm == nullptr) return NID_sha1;
    return OBJ_obj2nid(parameters->hashAlgorithm->algorithm);
}

bool is_sha1_or_older(const X509_ALGOR& algorithm) {
    constexpr std::array modern{NID_sha224, NID_sha256, NID_sha384, NID_sha512};
    const int nid = OBJ_obj2nid(algorithm.algorithm);
    if (nid == NID_ED25519 || nid == NID_ED448) return false;
    int digest = NID_undef;
    int key = NID_undef;
    OBJ_find_sigid_algs(nid, &digest, &key);
    if (nid == NID_rsassaPss) digest = digest_of_pss(algorithm);
    return std::ranges::find(modern, digest) == modern.end();
}

Result<Certificate> read_certificate(Bytes der) {
    const auto certificate = decode_whole<SignedCertificate, SignedCertificate_it>(der);
    if (!certificate) return unusable("a certificate is not DER");
    const TbsCertificate& tbs = *certificate->tbs;
    if (X509_ALGOR_cmp(tbs.signature, certificate->algorithm) != 0) {
        return unusable("a certificate names two signature algorithms");
    }
    const auto read_name = [](const ASN1_STRING* name) {
        return decode_whole<X509_NAME, X509_NAME_it>(as_bytes(content(name)));
    };
    const auto subject = read_name(tbs.subject);
    const bool self_issued = content(tbs.issuer) == content(tbs.subject);  // read already
    if (!subject || !(self_issued || read_name(tbs.issuer))) {
        return unusable("a certificate has an unreadable name");
    }
    const auto not_before = to_instant(tbs.validity->notBefore);
    const auto not_after = to_instant(tbs.validity->notAfter);
    if (!not_before || !not_after) return unusable("a certificate has an unreadable validity");
    const auto authority = is_authority(tbs.extensions);
    if (!authority) return unusable("a certificate has unreadable basic constraints");
    return Certificate{std::string(content(tbs.spki)),
                       common_name(subject.get()),
                       *not_before,
                       *not_after,
                       *authority,
                       is_sha1_or_older(*certificate->algorithm)};
}

/// Every authority of a CA file.
Store read_anchors(std::string_view ca_pem) {
    if (ca_pem.size() > max_ca_pem) return nullptr;
    const Bio bio = read_from(ca_pem);
    Store store(X509_STORE_new());
    if (!store) throw std::bad_alloc();
    while (const auto der = read_certificate_block(bio.get())) {
        const auto certificate = decode_whole<X509, X509_it>(as_bytes(*der));
        if (!certificate) return nullptr;
        // Only an authority can vouch: a leaf listed as its own anchor would make the pin mean nothing.
        if (X509_check_ca(certificate.get()) == 1) {
            X509_STORE_add_cert(store.get(), certificate.get());
        }
    }
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return nullptr;
    return store;
}

}  // namespace

Authorities::Authorities(std::string pem) : pem_(std::move(pem)) {
    store_ = answered([&] { return read_anchors(pem_); });
}

Result<CertificateBundle> CertificateBundle::parse(std::string_view pem) {
    return answered([&] { return read(pem); });
}

Result<CertificateBundle> CertificateBundle::read(std::string_view pem) {
    auto certificates = read_certificates(pem);
    if (!certificates) return std::move(certificates).error();
    std::optional<CertificateBundle> bundle;
    for (std::string& der : certificates.value()) {
        auto certificate = read_certificate(as_bytes(der));
        if (!certificate) return std::move(certificate).error();
        ErrorQueue::require_memory();  // loading the key looks at its own errors only
        const auto key = PublicKey::from_spki(as_bytes(certificate.value().spki));
        const bool is_leaf = !certificate.value().is_ca;
        if (!bundle) {
            if (!key) return key.error();
            bundle = CertificateBundle(key.value(), std::move(certificate).value());
        }
        if (is_leaf) ++bundle->leaf_count_;
        // Keys of other kinds (DSA, explicit curves, huge RSA) never reach the chain builder: they cost too much.
        if (key) bundle->chain_.push_back(std::move(der));
    }
    return *std::move(bundle);
}

bool CertificateBundle::chains_to(const Authorities& anchors, Instant now) const {
    return anchors.store_ && answered([&] { return is_vouched_for(anchors, now); });
}

bool CertificateBundle::is_vouched_for(const Authorities& anchors, Instant now) const {
    const Chain untrusted(sk_X509_new_null());
    const StoreContext context(X509_STORE_CTX_new());
    if (!untrusted || !context) throw std::bad_alloc();
    for (const std::string& der : chain_) {
        auto certificate = decode_whole<X509, X509_it>(as_bytes(der));
        if (!certificate || sk_X509_push(untrusted.get(), certificate.get()) == 0) return false;
        [[maybe_unused]] const X509* owned_by_chain = certificate.release();
    }
    X509* const leaf = sk_X509_value(untrusted.get(), 0);
    if (X509_STORE_CTX_init(context.get(), anchors.store_.get(), leaf, untrusted.get()) != 1)
        return false;
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(parameters, now.seconds);
    X509_VERIFY_PARAM_set_depth(parameters, max_depth);
    X509_VERIFY_PARAM_set_auth_level(parameters, auth_level);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
    return X509_verify_cert(context.get()) == 1;
}

}  // namespace contenttrust::crypto
