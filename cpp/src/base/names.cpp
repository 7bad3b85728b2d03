#include "contenttrust/base/names.hpp"

#include <algorithm>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust {
namespace {

constexpr std::size_t longest_name = 255;

Error refused(ErrorCode code, std::string_view text, const char* kind, std::string_view defect) {
    const std::string shown = printable(text);
    return {code, {}, "\"" + shown + "\" is no " + kind + ": " + std::string(defect), {}, shown};
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_graphic(char c) noexcept { return c >= 0x21 && c <= 0x7e; }

/// What is wrong with `text` as a slash-separated path; empty if nothing is.
std::string_view path_defect(std::string_view text) noexcept {
    if (text.starts_with('/')) return "it starts with a slash";
    if (text.ends_with('/')) return "it ends with a slash";
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('/', begin), text.size());
        const std::string_view segment = text.substr(begin, end - begin);
        if (segment.empty()) return "it has an empty segment";
        if (segment == "." || segment == "..") return "a segment is \".\" or \"..\"";
        begin = end + 1;
    }
    return {};
}

std::string_view gun_defect(std::string_view text) noexcept {
    if (text.empty()) return "it is empty";
    if (text.size() > longest_name) return "it is longer than 255 bytes";
    if (!std::ranges::all_of(text, is_graphic)) {
        return "only printable ASCII without spaces is allowed";
    }
    // Separators, wildcards and quotes of URLs, shells and file systems: none is part of a Docker name.
    if (text.find_first_of("%\\*?#\"'`<>|") != text.npos) {
        return "it holds one of % \\ * ? # < > | or a quote";
    }
    // Docker lets only the host be written with capitals; elsewhere two spellings could mean one directory.
    const std::size_t host_end = std::min(text.find('/'), text.size());
    if (std::ranges::any_of(text.substr(host_end), is_upper)) {
        return "upper-case letters are allowed in the host only";
    }
    return path_defect(text);
}

/// Notary 0.7.0 `tuf/data/roles.go`, ValidRole and IsDelegation.
std::string_view role_defect(std::string_view text) noexcept {
    for (const auto base : {"root", "targets", "snapshot", "timestamp"}) {
        if (text == base) return {};
    }
    if (text.size() > longest_name) return "it is longer than 255 bytes";
    if (!text.starts_with("targets/")) return "it is neither a base role nor below \"targets/\"";
    if (text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_/") != text.npos) {
        return "only a-z, 0-9, \"-\", \"_\" and \"/\" are allowed";
    }
    return path_defect(text);
}

}  // namespace

Result<Gun> Gun::parse(std::string_view text) {
    if (const auto defect = gun_defect(text); !defect.empty()) {
        return refused(ErrorCode::malformed, text, "GUN", defect);
    }
    return Gun(std::string(text));
}

Result<RoleName> RoleName::parse(std::string_view text) {
    if (const auto defect = role_defect(text); !defect.empty()) {
        return refused(ErrorCode::role_name, text, "role name", defect);
    }
    return RoleName(std::string(text));
}

bool RoleName::is_direct_child_of(const RoleName& parent) const noexcept {
    const std::size_t slash = text_.rfind('/');
    return slash != std::string::npos && std::string_view(text_).substr(0, slash) == parent.text_;
}

Result<KeyId> KeyId::parse(std::string_view text) {
    const auto is_hex = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
    if (text.size() != 64 || !std::ranges::all_of(text, is_hex)) {
        return refused(ErrorCode::key_id, text, "key id",
                       "64 lower-case hexadecimal digits are needed");
    }
    KeyId out;
    std::ranges::copy(text, out.digits_.begin());
    return out;
}

}  // namespace contenttrust
