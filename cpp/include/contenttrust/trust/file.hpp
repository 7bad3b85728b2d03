/// One metadata file as it came: its text, and what was made of it, each made once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/metadata/decode.hpp"

namespace contenttrust::trust {

/// A text that its caller keeps.
struct Borrowed {
    std::string_view text;
};

/// Holds the text that the decoded envelope points into, its own or its caller's: neither copied nor moved.
class File {
  public:
    explicit File(std::string text) : owned_(std::move(text)), text_(owned_) {}
    /// The caller keeps the text, unchanged, as long as the file lives.
    explicit File(Borrowed text) : text_(text.text) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    std::string_view text() const noexcept { return text_; }
    std::int64_t size() const noexcept { return static_cast<std::int64_t>(text_.size()); }

    const Sha256& sha256() {
        if (!sha256_) sha256_ = crypto::sha256(as_bytes(text_));
        return *sha256_;
    }
    const Sha512& sha512() {
        if (!sha512_) sha512_ = crypto::sha512(as_bytes(text_));
        return *sha512_;
    }

    using Root = Result<metadata::Signed<metadata::Root>>;
    using Timestamp = Result<metadata::Signed<metadata::Timestamp>>;
    using Snapshot = Result<metadata::Signed<metadata::Snapshot>>;
    using Targets = Result<metadata::Signed<metadata::Targets>>;

    Root& root(const metadata::DecodeLimits& limits) {
        return once<Root>([&] { return metadata::decode_root(text_, limits); });
    }
    Timestamp& timestamp(const metadata::DecodeLimits& limits) {
        return once<Timestamp>([&] { return metadata::decode_timestamp(text_, limits); });
    }
    Snapshot& snapshot(const metadata::DecodeLimits& limits) {
        return once<Snapshot>([&] { return metadata::decode_snapshot(text_, limits); });
    }
    Targets& targets(const RoleName& role, const metadata::DecodeLimits& limits) {
        return once<Targets>([&] { return metadata::decode_targets(text_, role, limits); });
    }

  private:
    template <typename Decoded, typename Decode>
    Decoded& once(Decode decode) {
        if (!std::holds_alternative<Decoded>(decoded_))
            decoded_.template emplace<Decoded>(decode());
        return std::get<Decoded>(decoded_);
    }

    std::string owned_;
    std::string_view text_;
    std::optional<Sha256> sha256_;
    std::optional<Sha512> sha512_;
    std::variant<std::monostate, Root, Timestamp, Snapshot, Targets> decoded_;
};

}  // namespace contenttrust::trust
