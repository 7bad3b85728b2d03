/// root, decoded.
#include "role.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace contenttrust;
    fuzz::judge_role(
        fuzz::input(data, size),
        [](std::string_view text) { return metadata::decode_root(text, {}); },
        [](const metadata::Root& root) {
            fuzz::require_keys(root.keys);
            for (const auto* role : {&root.root, &root.targets, &root.snapshot, &root.timestamp})
                fuzz::require_role_keys(*role, root.keys);
        });
    return 0;
}
