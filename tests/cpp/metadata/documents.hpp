/// One valid document of each kind, and what the tests do to it.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "contenttrust/metadata/decode.hpp"
#include "simulator/collection.hpp"

namespace contenttrust::metadata::testing {

using simulator::Documents;
using simulator::replaced;

/// Of a collection with the delegations targets/releases and targets/releases/more.
inline const Documents& valid() {
    static const Documents documents = [] {
        auto made = simulator::collection();
        made.targets["targets/releases"] =
            simulator::delegation(4, {{"2.0", simulator::image("two")}});
        made.targets["targets/releases/more"] = simulator::delegation(5);
        return made.publish();
    }();
    return documents;
}

inline Status outcome(const auto& result) { return result ? Status() : Status(result.error()); }

/// What the decoder says of `text` as the file of `role`.
inline Status decoded(const std::string& role, std::string_view text,
                      const DecodeLimits& limits = {}) {
    if (role == "root") return outcome(decode_root(text, limits));
    if (role == "timestamp") return outcome(decode_timestamp(text, limits));
    if (role == "snapshot") return outcome(decode_snapshot(text, limits));
    return outcome(decode_targets(text, RoleName::parse(role).value(), limits));
}

inline void refused(const std::string& role, std::string_view text, ErrorCode code,
                    std::string_view reason = {}, const DecodeLimits& limits = {}) {
    const auto status = decoded(role, text, limits);
    BOOST_TEST(!status, role << " was accepted, expected: " << to_string(code) << " " << reason);
    if (status) return;
    const auto& error = status.error();
    BOOST_TEST(to_string(error.code) == to_string(code), role << ": " << error.message);
    BOOST_TEST(error.message.find(reason) != std::string::npos, role << ": " << error.message);
}

inline void accepted(const std::string& role, std::string_view text,
                     const DecodeLimits& limits = {}) {
    const auto status = decoded(role, text, limits);
    BOOST_TEST(static_cast<bool>(status), role << ": " << (status ? "" : status.error().message));
}

/// The valid document of `role` with its one `old` replaced.
inline std::string changed(const std::string& role, std::string_view old, std::string_view by) {
    return replaced(valid().at(role), old, by);
}

}  // namespace contenttrust::metadata::testing
