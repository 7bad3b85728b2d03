/// Strict JSON: one document, every defect refused, values read in place.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"

namespace contenttrust::json {

enum class Kind { null, boolean, integer, real, string, array, object };

class Members;
class Elements;

/// A value inside a Document; valid as long as the Document lives (views borrow from it). Unset, it reads as null.
class Value {
  public:
    Value() = default;
    Kind kind() const noexcept;

    /// Integer in [-2^53, 2^53] written in plain decimal; nothing for any other value.
    std::optional<std::int64_t> integer() const noexcept;
    std::optional<std::string_view> string() const noexcept;
    std::optional<bool> boolean() const noexcept;

    /// The member of that exact name; nothing if this is no object or has none.
    std::optional<Value> member(std::string_view name) const noexcept;

    Members members() const noexcept;    ///< empty unless an object; document order
    Elements elements() const noexcept;  ///< empty unless an array

  private:
    friend class Document;
    friend class Members;
    friend class Elements;
    using Words = std::array<std::uint64_t, 2>;
    explicit Value(Words raw) noexcept : raw_(raw) {}
    Words raw_{};  // simdjson's element, seen only in reader.cpp
};

/// Members of an object, one after another: `while (auto m = members.next())`.
class Members {
  public:
    Members() = default;
    struct Member {
        std::string_view name;
        Value value;
    };
    std::optional<Member> next() noexcept;

  private:
    friend class Value;
    Members(Value::Words position, Value::Words end) noexcept : position_(position), end_(end) {}
    Value::Words position_{};
    Value::Words end_{};
};

/// Elements of an array, one after another.
class Elements {
  public:
    Elements() = default;
    std::optional<Value> next() noexcept;

  private:
    friend class Value;
    Elements(Value::Words position, Value::Words end) noexcept : position_(position), end_(end) {}
    Value::Words position_{};
    Value::Words end_{};
};

/// One whole document that passed every rule of strict JSON. Owns what its values point to (copies share it);
/// the text may go.
class Document {
  public:
    static constexpr unsigned max_depth = 64;

    /// Refused, all `malformed` unless said otherwise: broken syntax, invalid UTF-8, lone surrogates, BOM, trailing
    /// data, U+0000 in any string, duplicate members at any depth (after unescaping), more than 64 levels
    /// (`limit_exceeded`). `level` is where the document stands, if it is a part of a larger one.
    static Result<Document> parse(std::string_view text, unsigned level = 1);

    Value root() const noexcept;

    /// Whether all numbers are plain decimal integers within ±2^53, surely: of a document for which this is false,
    /// only_plain_integers knows.
    bool has_plain_integers() const noexcept;

  private:
    struct Tape;
    explicit Document(std::shared_ptr<const Tape> tape) noexcept : tape_(std::move(tape)) {}
    std::shared_ptr<const Tape> tape_;
};

/// The version of the parser that was compiled in.
std::string library_version();

}  // namespace contenttrust::json
