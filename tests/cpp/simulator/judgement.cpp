#include "simulator/judgement.hpp"

#include <stdexcept>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"

namespace contenttrust::simulator {
namespace {

std::string line(std::initializer_list<std::string_view> words) {
    std::string out;
    for (const auto word : words) out.append(word) += " | ";
    return out + "\n";
}

std::string notices(std::string_view kind, const std::vector<trust::Notice>& notices) {
    std::string out;
    for (const auto& notice : notices) {
        out += line({kind, notice.code, notice.role, notice.name, notice.message});
    }
    return out;
}

std::string tag_text(const trust::SignedTag& tag) {
    std::string out = line({"tag", tag.gun, tag.name, tag.role, to_hex(tag.sha256),
                            std::to_string(tag.length), tag.custom});
    for (const auto& signer : tag.signers) {
        out += line({"  signer", signer.name, signer.role});
        for (const auto& id : signer.key_ids) out += line({"    key", std::string(id.str())});
    }
    return out;
}

std::string role_text(const trust::RoleView& role) {
    std::string out =
        line({"role", role.name.str(), std::to_string(static_cast<std::int64_t>(role.version)),
              role.expires.str(), std::to_string(role.keys.threshold),
              role.published ? "published" : "unpublished",
              role.broken ? role.broken->message : "intact"});
    for (const auto& id : role.keys.key_ids) out += line({"  key", std::string(id.str())});
    for (const auto& id : role.signed_by) out += line({"  signed by", std::string(id.str())});
    for (const auto& path : role.paths) out += line({"  path", path});
    return out;
}

// As a server answers: by content if it can, else by name. At most one byte more than the limit is read.
std::optional<std::string> answer(const Documents& documents, const trust::Wanted& file) {
    auto found = documents.end();
    if (file.sha256) found = documents.find(file.name + "." + to_hex(*file.sha256));
    if (found == documents.end()) found = documents.find(file.name);
    if (found == documents.end()) return std::nullopt;
    return found->second.substr(0, static_cast<std::size_t>(file.limit) + 1);
}

Judged outcome(const trust::Update& update, std::vector<std::string> asked) {
    return {update.verdict(), update.state(), update.steps(), std::move(asked)};
}

}  // namespace

Instant now() { return *Instant::parse("2026-11-24T00:00:00Z"); }

Sha256 digest(std::string_view content) { return crypto::sha256(as_bytes(content)); }

trust::Given given(const Collection& collection) {
    return {.gun = Gun::parse(collection.gun).value(),
            .anchor = {.first_use = true},
            .now = now(),
            .requirements = {},
            .state = std::nullopt,
            .cached = {}};
}

Judged judged(trust::Given given, const Documents& documents) {
    trust::Update update(std::move(given), trust::Update::Source::complete);
    for (const auto& [name, text] : documents) update.put(name, text);
    if (!update.wanted().empty()) throw std::logic_error("a complete source was asked");
    return outcome(update, {});
}

Judged judged_by_asking(trust::Given given, const Documents& documents) {
    trust::Update update(std::move(given), trust::Update::Source::asked);
    std::vector<std::string> asked;
    for (auto wanted = update.wanted(); !wanted.empty(); wanted = update.wanted()) {
        for (const auto& file : wanted) {
            asked.push_back(file.name);
            update.put(file.name, answer(documents, file));
        }
    }
    return outcome(update, std::move(asked));
}

std::string description(const Verdict& verdict, const std::optional<trust::State>& state) {
    std::string out = line({"state", state ? state->to_json() : "none"});
    if (!verdict) {
        const auto& error = verdict.error();
        return out + line({"refused", to_string(error.code), error.role, error.message,
                           error.expected, error.found});
    }
    const auto& repository = *verdict.value();
    out += line({"accepted", repository.gun().str(), repository.valid_until().str(),
                 repository.state().to_json()});
    for (const auto& role : repository.roles()) out += role_text(role);
    for (std::size_t i = 0; i < repository.tag_count(); ++i) out += tag_text(repository.tag(i));
    return out + notices("degraded", repository.degraded()) +
           notices("unusable", repository.unusable()) + notices("warning", repository.warnings());
}

}  // namespace contenttrust::simulator
