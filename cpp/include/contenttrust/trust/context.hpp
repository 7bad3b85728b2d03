/// What every check needs to know, and where it writes down what it found. For one thread, one verification.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "contenttrust/base/names.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/crypto/key_cache.hpp"
#include "contenttrust/trust/requirements.hpp"
#include "contenttrust/trust/state.hpp"
#include "contenttrust/trust/trace.hpp"

namespace contenttrust::trust {

struct Context {
    const Gun& gun;
    const Instant now;
    const Requirements& requirements;
    crypto::KeyCache& keys;
    std::size_t& invalid_signatures;  ///< checked in vain so far, in all passes
    std::vector<Step>* steps;         ///< null: nobody asked for the trace
    std::vector<Notice> warnings{};
    std::map<RoleName, Remembered> accepted{};  ///< of the roles but root that passed every check
    std::int64_t chained_length = 0;            ///< bytes of the files that signed metadata named

    /// Whether signatures are no longer checked. Nobody who signed may be overlooked for that: the run is refused.
    bool exhausted() const noexcept { return invalid_signatures > requirements.invalid_signatures; }

    /// Notes a check that held. Texts given as callables are made only when somebody reads them.
    template <typename Expected, typename Found>
    void passed(std::string_view check, std::string_view role, Expected expected, Found found) {
        const auto text = [](auto& source) -> std::string {
            if constexpr (std::is_invocable_v<decltype(source)>)
                return std::string(source());
            else
                return std::string(source);
        };
        if (steps == nullptr) return;
        steps->push_back(
            {std::string(check), std::string(role), true, text(expected), text(found)});
    }

    /// Notes a check that failed, and gives the error to return.
    Error refused(std::string_view check, std::string_view role, Error error) {
        error.role = role;
        if (steps != nullptr) {
            steps->push_back({std::string(check), error.role, false, error.expected, error.found});
        }
        return error;
    }
    Error refused(std::string_view check, std::string_view role, ErrorCode code,
                  std::string message, std::string expected, std::string found) {
        return refused(check, role,
                       {code, {}, std::move(message), std::move(expected), std::move(found)});
    }

    /// The refusal of what asks for more than a limit allows.
    Error beyond_limit(std::string_view role, std::string message, auto limit) {
        return refused("limits", role, ErrorCode::limit_exceeded, std::move(message),
                       "at most " + std::to_string(limit), "more");
    }

    void warn(std::string_view code, std::string_view role, std::string message) {
        warnings.push_back({std::string(code), std::string(role), {}, std::move(message)});
    }
};

}  // namespace contenttrust::trust
