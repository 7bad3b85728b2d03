/// snapshot, decoded.
#include "role.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace contenttrust;
    fuzz::judge_role(
        fuzz::input(data, size),
        [](std::string_view text) { return metadata::decode_snapshot(text, {}); },
        [](const metadata::Snapshot& snapshot) {
            fuzz::require(snapshot.find(RoleName::root()) != nullptr, "snapshot names root");
            fuzz::require(snapshot.find(RoleName::targets()) != nullptr, "snapshot names targets");
            for (const auto& [name, meta] : snapshot.meta) fuzz::require_file_meta(meta);
        });
    return 0;
}
