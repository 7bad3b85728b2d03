/// Documents made at random from a fixed seed, with a canonical form that owes nothing to the engine.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace contenttrust::json::testing {

/// A JSON value as the generator thinks of it.
struct Node {
    enum class Kind { literal, string, array, object };
    Kind kind = Kind::literal;
    std::string text;  ///< of a literal as written; of a string decoded
    std::vector<Node> elements;
    std::map<std::string, Node> members;  ///< std::string orders by unsigned bytes, as Go does
};

class Generator {
  public:
    explicit Generator(std::uint32_t seed) : random_(seed) {}

    /// A random value; objects and arrays at most `depth` levels deep.
    Node value(unsigned depth);

    /// A random object with at least one member.
    Node object(unsigned depth);

    /// `node` with random white space, escapes and member order.
    std::string messy(const Node& node);

    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_()) % bound; }

  private:
    std::string string();
    std::string space();
    std::string messy_string(const std::string& text);
    std::string messy_members(const Node& node);

    std::mt19937 random_;
};

/// The canonical form, written as its definition reads.
std::string slow_canonical(const Node& node);

}  // namespace contenttrust::json::testing
