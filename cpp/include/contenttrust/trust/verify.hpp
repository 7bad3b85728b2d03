/// The judgement: bytes, anchor, remembered state and now in; the verified view or the refusal out.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contenttrust/trust/files.hpp"
#include "contenttrust/trust/pinning.hpp"
#include "contenttrust/trust/repository.hpp"
#include "contenttrust/trust/root_chain.hpp"
#include "contenttrust/trust/state.hpp"

namespace contenttrust::trust {

/// What one verification starts from.
struct Given {
    Gun gun;
    Anchor anchor;
    Instant now;
    Requirements requirements;
    std::optional<State> state;
    std::map<std::string, std::string>
        cached;  ///< Docker's cached files by role; input, never the authority
    bool trace = false;
};

/// One verification, fed with files as it asks for them. For one thread.
class Update {
  public:
    enum class Source { asked, complete };

    /// `complete`: all files are put before the verdict is asked for; what was not put does not exist.
    Update(Given given, Source source);

    /// A file by name (a role, or `<n>.root`), or that the source has none, or why that is not known. Too late once
    /// decided.
    void put(const std::string& name, std::optional<std::string> text, Failure failure = {}) {
        if (!decided()) files_.put(name, std::move(text), std::move(failure));
    }

    /// A file whose text the caller keeps until the update is gone. The verdict and the state hold nothing of it.
    void put(const std::string& name, Borrowed text) {
        if (!decided()) files_.put(name, text);
    }

    /// Judges what is there; the files that it still needs, or none when the verdict stands.
    const std::vector<Wanted>& wanted();

    bool decided() const noexcept { return verdict_.has_value(); }

    /// The verdict. Only when decided.
    const Result<std::shared_ptr<const TrustedRepository>>& verdict() const { return *verdict_; }

    /// What to remember: of an accepted collection all of it, of a refused one the root that was proved; nothing when
    /// there is nothing new.
    const std::optional<State>& state() const& noexcept { return state_; }
    std::optional<State> state() && noexcept { return std::move(state_); }
    const std::vector<Step>& steps() const noexcept { return steps_; }
    /// The files that were judged good, by role, for Docker's cache.
    const std::map<std::string, const File*>& accepted() const noexcept { return accepted_; }

    /// What will be judged, for who looks at it ahead: looking judges nothing.
    Files& files() noexcept { return files_; }
    crypto::KeyCache& keys() noexcept { return keys_; }
    /// The root that was served. One that is served as it was believed is the believed file.
    File* served_root() {
        File* served = files_.served_already("root");
        for (const auto& believed : believed_roots_) {
            if (served != nullptr && believed.file->text() == served->text())
                served = believed.file.get();
        }
        return served;
    }

  private:
    class Judgement;
    struct BelievedRoot {
        std::unique_ptr<File> file;
        Checkpoint::Origin origin;
    };
    using Verdict = Result<std::shared_ptr<const TrustedRepository>>;

    Given given_;
    Files files_;
    crypto::KeyCache keys_;
    std::vector<BelievedRoot> believed_roots_;
    std::size_t invalid_signatures_ = 0;
    std::optional<Verdict> verdict_;
    std::optional<State> state_;
    std::vector<Step> steps_;
    std::map<std::string, const File*> accepted_;
};

}  // namespace contenttrust::trust
