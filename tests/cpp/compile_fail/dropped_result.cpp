// The answer of a decoder cannot be dropped.
// expect: (nodiscard|ignoring return)
#include "contenttrust/metadata/decode.hpp"

void unread(std::string_view text) { contenttrust::metadata::decode_root(text, {}); }
