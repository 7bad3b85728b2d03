/// Repositories as tests/bench/pack.py writes them, each file where a parser may read a little beyond its end.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct File {
    std::string role;
    simdjson::padded_string text;
};

struct Repository {
    std::string gun;
    std::vector<File> files;

    const File* find(std::string_view role) const;
};

/// Throws std::runtime_error where there is no such file or it ends too early.
std::vector<Repository> read_pack(const std::string& path);

}  // namespace bench
