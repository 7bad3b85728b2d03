/// What must be remembered of a collection between runs. An immutable value.
#pragma once

#include <map>
#include <set>
#include <string>

#include "contenttrust/base/digest.hpp"
#include "contenttrust/base/names.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/metadata/signed.hpp"

namespace contenttrust::trust {

/// What was last accepted of one role.
struct Remembered {
    metadata::Version version{};
    Sha256 digest{};             ///< SHA-256 of the signed part
    std::set<Sha256> signed_by;  ///< identities of the keys that signed it
    friend bool operator==(const Remembered&, const Remembered&) = default;
};

struct State {
    Gun gun;
    std::string root;  ///< the trusted root document, byte for byte
    std::map<RoleName, Remembered> roles;

    friend bool operator==(const State&, const State&) = default;

    /// The version inside `root`; 0 if it is no root, which from_json refuses.
    std::int64_t root_version() const;

    /// One JSON document, `contenttrust.state/1`, in canonical form.
    std::string to_json() const;
    /// Refuses (`malformed`) whatever `to_json` would not have written.
    static Result<State> from_json(std::string_view text);
};

}  // namespace contenttrust::trust
