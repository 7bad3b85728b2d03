#include "contenttrust/trust/delegation_walk.hpp"

#include <algorithm>

#include "contenttrust/trust/hash_chain.hpp"
#include "contenttrust/trust/role_check.hpp"

namespace contenttrust::trust {
namespace {

// A child keeps those of its paths that begin with one of its parent's (Notary `tuf/data/roles.go`, Restrict).
std::vector<std::string> restricted(const std::vector<std::string>& paths,
                                    const std::vector<std::string>& parent) {
    std::vector<std::string> out;
    for (const auto& path : paths) {
        if (metadata::paths_allow(parent, path)) out.push_back(path);
    }
    return metadata::shortest_paths(std::move(out));
}

// Whether the defect breaks only this role. A file without any signature is no file of a publisher.
bool breaks_the_role_only(const Error& error, const metadata::Envelope& envelope) {
    return error.code == ErrorCode::expired || error.code == ErrorCode::threshold ||
           (error.code == ErrorCode::signature && !envelope.signatures.empty());
}

Status judge(Context& context, Files& files, const Memory& memory,
             const metadata::Snapshot& snapshot, const metadata::Keys& keys, TargetsRole& role) {
    const auto* meta = snapshot.find(role.name);
    if (meta == nullptr && listed_before(context, memory, role.name, keys, role.keys)) {
        return context.refused("presence", role.name.str(), ErrorCode::missing_role,
                               role.name.str() +
                                   " vanished from the snapshot although "
                                   "targets still delegates to it",
                               "listed, as before", "absent");
    }
    if (meta == nullptr) return {};  // delegated, but nothing was published yet
    const auto file = chained_file(context, files, role.name, *meta);
    if (!file) return file.error();
    if (file.value() == nullptr) return {};  // asked for now
    const auto& document = file.value()->targets(role.name, context.requirements.decode);
    auto signers = check_role(context, memory, role.name, document, keys, role.keys);
    if (!signers) {
        if (!document || !breaks_the_role_only(signers.error(), document.value().envelope))
            return signers.error();
        role.broken = signers.error();
        return {};
    }
    role.file = file.value();
    role.signed_by = canonical_ids(context, keys, signers.value().key_ids);
    return {};
}

}  // namespace

std::vector<KeyId> canonical_ids(Context& context, const metadata::Keys& keys,
                                 const std::vector<KeyId>& ids) {
    std::vector<KeyId> out;
    for (const auto& id : ids) {
        const auto canonical = metadata::canonical_key_id(id, keys.at(id), context.keys);
        if (std::ranges::find(out, canonical) == out.end()) out.push_back(canonical);
    }
    return out;
}

Status walk_delegations(Context& context, Files& files, const Memory& memory,
                        const metadata::Snapshot& snapshot, std::vector<TargetsRole>& roles) {
    const auto& limits = context.requirements;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        if (roles[i].file == nullptr) continue;
        const auto& parent = roles[i].file->targets(roles[i].name, limits.decode).value().body;
        for (const auto& delegation : parent.delegations) {
            const auto& name = delegation.name.str();
            if (roles.size() > limits.listing_roles)
                return context.beyond_limit(roles[i].name.str(), "too many delegated roles",
                                            limits.listing_roles);
            if (std::ranges::count(name, '/') > limits.delegation_depth)
                return context.beyond_limit(name, "too many delegations below one another",
                                            limits.delegation_depth);
            TargetsRole child{
                .name = delegation.name,
                .keys = delegation.keys,
                .canonical_ids = canonical_ids(context, parent.keys, delegation.keys.key_ids),
                .paths = restricted(delegation.paths, roles[i].paths)};
            auto status = judge(context, files, memory, snapshot, parent.keys, child);
            if (!status) return status;
            roles.push_back(std::move(child));
        }
    }
    return {};
}

}  // namespace contenttrust::trust
