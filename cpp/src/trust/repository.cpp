#include "contenttrust/trust/repository.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::trust {
namespace {

constexpr std::size_t targets_role = 3;  // after root, timestamp, snapshot

bool may_hold(const RoleView& role, std::string_view name) {
    return metadata::paths_allow(role.paths, name);
}

std::string signer_name(const RoleName& role) {
    return role.is_delegation() ? role.str().substr(std::string_view("targets/").size())
                                : "Repo Admin";
}

bool is_signer(const RoleView& role) {
    return role.name.is_delegation() && role.name != RoleName::releases();
}

std::string in_hex(const Sha256& digest) { return "sha256:" + to_hex(digest); }

}  // namespace

TrustedRepository::TrustedRepository(State state, std::vector<RoleView> roles,
                                     std::vector<Notice> warnings, const Requirements& requirements)
    : state_(std::move(state)),
      roles_(std::move(roles)),
      warnings_(std::move(warnings)),
      lookup_roles_(requirements.lookup_roles),
      compatible_(requirements.compatible) {
    const auto releases = RoleName::releases().str();
    for (std::uint32_t i = targets_role; i < roles_.size(); ++i) {
        const auto& name = roles_[i].name.str();
        if (name == releases || name.starts_with(releases + "/")) searched_.push_back(i);
    }
    searched_.push_back(targets_role);
    // The role that is searched first decides; only targets/releases and targets sign tags.
    tags_ = by_name(searched_);
    const auto same_name = [this](const Row& a, const Row& b) {
        return target(a).name == target(b).name;
    };
    tags_.erase(std::unique(tags_.begin(), tags_.end(), same_name), tags_.end());
    std::erase_if(tags_, [&](const Row& row) {
        return !target(row).usable || (row.role != targets_role && row.role != searched_.front());
    });
}

// What the roles hold, by name, and of one name in the order of the roles. Each role is sorted already: they are merged
// two by two, which looks at a name once for a few roles and a dozen times for thousands.
std::vector<TrustedRepository::Row> TrustedRepository::by_name(
    const std::vector<std::uint32_t>& roles) const {
    std::vector<Row> out;
    std::vector<std::ptrdiff_t> ends{0};
    out.reserve(std::transform_reduce(roles.begin(), roles.end(), std::size_t{0}, std::plus<>(),
                                      [&](auto i) { return roles_[i].targets.size(); }));
    for (const auto i : roles) {
        for (std::uint32_t t = 0; roles_[i].usable() && t < roles_[i].targets.size(); ++t) {
            if (may_hold(roles_[i], roles_[i].targets.at(t).name)) out.push_back({i, t});
        }
        ends.push_back(std::ssize(out));
    }
    for (std::size_t width = 1; width < roles.size(); width *= 2) {
        for (std::size_t i = 0; i + width < roles.size(); i += 2 * width) {
            const auto end = ends[std::min(i + 2 * width, roles.size())];
            std::ranges::inplace_merge(out.begin() + ends[i], out.begin() + ends[i + width],
                                       out.begin() + end, {}, name_of_row());
        }
    }
    return out;
}

const std::vector<TrustedRepository::Row>& TrustedRepository::signed_names() const {
    std::call_once(signed_names_->once, [this] {
        std::vector<std::uint32_t> signers;
        for (std::uint32_t i = targets_role; i < roles_.size(); ++i) {
            if (is_signer(roles_[i])) signers.push_back(i);
        }
        signed_names_->rows = by_name(signers);
    });
    return signed_names_->rows;
}

std::optional<metadata::TargetIndex::Target> TrustedRepository::find(const RoleView& role,
                                                                     std::string_view name) const {
    if (!role.usable() || !may_hold(role, name)) return std::nullopt;
    const auto index = role.targets.find(name);
    if (!index) return std::nullopt;
    return role.targets.at(*index);
}

std::string_view TrustedRepository::tag_name(std::size_t index) const {
    return target(tags_[index]).name;
}

SignedTag TrustedRepository::tag(std::size_t index) const {
    return tag_of(roles_[tags_[index].role], target(tags_[index]));
}

std::optional<std::size_t> TrustedRepository::find_tag(std::string_view name) const {
    const auto row = std::ranges::lower_bound(tags_, name, {}, name_of_row());
    if (row == tags_.end() || target(*row).name != name) return std::nullopt;
    return static_cast<std::size_t>(row - tags_.begin());
}

std::optional<SignedTag> TrustedRepository::tag(std::string_view name) const {
    constexpr std::size_t few = 4;  // roles are sooner searched one by one: their names lie closer
    if (searched_.size() > few) {
        const auto index = find_tag(name);
        return index ? std::optional(tag(*index)) : std::nullopt;
    }
    for (const auto i : searched_) {
        const auto target = find(roles_[i], name);
        if (!target) continue;
        const bool signs_tags = i == targets_role || i == searched_.front();
        return target->usable && signs_tags ? std::optional(tag_of(roles_[i], *target))
                                            : std::nullopt;
    }
    return std::nullopt;
}

// The signers of a tag are the other delegations whose keys signed the very same digest under the same name.
SignedTag TrustedRepository::tag_of(const RoleView& role,
                                    const metadata::TargetIndex::Target& target) const {
    SignedTag out{gun().str(),
                  std::string(target.name),
                  role.name.str(),
                  target.sha256,
                  target.length,
                  std::string(target.custom),
                  {}};
    const auto& names = signed_names();
    auto row = std::ranges::lower_bound(names, target.name, {}, name_of_row());
    for (; row != names.end() && this->target(*row).name == target.name; ++row) {
        const auto same = this->target(*row);
        if (!same.usable || same.sha256 != target.sha256) continue;
        const auto& signer = roles_[row->role];
        out.signers.push_back({signer_name(signer.name), signer.name.str(), signer.signed_by});
    }
    std::sort(out.signers.begin(), out.signers.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    if (out.signers.empty()) {
        out.signers.push_back({signer_name(RoleName::targets()), role.name.str(), role.signed_by});
    }
    return out;
}

std::vector<SignedTag> TrustedRepository::role_tags(const RoleView& role) const {
    std::vector<SignedTag> out;
    if (!role.usable()) return out;
    for (std::size_t t = 0; t < role.targets.size(); ++t) {
        const auto target = role.targets.at(t);
        if (target.usable && may_hold(role, target.name)) out.push_back(tag_of(role, target));
    }
    return out;
}

std::vector<Signer> TrustedRepository::signatures(const SignedTag& tag) const {
    std::vector<Signer> out;
    for (const auto& role : roles_) {
        const auto same = find(role, tag.name);
        if (same && same->usable && same->sha256 == tag.sha256)
            out.push_back({signer_name(role.name), role.name.str(), role.signed_by});
    }
    return out;
}

std::vector<Notice> TrustedRepository::degraded() const {
    std::vector<Notice> out;
    for (const auto& role : roles_) {
        if (!role.broken) continue;
        out.push_back(
            {std::string(to_string(role.broken->code)), role.name.str(), {}, role.broken->message});
    }
    return out;
}

std::vector<Notice> TrustedRepository::unusable() const {
    std::vector<Notice> out;
    for (const auto& role : roles_) {  // those left out have no targets
        for (std::size_t t = 0; t < role.targets.size(); ++t) {
            const auto target = role.targets.at(t);
            if (target.usable || !may_hold(role, target.name)) continue;
            out.push_back({std::string(to_string(ErrorCode::tag_unusable)), role.name.str(),
                           std::string(target.name), "no valid hash, expecting sha256"});
        }
    }
    return out;
}

std::vector<Signer> TrustedRepository::signers() const {
    std::vector<Signer> out;
    for (const auto& role : roles_) {
        if (is_signer(role))
            out.push_back({signer_name(role.name), role.name.str(), role.canonical_ids});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return out;
}

Instant TrustedRepository::valid_until() const {
    Instant out = roles_.front().expires;
    for (const auto& role : roles_) {
        if (role.usable()) out = std::min(out, role.expires);
    }
    return out;
}

Result<SignedTag> TrustedRepository::verify(std::string_view name) const {
    const auto shown = printable(name);
    std::size_t visited = 0;
    for (const auto i : searched_) {
        const auto& role = roles_[i];
        if (!may_hold(role, name)) continue;
        if (++visited > lookup_roles_) {
            return Error{ErrorCode::limit_exceeded, role.name.str(),
                         "too many roles to search for one tag",
                         "at most " + std::to_string(lookup_roles_), "more"};
        }
        if (role.broken && !compatible_) {
            return Error{ErrorCode::role_broken, role.name.str(),
                         role.name.str() + " decides before the other roles and is broken: " +
                             role.broken->message,
                         "an intact " + role.name.str(), std::string(to_string(role.broken->code))};
        }
        const auto target = find(role, name);
        if (!target) continue;
        if (role.name != RoleName::releases() && role.name != RoleName::targets()) {
            return Error{ErrorCode::not_signed, role.name.str(), "No trust data for " + shown,
                         "signed in targets/releases or targets", "signed in " + role.name.str()};
        }
        if (!target->usable) {
            return Error{ErrorCode::tag_unusable, role.name.str(),
                         "no valid hash, expecting sha256", "a sha256 of 32 bytes", "none"};
        }
        return tag_of(role, *target);
    }
    for (const auto& role : roles_) {
        if (!role.name.is_delegation() || !find(role, name)) continue;
        return Error{ErrorCode::not_signed, role.name.str(), "No trust data for " + shown,
                     "signed in targets/releases or targets",
                     "signed in " + role.name.str() + " only"};
    }
    return Error{ErrorCode::not_signed, "targets", "No valid trust data for " + shown,
                 "a signed tag", "none"};
}

Result<SignedTag> TrustedRepository::verify(std::string_view name, const Sha256& digest) const {
    auto tag = verify(name);
    if (!tag || tag.value().sha256 == digest) return tag;
    return Error{ErrorCode::digest_mismatch, tag.value().role,
                 "the digest asked for is not the one that was signed for " + printable(name),
                 in_hex(tag.value().sha256), in_hex(digest)};
}

Result<SignedTag> TrustedRepository::verify(const Sha256& digest) const {
    std::optional<Error> reason;
    for (const auto& row : tags_) {
        if (target(row).sha256 != digest) continue;
        auto tag = verify(target(row).name);
        if (tag) return tag;
        if (!reason) reason = std::move(tag).error();
    }
    if (reason) return *std::move(reason);
    return Error{ErrorCode::not_signed, "targets", "no signed tag has the digest " + in_hex(digest),
                 "a signed tag with this digest", "none"};
}

}  // namespace contenttrust::trust
