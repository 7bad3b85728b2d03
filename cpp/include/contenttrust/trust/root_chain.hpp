/// From the root that is believed to the root that is served, link by link (TUF 1.0.31 §5.3).
#pragma once

#include <optional>
#include <vector>

#include "contenttrust/metadata/root.hpp"
#include "contenttrust/trust/files.hpp"
#include "contenttrust/trust/pinning.hpp"
#include "contenttrust/trust/state.hpp"

namespace contenttrust::trust {

using SignedRoot = metadata::Signed<metadata::Root>;

/// A root that was believed before: given by the caller, remembered in our record, or found in Docker's cache.
struct Checkpoint {
    enum class Origin { anchor, record, cache };
    File* file;
    const SignedRoot* root;
    Origin origin;
};

/// The root in effect. `file` is null while files are still wanted.
struct RootInEffect {
    File* file = nullptr;
    const SignedRoot* root = nullptr;
    /// The newest root that this run proved, in effect or not: to be remembered.
    File* accepted = nullptr;
    bool established = false;  ///< every check of root passed, the anchor among them
};

/// Walks from the lowest checkpoint to the served root over every version between, through every other checkpoint.
/// Without a checkpoint the served root is the first one, believed for what `anchor` says.
/// `accepted` of `in_effect` is set as far as the walk went, also when it is refused.
Status establish_root(Context& context, Files& files, const Anchor& anchor,
                      std::vector<Checkpoint> checkpoints, RootInEffect& in_effect);

/// Whether both have the same content in canonical form.
bool same_signed_part(const metadata::Envelope& a, const metadata::Envelope& b);

}  // namespace contenttrust::trust
