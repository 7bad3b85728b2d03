#include "generator.hpp"

#include <algorithm>

namespace contenttrust::json::testing {
namespace {

// Characters where writers, escapes and orders of code points, UTF-16 units and bytes disagree.
const std::vector<std::string> characters{
    "a",      "b",      "A",          "z",          "0",
    "/",      " ",      "\"",         "\\",         "\n",
    "\t",     "\x01",   "\x1f",       "\x7f",       "<",
    "&",      "\u00e9", "e\u0301",    "\u2028",     "\xed\x9f\xbf",
    "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\u0080",
    "{",      "}",      "[",          "]",          ",",
    ":",      "-1.5e3",
};

std::string four_hex(unsigned value, bool upper) {
    const std::string digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    std::string out = "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[value >> shift & 0xf];
    return out;
}

unsigned decode(const std::string& character) {
    const auto byte = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>(character[i]));
    };
    switch (character.size()) {
        case 1: return byte(0);
        case 2: return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
        case 3: return (byte(0) & 0xf) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
        default:
            return (byte(0) & 7) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 |
                   (byte(3) & 0x3f);
    }
}

std::size_t width(char lead) {
    const auto c = static_cast<unsigned char>(lead);
    return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string Generator::string() {
    std::string out;
    for (std::size_t n = below(6); n > 0; --n) out += characters[below(characters.size())];
    if (below(50) == 0) out += std::string(below(300), '\\') + std::string(below(100), 'x');
    return out;
}

Node Generator::value(unsigned depth) {
    static const std::vector<std::string> literals{
        "null", "true", "false", "0", "1", "-1", "10", "9007199254740992", "-9007199254740992",
    };
    switch (below(depth == 0 ? 4 : 7)) {
        case 0: return {Node::Kind::literal, literals[below(literals.size())], {}, {}};
        case 1: return {Node::Kind::literal, std::to_string(below(1000000)), {}, {}};
        case 2:
        case 3: return {Node::Kind::string, string(), {}, {}};
        case 4: {
            Node node{Node::Kind::array, {}, {}, {}};
            for (std::size_t n = below(5); n > 0; --n) node.elements.push_back(value(depth - 1));
            return node;
        }
        default: {
            Node node{Node::Kind::object, {}, {}, {}};
            for (std::size_t n = below(6); n > 0; --n) node.members[string()] = value(depth - 1);
            return node;
        }
    }
}

Node Generator::object(unsigned depth) {
    Node node{Node::Kind::object, {}, {}, {}};
    for (std::size_t n = 1 + below(6); n > 0; --n) node.members[string()] = value(depth - 1);
    return node;
}

std::string Generator::space() {
    std::string out;
    for (std::size_t n = below(4) == 0 ? below(4) : 0; n > 0; --n) out += " \t\n\r"[below(4)];
    return out;
}

std::string Generator::messy_string(const std::string& text) {
    std::string out = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const std::string character = text.substr(i, width(text[i]));
        i += character.size();
        const unsigned code = decode(character);
        const bool must = code < 0x20 || code == '"' || code == '\\';
        if (!must && below(4) != 0) {
            out += character;
        } else if (code > 0xffff) {
            out += four_hex(0xd800 + ((code - 0x10000) >> 10), below(2) == 0);
            out += four_hex(0xdc00 + ((code - 0x10000) & 0x3ff), below(2) == 0);
        } else if ((code == '"' || code == '\\' || code == '/') && below(2) == 0) {
            out += '\\' + character;
        } else if (code == '\n' && below(2) == 0) {
            out += "\\n";
        } else {
            out += four_hex(code, below(2) == 0);
        }
    }
    return out + '"';
}

std::string Generator::messy_members(const Node& node) {
    std::vector<std::string> parts;
    for (const auto& [name, member] : node.members) {
        parts.push_back(space() + messy_string(name) + space() + ':' + messy(member));
    }
    std::shuffle(parts.begin(), parts.end(), random_);
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : ",") + part;
    return out.empty() ? space() : out;
}

std::string Generator::messy(const Node& node) {
    std::string inner;
    switch (node.kind) {
        case Node::Kind::literal: inner = node.text; break;
        case Node::Kind::string: inner = messy_string(node.text); break;
        case Node::Kind::object: inner = '{' + messy_members(node) + '}'; break;
        case Node::Kind::array:
            for (const auto& element : node.elements) {
                inner += (inner.empty() ? "" : ",") + messy(element);
            }
            inner = '[' + (inner.empty() ? space() : inner) + ']';
            break;
    }
    return space() + inner + space();
}

std::string slow_canonical(const Node& node) {
    std::string out;
    switch (node.kind) {
        case Node::Kind::literal: return node.text;
        case Node::Kind::string: return quoted(node.text);
        case Node::Kind::array:
            for (const auto& element : node.elements) out += "," + slow_canonical(element);
            return "[" + (out.empty() ? out : out.substr(1)) + "]";
        case Node::Kind::object:
            for (const auto& [name, member] : node.members) {
                out += "," + quoted(name) + ":" + slow_canonical(member);
            }
            return "{" + (out.empty() ? out : out.substr(1)) + "}";
    }
    return out;
}

}  // namespace contenttrust::json::testing
