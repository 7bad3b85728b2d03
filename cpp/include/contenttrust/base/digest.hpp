/// Digests as values of fixed size.
#pragma once

#include <array>
#include <cstddef>

namespace contenttrust {

using Sha256 = std::array<std::byte, 32>;
using Sha512 = std::array<std::byte, 64>;

}  // namespace contenttrust
