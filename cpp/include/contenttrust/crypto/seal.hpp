/// Archives under a passphrase, for backups of keys: libsodium's password hash and its encrypted stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/secret.hpp"

namespace contenttrust::crypto {

/// What each guess at the passphrase of an archive costs (Argon2id).
struct SealCost {
    std::uint32_t passes = 3;
    std::uint32_t kibibytes = 256 * 1024;
};

/// Encrypts `contents`. The cost and the salt stand in front, and are authenticated with the rest.
std::string seal(Bytes contents, const Secret& passphrase, SealCost cost = {});

/// Opens what `seal` made. Refused: `malformed` what is no such archive; `limit_exceeded` one that asks for more than 4 passes
/// or 256 MiB; wrong_passphrase() (`unauthorized`) a wrong passphrase, and damage of any kind, which nobody can tell apart.
Result<Secret> unseal(Bytes sealed, const Secret& passphrase);

}  // namespace contenttrust::crypto
