/// Borrowed bytes, and the two views of them that the rooms below need.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace contenttrust {

/// Bytes that belong to the caller. For parameters only: never stored, never returned.
using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }

inline std::string_view as_text(Bytes bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace contenttrust
