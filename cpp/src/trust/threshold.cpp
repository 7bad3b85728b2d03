#include "contenttrust/trust/threshold.hpp"

#include <algorithm>
#include <optional>

#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"

namespace contenttrust::trust {
namespace {

// The two messages that a signature may cover: the served bytes, and their canonical form, made when first needed.
class SignedMessage {
  public:
    explicit SignedMessage(const metadata::Envelope& envelope) : envelope_(envelope) {}

    // The identity of the key of that text, if the signature is its own.
    std::optional<Sha256> maker(Context& context, const KeyId& id, const metadata::Key& text,
                                const metadata::Signature& signature) {
        const auto& entry = context.keys.find(id, text.text());
        const auto method = crypto::parse_method(signature.method);
        if (!entry.key || !method || context.exhausted()) return std::nullopt;
        const crypto::PublicKey key = entry.key.value();
        if (signature.confirmed || covered(key, *method, as_bytes(signature.bytes)))
            return key.identity();
        ++context.invalid_signatures;
        return std::nullopt;
    }

  private:
    bool covered(const crypto::PublicKey& key, crypto::Method method, Bytes signature) {
        const crypto::Message served{as_bytes(envelope_.signed_text), envelope_.signed_digest};
        if (key.verify(method, served, signature)) return true;
        if (!canonical_) {
            const auto document = json::Document::parse(envelope_.signed_text);
            canonical_ = document ? json::canonical(document.value().root()) : std::string();
            canonical_digest_ = crypto::sha256(as_bytes(*canonical_));
        }
        if (canonical_->empty() || *canonical_ == envelope_.signed_text) return false;
        return key.verify(method, {as_bytes(*canonical_), canonical_digest_}, signature);
    }

    const metadata::Envelope& envelope_;
    std::optional<std::string> canonical_;
    Sha256 canonical_digest_{};
};

}  // namespace

SignedBy signed_by(Context& context, const metadata::Envelope& envelope, const metadata::Keys& keys,
                   const metadata::RoleKeys& role) {
    SignedBy out;
    SignedMessage message(envelope);
    for (const auto& signature : envelope.signatures) {
        const auto id = std::ranges::find_if(
            role.key_ids, [&](const KeyId& listed) { return listed.str() == signature.key_id; });
        if (id == role.key_ids.end()) continue;
        if (std::ranges::find(out.key_ids, *id) != out.key_ids.end()) continue;
        if (!signature.made_by)
            signature.made_by = message.maker(context, *id, keys.at(*id), signature);
        if (!*signature.made_by) continue;
        out.identities.insert(**signature.made_by);
        out.key_ids.push_back(*id);
    }
    return out;
}

std::set<Sha256> identities_of(Context& context, const metadata::Keys& keys,
                               const metadata::RoleKeys& role) {
    std::set<Sha256> out;
    for (const auto& id : role.key_ids) {
        const auto& entry = context.keys.find(id, keys.at(id).text());
        if (entry.key) out.insert(entry.key.value().identity());
    }
    return out;
}

Result<SignedBy> check_threshold(Context& context, const RoleName& role,
                                 const metadata::Envelope& envelope, const metadata::Keys& keys,
                                 const metadata::RoleKeys& role_keys) {
    auto signers = signed_by(context, envelope, keys, role_keys);
    const auto count = signers.identities.size();
    const auto expected = [&] {
        return "signed by " + std::to_string(role_keys.threshold) + " of " +
               std::to_string(role_keys.key_ids.size()) + " keys";
    };
    const auto found = [&] { return "signed by " + std::to_string(count) + " of them"; };
    if (!signers.meets(role_keys)) {
        const auto code = count == 0 ? ErrorCode::signature : ErrorCode::threshold;
        return context.refused("signatures", role.str(), code,
                               "valid signatures did not meet threshold for " + role.str(),
                               expected(), found());
    }
    context.passed("signatures", role.str(), expected, found);
    return signers;
}

}  // namespace contenttrust::trust
