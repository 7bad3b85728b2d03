// What was verified is read, never changed.
// expect: (discards qualifiers|not marked const)
#include "contenttrust/trust/repository.hpp"

void forge(contenttrust::trust::TrustedRepository& repository) { repository.roles().clear(); }
