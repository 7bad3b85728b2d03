/// A delegation, decoded.
#include "targets_role.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge_targets(contenttrust::fuzz::input(data, size),
                                      contenttrust::RoleName::releases());
    return 0;
}
