#include "contenttrust/trust/pinning.hpp"

#include <algorithm>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::trust {
namespace {

// Notary lets a certificate's life begin up to a day ahead (`tuf/utils/x509.go`, ValidateCertificate).
constexpr std::int64_t seconds_ahead = 86'400;
constexpr std::int64_t six_months = 183 * 86'400;

bool names(const std::string& common_name, const Gun& gun) {
    if (common_name == gun.str()) return true;
    return common_name.ends_with('*') &&
           gun.str().starts_with(common_name.substr(0, common_name.size() - 1));
}

// What is wrong with a root certificate, or nothing.
std::optional<Error> defect(const Context& context, const crypto::CertificateBundle& bundle,
                            CertificateTime time) {
    const crypto::Certificate& leaf = bundle.leaf();
    const auto error = [](auto... texts) {
        return Error{ErrorCode::root_certificate, {}, std::move(texts)...};
    };
    if (leaf.is_ca || bundle.leaf_count() != 1) {
        return error("the root key does not carry one leaf certificate, first in its bundle",
                     "one leaf",
                     leaf.is_ca ? "a CA first" : std::to_string(bundle.leaf_count()) + " leaves");
    }
    if (!names(leaf.common_name, context.gun)) {
        return error("the root certificate was issued for another collection", context.gun.str(),
                     printable(leaf.common_name));
    }
    if (leaf.signed_with_sha1_or_older) {
        return error("the root certificate is signed with a broken hash", "SHA-256 or better",
                     "SHA-1 or older");
    }
    if (time == CertificateTime::passed_over) return std::nullopt;
    if (leaf.not_after < context.now) {
        return error("the root certificate expired at " + leaf.not_after.str(),
                     "later than " + context.now.str(), leaf.not_after.str());
    }
    if (leaf.not_before.seconds > context.now.seconds + seconds_ahead) {
        return error("the root certificate is not valid yet",
                     "at most a day after " + context.now.str(), leaf.not_before.str());
    }
    return std::nullopt;
}

void warn_of(Context& context, const crypto::Certificate& leaf) {
    if (leaf.common_name.ends_with('*')) {
        context.warn("root_certificate", "root",
                     "the root certificate is for " + printable(leaf.common_name) +
                         ": whoever holds its key can speak for every such collection");
    }
    if (leaf.not_after.seconds < context.now.seconds + six_months) {
        context.warn("expired", "root", "the root certificate ends at " + leaf.not_after.str());
    }
}

}  // namespace

Result<metadata::RoleKeys> certified_keys(Context& context, const metadata::Root& root,
                                          CertificateTime time) {
    metadata::RoleKeys out{{}, root.root.threshold};
    Error reason{ErrorCode::root_certificate, {}, "root lists no key", "a certificate", "none"};
    for (const auto& id : root.root.key_ids) {
        const auto& entry = context.keys.find(id, root.keys.at(id).text());
        if (!entry.certificate || !entry.key) {
            reason.message = "a root key is no usable certificate";
            reason.found = entry.key ? "a bare key" : entry.key.error().message;
            continue;
        }
        if (auto error = defect(context, *entry.certificate, time)) {
            reason = *std::move(error);
            continue;
        }
        if (time == CertificateTime::judged) warn_of(context, entry.certificate->leaf());
        out.key_ids.push_back(id);
    }
    if (out.key_ids.empty()) return context.refused("certificate", "root", std::move(reason));
    context.passed(
        "certificate", "root", [&] { return "a valid leaf for " + context.gun.str(); },
        [&] { return std::to_string(out.key_ids.size()) + " of the root keys"; });
    return out;
}

metadata::RoleKeys pinned_keys(Context& context, const Anchor& anchor, const metadata::Root& root,
                               const metadata::RoleKeys& certified) {
    const auto listed = [](const std::vector<KeyId>& ids, const KeyId& id) {
        return std::ranges::find(ids, id) != ids.end();
    };
    metadata::RoleKeys out{{}, certified.threshold};
    for (const auto& id : certified.key_ids) {
        const auto& key = root.keys.at(id);
        const auto canonical = metadata::canonical_key_id(id, key, context.keys);
        const auto& certificate = *context.keys.find(id, key.text()).certificate;
        const bool fits =
            std::ranges::all_of(anchor.key_ids,
                                [&](const auto& ids) { return listed(ids, canonical); }) &&
            std::ranges::all_of(anchor.certificates,
                                [&](const auto& ids) { return listed(ids, id); }) &&
            std::ranges::all_of(anchor.authorities, [&](const auto& anchors) {
                return certificate.chains_to(anchors, context.now);
            });
        if (fits) out.key_ids.push_back(id);
    }
    return out;
}

}  // namespace contenttrust::trust
