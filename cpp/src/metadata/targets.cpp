#include "contenttrust/metadata/targets.hpp"

#include <algorithm>
#include <cstring>
#include <span>

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

void TargetIndex::reserve(std::size_t file_size) {
    constexpr std::size_t smallest_target = 84;  // with a name of one letter and a SHA-256
    rows_.reserve(file_size / smallest_target);
    arena_.reserve(file_size / 16);
}

void TargetIndex::add(const Target& target) {
    in_order_ = in_order_ && (rows_.empty() || name(rows_.back()) < target.name);
    rows_.push_back({arena_.size(), static_cast<std::uint32_t>(target.name.size()),
                     static_cast<std::uint32_t>(target.custom.size()), target.length, target.sha256,
                     target.usable});
    arena_.append(target.name).append(target.custom);
}

void TargetIndex::sort() {
    if (!in_order_) std::ranges::sort(rows_, {}, [this](const Row& row) { return name(row); });
    in_order_ = true;
    groups_.clear();
    groups_.reserve(rows_.size() / group_size + 1);
    for (std::size_t i = 0; i < rows_.size(); i += group_size)
        groups_.push_back(prefix(name(rows_[i])));
}

// Names hold no U+0000, so what is filled up with zeros has the order of the names.
TargetIndex::Prefix TargetIndex::prefix(std::string_view name) noexcept {
    Prefix out{};
    std::memcpy(out.data(), name.data(), std::min(name.size(), out.size()));
    return out;
}

TargetIndex::Target TargetIndex::at(std::size_t index) const noexcept {
    const Row& row = rows_[index];
    const auto custom =
        std::string_view(arena_).substr(row.offset + row.name_size, row.custom_size);
    return {name(row), custom, row.length, row.sha256, row.usable};
}

// The search then waits for memory twice, not twice a step.
void TargetIndex::fetch(std::span<const Row> rows) const noexcept {
    constexpr std::size_t line = 64;
    constexpr std::size_t most = 2 * group_size;
    if (rows.empty() || rows.size() > most) return;
    for (const Row& row : rows) __builtin_prefetch(&row);
    const auto first = rows.front().offset;
    const auto behind = rows.back().offset + rows.back().name_size;
    if (first > behind || behind - first > most * line) return;
    for (auto at = first; at < behind; at += line) __builtin_prefetch(&arena_[at]);
}

std::optional<std::size_t> TargetIndex::find(std::string_view wanted) const noexcept {
    // Not the algorithm of std::ranges: Clang 14 cannot compile the subrange that it returns.
    const auto [first, behind] = std::equal_range(groups_.begin(), groups_.end(), prefix(wanted));
    const auto index = [&](auto group) {
        return static_cast<std::size_t>(group - groups_.begin()) * group_size;
    };
    // The group before may end with names that begin as the wanted one does.
    const auto begin = first == groups_.begin() ? 0 : index(first) - group_size;
    const auto rows =
        std::span(rows_).subspan(begin, std::min(index(behind), rows_.size()) - begin);
    fetch(rows);
    const auto row =
        std::ranges::lower_bound(rows, wanted, {}, [this](const Row& r) { return name(r); });
    if (row == rows.end() || name(*row) != wanted) return std::nullopt;
    return begin + static_cast<std::size_t>(row - rows.begin());
}

}  // namespace contenttrust::metadata
