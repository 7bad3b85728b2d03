/// The one place where signatures are counted.
#pragma once

#include <set>

#include "contenttrust/metadata/delegation.hpp"
#include "contenttrust/metadata/key.hpp"
#include "contenttrust/metadata/signed.hpp"
#include "contenttrust/trust/context.hpp"

namespace contenttrust::trust {

/// Who really signed a document.
struct SignedBy {
    std::set<Sha256> identities;  ///< different public keys; what a threshold counts
    std::vector<KeyId> key_ids;   ///< the ids under which they signed

    /// Whether they are enough for `role`.
    bool meets(const metadata::RoleKeys& role) const {
        return static_cast<std::int64_t>(identities.size()) >= role.threshold;
    }
};

/// The keys of `role` that signed `envelope`, each counted once by its public key, whatever ids and wrappings it has.
/// Signatures are checked over the bytes as served, then over their canonical form if that differs.
SignedBy signed_by(Context& context, const metadata::Envelope& envelope, const metadata::Keys& keys,
                   const metadata::RoleKeys& role);

/// The public keys that `role` lists and that are usable.
std::set<Sha256> identities_of(Context& context, const metadata::Keys& keys,
                               const metadata::RoleKeys& role);

/// Whether enough different keys of `role` signed (TUF 1.0.31 §5.2, §5.3.4): `signature` when none did, `threshold`
/// when too few did.
Result<SignedBy> check_threshold(Context& context, const RoleName& role,
                                 const metadata::Envelope& envelope, const metadata::Keys& keys,
                                 const metadata::RoleKeys& role_keys);

}  // namespace contenttrust::trust
