/// targets and delegations: names with digests, and the roles trusted to name more.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/digest.hpp"
#include "contenttrust/metadata/delegation.hpp"
#include "contenttrust/metadata/key.hpp"

namespace contenttrust::metadata {

/// The targets of one role, sorted by the bytes of their names (which is code-point order). One arena, one row a
/// target, nothing allocated per target.
class TargetIndex {
  public:
    /// A row, valid as long as the index is.
    struct Target {
        std::string_view name;
        std::string_view custom;  ///< canonical JSON; empty when absent
        std::int64_t length;      ///< bytes of the image manifest
        Sha256 sha256;            ///< meaningless unless usable
        bool usable;              ///< has a SHA-256 of the right size
    };

    /// Room for the targets of a file of so many bytes, most of which is never touched: growing would hold them twice.
    void reserve(std::size_t file_size);
    void add(const Target& target);
    void sort();  ///< after the last add, before the first find

    std::size_t size() const noexcept { return rows_.size(); }
    Target at(std::size_t index) const noexcept;
    std::optional<std::size_t> find(std::string_view wanted) const noexcept;

  private:
    struct Row {
        std::size_t offset;
        std::uint32_t name_size;
        std::uint32_t custom_size;
        std::int64_t length;
        Sha256 sha256;
        bool usable;
    };
    std::string_view name(const Row& row) const noexcept {
        return std::string_view(arena_).substr(row.offset, row.name_size);
    }
    static constexpr std::size_t group_size = 16;
    using Prefix = std::array<unsigned char, 16>;
    static Prefix prefix(std::string_view name) noexcept;
    void fetch(std::span<const Row> rows) const noexcept;

    std::string arena_;  // name, then custom, of every row
    std::vector<Row> rows_;
    bool in_order_ = true;
    /// How the first name of each group of rows begins: a search of a million rows then waits for memory a few times
    /// instead of twenty.
    std::vector<Prefix> groups_;
};

struct Targets {
    static constexpr std::string_view type = "Targets";
    TargetIndex targets;
    Keys keys;
    std::vector<Delegation> delegations;
};

}  // namespace contenttrust::metadata
