// Text becomes a key id only by way of parse.
// expect: (private within this context|calling a private constructor)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

KeyId unparsed() { return KeyId(std::string("0123")); }
