// A GUN is no role name, though both are made of text.
// expect: (could not convert|invalid initialization|no matching function)
#include "contenttrust/base/names.hpp"

using namespace contenttrust;

bool names_a_role(const RoleName& role) { return role.is_delegation(); }

bool mixed_up(const Gun& gun) { return names_a_role(gun); }
