/// What tests do with an Update: start it, feed it, and write down what came out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/trust/verify.hpp"
#include "simulator/collection.hpp"

namespace contenttrust::simulator {

/// The moment at which tests judge, unless one says otherwise.
Instant now();

Sha256 digest(std::string_view content);

/// First contact with trust on first use.
trust::Given given(const Collection& collection);

using Verdict = Result<std::shared_ptr<const trust::TrustedRepository>>;

struct Judged {
    Verdict verdict;
    std::optional<trust::State> state;
    std::vector<trust::Step> steps;
    std::vector<std::string> asked;  ///< file names in the order in which they were wanted

    const trust::TrustedRepository& repository() const { return *verdict.value(); }
};

/// With every file there from the start.
Judged judged(trust::Given given, const Documents& documents);
/// With a source that is asked for one round of files after another, each cut at the limit that it was asked with.
Judged judged_by_asking(trust::Given given, const Documents& documents);

/// Everything of a verdict in words, so that two can be compared and a difference be read.
std::string description(const Verdict& verdict, const std::optional<trust::State>& state);

}  // namespace contenttrust::simulator
