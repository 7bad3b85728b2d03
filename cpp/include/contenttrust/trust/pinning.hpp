/// Why a root is believed: certificates for this collection, and what the caller pinned.
#pragma once

#include <string>
#include <vector>

#include "contenttrust/metadata/root.hpp"
#include "contenttrust/metadata/signed.hpp"
#include "contenttrust/trust/context.hpp"

namespace contenttrust::trust {

/// The caller's reason to believe the first root. Every list that is not empty must be satisfied.
struct Anchor {
    std::vector<std::string> roots;           ///< root documents: the chain must pass through each
    std::vector<std::vector<KeyId>> key_ids;  ///< of each: one canonical id of a root key
    std::vector<std::vector<KeyId>> certificates;  ///< of each: one metadata id of a root key
    std::vector<crypto::Authorities> authorities;  ///< of each: a CA that the certificate chains to
    bool first_use = false;                        ///< believe the first root seen

    bool has_pins() const noexcept {
        return !key_ids.empty() || !certificates.empty() || !authorities.empty();
    }
};

enum class CertificateTime { judged, passed_over };

/// The root keys whose certificates are good for this collection (Notary `trustpinning/certs.go`): one leaf, first in
/// its bundle, common name equal to the GUN or a prefix of it that ends in `*`, no SHA-1, valid now unless that is
/// passed over (a superseded root). `root_certificate` when there is none.
Result<metadata::RoleKeys> certified_keys(Context& context, const metadata::Root& root,
                                          CertificateTime time);

/// Those of `certified` that satisfy every pin of `anchor`.
metadata::RoleKeys pinned_keys(Context& context, const Anchor& anchor, const metadata::Root& root,
                               const metadata::RoleKeys& certified);

}  // namespace contenttrust::trust
