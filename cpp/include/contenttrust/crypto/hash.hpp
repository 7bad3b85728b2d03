/// SHA-2 by libcrypto.
#pragma once

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/digest.hpp"

namespace contenttrust::crypto {

Sha256 sha256(Bytes message);
Sha512 sha512(Bytes message);

}  // namespace contenttrust::crypto
