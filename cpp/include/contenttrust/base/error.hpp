/// What can be wrong with trust data: a closed list of codes, and the facts that explain one refusal.
#pragma once

#include <string>
#include <string_view>

namespace contenttrust {

/// Why something is refused. One list for C++ and Python; `to_string` gives the stable spelling.
enum class ErrorCode {
    no_trust_data,
    not_signed,
    tag_unusable,
    role_broken,
    malformed,
    limit_exceeded,
    wrong_type,
    key_id,
    signature,
    threshold,
    hash,
    length,
    missing_role,
    expired,
    too_old,
    version,
    rollback,
    root_chain,
    root_certificate,
    anchor_mismatch,
    anchor_conflict,
    role_name,
    digest_mismatch,
    policy,
    unreachable,
    server_error,
    unauthorized,
    tls,
    service_ended,
};

/// The last enumerator, for loops over the whole list.
inline constexpr ErrorCode last_error_code = ErrorCode::service_ended;

/// The code as users see it: `rollback`, `root_chain`, …
std::string_view to_string(ErrorCode code) noexcept;

/// One refusal: which check, which role, what was expected and what was found.
struct Error {
    ErrorCode code;
    std::string role;  ///< metadata role; empty until the judgement knows whose document it is
    std::string message;
    std::string expected;
    std::string found;
};

}  // namespace contenttrust
