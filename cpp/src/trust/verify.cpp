#include "contenttrust/trust/verify.hpp"

#include <algorithm>
#include <utility>

#include "contenttrust/trust/delegation_walk.hpp"
#include "contenttrust/trust/hash_chain.hpp"
#include "contenttrust/trust/role_check.hpp"

namespace contenttrust::trust {

// One pass over what is there. The steps, in order:
//   (1) the roots that were believed before       (2) root: chain, certificates, anchor, expiry
//   (3) timestamp   (4) snapshot, and the root that it names   (5) targets   (6) delegations   (7) the view
// A pass ends early while a file is wanted. The next pass starts from the top, with every file decoded, every key
// loaded and every signature checked by then still at hand.
class Update::Judgement {
  public:
    explicit Judgement(Update& update)
        : update_(update),
          given_(update.given_),
          files_(update.files_),
          context_{given_.gun,
                   given_.now,
                   given_.requirements,
                   update.keys_,
                   update.invalid_signatures_,
                   given_.trace ? &update.steps_ : nullptr},
          memory_{given_.state ? &*given_.state : nullptr, update.files_} {}

    Status run() {
        static_cast<void>(files_.served(timestamp_wanted()));  // asked for together with root
        struct Stage {
            std::string_view role;
            Status (Judgement::*judge)();
        };
        for (const auto& [role, judge] :
             {Stage{"root", &Judgement::establish}, Stage{"timestamp", &Judgement::judge_timestamp},
              Stage{"snapshot", &Judgement::judge_snapshot},
              Stage{"targets", &Judgement::judge_targets},
              Stage{"targets", &Judgement::judge_delegations}}) {
            auto status = (this->*judge)();
            // Signatures that were not tried may have been good ones: nothing that rests on them is said.
            if (context_.exhausted())
                return context_.beyond_limit(role, "too many signatures are invalid",
                                             given_.requirements.invalid_signatures);
            if (!status || waiting()) return status;
        }
        return {};
    }

    bool waiting() const { return !files_.wanted().empty(); }

    // The root that was proved, although something behind it was refused: it stays proved. What pins were not asked
    // about is not remembered.
    std::optional<State> state_after_refusal() const {
        if (root_.accepted == nullptr) return std::nullopt;
        if (!root_.established && given_.anchor.has_pins()) return std::nullopt;
        return State{given_.gun, std::string(root_.accepted->text()),
                     given_.state ? given_.state->roles : decltype(State::roles){}};
    }

    State state_after_success() {
        State out{given_.gun, std::string(root_.file->text()), std::move(context_.accepted)};
        if (!given_.state) return out;
        for (const auto& [name, known] : given_.state->roles) {
            if (auto now = out.roles.find(name); now != out.roles.end()) {
                // The same content again, with a signature stripped on the way, was signed by all the same.
                const bool same =
                    now->second.version == known.version && now->second.digest == known.digest;
                if (same)
                    now->second.signed_by.insert(known.signed_by.begin(), known.signed_by.end());
            } else if (is_hidden(name)) {
                out.roles.emplace(name, known);
            }
        }
        return out;
    }

    // Broken or withheld, or below such a role: not judged this time, so its floor stays.
    bool is_hidden(const RoleName& name) const {
        return std::ranges::any_of(roles_, [&](const TargetsRole& role) {
            return (role.broken || role.file == nullptr) &&
                   (role.name == name || name.str().starts_with(role.name.str() + "/"));
        });
    }

    std::map<std::string, const File*> accepted() const {
        std::map<std::string, const File*> out{
            {"root", root_.file}, {"timestamp", timestamp_}, {"snapshot", snapshot_}};
        for (const auto& role : roles_) {
            if (role.file != nullptr) out.emplace(role.name.str(), role.file);
        }
        return out;
    }

    // Takes what was accepted, and the targets out of the decoded files: only once, at the end.
    TrustedRepository repository() {
        auto state = state_after_success();
        std::vector<RoleView> views;
        views.reserve(3 + roles_.size());
        const auto& root = *root_.root;
        const auto& limits = given_.requirements.decode;
        views.push_back(view(RoleName::root(), root.header, root.body.root));
        views.push_back(view(RoleName::timestamp(), timestamp_->timestamp(limits).value().header,
                             root.body.timestamp));
        views.push_back(view(RoleName::snapshot(), snapshot_->snapshot(limits).value().header,
                             root.body.snapshot));
        for (auto& role : roles_) {
            auto targets = metadata::TargetIndex{};
            auto header = metadata::Header{};
            if (role.file != nullptr) {
                auto& document = role.file->targets(role.name, limits).value();
                header = document.header;
                targets = std::move(document.body.targets);
            }
            views.push_back({std::move(role.name), header.version, header.expires,
                             std::move(role.keys), std::move(role.canonical_ids),
                             std::move(role.paths), std::move(role.signed_by), std::move(targets),
                             role.file != nullptr, std::move(role.broken)});
        }
        return {std::move(state), std::move(views), std::move(context_.warnings),
                given_.requirements};
    }

  private:
    Wanted timestamp_wanted() const {
        return {"timestamp", std::nullopt, given_.requirements.timestamp_length};
    }

    RoleView view(const RoleName& name, const metadata::Header& header,
                  const metadata::RoleKeys& keys) {
        return {.name = name,
                .version = header.version,
                .expires = header.expires,
                .keys = keys,
                .canonical_ids = canonical_ids(context_, root_.root->body.keys, keys.key_ids)};
    }

    // Our record is the authority: a cached root that it has left behind says nothing.
    static void add_checkpoint(std::vector<Checkpoint>& checkpoints, Checkpoint next) {
        const bool outdated = next.origin == Checkpoint::Origin::cache && !checkpoints.empty() &&
                              checkpoints.back().origin == Checkpoint::Origin::record &&
                              next.root->header.version < checkpoints.back().root->header.version;
        if (!outdated) checkpoints.push_back(next);
    }

    // (1), (2)
    Status establish() {
        if (given_.state && given_.state->gun != given_.gun) {
            return context_.refused("anchor", "root", ErrorCode::anchor_conflict,
                                    "the remembered state is of another collection",
                                    given_.gun.str(), given_.state->gun.str());
        }
        std::vector<Checkpoint> checkpoints;
        for (const auto& believed : update_.believed_roots_) {
            const auto& root = believed.file->root(given_.requirements.decode);
            if (root) {
                add_checkpoint(checkpoints, {believed.file.get(), &root.value(), believed.origin});
                continue;
            }
            const bool is_cached = believed.origin == Checkpoint::Origin::cache;
            if (!is_cached || !given_.state) {  // else trust on first use would be back
                return context_.refused(is_cached ? "cache" : "format", "root", root.error());
            }
            context_.warn(
                "cache", "root",
                "the cached root is damaged and was passed over: " + root.error().message);
        }
        return establish_root(context_, files_, given_.anchor, std::move(checkpoints), root_);
    }

    // The cached file in place of one that the source did not give, and did not for a reason that is told.
    File* instead_of(const std::string& name) {
        const auto& [code, cause] = files_.failure(name);
        const auto why = cause.empty() ? "" : " (" + cause + ")";
        const auto* old = " - this might not be the latest version available remotely";
        context_.warn(code, name, "using cached " + name + old + why);
        return files_.cached(name);
    }

    // (3) A source that has no timestamp may be frozen: the cached one is used until it expires, as Notary does.
    Status judge_timestamp() {
        timestamp_ = files_.served(timestamp_wanted());
        if (timestamp_ == nullptr && files_.waits_for("timestamp")) return {};
        const bool without_root = files_.served({"root", std::nullopt, 0}) == nullptr;
        if (timestamp_ != nullptr && without_root) instead_of("root");
        if (timestamp_ == nullptr) timestamp_ = instead_of("timestamp");
        if (timestamp_ == nullptr) {
            return context_.refused("presence", "timestamp", ErrorCode::missing_role,
                                    "there is no timestamp", "timestamp.json", "absent");
        }
        const auto limit = given_.requirements.timestamp_length;
        if (auto status = check_size(context_, "timestamp", timestamp_->size(), limit); !status) {
            return status;
        }
        return check(RoleName::timestamp(), timestamp_->timestamp(given_.requirements.decode),
                     root_.root->body.timestamp);
    }

    // (4)
    Status judge_snapshot() {
        const auto& limits = given_.requirements.decode;
        recall_cached_snapshot();
        const auto& meta = timestamp_->timestamp(limits).value().body.snapshot;
        const auto file = chained_file(context_, files_, RoleName::snapshot(), meta);
        if (!file) return file.error();
        snapshot_ = file.value();
        if (snapshot_ == nullptr) return {};
        auto status =
            check(RoleName::snapshot(), snapshot_->snapshot(limits), root_.root->body.snapshot);
        if (!status) return status;
        return check_hash_chain(context_, RoleName::root(), *root_.file,
                                *snapshot_->snapshot(limits).value().body.find(RoleName::root()));
    }

    // What the cached snapshot listed may not vanish, if today's keys signed it.
    void recall_cached_snapshot() {
        File* cached = files_.cached("snapshot");
        const auto* document =
            cached != nullptr ? &cached->snapshot(given_.requirements.decode) : nullptr;
        if (document == nullptr || !*document) return;
        const auto& role = root_.root->body.snapshot;
        const auto& envelope = document->value().envelope;
        if (!signed_by(context_, envelope, root_.root->body.keys, role).meets(role)) return;
        memory_.cached_snapshot = &document->value().body;
    }

    // (5)
    Status judge_targets() {
        const auto& limits = given_.requirements.decode;
        const auto role = RoleName::targets();
        const auto& keys = root_.root->body.targets;
        const auto file = chained_file(context_, files_, role,
                                       *snapshot_->snapshot(limits).value().body.find(role));
        if (!file) return file.error();
        if (file.value() == nullptr) return {};
        const auto& all_keys = root_.root->body.keys;
        SignedBy signers;
        auto status = check(role, file.value()->targets(role, limits), keys, &signers);
        if (!status) return status;
        roles_.push_back({.name = role,
                          .keys = keys,
                          .canonical_ids = canonical_ids(context_, all_keys, keys.key_ids),
                          .paths = {""},
                          .file = file.value(),
                          .signed_by = canonical_ids(context_, all_keys, signers.key_ids)});
        return {};
    }

    // (6)
    Status judge_delegations() {
        const auto& snapshot = snapshot_->snapshot(given_.requirements.decode).value().body;
        return walk_delegations(context_, files_, memory_, snapshot, roles_);
    }

    template <typename Body>
    Status check(const RoleName& role, const Result<metadata::Signed<Body>>& document,
                 const metadata::RoleKeys& keys, SignedBy* signers = nullptr) {
        auto result = check_role(context_, memory_, role, document, root_.root->body.keys, keys);
        if (!result) return std::move(result).error();
        if (signers != nullptr) *signers = std::move(result).value();
        return {};
    }

    Update& update_;
    const Given& given_;
    Files& files_;
    Context context_;
    Memory memory_;
    RootInEffect root_;
    File* timestamp_ = nullptr;
    File* snapshot_ = nullptr;
    std::vector<TargetsRole> roles_;
};

Update::Update(Given given, Source source)
    : given_(std::move(given)), files_(source == Source::complete) {
    using Origin = Checkpoint::Origin;
    const auto believe = [this](std::string text, Origin origin) {
        believed_roots_.push_back({std::make_unique<File>(std::move(text)), origin});
    };
    for (const auto& root : given_.anchor.roots) believe(root, Origin::anchor);
    if (given_.state) believe(given_.state->root, Origin::record);
    for (auto& [name, text] : given_.cached) {
        if (name == "root") {
            believe(std::move(text), Origin::cache);
        } else {
            files_.cache(name, std::move(text));
        }
    }
    given_.cached.clear();
}

const std::vector<Wanted>& Update::wanted() {
    if (verdict_) return files_.wanted();
    files_.forget_wanted();
    steps_.clear();
    Judgement judgement(*this);
    auto status = judgement.run();
    if (status && judgement.waiting()) return files_.wanted();
    files_.forget_wanted();
    if (status) {
        accepted_ = judgement.accepted();
        auto repository = std::make_shared<const TrustedRepository>(judgement.repository());
        state_ = repository->state();
        verdict_.emplace(std::move(repository));
    } else {
        state_ = judgement.state_after_refusal();
        verdict_.emplace(std::move(status).error());
    }
    return files_.wanted();
}

}  // namespace contenttrust::trust
