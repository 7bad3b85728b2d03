/// From the files of a repository to its tags, with nothing done that the work could do without.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crypto.hpp"
#include "pack.hpp"

namespace bench {

/// The tags of one role, sorted by name.
struct Index {
    struct Tag {
        std::uint64_t name;
        std::uint32_t name_size;
        std::int64_t size;
        Sha256 sha256;
    };

    std::string role;
    std::string names;
    std::vector<Tag> tags;

    std::string_view name(const Tag& tag) const {
        return std::string_view(names).substr(tag.name, tag.name_size);
    }
};

/// What one walk verified; the result that is handed over, so it is made anew every time.
struct Verified {
    std::vector<Index> roles;
    std::size_t signatures = 0;
};

/// The contexts of the keys of one repository, in the order in which signatures are verified.
using Kept = std::vector<KeyContext>;

/// Walks repositories with a parser and digests that stay warm. For one thread.
class Walker {
  public:
    /// Throws Refused. `kept`: filled by the first walk, used by those that follow.
    Verified walk(const Repository& repository, Kept& kept);

  private:
    struct Role {
        std::string name;
        std::string key_id;
        EcKey key;
    };
    struct Expected {
        Sha256 sha256;
        Sha512 sha512;
        std::int64_t length;
    };
    using Meta = std::unordered_map<std::string, Expected>;

    simdjson::dom::element open(const File& file);
    void check(const simdjson::dom::element& document, const Role& role);
    void check_hashes(const File& file, const Expected& expected);
    void walk_roots(const Repository& repository);
    Role role_of_root(const simdjson::dom::element& root, std::string_view name);
    std::vector<Role> delegations(const simdjson::dom::element& document);
    Index index(const simdjson::dom::element& document, std::string role);
    static Expected expected(const simdjson::dom::element& meta);

    Hasher hasher_;
    simdjson::dom::parser parser_;
    Sha256 signed_digest_{};
    Role root_, timestamp_, snapshot_, targets_;
    Kept* kept_ = nullptr;
    Verified* verified_ = nullptr;
    bool first_ = false;
};

}  // namespace bench
