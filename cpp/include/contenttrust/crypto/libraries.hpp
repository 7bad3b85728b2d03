/// Which cryptographic libraries do the work, as loaded.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace contenttrust::crypto {

/// Name and version of each, compiled against and loaded.
std::vector<std::pair<std::string, std::string>> library_versions();

}  // namespace contenttrust::crypto
