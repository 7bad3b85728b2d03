// The text of a temporary name is handed over by value: no pointer into it is left dangling.
// expect: (taking address of rvalue|taking the address of a temporary)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

const std::string* dangling() { return &RoleName::releases().str(); }
