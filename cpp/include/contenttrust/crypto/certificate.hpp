/// X.509 certificates as root keys carry them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contenttrust/base/result.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/crypto/public_key.hpp"

struct x509_store_st;  // libcrypto's X509_STORE

namespace contenttrust::crypto {

/// What one certificate says. Plain values.
struct Certificate {
    std::string spki;  ///< DER SubjectPublicKeyInfo: what the canonical key id is computed over
    std::string common_name;  ///< empty when absent, doubled, or not plain text (NUL, …)
    Instant not_before;
    Instant not_after;
    bool is_ca = false;
    bool signed_with_sha1_or_older = false;
};

/// The CAs of one PEM file, decoded once. Immutable, cheap to copy, safe to share between threads.
class Authorities {
  public:
    /// Text around the certificates is allowed: the file is the operator's own. One that is longer than 1 MiB, or
    /// holds a certificate that cannot be decoded, vouches for nothing.
    Authorities(std::string pem);

    const std::string& pem() const noexcept { return pem_; }

  private:
    friend class CertificateBundle;
    std::string pem_;
    std::shared_ptr<x509_store_st> store_;
};

/// The PEM bundle of an `*-x509` key: leaf first, intermediates after it. Immutable.
class CertificateBundle {
  public:
    /// Reads every CERTIFICATE block (at most 16) of at most 64 KiB of PEM text. Blocks of any other label, text
    /// other than white space between blocks, and an empty bundle are refused.
    static Result<CertificateBundle> parse(std::string_view pem);

    const PublicKey& key() const noexcept { return key_; }      ///< of the first certificate
    const Certificate& leaf() const noexcept { return leaf_; }  ///< the first certificate
    std::size_t leaf_count() const noexcept {
        return leaf_count_;
    }  ///< certificates of the bundle that are not CAs

    /// Whether a chain leads from the first certificate over the bundled intermediates to one of the certificates
    /// in `anchors`, all valid at `now`. Purposes are not looked at, as Notary does not (`ExtKeyUsageAny`).
    bool chains_to(const Authorities& anchors, Instant now) const;

  private:
    static Result<CertificateBundle> read(std::string_view pem);
    bool is_vouched_for(const Authorities& anchors, Instant now) const;

    CertificateBundle(PublicKey key, Certificate leaf)
        : key_(std::move(key)), leaf_(std::move(leaf)) {}
    PublicKey key_;
    Certificate leaf_;
    std::size_t leaf_count_ = 0;
    std::vector<std::string> chain_;  // DER, leaf first; only certificates whose key can be used
};

}  // namespace contenttrust::crypto
