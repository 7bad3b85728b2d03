/// Many P-256 signatures, eight at a time where the processor can.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto {

/// Whether this processor and this build check eight signatures at a time.
bool eight_at_a_time() noexcept;

/// The version of crypto_mb that is built in, or `absent`.
std::string crypto_mb_version();

/// Collects signatures and checks them together. What is accepted is right; what is not accepted may be right all the
/// same: PublicKey::verify is to be asked. For one thread. Nothing is borrowed.
class BatchVerify {
  public:
    /// Its number, counted from 0 since the last run; nothing when it is not taken: the key is of another curve, the
    /// signature is not r‖s of 32 octets each within [1, n-1], or signatures are checked one by one here.
    std::optional<std::size_t> add(const PublicKey& key, const Sha256& digest, Bytes signature);

    std::size_t size() const noexcept { return jobs_.size(); }

    /// By number, whether each was accepted; then the batch is empty again.
    std::vector<bool> run();
    void clear() noexcept { jobs_.clear(); }

    /// One signature, as the lanes take it.
    struct Job {
        std::array<unsigned long long, 4> x;  ///< of the key, least significant limb first
        std::array<unsigned long long, 4> y;
        std::array<unsigned char, 32> r;  ///< big-endian, as all that follows
        std::array<unsigned char, 32> s;
        std::array<unsigned char, 32> digest;
    };

  private:
    std::vector<Job> jobs_;
};

}  // namespace contenttrust::crypto
