/// Self-signed certificates, as Notary makes them for root keys.
#pragma once

#include <string>
#include <string_view>

#include "private_key_der.hpp"

namespace contenttrust::crypto {

/// As PrivateKey::certificate.
Result<std::string> self_signed(const PrivateNumbers& key, std::string_view common_name,
                                Instant not_before, Instant not_after);

}  // namespace contenttrust::crypto
