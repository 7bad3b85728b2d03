#include "eight_lanes.hpp"

namespace contenttrust::crypto::eight_lanes {

bool available() noexcept { return false; }

std::string version() { return "absent"; }

std::bitset<8> accepted(const std::array<const BatchVerify::Job*, 8>& /*jobs*/) { return {}; }

}  // namespace contenttrust::crypto::eight_lanes
