/// Names: what is accepted is safe as a path, and is its own spelling.
#include "contenttrust/base/names.hpp"

#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

void require_path(std::string_view text) {
    require(!text.empty() && text.size() <= 255, "a name is neither empty nor long");
    require(("/" + std::string(text) + "/").find("/../") == std::string::npos, "no way up");
    require(text.find("//") == text.npos && text[0] != '/', "no empty segment");
    for (const char c : text) require(c > ' ' && c < 0x7f && c != '\\', "no odd character");
}

template <typename Name>
void judge(std::string_view text) {
    const auto name = Name::parse(text);
    if (!name) {
        require_presentable(name.error());
        return;
    }
    require(name.value().str() == text, "a name is its own spelling");
    require(Name::parse(name.value().str()) && Name::parse(text).value() == name.value(),
            "the same name twice");
    require_path(text);
}

void judge_role(std::string_view text) {
    judge<RoleName>(text);
    const auto role = RoleName::parse(text);
    if (!role) return;
    const auto child = RoleName::parse(std::string(text) + "/a");
    require(!child || child.value().is_direct_child_of(role.value()), "a child is a child");
    require(!role.value().is_direct_child_of(role.value()), "nobody is his own child");
    require(role.value().is_delegation() == text.starts_with("targets/"), "delegations are below");
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace contenttrust;
    const auto text = fuzz::input(data, size);
    fuzz::judge<Gun>(text);
    fuzz::judge<KeyId>(text);
    fuzz::judge_role(text);
    return 0;
}
