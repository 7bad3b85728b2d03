/// What is remembered between runs: only what was written is read.
#include "contenttrust/trust/state.hpp"

#include "invariants.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace contenttrust;
    const auto text = fuzz::input(data, size);
    const auto state = trust::State::from_json(text);
    if (!state) {
        fuzz::require_presentable(state.error());
        return 0;
    }
    fuzz::require(state.value().to_json() == text, "a state is written as it was read");
    fuzz::require(state.value().root_version() > 0, "what is read has a root");
    return 0;
}
