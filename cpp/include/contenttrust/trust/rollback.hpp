/// Nothing may be older than what was trusted before (TUF 1.0.31 §5.4.3, §5.5.5, §5.6.4).
#pragma once

#include <optional>

#include "contenttrust/metadata/snapshot.hpp"
#include "contenttrust/trust/files.hpp"
#include "contenttrust/trust/state.hpp"
#include "contenttrust/trust/threshold.hpp"

namespace contenttrust::trust {

/// Everything that was believed before: our record, and the files in Docker's cache.
struct Memory {
    const State* state;                                   ///< null on first contact
    Files& files;                                         ///< whose cached files count too
    const metadata::Snapshot* cached_snapshot = nullptr;  ///< when it is signed by today's keys
};

/// Whether a snapshot seen before listed the role, whose file then still binds (see below) or was never judged.
bool listed_before(Context& context, const Memory& memory, const RoleName& role,
                   const metadata::Keys& keys, const metadata::RoleKeys& role_keys);

/// The highest version of `role` that was believed before and still binds: nobody who signed it was removed since, or
/// those left are as many as today's threshold. What rotated keys signed no longer binds: that is how a fast-forward
/// attack is recovered from (TUF 1.0.31 §5.3.11).
std::optional<Remembered> remembered(Context& context, const Memory& memory, const RoleName& role,
                                     const metadata::Keys& keys,
                                     const metadata::RoleKeys& role_keys);

/// Refuses a version below the remembered one; warns when the version is the same and the content is not, as after a
/// key rotation.
Status check_rollback(Context& context, const RoleName& role, metadata::Version version,
                      const Sha256& digest, const std::optional<Remembered>& floor);

}  // namespace contenttrust::trust
