/// Expired metadata is no metadata (TUF 1.0.31 §5.3.10, §5.4.4, §5.5.6, §5.6.6).
#pragma once

#include "contenttrust/trust/context.hpp"

namespace contenttrust::trust {

/// Refuses when `expires` is now or earlier.
Status check_expiry(Context& context, const RoleName& role, Instant expires);

}  // namespace contenttrust::trust
