/// The part of crypto_mb that is used here. A build without it has the same functions, which never accept.
#pragma once

#include <array>
#include <bitset>
#include <string>

#include "contenttrust/crypto/batch_verify.hpp"

namespace contenttrust::crypto::eight_lanes {

/// Whether crypto_mb is built in and the processor has what it needs.
bool available() noexcept;

/// The version of crypto_mb that is built in, or `absent`.
std::string version();

/// Which of eight signatures are right. r and s must be within [1, n-1], the keys on the curve.
std::bitset<8> accepted(const std::array<const BatchVerify::Job*, 8>& jobs);

}  // namespace contenttrust::crypto::eight_lanes
