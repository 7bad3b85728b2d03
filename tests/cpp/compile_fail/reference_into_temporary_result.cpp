// What a temporary Result holds is handed over by value: no reference into it is left dangling.
// expect: (cannot bind non-const lvalue reference|non-const lvalue reference to type)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

std::size_t dangling(std::string_view text) {
    Gun& gun = Gun::parse(text).value();
    return gun.str().size();
}
