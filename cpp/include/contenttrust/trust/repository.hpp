/// The verified view of one collection: exists only if every check passed.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/metadata/targets.hpp"
#include "contenttrust/trust/requirements.hpp"
#include "contenttrust/trust/state.hpp"
#include "contenttrust/trust/trace.hpp"

namespace contenttrust::trust {

/// A delegation that signs: its name without `targets/`, and canonical key ids.
struct Signer {
    std::string name;
    std::string role;
    std::vector<KeyId> key_ids;
    friend bool operator==(const Signer&, const Signer&) = default;
};

struct SignedTag {
    std::string gun;
    std::string name;
    std::string role;  ///< from which the digest was resolved
    Sha256 sha256;
    std::int64_t length;  ///< bytes of the manifest
    std::string custom;   ///< canonical JSON; empty when absent
    std::vector<Signer> signers;
    friend bool operator==(const SignedTag&, const SignedTag&) = default;
};

/// One role as its delegator defines it and as its file says.
struct RoleView {
    RoleName name;
    metadata::Version version{};
    Instant expires;
    metadata::RoleKeys keys;
    std::vector<KeyId> canonical_ids;
    std::vector<std::string> paths{};
    std::vector<KeyId> signed_by{};
    metadata::TargetIndex targets{};  ///< empty for the roles that list none
    bool published = true;            ///< false: delegated, but no snapshot has listed a file of it
    std::optional<Error> broken{};    ///< why the role is left out

    bool usable() const noexcept { return published && !broken; }
};

/// Immutable; safe to share between threads.
class TrustedRepository {
  public:
    /// `roles`: root, timestamp, snapshot, targets, then every delegated role breadth first.
    TrustedRepository(State state, std::vector<RoleView> roles, std::vector<Notice> warnings,
                      const Requirements& requirements);

    const Gun& gun() const noexcept { return state_.gun; }
    const State& state() const noexcept { return state_; }
    const std::vector<RoleView>& roles() const noexcept { return roles_; }
    const std::vector<Notice>& warnings() const noexcept { return warnings_; }
    std::vector<Notice> degraded() const;
    std::vector<Notice> unusable() const;
    std::vector<Signer> signers() const;
    Instant valid_until() const;  ///< the earliest expiry among the usable roles

    /// Signed tags that the intact roles hold, in code-point order.
    std::size_t tag_count() const noexcept { return tags_.size(); }
    std::string_view tag_name(std::size_t index) const;
    SignedTag tag(std::size_t index) const;
    std::optional<std::size_t> find_tag(std::string_view name) const;
    std::optional<SignedTag> tag(std::string_view name) const;

    /// Every target of one role that its paths allow and that has a digest.
    std::vector<SignedTag> role_tags(const RoleView& role) const;

    /// Every role that lists this very tag with this very digest, and who really signed it; releasing roles and targets
    /// included.
    std::vector<Signer> signatures(const SignedTag& tag) const;

    /// The tag as docker pull resolves it (targets/releases and below, then targets; the first hit decides):
    /// `not_signed`, `tag_unusable`, `role_broken` while a role of higher precedence is broken, `limit_exceeded`.
    Result<SignedTag> verify(std::string_view name) const;
    /// As above, and the digest must be this one: `digest_mismatch`.
    Result<SignedTag> verify(std::string_view name, const Sha256& digest) const;
    /// The first signed tag with that digest.
    Result<SignedTag> verify(const Sha256& digest) const;

  private:
    struct Row {
        std::uint32_t role;
        std::uint32_t target;
    };
    metadata::TargetIndex::Target target(const Row& row) const {
        return roles_[row.role].targets.at(row.target);
    }
    /// What rows are sorted by.
    auto name_of_row() const {
        return [this](const Row& row) { return target(row).name; };
    }
    SignedTag tag_of(const RoleView& role, const metadata::TargetIndex::Target& target) const;
    std::optional<metadata::TargetIndex::Target> find(const RoleView& role,
                                                      std::string_view name) const;
    std::vector<Row> by_name(const std::vector<std::uint32_t>& roles) const;
    /// Every target of every signer, put in order when somebody first asks who signed a tag.
    const std::vector<Row>& signed_names() const;

    State state_;
    std::vector<RoleView> roles_;
    std::vector<Notice> warnings_;
    std::vector<std::uint32_t> searched_;  // targets/releases, what is below it, then targets
    std::vector<Row> tags_;
    struct SignedNames {
        std::once_flag once;
        std::vector<Row> rows;
    };
    std::shared_ptr<SignedNames> signed_names_ = std::make_shared<SignedNames>();
    std::size_t lookup_roles_;
    bool compatible_;
};

}  // namespace contenttrust::trust
