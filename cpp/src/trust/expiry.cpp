#include "contenttrust/trust/expiry.hpp"

namespace contenttrust::trust {

Status check_expiry(Context& context, const RoleName& role, Instant expires) {
    const auto expected = [&] { return "later than " + context.now.str(); };
    if (expires <= context.now) {
        return context.refused("expiry", role.str(), ErrorCode::expired,
                               role.str() + " expired at " + expires.str(), expected(),
                               expires.str());
    }
    context.passed("expiry", role.str(), expected, [&] { return expires.str(); });
    return {};
}

}  // namespace contenttrust::trust
