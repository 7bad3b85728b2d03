// Text becomes a key id only by way of parse.
// expect: (no matching function for call to .*KeyId|no matching conversion)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

KeyId unparsed() { return KeyId(std::string("0123")); }
