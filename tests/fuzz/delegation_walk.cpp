/// Graphs of roles, made from the input, and a slow model of which role a tag is resolved from.
#include <algorithm>
#include <set>

#include "collections.hpp"
#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "invariants.hpp"
#include "simulator/collection.hpp"

namespace contenttrust::fuzz {
namespace {

using simulator::Collection;
using simulator::SigningKey;

/// The input, one octet after another; zeros behind its end.
class Choices {
  public:
    explicit Choices(std::string_view text) : text_(text) {}
    bool any() const noexcept { return !text_.empty(); }
    unsigned next(unsigned below) noexcept {
        if (text_.empty()) return 0;
        const auto octet = static_cast<unsigned char>(text_.front());
        text_.remove_prefix(1);
        return octet % below;
    }

  private:
    std::string_view text_;
};

constexpr unsigned key_count = 4;

// Keys are real, signatures are those that count as right.
const SigningKey& key(unsigned number) {
    static const std::vector<SigningKey> keys = [] {
        std::vector<SigningKey> out;
        for (unsigned char i = 0; i < key_count; ++i) {
            out.push_back(simulator::ed25519_key(i));
            out.back().sign = [](std::string_view) { return std::string(right_signature); };
        }
        return out;
    }();
    return keys[number];
}

std::vector<SigningKey> keys(unsigned mask) {
    std::vector<SigningKey> out;
    for (unsigned i = 0; i < key_count; ++i) {
        if ((mask >> i) % 2 != 0) out.push_back(key(i));
    }
    return out;
}

constexpr std::array tags{"a", "ab", "abc", "b", "1.0"};
constexpr std::array prefixes{"", "a", "ab", "abc", "b", "1"};
constexpr std::array segments{"a", "b", "releases"};

simulator::TargetsRole role(Choices& choices) {
    simulator::TargetsRole out;
    out.role.keys = keys(choices.next(1U << key_count));
    out.role.threshold = 1 + choices.next(3);
    if (choices.next(3) == 0) out.role.signers = keys(1 + choices.next((1U << key_count) - 1));
    if (choices.next(8) == 7) out.role.expires = "2026-01-01T00:00:00Z";
    for (auto count = choices.next(4); count > 0; --count) {
        const auto* tag = tags[choices.next(tags.size())];
        out.targets[tag] = simulator::image(std::to_string(choices.next(4)));
    }
    for (auto count = choices.next(4); count > 0; --count)
        out.paths.emplace_back(prefixes[choices.next(prefixes.size())]);
    return out;
}

Collection collection(Choices& choices) {
    static const Collection base = [] {
        auto out = simulator::collection();
        const auto root = out.root.keys.front();
        out.root.keys.front().sign = [](std::string_view) { return std::string(right_signature); };
        out.timestamp.keys = out.snapshot.keys = out.targets["targets"].role.keys = {key(0)};
        return out;
    }();
    auto out = base;
    std::vector<std::string> names{"targets"};
    while (choices.any() && names.size() < 12) {
        const auto name = names[choices.next(static_cast<unsigned>(names.size()))] + "/" +
                          segments[choices.next(segments.size())];
        if (!out.targets.emplace(name, role(choices)).second) continue;
        names.push_back(name);
        if (choices.next(8) == 7) out.unlisted.insert(name);
    }
    return out;
}

/// Which role a tag is resolved from, told from the collection instead of from its files.
class Model {
  public:
    explicit Model(const Collection& collection) : collection_(collection) {
        std::vector<std::string> all{"targets"};  // breadth first, brothers in the order of names
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (!is_usable(all[i])) continue;
            for (const auto& [name, role] : collection_.targets) {
                if (name != "targets" && parent(name) == all[i]) all.push_back(name);
            }
        }
        for (const auto& name : all) {
            if (name == "targets/releases" || name.starts_with("targets/releases/"))
                searched_.push_back(name);
        }
        searched_.emplace_back("targets");
    }

    /// The first usable role that holds the tag; empty if there is none.
    std::string holder(const std::string& tag) const {
        for (const auto& name : searched_) {
            if (is_usable(name) && holds(name, tag)) return name;
        }
        return {};
    }

    /// Whether a role that may sign the tag and is searched before `holder` is broken.
    bool is_hidden(const std::string& tag, const std::string& holder) const {
        for (const auto& name : searched_) {
            if (name == holder) return false;
            if (!is_usable(name) && !collection_.unlisted.contains(name) && counts(name, tag))
                return true;
        }
        return true;
    }

  private:
    static std::string parent(const std::string& name) { return name.substr(0, name.rfind('/')); }

    bool is_usable(const std::string& name) const {
        if (name == "targets") return true;
        const auto& role = collection_.targets.at(name).role;
        std::set<std::string> good;
        for (const auto& signer : role.signers.value_or(role.keys)) {
            for (const auto& listed : role.keys) {
                if (listed.public_text == signer.public_text) good.insert(signer.public_text);
            }
        }
        return !collection_.unlisted.contains(name) && role.expires.starts_with("2030") &&
               static_cast<std::int64_t>(good.size()) >= role.threshold && is_usable(parent(name));
    }

    // Whether a role may sign what begins so: a path of its own is a beginning of it, and counts in the parent
    // (Notary `tuf/data/roles.go`, Restrict).
    bool counts(const std::string& name, const std::string& path) const {
        return name == "targets" ||
               std::ranges::any_of(collection_.targets.at(name).paths, [&](const std::string& own) {
                   return path.starts_with(own) && counts(parent(name), own);
               });
    }

    bool holds(const std::string& name, const std::string& tag) const {
        return collection_.targets.at(name).targets.contains(tag) && counts(name, tag);
    }

    const Collection& collection_;
    std::vector<std::string> searched_;
};

void require_as_the_model_says(const trust::TrustedRepository& repository,
                               const Collection& collection) {
    const Model model(collection);
    for (const std::string tag : tags) {
        const auto holder = model.holder(tag);
        const bool is_signed = holder == "targets" || holder == "targets/releases";
        const auto verified = repository.verify(tag);
        require(static_cast<bool>(verified) == (is_signed && !model.is_hidden(tag, holder)),
                "a tag is verified exactly if the model says so");
        if (!verified) {
            require_presentable(verified.error());
            continue;
        }
        require(verified.value().role == holder, "a tag comes from the role that the model says");
        const auto digest = R"("sha256":")" + to_base64(verified.value().sha256) + "\"";
        require(collection.targets.at(holder).targets.at(tag).find(digest) != std::string::npos,
                "the digest of a tag is that of its role");
    }
}

void judge(std::string_view input) {
    Choices choices(input);
    const auto made = collection(choices);
    const auto documents = made.publish();
    trust::Given given{.gun = Gun::parse(made.gun).value(),
                       .anchor = {},
                       .now = {},
                       .requirements = {},
                       .state = {},
                       .cached = {}};
    given.anchor.first_use = true;
    given.now = Instant::parse("2026-11-24T00:00:00Z").value();
    const auto judged = judge_complete(given, documents);
    if (!judged.verdict) {
        require_presentable(judged.verdict.error());
        return;
    }
    const auto& repository = *judged.verdict.value();
    require_as_the_model_says(repository, made);
    if (input.size() % 8 != 0) return;
    require_sound(repository, given);
    require_same(judged, judge_asked(given, documents), "asked or complete is the same");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
