/// The checks that every role but root passes through, in their order.
#pragma once

#include "contenttrust/trust/expiry.hpp"
#include "contenttrust/trust/rollback.hpp"
#include "contenttrust/trust/threshold.hpp"

namespace contenttrust::trust {

/// That a document is strict JSON of its type was found when it was decoded; here it is noted.
inline void note_format(Context& context, const RoleName& role, std::string_view type,
                        metadata::Version version) {
    context.passed(
        "format", role.str(), [&] { return "strict JSON of type " + std::string(type); },
        [&] { return "version " + std::to_string(static_cast<std::int64_t>(version)); });
}

/// Format, signatures, rollback, expiry. An expired file still guards against rollback: expiry comes last.
template <typename Body>
Result<SignedBy> check_role(Context& context, const Memory& memory, const RoleName& role,
                            const Result<metadata::Signed<Body>>& document,
                            const metadata::Keys& keys, const metadata::RoleKeys& role_keys) {
    if (!document) return context.refused("format", role.str(), document.error());
    const auto& header = document.value().header;
    const auto& envelope = document.value().envelope;
    note_format(context, role, Body::type, header.version);
    auto signers = check_threshold(context, role, envelope, keys, role_keys);
    if (!signers) return signers;
    const auto floor = remembered(context, memory, role, keys, role_keys);
    if (auto status = check_rollback(context, role, header.version, envelope.signed_digest, floor);
        !status) {
        return std::move(status).error();
    }
    if (auto status = check_expiry(context, role, header.expires); !status)
        return std::move(status).error();
    context.accepted.insert_or_assign(
        role, Remembered{header.version, envelope.signed_digest, signers.value().identities});
    return signers;
}

}  // namespace contenttrust::trust
