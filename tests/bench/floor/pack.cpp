#include "pack.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>

namespace bench {
namespace {

/// A little-endian number, as every machine that runs this has it.
template <typename Number>
Number read_number(std::istream& in) {
    Number number{};
    in.read(reinterpret_cast<char*>(&number), sizeof number);
    return number;
}

std::string read_text(std::istream& in) {
    std::string text(read_number<std::uint32_t>(in), '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    return text;
}

}  // namespace

const File* Repository::find(std::string_view role) const {
    const auto found = std::ranges::find(files, role, &File::role);
    return found == files.end() ? nullptr : &*found;
}

std::vector<Repository> read_pack(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot open " + path);
    std::vector<Repository> out;
    while (in.peek() != std::ifstream::traits_type::eof()) {
        Repository repository{read_text(in), {}};
        const auto count = read_number<std::uint32_t>(in);
        for (std::uint32_t i = 0; i < count && in; ++i) {
            auto role = read_text(in);
            const auto length = read_number<std::uint64_t>(in);
            if (!in) break;
            simdjson::padded_string text(static_cast<std::size_t>(length));
            in.read(text.data(), static_cast<std::streamsize>(length));
            repository.files.push_back({std::move(role), std::move(text)});
        }
        if (!in) throw std::runtime_error(path + " ends too early");
        out.push_back(std::move(repository));
    }
    return out;
}

}  // namespace bench
