/// Octets that nobody else should see: passphrases, and private keys on their way through memory.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "contenttrust/base/bytes.hpp"

namespace contenttrust::crypto {

/// Owns octets in libsodium's guarded memory: no core dump holds them, they are not swapped out as far as the limit on
/// locked memory reaches (RLIMIT_MEMLOCK), and they are wiped when freed. A C++ value moves; it cannot be copied.
class Secret {
  public:
    explicit Secret(Bytes octets);
    explicit Secret(std::size_t size);  ///< zeros, to be written

    Bytes bytes() const noexcept { return {memory_.get(), size_}; }
    std::span<std::byte> space() noexcept { return {memory_.get(), size_}; }
    std::size_t size() const noexcept { return size_; }

    /// Keeps the first `size` octets, and wipes the rest.
    void shorten(std::size_t size) noexcept;

    /// In a time that tells nothing but whether the lengths are equal.
    friend bool operator==(const Secret& a, const Secret& b) noexcept;

  private:
    struct Free {
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte, Free> memory_;
    std::size_t size_;
};

/// Overwrites what is not needed any more, which no optimiser takes away.
void wipe(std::span<std::byte> octets) noexcept;

}  // namespace contenttrust::crypto
