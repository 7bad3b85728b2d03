// Whether there is a value must be asked for: a Result is no truth value in passing.
// expect: (cannot convert|no viable conversion)
#include "contenttrust/metadata/decode.hpp"

bool trusted(std::string_view text) {
    const bool yes = contenttrust::metadata::decode_root(text, {});
    return yes;
}
