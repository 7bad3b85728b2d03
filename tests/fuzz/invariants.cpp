#include "invariants.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"

namespace contenttrust::fuzz {
namespace {

// Names of roles are as long as their files allow; everything else is cut by `printable`.
constexpr std::size_t longest_text = 4096;

void require_text(std::string_view text, std::string_view what) {
    require(text.size() <= longest_text, what);
    for (const char c : text) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, what);
    require(static_cast<bool>(json::Document::parse(json::canonical_string(text))), what);
}

}  // namespace

void require(bool holds, std::string_view what) {
    if (holds) return;
    std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
    std::abort();
}

void require_presentable(const Error& error) {
    require(error.code <= last_error_code, "an error code is of the list");
    require(!error.message.empty(), "an error has a message");
    require_text(error.message, "the message of an error is short, printable UTF-8");
    require_text(error.expected, "what an error expected is short, printable UTF-8");
    require_text(error.found, "what an error found is short, printable UTF-8");
}

bool same(const Error& a, const Error& b) {
    return a.code == b.code && a.role == b.role && a.message == b.message &&
           a.expected == b.expected && a.found == b.found;
}

}  // namespace contenttrust::fuzz
