/// PEM text (RFC 7468) with headers, as key files have it: taken apart and written.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/secret.hpp"

namespace contenttrust::publish {

using Headers = std::map<std::string, std::string>;

/// One block. What it holds may be a private key: text and content are in guarded memory.
struct Armor {
    std::string label;  ///< `ENCRYPTED PRIVATE KEY`, `CERTIFICATE`, …
    Headers headers;    ///< `role`, `gun`, `path`, `Proc-Type`, …
    crypto::Secret
        text;  ///< the block as it stands in the file, first line to last, with a line end
    crypto::Secret content;  ///< base64 removed
};

/// Every block (at most 256, of at most 64 KiB each) of at most 1 MiB of text. Text around the blocks is passed over, as Go's
/// encoding/pem does; within them, everything that is not right is refused: another label at the end, no end, doubled
/// headers, control characters, outer white space that Go trims and we do not, any base64 but the strict one.
Result<std::vector<Armor>> read_armor(std::string_view contents);

/// Whether a name or value of a header begins or ends with what Go's encoding/pem trims off: it would be read otherwise.
/// Control characters, which no header may have, are not looked for.
bool has_outer_space(std::string_view text);

/// One block as Go's encoding/pem writes it: headers by name, 64 characters a line.
std::string write_armor(std::string_view label, const Headers& headers, Bytes content);

}  // namespace contenttrust::publish
