/// X.509 certificates as root keys carry them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/result.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto {

/// The PEM bundle of an `*-x509` key: leaf first, intermediates after it. Immutable.
class CertificateBundle {
  public:
    /// Reads every CERTIFICATE block (at most 16) of at most 64 KiB of PEM text. Blocks of any other label, text
    /// other than white space between blocks, and an empty bundle are refused.
    static Result<CertificateBundle> parse(std::string_view pem);

    const PublicKey& key() const noexcept;  ///< of the first certificate
    /// DER SubjectPublicKeyInfo of the first certificate: what the canonical key id is computed over.
    std::string_view spki() const noexcept;
    Algorithm algorithm() const noexcept { return key().algorithm(); }
    const std::string& common_name()
        const noexcept;  ///< empty when absent, doubled, or not plain text (NUL, …)
    Instant not_before() const noexcept;
    Instant not_after() const noexcept;
    bool is_ca() const noexcept;                      ///< of the first certificate
    bool signed_with_sha1_or_older() const noexcept;  ///< of the first certificate
    std::size_t leaf_count() const noexcept;  ///< certificates of the bundle that are not CAs

    /// Whether a chain leads from the first certificate over the bundled intermediates to one of the certificates
    /// in `ca_pem`, all valid at `now`. Purposes are not looked at, as Notary does not (`ExtKeyUsageAny`).
    bool chains_to(std::string_view ca_pem, Instant now) const;

  private:
    struct Material;
    explicit CertificateBundle(std::shared_ptr<const Material> material)
        : material_(std::move(material)) {}
    std::shared_ptr<const Material> material_;
};

}  // namespace contenttrust::crypto
