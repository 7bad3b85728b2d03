/// What every check needs to know, and where it writes down what it found. For one thread, one verification.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "contenttrust/base/names.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/crypto/key_cache.hpp"
#include "contenttrust/trust/requirements.hpp"
#include "contenttrust/trust/trace.hpp"

namespace contenttrust::trust {

struct Context {
    const Gun& gun;
    const Instant now;
    const Requirements& requirements;
    crypto::KeyCache& keys;
    std::vector<Step>* steps;  ///< null: nobody asked for the trace
    std::vector<Notice> warnings{};
    std::size_t invalid_signatures = 0;

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

    void warn(std::string_view code, std::string_view role, std::string message) {
        warnings.push_back({std::string(code), std::string(role), {}, std::move(message)});
    }
};

}  // namespace contenttrust::trust
