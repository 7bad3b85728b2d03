/// What was checked, in order, and what must be known although it stopped nothing.
#pragma once

#include <string>

namespace contenttrust::trust {

/// One check that ran.
struct Step {
    std::string check;
    std::string role;
    bool passed;
    std::string expected;
    std::string found;
};

/// A broken delegation, an unusable tag, or a warning.
struct Notice {
    std::string code;
    std::string role;
    std::string name;  ///< the tag, for an unusable one
    std::string message;
};

}  // namespace contenttrust::trust
