/// The same judgement for many collections at once: one crossing, threads inside.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/trust/verify.hpp"

namespace contenttrust::bulk {

/// One collection and all files of it that there are. The views belong to the caller for the length of the call.
struct Item {
    std::string_view gun;
    std::map<std::string, std::string_view> documents;
    const trust::State* state = nullptr;
};

struct Outcome {
    Result<std::shared_ptr<const trust::TrustedRepository>> verdict;
    std::optional<trust::State> state;
};

/// How P-256 signatures are checked. The outcomes are the same.
enum class Signatures {
    eight_at_a_time,  ///< gathered across items where the processor can, see crypto::eight_at_a_time
    one_by_one,
};

/// Judges every item by itself, in `threads` threads (at least one). Outcomes are in input order and do not depend on
/// the number of threads.
std::vector<Outcome> verify_many(const std::vector<Item>& items, const trust::Anchor& anchor,
                                 Instant now, const trust::Requirements& requirements,
                                 unsigned threads,
                                 Signatures signatures = Signatures::eight_at_a_time);

}  // namespace contenttrust::bulk
