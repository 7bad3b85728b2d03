/// What one check needs around it, and how its answer is looked at.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/trust/context.hpp"
#include "simulator/judgement.hpp"

namespace contenttrust::trust::testing {

struct Surroundings {
    Gun gun = Gun::parse("registry.example.com/team/web").value();
    Requirements requirements;
    crypto::KeyCache keys;
    std::vector<Step> steps;
    std::size_t invalid_signatures = 0;
    Context context{gun, simulator::now(), requirements, keys, invalid_signatures, &steps};

    Surroundings() = default;
    Surroundings(const Surroundings&) = delete;  // the context points into it
    Surroundings& operator=(const Surroundings&) = delete;

    /// Whether the last step says this of itself.
    bool last_step(std::string_view check, bool passed) const {
        return !steps.empty() && steps.back().check == check && steps.back().passed == passed;
    }
};

/// `result` is a refusal with this code, this role and a message that holds `reason`.
void refused(const auto& result, ErrorCode code, std::string_view role,
             std::string_view reason = {}) {
    BOOST_TEST(!result, "accepted, expected: " << to_string(code) << " " << reason);
    if (result) return;
    const Error& error = result.error();
    BOOST_TEST(to_string(error.code) == to_string(code), error.message);
    BOOST_TEST(error.role == role, error.message);
    BOOST_TEST(error.message.find(reason) != std::string::npos, error.message);
}

void held(const auto& result) {
    BOOST_TEST(static_cast<bool>(result), (result ? std::string() : result.error().message));
}

/// How many warnings have this code.
inline auto warnings_of(const std::vector<Notice>& warnings, std::string_view code) {
    return std::count_if(warnings.begin(), warnings.end(),
                         [&](const Notice& n) { return n.code == code; });
}

inline metadata::Keys keys_of(const std::vector<simulator::SigningKey>& keys) {
    metadata::Keys out;
    for (const auto& key : keys) out.emplace(key.id(), key.key());
    return out;
}

inline metadata::RoleKeys role_of(const std::vector<simulator::SigningKey>& keys,
                                  std::int64_t threshold = 1) {
    metadata::RoleKeys out{{}, threshold};
    for (const auto& key : keys) out.key_ids.push_back(key.id());
    return out;
}

}  // namespace contenttrust::trust::testing
