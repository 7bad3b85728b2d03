/// libsodium as this room uses it: started once.
#pragma once

#include <sodium.h>

#include <stdexcept>

namespace contenttrust::crypto {

inline void start_libsodium() {
    static const int started = sodium_init();
    if (started < 0) throw std::runtime_error("libsodium could not be started");
}

}  // namespace contenttrust::crypto
