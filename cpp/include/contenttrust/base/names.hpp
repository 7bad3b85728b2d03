/// Names that refuse to be strings: a parse is the only door to each.
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>
#include <utility>

#include "contenttrust/base/result.hpp"

namespace contenttrust {

/// A globally unique name: which collection the metadata speaks of, e.g. "docker.io/library/alpine".
/// Path-safe: 1–255 bytes of printable ASCII in segments none of which is empty, "." or "..".
class Gun {
  public:
    static Result<Gun> parse(std::string_view text);
    const std::string& str() const& noexcept { return text_; }
    std::string str() && noexcept { return std::move(text_); }  // by value: nothing dangles
    friend auto operator<=>(const Gun&, const Gun&) = default;

  private:
    explicit Gun(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// A metadata role: root, targets, snapshot, timestamp, or a delegation below "targets/" (Notary `tuf/data/roles.go`).
class RoleName {
  public:
    static Result<RoleName> parse(std::string_view text);
    const std::string& str() const& noexcept { return text_; }
    std::string str() && noexcept { return std::move(text_); }  // by value: nothing dangles
    bool is_delegation() const noexcept { return text_.starts_with("targets/"); }
    bool is_direct_child_of(const RoleName& parent) const noexcept;
    friend auto operator<=>(const RoleName&, const RoleName&) = default;

    static RoleName root() { return RoleName("root"); }
    static RoleName targets() { return RoleName("targets"); }
    static RoleName snapshot() { return RoleName("snapshot"); }
    static RoleName timestamp() { return RoleName("timestamp"); }
    static RoleName releases() { return RoleName("targets/releases"); }

  private:
    explicit RoleName(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// A key id: 64 lower-case hexadecimal digits.
class KeyId {
  public:
    static Result<KeyId> parse(std::string_view text);
    std::string_view str() const& noexcept { return {digits_.data(), digits_.size()}; }
    std::string str() && { return {digits_.data(), digits_.size()}; }  // by value: nothing dangles
    friend bool operator==(const KeyId& a, const KeyId& b) noexcept { return a.str() == b.str(); }
    friend auto operator<=>(const KeyId& a, const KeyId& b) noexcept { return a.str() <=> b.str(); }

  private:
    KeyId() = default;
    std::array<char, 64> digits_{};  // in place: a collection has dozens of them
};

}  // namespace contenttrust
