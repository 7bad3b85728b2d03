/// Reads typed members and keeps the first defect: every getter gives a harmless value once something is wrong.
/// Private to the room.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "contenttrust/base/error.hpp"
#include "contenttrust/json/reader.hpp"
#include "contenttrust/metadata/decode.hpp"

namespace contenttrust::metadata {

class Decoder {
  public:
    explicit Decoder(const DecodeLimits& allowed) : limits(allowed) {}

    const DecodeLimits limits;
    /// Whether canonical forms may be asked for; a part for which this is false is refused in the end.
    bool plain_integers = true;

    bool failed() const noexcept { return error_.has_value(); }
    Error error() && { return *std::move(error_); }

    void refuse(ErrorCode code, std::string message, std::string expected = {},
                std::string found = {});
    void malformed(std::string_view what, std::string_view expected) {
        refuse(ErrorCode::malformed, std::string(what) + " is not " + std::string(expected),
               std::string(expected));
    }

    /// An object of a fixed type. Refuses a member that is none of `known` but equals one when case is folded the way
    /// Go's decoder folds it: such a member would be read by one client and not by another.
    json::Value object(std::optional<json::Value> value, std::string_view what,
                       std::initializer_list<std::string_view> known);

    /// A map or a list; `null` and absent are what Go writes for an empty one.
    json::Members map(std::optional<json::Value> value, std::string_view what);
    json::Elements list(std::optional<json::Value> value, std::string_view what);

    std::string_view string(std::optional<json::Value> value, std::string_view what);
    std::string base64(std::optional<json::Value> value, std::string_view what);
    std::int64_t integer(std::optional<json::Value> value, std::string_view what, ErrorCode code,
                         std::int64_t least);

    /// The next of `sequence`, unless something is wrong already.
    auto next(auto& sequence) { return failed() ? std::nullopt : sequence.next(); }

    void missing(std::string_view what, std::string role) {
        refuse(ErrorCode::missing_role, std::string(what) + " " + role, role, "absent");
    }
    void allow(std::size_t count, std::size_t limit, std::string_view what) {
        if (count <= limit) return;
        refuse(ErrorCode::limit_exceeded, "too many " + std::string(what),
               "at most " + std::to_string(limit), "more");
    }

    /// `hashes` and `length` of a file; `custom` is left to the caller.
    FileMeta file_meta(const json::Value& value, std::string_view what,
                       std::optional<json::Value>* custom = nullptr);

  private:
    /// Refuses a member that is none of `known` but differs from one only in case.
    void unknown(std::string_view member, std::string_view what,
                 std::initializer_list<std::string_view> known);
    template <typename Digest>
    void digest(const json::Members::Member& hash, std::optional<Digest>& out, FileMeta& meta);

    std::optional<Error> error_;
};

}  // namespace contenttrust::metadata
