// The answer of a check cannot be dropped.
// expect: (nodiscard|ignoring return)
#include "contenttrust/trust/expiry.hpp"

using namespace contenttrust;

void unread(trust::Context& context, Instant expires) {
    trust::check_expiry(context, RoleName::root(), expires);
}
