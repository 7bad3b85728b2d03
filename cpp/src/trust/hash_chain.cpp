#include "contenttrust/trust/hash_chain.hpp"

#include <algorithm>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::trust {
namespace {

bool fits(File& file, const metadata::FileMeta& meta) {
    return !meta.malformed_hash && meta.has_known_hash() && file.size() == meta.length &&
           (!meta.sha256 || *meta.sha256 == file.sha256()) &&
           (!meta.sha512 || *meta.sha512 == file.sha512());
}

}  // namespace

Status check_size(Context& context, std::string_view role, std::int64_t size, std::int64_t limit) {
    if (size > limit)
        return context.beyond_limit(role, std::string(role) + " is larger than the limit, in bytes",
                                    limit);
    return {};
}

Status check_hash_chain(Context& context, const RoleName& role, File& file,
                        const metadata::FileMeta& meta) {
    if (meta.malformed_hash || !meta.has_known_hash()) {
        return context.refused("hash", role.str(), ErrorCode::hash,
                               "the file that names " + role.str() + " gives no usable hash",
                               "sha256 of 32 or sha512 of 64 bytes",
                               "none, or one of another size");
    }
    if (file.size() != meta.length) {
        return context.refused(
            "hash", role.str(), ErrorCode::length, role.str() + " does not have its signed length",
            std::to_string(meta.length) + " bytes",
            file.size() > meta.length ? "more" : std::to_string(file.size()) + " bytes");
    }
    if (meta.sha256 && *meta.sha256 != file.sha256()) {
        return context.refused("hash", role.str(), ErrorCode::hash,
                               "sha256 checksum for " + role.str() + " did not match",
                               to_hex(*meta.sha256), to_hex(file.sha256()));
    }
    if (meta.sha512 && *meta.sha512 != file.sha512()) {
        return context.refused("hash", role.str(), ErrorCode::hash,
                               "sha512 checksum for " + role.str() + " did not match",
                               to_hex(*meta.sha512), to_hex(file.sha512()));
    }
    context.passed(
        "hash", role.str(),
        [&] {
            return meta.sha256 ? "sha256:" + to_hex(*meta.sha256)
                               : "sha512:" + to_hex(*meta.sha512);
        },
        [&] { return "the same, " + std::to_string(file.size()) + " bytes"; });
    return {};
}

Result<File*> chained_file(Context& context, Files& files, const RoleName& role,
                           const metadata::FileMeta& meta) {
    const auto limit = context.requirements.file_length;
    if (auto status = check_size(context, role.str(), meta.length, limit); !status) {
        return std::move(status).error();
    }
    const auto total = context.requirements.total_length;
    if (meta.length > total - context.chained_length) {
        return context.beyond_limit(
            role.str(), "all files together are larger than the limit, in bytes", total);
    }
    context.chained_length += meta.length;
    File* file = files.cached(role.str());
    if (file == nullptr || !fits(*file, meta)) {
        file = files.served({role.str(), meta.sha256, meta.length});
        if (file == nullptr && files.waits_for(role.str())) return file;
    }
    if (file == nullptr) {
        return context.refused(
            "presence", role.str(), ErrorCode::missing_role,
            "signed metadata names " + role.str() + ", but the source does not have it",
            role.str() + ".json", "absent");
    }
    if (auto status = check_hash_chain(context, role, *file, meta); !status)
        return std::move(status).error();
    return file;
}

}  // namespace contenttrust::trust
