#include "contenttrust/metadata/targets.hpp"

#include <algorithm>

namespace contenttrust::metadata {

std::vector<std::string> shortest_paths(std::vector<std::string> paths) {
    std::ranges::sort(paths);
    std::vector<std::string> out;
    for (auto& path : paths) {
        if (out.empty() || !path.starts_with(out.back())) out.push_back(std::move(path));
    }
    return out;
}

bool paths_allow(const std::vector<std::string>& paths, std::string_view name) {
    const auto behind = std::upper_bound(paths.begin(), paths.end(), name);
    return behind != paths.begin() && name.starts_with(*std::prev(behind));
}

void TargetIndex::add(const Target& target) {
    rows_.push_back({arena_.size(), static_cast<std::uint32_t>(target.name.size()),
                     static_cast<std::uint32_t>(target.custom.size()), target.length, target.sha256,
                     target.usable});
    arena_.append(target.name).append(target.custom);
}

void TargetIndex::sort() {
    const auto by_name = [this](const Row& row) { return name(row); };
    if (!std::ranges::is_sorted(rows_, {}, by_name)) std::ranges::sort(rows_, {}, by_name);
}

TargetIndex::Target TargetIndex::at(std::size_t index) const noexcept {
    const Row& row = rows_[index];
    const auto custom =
        std::string_view(arena_).substr(row.offset + row.name_size, row.custom_size);
    return {name(row), custom, row.length, row.sha256, row.usable};
}

std::optional<std::size_t> TargetIndex::find(std::string_view wanted) const noexcept {
    const auto by_name = [this](const Row& row) { return name(row); };
    const auto row = std::ranges::lower_bound(rows_, wanted, {}, by_name);
    if (row == rows_.end() || name(*row) != wanted) return std::nullopt;
    return static_cast<std::size_t>(row - rows_.begin());
}

}  // namespace contenttrust::metadata
