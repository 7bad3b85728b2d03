/// Base64, hexadecimal, printable text, times: what is decoded is encoded as it was.
#include "contenttrust/base/encoding.hpp"

#include <vector>

#include "contenttrust/base/time.hpp"
#include "contenttrust/json/canonical.hpp"
#include "contenttrust/json/reader.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

void judge_base64(std::string_view text) {
    if (const auto bytes = from_base64(text)) {
        require(to_base64(as_bytes(*bytes)) == text, "base64 has one spelling");
        std::vector<std::byte> place(bytes->size());
        require(decode_base64(text, place) && as_text(place) == *bytes,
                "into a place it is the same");
        place.push_back({});
        require(!decode_base64(text, place), "a place of another size is refused");
    }
    require(from_base64(to_base64(as_bytes(text))) == text, "every byte has a spelling");
    require(to_hex(as_bytes(text)).size() == 2 * text.size(), "two digits a byte");
}

void judge_printable(std::string_view text) {
    const auto shown = printable(text);
    require(static_cast<bool>(json::Document::parse(json::canonical_string(shown))),
            "what is shown is valid UTF-8");
    for (const char c : shown)
        require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "nothing is hidden");
}

void judge_time(std::string_view text) {
    const auto time = Instant::parse(text);
    if (!time) return;
    require(time->nanoseconds < 1'000'000'000, "a fraction is less than a second");
    require(Instant::parse(time->str()) == time, "a time is read as it was written");
    require(Instant::parse(time->str())->str() == time->str(), "a time has one spelling");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = contenttrust::fuzz::input(data, size);
    contenttrust::fuzz::judge_base64(text);
    contenttrust::fuzz::judge_printable(text);
    contenttrust::fuzz::judge_time(text);
    return 0;
}
