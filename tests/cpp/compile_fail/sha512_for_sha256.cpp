// Digests of two algorithms differ in type, not only in length.
// expect: (no match for|invalid operands to binary|no viable overloaded|conversion)
#include "contenttrust/base/digest.hpp"

contenttrust::Sha256 shortened(const contenttrust::Sha512& digest) {
    contenttrust::Sha256 out{};
    out = digest;
    return out;
}
