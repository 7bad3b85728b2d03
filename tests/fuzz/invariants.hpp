/// What must hold whatever the input: a target that finds it broken ends the process, which the fuzzer reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "contenttrust/base/error.hpp"

/// What libFuzzer and the replay call: one input, judged.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace contenttrust::fuzz {

inline std::string_view input(const std::uint8_t* data, std::size_t size) noexcept {
    return size == 0 ? std::string_view()
                     : std::string_view(reinterpret_cast<const char*>(data), size);
}

/// Ends the process, saying `what` is broken, unless it holds.
void require(bool holds, std::string_view what);

/// Texts of an error are shown to people and written as JSON: valid UTF-8, no control characters, bounded.
void require_presentable(const Error& error);

/// Two answers to the same question.
bool same(const Error& a, const Error& b);

}  // namespace contenttrust::fuzz
