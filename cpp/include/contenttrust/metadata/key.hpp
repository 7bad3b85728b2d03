/// Keys as metadata carries them, and their ids.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "contenttrust/base/names.hpp"
#include "contenttrust/crypto/key_cache.hpp"

namespace contenttrust::metadata {

/// One entry of a `keys` object. Not yet known to be usable: that is found out when a signature asks for it.
struct Key {
    std::string type;         ///< `keytype` as written
    std::string public_text;  ///< `keyval.public`, base64 removed

    crypto::KeyText text() const noexcept { return {type, public_text}; }
};

using Keys = std::map<KeyId, Key>;

/// SHA-256 of the canonical key object with `private` null (Notary `tuf/data/keys.go`, TUFKey.ID).
KeyId key_id(std::string_view type, std::string_view public_base64);

/// The id of the bare key: of a certificate's key for `*-x509`, else the key's own id.
KeyId canonical_key_id(const KeyId& id, const Key& key, crypto::KeyCache& cache);

}  // namespace contenttrust::metadata
