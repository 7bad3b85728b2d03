/// The files of one verification: what the source gave, what was cached, and what must still be asked for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contenttrust/trust/file.hpp"

namespace contenttrust::trust {

/// A file that the judgement needs next. A source reads at most limit + 1 bytes of it.
struct Wanted {
    std::string name;  ///< a role, or `<n>.root`
    std::optional<Sha256> sha256;
    std::int64_t limit;  ///< bytes
};

/// Why a file was not had: only told, never judged by.
struct Failure {
    std::string code = "missing_role";
    std::string cause;
};

class Files {
  public:
    /// `complete`: the source has nothing but what was put, so nothing is ever wanted.
    explicit Files(bool complete) : complete_(complete) {}

    void put(const std::string& name, std::optional<std::string> text, Failure failure = {}) {
        served_[name] = text ? std::make_unique<File>(*std::move(text)) : nullptr;
        failures_[name] = std::move(failure);
    }
    void put(const std::string& name, Borrowed text) {
        served_[name] = std::make_unique<File>(text);
    }
    void cache(const std::string& name, std::string text) {
        cached_[name] = std::make_unique<File>(std::move(text));
    }

    /// The file that the source gave; null when it has none, or when it was not asked yet: then it is wanted now.
    File* served(const Wanted& file) {
        if (auto entry = served_.find(file.name); entry != served_.end())
            return entry->second.get();
        if (!complete_) wanted_.push_back(file);
        return nullptr;
    }
    /// The same without wanting it.
    File* served_already(const std::string& name) {
        auto entry = served_.find(name);
        return entry == served_.end() ? nullptr : entry->second.get();
    }
    const Failure& failure(const std::string& name) { return failures_[name]; }
    bool waits_for(const std::string& name) const { return !complete_ && !served_.contains(name); }

    File* cached(const std::string& name) {
        auto entry = cached_.find(name);
        return entry == cached_.end() ? nullptr : entry->second.get();
    }

    const std::vector<Wanted>& wanted() const noexcept { return wanted_; }
    void forget_wanted() { wanted_.clear(); }

  private:
    bool complete_;
    std::map<std::string, std::unique_ptr<File>> served_;  // null: the source has no such file
    std::map<std::string, Failure> failures_;
    std::map<std::string, std::unique_ptr<File>> cached_;
    std::vector<Wanted> wanted_;
};

}  // namespace contenttrust::trust
