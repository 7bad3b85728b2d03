#include "contenttrust/base/error.hpp"

namespace contenttrust {

// A switch without default: the compiler names the code that somebody forgets to spell.
std::string_view to_string(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::no_trust_data: return "no_trust_data";
        case ErrorCode::not_signed: return "not_signed";
        case ErrorCode::tag_unusable: return "tag_unusable";
        case ErrorCode::role_broken: return "role_broken";
        case ErrorCode::malformed: return "malformed";
        case ErrorCode::limit_exceeded: return "limit_exceeded";
        case ErrorCode::wrong_type: return "wrong_type";
        case ErrorCode::key_id: return "key_id";
        case ErrorCode::signature: return "signature";
        case ErrorCode::threshold: return "threshold";
        case ErrorCode::hash: return "hash";
        case ErrorCode::length: return "length";
        case ErrorCode::missing_role: return "missing_role";
        case ErrorCode::expired: return "expired";
        case ErrorCode::too_old: return "too_old";
        case ErrorCode::version: return "version";
        case ErrorCode::rollback: return "rollback";
        case ErrorCode::root_chain: return "root_chain";
        case ErrorCode::root_certificate: return "root_certificate";
        case ErrorCode::anchor_mismatch: return "anchor_mismatch";
        case ErrorCode::anchor_conflict: return "anchor_conflict";
        case ErrorCode::role_name: return "role_name";
        case ErrorCode::digest_mismatch: return "digest_mismatch";
        case ErrorCode::policy: return "policy";
        case ErrorCode::unreachable: return "unreachable";
        case ErrorCode::server_error: return "server_error";
        case ErrorCode::unauthorized: return "unauthorized";
        case ErrorCode::tls: return "tls";
        case ErrorCode::service_ended: return "service_ended";
    }
    return {};
}

}  // namespace contenttrust
