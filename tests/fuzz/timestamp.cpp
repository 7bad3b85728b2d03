/// timestamp, decoded.
#include "role.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace contenttrust;
    fuzz::judge_role(
        fuzz::input(data, size),
        [](std::string_view text) { return metadata::decode_timestamp(text, {}); },
        [](const metadata::Timestamp& timestamp) { fuzz::require_file_meta(timestamp.snapshot); });
    return 0;
}
