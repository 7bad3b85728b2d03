/// Public keys as files and callers carry them: PEM, DER, a certificate, or 32 raw octets.
#pragma once

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto {

/// The one key that `contents` holds, told apart by their form:
/// - 32 octets: an Ed25519 key (RFC 8032 §5.1.5)
/// - PEM `CERTIFICATE` blocks, at most 64 KiB: the key of the first, as `*-x509` keys of Notary have it. Neither the
///   certificate's time nor who signed it is looked at
/// - PEM `PUBLIC KEY`, at most 64 KiB: a SubjectPublicKeyInfo. Headers such as the `role:` of `docker trust key generate` are
///   passed over; text around the block is refused
/// - anything else: DER SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 8410 §4)
///
/// What is usable is what PublicKey says. For callers who have a key in hand: metadata names the form of its keys, and
/// is read by KeyCache.
Result<PublicKey> read_public_key(Bytes contents);

}  // namespace contenttrust::crypto
