#include "collections.hpp"

#include <algorithm>
#include <cstdint>
#include <iostream>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

constexpr std::size_t most_publications = 3;
constexpr std::size_t most_files = 48;

// Whole verifications that ran, said in the manner of libFuzzer when the process ends.
class Count {
  public:
    Count() = default;
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() {
        if (judgements_ > 0) std::cerr << "stat::judgements: " << judgements_ << '\n';
    }
    void add() noexcept { ++judgements_; }

  private:
    std::uint64_t judgements_ = 0;
};

Count count;

std::string file_meta(std::string_view text) {
    return R"({"hashes":{"sha256":")" + to_base64(crypto::sha256(as_bytes(text))) +
           R"(","sha512":")" + to_base64(crypto::sha512(as_bytes(text))) + R"("},"length":)" +
           std::to_string(text.size()) + "}";
}

void fill_in(std::string& text, const Documents& documents) {
    for (auto at = text.find("\"@"); at != text.npos; at = text.find("\"@", at + 1)) {
        const auto end = text.find('"', at + 1);
        if (end == text.npos) return;
        const auto named = documents.find(text.substr(at + 2, end - at - 2));
        if (named == documents.end()) continue;
        text.replace(at, end + 1 - at, file_meta(named->second));
    }
}

Documents published(Documents files) {
    for (const auto* name : {"snapshot", "timestamp"}) {
        if (const auto file = files.find(name); file != files.end()) fill_in(file->second, files);
    }
    return files;
}

void confirm(const auto& document) {
    if (!document) return;
    for (const auto& signature : document.value().envelope.signatures) {
        if (signature.bytes == right_signature) signature.confirmed = true;
    }
}

// Decodes a file as the judgement will, and confirms its signatures.
void confirm(trust::Update& update, const std::string& name, const metadata::DecodeLimits& limits) {
    auto* file = update.files().served_already(name);
    if (file == nullptr) return;
    if (name == "root" || name.ends_with(".root")) {
        confirm(file->root(limits));
        if (auto* served = update.served_root()) confirm(served->root(limits));
    } else if (name == "timestamp") {
        confirm(file->timestamp(limits));
    } else if (name == "snapshot") {
        confirm(file->snapshot(limits));
    } else if (const auto role = RoleName::parse(name)) {
        confirm(file->targets(role.value(), limits));
    }
}

}  // namespace

Packed unpack(std::string_view input) {
    Packed out{.now = Instant::parse("2026-11-24T00:00:00Z").value(), .publications = {}};
    Documents files;
    const auto publish = [&] {
        if (out.publications.size() < most_publications)
            out.publications.push_back(published(files));
    };
    while (!input.empty()) {
        const auto end = std::min(input.find("\n== "), input.size());
        auto section = input.substr(0, end);
        input.remove_prefix(std::min(end + 1, input.size()));
        if (section.starts_with("== ")) section.remove_prefix(3);
        const auto line = std::min(section.find('\n'), section.size());
        const auto name = section.substr(0, line);
        const auto text = section.substr(std::min(line + 1, section.size()));
        if (name.starts_with("gun ")) {
            out.gun = name.substr(4);
        } else if (name.starts_with("now ")) {
            out.now = Instant::parse(name.substr(4)).value_or(out.now);
        } else if (name == "then") {
            publish();
        } else if (files.size() < most_files) {
            files[std::string(name)] = text;
        }
    }
    publish();
    return out;
}

Judged judge_complete(const trust::Given& given, const Documents& documents) {
    trust::Update update(given, trust::Update::Source::complete);
    for (const auto& [name, text] : documents) update.put(name, text);
    for (const auto& [name, text] : documents) confirm(update, name, given.requirements.decode);
    count.add();
    require(update.wanted().empty() && update.decided(), "a complete source is asked for nothing");
    return {update.verdict(), update.state()};
}

Judged judge_asked(const trust::Given& given, const Documents& documents) {
    trust::Update update(given, trust::Update::Source::asked);
    std::size_t rounds = 0;
    for (auto wanted = update.wanted(); !wanted.empty(); wanted = update.wanted()) {
        require(++rounds < 400, "a source is not asked for ever");
        for (const auto& file : wanted) {
            require(file.limit >= 0, "a file is read up to a limit");
            std::optional<std::string> text;
            if (const auto found = documents.find(file.name); found != documents.end())
                text = found->second.substr(0, static_cast<std::size_t>(file.limit) + 1);
            update.put(file.name, std::move(text));
            confirm(update, file.name, given.requirements.decode);
        }
    }
    count.add();
    require(update.decided(), "who wants nothing has decided");
    return {update.verdict(), update.state()};
}

void require_sound(const trust::TrustedRepository& repository, const trust::Given& given) {
    require(repository.gun() == given.gun, "the collection is the one that was asked for");
    require(given.now < repository.valid_until(), "nothing that is expired is accepted");
    const auto& state = repository.state();
    const auto text = state.to_json();
    const auto again = trust::State::from_json(text);
    require(again && again.value() == state, "what is remembered is read as it was written");
    require(!given.state || given.state->root_version() <= state.root_version(),
            "root never goes back");
    for (const auto& role : repository.roles()) {
        require(!role.usable() || given.now < role.expires, "no usable role is expired");
        if (role.broken) require_presentable(*role.broken);
        if (!role.usable() || !role.name.is_delegation()) continue;
        require(static_cast<std::int64_t>(role.keys.key_ids.size()) >= role.keys.threshold,
                "a role that is used has keys enough for its threshold");
    }
    for (std::size_t i = 0; i < repository.tag_count(); ++i) {
        const auto tag = repository.tag(i);
        require(i == 0 || repository.tag_name(i - 1) < tag.name, "tags stand in order, each once");
        require(repository.find_tag(tag.name) == i, "a tag that is listed is found");
        const auto verified = repository.verify(tag.name);
        require(verified ? verified.value() == tag
                         : verified.error().code == ErrorCode::role_broken ||
                               verified.error().code == ErrorCode::limit_exceeded,
                "a tag that is listed is verified, unless a role before it is broken");
        if (verified)
            require(static_cast<bool>(repository.verify(tag.name, tag.sha256)),
                    "the digest of a tag is its digest");
    }
}

void require_same(const Judged& a, const Judged& b, std::string_view what) {
    require(static_cast<bool>(a.verdict) == static_cast<bool>(b.verdict), what);
    require(a.state == b.state, what);
    if (!a.verdict) {
        require(a.verdict.error().code == b.verdict.error().code, what);
        require(a.verdict.error().role == b.verdict.error().role, what);
        return;
    }
    const auto& one = *a.verdict.value();
    const auto& other = *b.verdict.value();
    require(one.tag_count() == other.tag_count(), what);
    for (std::size_t i = 0; i < one.tag_count(); ++i) require(one.tag(i) == other.tag(i), what);
}

}  // namespace contenttrust::fuzz
