/// PEM blocks (RFC 7468), taken apart by libcrypto.
#pragma once

#include <openssl/bio.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/result.hpp"
#include "libcrypto.hpp"

namespace contenttrust::crypto {

using Bio = std::unique_ptr<BIO, FreeWith<BIO_free>>;

/// Reads from `text`, which must outlive the result.
Bio read_from(std::string_view text);

/// The DER of the next block, whatever text stands before it; empty, which is no certificate, when the block has another
/// label or headers. Nothing at the end, or on an error, which libcrypto's queue names.
std::optional<std::string> read_certificate_block(BIO* bio);

/// The DER of every certificate (at most 16) in at most 64 KiB of PEM text, where nothing else may stand.
Result<std::vector<std::string>> read_certificates(std::string_view pem);

}  // namespace contenttrust::crypto
