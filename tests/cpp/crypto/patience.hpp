/// How long a test waits for what must end soon.
#pragma once

#include <cstdlib>
#include <ctime>
#include <string>

namespace contenttrust::crypto::made {

/// Whether no more than 50 ms of a processor were used since `start`, or so many times more as the environment says:
/// memcheck makes everything slower.
inline bool soon_after(std::clock_t start) {
    const char* factor = std::getenv("CONTENTTRUST_PATIENCE");
    const double limit = 0.05 * (factor != nullptr ? std::stod(factor) : 1.0);
    return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC < limit;
}

}  // namespace contenttrust::crypto::made
