// There is no key id of nothing.
// expect: (private within this context|calling a private constructor)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

KeyId nothing() { return KeyId(); }
