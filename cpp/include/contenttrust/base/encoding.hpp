/// Hexadecimal and base64, each with one strict alphabet.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "contenttrust/base/bytes.hpp"

namespace contenttrust {

/// Lower-case hexadecimal digits of `bytes`.
std::string to_hex(Bytes bytes);

/// Decodes standard base64 (RFC 4648 §4): padding required, no white space, no other alphabet, unused bits zero.
std::optional<std::string> from_base64(std::string_view text);

/// The same into a place of the right size, or false: then the text is no base64, or of another size.
bool decode_base64(std::string_view text, std::span<std::byte> out) noexcept;

/// Encodes as standard base64 with padding (RFC 4648 §4).
std::string to_base64(Bytes bytes);

/// `text` for an error message: control characters and broken UTF-8 escaped, at most `limit` bytes kept.
std::string printable(std::string_view text, std::size_t limit = 120);

}  // namespace contenttrust
