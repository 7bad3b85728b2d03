/// The cases of tests/vectors, read with the engine's own reader.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contenttrust/base/names.hpp"
#include "contenttrust/base/time.hpp"
#include "contenttrust/json/reader.hpp"
#include "simulator/collection.hpp"

namespace contenttrust::simulator {

struct ExpectedTag {
    std::string sha256;  ///< hexadecimal
    std::int64_t length;
    std::string role;
};

/// What a case says of one role, as far as it says it.
struct ExpectedRole {
    std::optional<std::int64_t> version;
    std::optional<Instant> expires;
    std::vector<std::string> key_ids;
};

struct Case {
    std::string name;
    std::string gun;
    Instant verify_at;
    bool accepted;
    std::map<std::string, ExpectedTag> tags;
    std::optional<std::int64_t> tag_count;  ///< of a large case, whose `tags` is a sample
    std::string tags_digest;                ///< of a large case: SHA-256 of its sorted lines
    std::vector<std::string> refused_tags;
    std::vector<std::string> only_in_other_delegations;
    std::map<std::string, ExpectedRole> roles;
    Documents served;  ///< under role names, `<n>.root` and `<role>.<sha256>`
    Documents cached;
    bool has_cache;
};

/// Every case, by name. Read once.
const std::vector<Case>& vectors();

/// Those whose verifier starts with nothing.
std::vector<const Case*> first_contacts();

const Case& vector_named(std::string_view name);

/// One file of a case, byte for byte.
std::string vector_file(const std::string& path);

}  // namespace contenttrust::simulator
