#include "contenttrust/trust/root_chain.hpp"

#include <algorithm>

#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/trust/expiry.hpp"
#include "contenttrust/trust/hash_chain.hpp"
#include "contenttrust/trust/threshold.hpp"

namespace contenttrust::trust {
namespace {

std::int64_t number(const SignedRoot& root) {
    return static_cast<std::int64_t>(root.header.version);
}
std::string version_text(std::int64_t version) { return "version " + std::to_string(version); }

Result<const SignedRoot*> decoded(Context& context, File& file) {
    auto status = check_size(context, "root", file.size(), context.requirements.root_length);
    if (!status) return std::move(status).error();
    auto& root = file.root(context.requirements.decode);
    if (!root) return context.refused("format", "root", root.error());
    return &root.value();
}

// Whether enough of `keys`, which `judge` lists, signed `document`.
bool satisfied(Context& context, const SignedRoot& document, const metadata::Root& judge,
               const metadata::RoleKeys& keys) {
    return signed_by(context, document.envelope, judge.keys, keys).meets(keys);
}

// A root must be signed, to its own threshold, by keys whose certificates are good for this collection.
Result<metadata::RoleKeys> check_own_signatures(Context& context, const SignedRoot& root,
                                                CertificateTime time) {
    auto certified = certified_keys(context, root.body, time);
    if (!certified) return certified;
    auto all =
        check_threshold(context, RoleName::root(), root.envelope, root.body.keys, root.body.root);
    if (!all) return std::move(all).error();
    if (!satisfied(context, root, root.body, certified.value())) {
        return context.refused(
            "certificate", "root", ErrorCode::root_certificate,
            "too few of the keys that signed root carry a certificate for this collection",
            std::to_string(root.body.root.threshold), "fewer");
    }
    return certified;
}

// A root may only follow its predecessor: the next version, signed by the old keys and by its own.
Status check_link(Context& context, const SignedRoot& trusted, const SignedRoot& next) {
    const auto wanted = number(trusted) + 1;
    const auto refused = [&](std::string message, std::string expected, std::string found) {
        return context.refused("root chain", "root", ErrorCode::root_chain, std::move(message),
                               std::move(expected), std::move(found));
    };
    if (number(next) != wanted) {
        return refused("a link of the root chain has another version than the one asked for",
                       version_text(wanted), version_text(number(next)));
    }
    for (const auto* judge : {&trusted, &next}) {  // the old keys and the new ones must agree
        const auto keys = certified_keys(context, judge->body, CertificateTime::passed_over);
        if (!keys) return keys.error();
        if (satisfied(context, next, judge->body, keys.value())) continue;
        return refused(judge == &next ? "a new root is not signed by its own keys"
                                      : "failed to validate data with current trusted certificates",
                       "signed by the keys of " + version_text(number(*judge)),
                       "not signed by enough of them");
    }
    context.passed("root chain", "root", "signed by the old and by the new keys",
                   [&] { return version_text(wanted); });
    return {};
}

// A root key has two ids, its certificate's and its own, and who copies one does not see which it is.
std::string pinned_as_the_other_kind(const Anchor& anchor, const KeyId& certificate,
                                     const KeyId& key) {
    const auto lists = [](const auto& pins, const KeyId& id) {
        return std::ranges::any_of(
            pins, [&](const auto& ids) { return std::ranges::find(ids, id) != ids.end(); });
    };
    if (certificate != key && lists(anchor.key_ids, certificate))
        return ": the pinned key id is a certificate id: use --pin-cert (Anchor.certificates)";
    if (certificate != key && lists(anchor.certificates, key))
        return ": the pinned certificate id is a key id: use --pin-key (Anchor.keys)";
    return {};
}

Status check_anchor(Context& context, const Anchor& anchor, const SignedRoot& root,
                    const metadata::RoleKeys& certified,
                    const std::vector<Checkpoint>& checkpoints) {
    const bool remembered = std::ranges::any_of(
        checkpoints, [](const auto& c) { return c.origin != Checkpoint::Origin::anchor; });
    if (anchor.has_pins()) {
        const auto pinned = pinned_keys(context, anchor, root.body, certified);
        if (!satisfied(context, root, root.body, pinned)) {
            const auto code = remembered ? ErrorCode::anchor_conflict : ErrorCode::anchor_mismatch;
            std::string message = "unable to match any certificates to trust_pinning config";
            std::string found = "none";
            for (const auto& id : certified.key_ids) {
                const auto key = canonical_key_id(id, root.body.keys.at(id), context.keys);
                found = std::string("certificate ").append(id.str()) + " of key ";
                found += key.str();
                message += pinned_as_the_other_kind(anchor, id, key);
            }
            return context.refused("anchor", "root", code, std::move(message),
                                   "root signed by pinned keys", std::move(found));
        }
        context.passed("anchor", "root", "root signed by pinned keys", "it is");
        return {};
    }
    if (!checkpoints.empty()) {
        context.passed("anchor", "root", "a root known before", "its chain leads here");
        return {};
    }
    if (!anchor.first_use) {
        return context.refused("anchor", "root", ErrorCode::anchor_mismatch,
                               "invalid trust pinning specified", "a pin or a remembered root",
                               "neither, and trust on first use is off");
    }
    context.warn("first_use", "root", "the root was believed because it is the first one seen");
    context.passed("anchor", "root", "the first root seen", "trust on first use");
    return {};
}

// The roots between the lowest checkpoint and the served root: each asked for at once, then walked in order.
Status walk(Context& context, Files& files, const std::vector<Checkpoint>& checkpoints,
            File* served, const SignedRoot* served_root, RootInEffect& reached) {
    const auto first = number(*checkpoints.front().root);
    const auto top =
        served_root != nullptr ? number(*served_root) : number(*checkpoints.back().root);
    const auto last = std::min(top, first + context.requirements.root_rotations);
    const auto version_of = [](const Checkpoint& c) { return number(*c.root); };
    const auto link_at = [&](std::int64_t version) -> File* {
        if (served_root != nullptr && version == top) return served;
        const auto known = std::ranges::find(checkpoints, version, version_of);
        if (known != checkpoints.end()) return known->file;
        return files.served(
            {std::to_string(version) + ".root", std::nullopt, context.requirements.root_length});
    };
    for (auto version = first + 1; version <= last; ++version) static_cast<void>(link_at(version));
    if (!files.wanted().empty()) return {};

    const SignedRoot* trusted = checkpoints.front().root;
    for (auto version = first; version <= last; ++version) {
        File* file = version == first ? checkpoints.front().file : link_at(version);
        if (file == nullptr) {
            return context.refused("root chain", "root", ErrorCode::root_chain,
                                   "a link of the root chain is missing",
                                   std::to_string(version) + ".root.json", "absent");
        }
        const auto next = decoded(context, *file);
        if (!next) return next.error();
        if (version > first) {
            if (auto status = check_link(context, *trusted, *next.value()); !status) return status;
        }
        for (const auto& checkpoint : checkpoints) {
            if (version_of(checkpoint) == version &&
                !same_signed_part(checkpoint.root->envelope, next.value()->envelope)) {
                return context.refused("anchor", "root", ErrorCode::anchor_conflict,
                                       "two roots of the same version are believed and differ",
                                       "one root " + version_text(version), "two");
            }
        }
        trusted = next.value();
        // What was believed before is no news; a refusal must not give back less than that.
        if (version > number(*checkpoints.back().root)) reached.accepted = file;
    }
    if (last < top)
        return context.beyond_limit("root", "too many root rotations in one run",
                                    context.requirements.root_rotations);
    reached.file = served != nullptr ? served : checkpoints.back().file;
    reached.root = trusted;
    return {};
}

}  // namespace

bool same_signed_part(const metadata::Envelope& a, const metadata::Envelope& b) {
    if (a.signed_digest == b.signed_digest) return true;
    const auto x = json::Document::parse(a.signed_text);
    const auto y = json::Document::parse(b.signed_text);
    return x && y && json::canonical(x.value().root()) == json::canonical(y.value().root());
}

Status establish_root(Context& context, Files& files, const Anchor& anchor,
                      std::vector<Checkpoint> checkpoints, RootInEffect& in_effect) {
    File* served = files.served({"root", std::nullopt, context.requirements.root_length});
    if (served == nullptr && files.waits_for("root")) return {};
    // What is served as it was believed already is neither decoded nor judged a second time.
    for (const auto& known : checkpoints) {
        if (served != nullptr && known.file->text() == served->text()) served = known.file;
    }
    const SignedRoot* served_root = nullptr;
    if (served != nullptr) {
        const auto root = decoded(context, *served);
        if (!root) return root.error();
        served_root = root.value();
    }
    std::ranges::stable_sort(checkpoints, {}, [](const auto& c) { return number(*c.root); });
    if (checkpoints.empty()) {
        if (served == nullptr) {
            return context.refused("presence", "root", ErrorCode::no_trust_data, "there is no root",
                                   "root.json", "absent");
        }
        in_effect.file = served;
        in_effect.root = served_root;
    } else {
        // Nothing could follow from a root of another collection: said at once, it names the cause.
        for (const auto& checkpoint : checkpoints) {
            if (checkpoint.origin != Checkpoint::Origin::anchor) continue;
            auto keys =
                certified_keys(context, checkpoint.root->body, CertificateTime::passed_over);
            if (keys) continue;
            auto error = std::move(keys).error();
            error.message = "the root given as anchor: " + error.message;
            return error;
        }
        const auto& newest = *checkpoints.back().root;
        if (served_root != nullptr && served_root->header.version < newest.header.version) {
            return context.refused("rollback", "root", ErrorCode::rollback,
                                   version_text(number(*served_root)) + " is lower than current " +
                                       version_text(number(newest)),
                                   version_text(number(newest)) + " or later",
                                   version_text(number(*served_root)));
        }
        // What others wrote must stand by itself.
        if (checkpoints.front().origin == Checkpoint::Origin::cache) {
            const auto own = check_own_signatures(context, *checkpoints.front().root,
                                                  CertificateTime::passed_over);
            if (!own) return own.error();
        }
        auto status = walk(context, files, checkpoints, served, served_root, in_effect);
        if (!status || in_effect.root == nullptr) return status;
        if (served_root != nullptr &&
            !same_signed_part(in_effect.root->envelope, served_root->envelope)) {
            const bool given = checkpoints.back().origin == Checkpoint::Origin::anchor;
            return context.refused("root chain", "root", ErrorCode::root_chain,
                                   given
                                       ? "root has other content than the given one of its version"
                                       : "root has other content than before under its version",
                                   std::string("the ") + (given ? "given" : "remembered") +
                                       " content of " + version_text(number(*served_root)),
                                   "another");
        }
        if (served_root != nullptr) in_effect.root = served_root;
    }
    const auto certified = check_own_signatures(context, *in_effect.root, CertificateTime::judged);
    if (!certified) return certified.error();
    auto status = check_anchor(context, anchor, *in_effect.root, certified.value(), checkpoints);
    if (!status) return status;
    status = check_expiry(context, RoleName::root(), in_effect.root->header.expires);
    if (!status) return status;
    in_effect.accepted = in_effect.file;
    in_effect.established = true;
    return {};
}

}  // namespace contenttrust::trust
