#include "contenttrust/trust/rollback.hpp"

#include <algorithm>

namespace contenttrust::trust {
namespace {

// The header and the envelope of a cached file; nothing when it is damaged, which is a cache miss.
struct CachedDocument {
    metadata::Version version;
    const metadata::Envelope& envelope;
};
std::optional<CachedDocument> cached_document(const Context& context, const Memory& memory,
                                              const RoleName& role) {
    const auto parts = [](const auto& document) -> std::optional<CachedDocument> {
        if (!document) return std::nullopt;
        return CachedDocument{document.value().header.version, document.value().envelope};
    };
    File* file = memory.files.cached(role.str());
    if (file == nullptr) return std::nullopt;
    const auto& limits = context.requirements.decode;
    if (role == RoleName::timestamp()) return parts(file->timestamp(limits));
    if (role == RoleName::snapshot()) return parts(file->snapshot(limits));
    return parts(file->targets(role, limits));
}

// What our record knows of the role, unless too few of those who signed it are left.
const Remembered* recorded(Context& context, const Memory& memory, const RoleName& role,
                           const metadata::Keys& keys, const metadata::RoleKeys& role_keys) {
    if (memory.state == nullptr || !memory.state->roles.contains(role)) return nullptr;
    const auto& known = memory.state->roles.at(role);
    const auto today = identities_of(context, keys, role_keys);
    const auto still = std::count_if(known.signed_by.begin(), known.signed_by.end(),
                                     [&](const Sha256& key) { return today.contains(key); });
    const bool nobody_removed = still == std::ssize(known.signed_by);
    return nobody_removed || still >= role_keys.threshold ? &known : nullptr;
}

}  // namespace

bool listed_before(Context& context, const Memory& memory, const RoleName& role,
                   const metadata::Keys& keys, const metadata::RoleKeys& role_keys) {
    if (recorded(context, memory, role, keys, role_keys) != nullptr) return true;
    const bool cached = memory.cached_snapshot != nullptr && memory.cached_snapshot->find(role);
    const auto document = cached ? cached_document(context, memory, role) : std::nullopt;
    if (!document) return cached;
    return signed_by(context, document->envelope, keys, role_keys).meets(role_keys);
}

std::optional<Remembered> remembered(Context& context, const Memory& memory, const RoleName& role,
                                     const metadata::Keys& keys,
                                     const metadata::RoleKeys& role_keys) {
    const Remembered* known = recorded(context, memory, role, keys, role_keys);
    auto out = known != nullptr ? std::optional(*known) : std::nullopt;
    // A file that the cached snapshot no longer lists was left over when its role was dropped.
    const bool left_over = role.is_delegation() && memory.cached_snapshot != nullptr &&
                           memory.cached_snapshot->find(role) == nullptr;
    const auto document = left_over ? std::nullopt : cached_document(context, memory, role);
    if (!document || (out && document->version <= out->version)) return out;
    auto signers = signed_by(context, document->envelope, keys, role_keys);
    if (!signers.meets(role_keys)) return out;
    return Remembered{document->version, document->envelope.signed_digest,
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
