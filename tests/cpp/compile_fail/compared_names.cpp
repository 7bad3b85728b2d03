// Names of two kinds are never equal, so that comparing them is no question.
// expect: (no match for|invalid operands to binary)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

bool same(const Gun& gun, const KeyId& id) { return gun == id; }
