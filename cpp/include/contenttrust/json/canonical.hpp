/// The canonical form that Notary signs: docker/go canonical JSON, byte for byte.
#pragma once

#include <string>

#include "contenttrust/json/reader.hpp"

namespace contenttrust::json {

/// Members sorted by the UTF-8 bytes of their names, no white space, only `"` and `\` escaped, everything else raw
/// (control characters too), integers in plain decimal. `value` must hold plain integers only.
std::string canonical(const Value& value);

/// One string as it stands in the canonical form, quotes included.
std::string canonical_string(std::string_view text);

}  // namespace contenttrust::json
