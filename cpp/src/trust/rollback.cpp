#include "contenttrust/trust/rollback.hpp"

#include <algorithm>

namespace contenttrust::trust {
namespace {

// The header and the envelope of a cached file; nothing when it is damaged, which is a cache miss.
std::optional<std::pair<metadata::Header, metadata::Envelope>> cached_document(
    const Context& context, File& file, const RoleName& role) {
    const auto parts =
        [](const auto& document) -> std::optional<std::pair<metadata::Header, metadata::Envelope>> {
        if (!document) return std::nullopt;
        return std::pair(document.value().header, document.value().envelope);
    };
    const auto& limits = context.requirements.decode;
    if (role == RoleName::timestamp()) return parts(file.timestamp(limits));
    if (role == RoleName::snapshot()) return parts(file.snapshot(limits));
    return parts(file.targets(role, limits));
}

}  // namespace

bool Memory::listed(const RoleName& role) const {
    if (state != nullptr && state->roles.contains(role)) return true;
    return cached_snapshot != nullptr && cached_snapshot->find(role) != nullptr;
}

std::optional<Remembered> remembered(Context& context, const Memory& memory, const RoleName& role,
                                     const metadata::Keys& keys,
                                     const metadata::RoleKeys& role_keys) {
    std::optional<Remembered> out;
    if (memory.state != nullptr && memory.state->roles.contains(role)) {
        const auto& known = memory.state->roles.at(role);
        const auto today = identities_of(context, keys, role_keys);
        const auto still = std::count_if(known.signed_by.begin(), known.signed_by.end(),
                                         [&](const Sha256& key) { return today.contains(key); });
        const bool nobody_removed = still == std::ssize(known.signed_by);
        if (nobody_removed || still >= role_keys.threshold) out = known;
    }
    // A file that the cached snapshot no longer lists was left over when its role was dropped.
    const bool left_over = role.is_delegation() && memory.cached_snapshot != nullptr &&
                           memory.cached_snapshot->find(role) == nullptr;
    File* file = left_over ? nullptr : memory.files.cached(role.str());
    const auto document = file != nullptr ? cached_document(context, *file, role) : std::nullopt;
    if (!document || (out && document->first.version <= out->version)) return out;
    auto signers = signed_by(context, document->second, keys, role_keys);
    if (!signers.meets(role_keys)) return out;
    return Remembered{document->first.version, document->second.signed_digest,
                      std::move(signers.identities)};
}

Status check_rollback(Context& context, const RoleName& role, metadata::Version version,
                      const Sha256& digest, const std::optional<Remembered>& floor) {
    const auto text = [](metadata::Version v) {
        return std::to_string(static_cast<std::int64_t>(v));
    };
    const auto expected = [&] {
        return floor ? "version " + text(floor->version) + " or later, as remembered"
                     : std::string("any: nothing is remembered");
    };
    if (floor && version < floor->version) {
        return context.refused(
            "rollback", role.str(), ErrorCode::rollback,
            "version " + text(version) + " is lower than current version " + text(floor->version),
            expected(), "version " + text(version));
    }
    if (floor && version == floor->version && digest != floor->digest) {
        context.warn(
            "version", role.str(),
            role.str() + " has other content than before under the same version " + text(version));
    }
    context.passed("rollback", role.str(), expected, [&] { return "version " + text(version); });
    return {};
}

}  // namespace contenttrust::trust
