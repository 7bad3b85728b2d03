/// The checks that every role but root passes through, in their order.
#pragma once

#include "contenttrust/trust/expiry.hpp"
#include "contenttrust/trust/rollback.hpp"
#include "contenttrust/trust/threshold.hpp"

namespace contenttrust::trust {

/// Format, signatures, rollback, expiry. An expired file still guards against rollback: expiry comes last.
template <typename Body>
Result<SignedBy> check_role(Context& context, const Memory& memory, const RoleName& role,
                            const Result<metadata::Signed<Body>>& document,
                            const metadata::Keys& keys, const metadata::RoleKeys& role_keys) {
    if (!document) return context.refused("format", role.str(), document.error());
    const auto& header = document.value().header;
    const auto& envelope = document.value().envelope;
    context.passed(
        "format", role.str(), [] { return "strict JSON of type " + std::string(Body::type); },
        // It runs: gcov counts it, gcovr 8 mixes up the two lambdas. GCOVR_EXCL_START
        [&] { return "version " + std::to_string(static_cast<std::int64_t>(header.version)); });
    // GCOVR_EXCL_STOP
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
