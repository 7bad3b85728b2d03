/// Private keys under a passphrase: RFC 8018 PBES2 as PKCS#8 has it, and the older form of RFC 1421 headers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/secret.hpp"

namespace contenttrust::crypto {

inline constexpr std::uint32_t max_rounds = 10'000'000;

/// The refusal that a wrong passphrase and a damaged key share, because nobody can tell them apart:
/// `unauthorized`. Every other refusal of a key file has another code.
Error wrong_passphrase();

/// The rounds of PBKDF2 that opening a PKCS#8 EncryptedPrivateKeyInfo takes; nothing where scrypt is used. Refused
/// (`limit_exceeded`): more than 10^7 rounds, scrypt with more than 256 MiB or in more than 8 parts; (`malformed`): what is
/// no such structure, or asks for something else than PBKDF2 or scrypt with AES or triple DES.
Result<std::optional<std::uint32_t>> pbkdf2_rounds(Bytes encrypted);

/// Opens a PKCS#8 EncryptedPrivateKeyInfo, after the same checks.
Result<Secret> decrypt_pkcs8(Bytes encrypted, const Secret& passphrase);

/// The EncryptedPrivateKeyInfo that Docker and Notary open: PBKDF2 with HMAC-SHA-1, AES-256-CBC. `rounds`: 1 to max_rounds.
std::string encrypt_pkcs8(const Secret& pkcs8, const Secret& passphrase, std::uint32_t rounds);

/// Whether `dek_info`, the value of a DEK-Info header, names a cipher that decrypt_legacy knows.
Status check_dek_info(std::string_view dek_info);

/// Opens the body of a PEM block that has the headers Proc-Type and DEK-Info. One round of MD5: for old keys only.
Result<Secret> decrypt_legacy(std::string_view dek_info, Bytes encrypted, const Secret& passphrase);

}  // namespace contenttrust::crypto
