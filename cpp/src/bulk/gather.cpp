#include "contenttrust/bulk/gather.hpp"

#include <algorithm>
#include <utility>

namespace contenttrust::bulk {
namespace {

// Of one collection. Documents beyond it are decoded only when they are judged: who cannot get anything accepted shall
// not make us decode much.
constexpr std::int64_t most_bytes = 128 << 20;

// Signatures are checked when so many were noted: a collection whose signatures are wrong is found out early.
constexpr std::size_t most_noted = 256;

bool fits(trust::File& file, const metadata::FileMeta& meta) {
    return file.size() == meta.length && (!meta.sha256 || *meta.sha256 == file.sha256());
}

}  // namespace

class Gather::Walk {
  public:
    Walk(Gather& gather, trust::Update& update)
        : gather_(gather), update_(update), limits_(gather.requirements_.decode) {}

    // As trust::Update::Judgement::run has the order.
    void run() {
        const auto& requirements = gather_.requirements_;
        auto* file = update_.served_root();
        if (file == nullptr || !within(*file, requirements.root_length)) return;
        const auto& document = file->root(limits_);
        if (!document) return;
        const auto& root = document.value().body;
        note(document.value().envelope, root.keys, root.root);
        file = update_.files().served_already("timestamp");
        if (file == nullptr || !within(*file, requirements.timestamp_length)) return;
        const auto* timestamp = noted(file->timestamp(limits_), root.keys, root.timestamp);
        if (timestamp == nullptr) return;
        file = chained(RoleName::snapshot(), timestamp->snapshot);
        if (file == nullptr) return;
        const auto* snapshot = noted(file->snapshot(limits_), root.keys, root.snapshot);
        if (snapshot == nullptr) return;
        walk_targets(*snapshot, root);
    }

  private:
    void walk_targets(const metadata::Snapshot& snapshot, const metadata::Root& root) {
        std::vector<const metadata::Targets*> parents;
        const auto visit = [&](const RoleName& name, const metadata::Keys& keys,
                               const metadata::RoleKeys& role) {
            const auto* meta = snapshot.find(name);
            auto* file = meta != nullptr ? chained(name, *meta) : nullptr;
            if (file == nullptr) return;
            const auto* body = noted(file->targets(name, limits_), keys, role);
            if (body != nullptr && !body->delegations.empty()) parents.push_back(body);
        };
        visit(RoleName::targets(), root.keys, root.targets);
        std::size_t roles = 0;
        for (std::size_t next = 0; next < parents.size();) {  // which visit() adds to
            const auto* parent = parents[next++];
            for (const auto& child : parent->delegations) {
                if (++roles > gather_.requirements_.listing_roles || given_up()) return;
                visit(child.name, parent->keys, child.keys);
            }
        }
    }

    // The body of a document whose signatures were noted; null when it does not decode.
    template <typename Body>
    const Body* noted(const Result<metadata::Signed<Body>>& document, const metadata::Keys& keys,
                      const metadata::RoleKeys& role) {
        if (!document) return nullptr;
        note(document.value().envelope, keys, role);
        return &document.value().body;
    }

    // Of every key its first signature: only if that is wrong, another one counts.
    void note(const metadata::Envelope& envelope, const metadata::Keys& keys,
              const metadata::RoleKeys& role) {
        std::vector<const KeyId*> seen;
        for (const auto& signature : envelope.signatures) {
            const auto id = std::ranges::find_if(role.key_ids, [&](const KeyId& listed) {
                return listed.str() == signature.key_id;
            });
            if (id == role.key_ids.end() || std::ranges::find(seen, &*id) != seen.end()) continue;
            if (crypto::parse_method(signature.method) != crypto::Method::ecdsa) continue;
            seen.push_back(&*id);
            const auto& entry = update_.keys().find(*id, keys.at(*id).text());
            if (entry.key) gather_.note(entry.key.value(), envelope, signature);
        }
    }

    trust::File* chained(const RoleName& role, const metadata::FileMeta& meta) {
        auto* file = update_.files().served_already(role.str());
        const bool usable = file != nullptr && fits(*file, meta) &&
                            within(*file, gather_.requirements_.file_length);
        return usable ? file : nullptr;
    }

    bool within(const trust::File& file, std::int64_t limit) {
        if (file.size() > limit || file.size() > most_bytes - bytes_) return false;
        bytes_ += file.size();
        return true;
    }

    bool given_up() const {
        return gather_.refused_of_item_ > gather_.requirements_.invalid_signatures;
    }

    Gather& gather_;
    trust::Update& update_;
    const metadata::DecodeLimits& limits_;
    std::int64_t bytes_ = 0;
};

void Gather::look_at(trust::Update& update) {
    first_of_item_ = batch_.size();
    refused_of_item_ = 0;
    Walk(*this, update).run();
}

void Gather::note(const crypto::PublicKey& key, const metadata::Envelope& envelope,
                  const metadata::Signature& signature) {
    const auto number = batch_.add(key, envelope.signed_digest, as_bytes(signature.bytes));
    if (!number) return;
    // By number, so that a signature for which memory lacks here does not shift the others.
    noted_.resize(*number + 1, nullptr);
    noted_[*number] = &signature;
    if (noted_.size() >= most_noted) check();
}

void Gather::forget() noexcept {
    batch_.clear();
    noted_.clear();
}

void Gather::check() {
    const auto accepted = batch_.run();
    const auto noted = std::exchange(noted_, {});
    for (std::size_t i = 0; i < noted.size(); ++i) {
        if (accepted[i] && noted[i] != nullptr) noted[i]->confirmed = true;
        if (!accepted[i] && i >= first_of_item_) ++refused_of_item_;
    }
    first_of_item_ = 0;
}

}  // namespace contenttrust::bulk
