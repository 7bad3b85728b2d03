/// A file must be the one that signed metadata names (TUF 1.0.31 §5.5.2, §5.6.2).
#pragma once

#include "contenttrust/metadata/file_meta.hpp"
#include "contenttrust/trust/context.hpp"
#include "contenttrust/trust/files.hpp"

namespace contenttrust::trust {

/// A file may not be larger than its role's limit, whatever was signed: `limit_exceeded`.
Status check_size(Context& context, std::string_view role, std::int64_t size, std::int64_t limit);

/// Length and every known hash must be equal; at least one known hash must be there.
Status check_hash_chain(Context& context, const RoleName& role, File& file,
                        const metadata::FileMeta& meta);

/// The file of `role` that `meta` names: the cached copy if it is the very one, else what the source gave. Null while
/// the source has not been asked; `missing_role` when it has no such file.
Result<File*> chained_file(Context& context, Files& files, const RoleName& role,
                           const metadata::FileMeta& meta);

}  // namespace contenttrust::trust
