/// Private key files: what Docker, Notary and OpenSSL write, and what the first two read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contenttrust/base/bytes.hpp"
#include "contenttrust/base/result.hpp"
#include "contenttrust/crypto/key_encryption.hpp"
#include "contenttrust/crypto/private_key.hpp"
#include "contenttrust/crypto/secret.hpp"
#include "contenttrust/publish/armor.hpp"

namespace contenttrust::publish {

/// One private key as a file holds it, and what can be told of it without its passphrase. Immutable; copies share the
/// text.
class KeyFile {
  public:
    /// The only private key of `contents`; other blocks (certificates, EC PARAMETERS) may stand beside it.
    static Result<KeyFile> parse(std::string_view contents);

    /// All of them, in their order; at least one.
    static Result<std::vector<KeyFile>> parse_all(std::string_view contents);

    const std::string& label() const noexcept { return armor_->label; }
    const Headers& headers() const noexcept { return armor_->headers; }
    std::string_view header(const std::string& name) const;  ///< empty where absent

    /// Borrowed: valid as long as a copy of this file.
    Bytes text() const noexcept { return armor_->text.bytes(); }

    bool is_encrypted() const noexcept { return is_encrypted_; }

    /// Of PBKDF2; nothing for keys that are protected in another way, or not at all.
    std::optional<std::uint32_t> rounds() const noexcept { return rounds_; }

    /// The key. What is not encrypted asks for no passphrase, and ignores one. Refused as `unauthorized`: no or a wrong
    /// passphrase, and whatever is wrong with what it opens.
    Result<crypto::PrivateKey> unlock(const crypto::Secret* passphrase) const;

  private:
    KeyFile() = default;
    static Result<KeyFile> from(Armor armor);
    Result<crypto::Secret> decrypt(const crypto::Secret& passphrase) const;

    std::shared_ptr<const Armor> armor_;
    crypto::KeyForm form_ = crypto::KeyForm::pkcs8;
    bool is_encrypted_ = false;
    std::optional<std::uint32_t> rounds_;
};

/// A key file as Docker writes it, which docker, notary and KeyFile read. Headers that are empty are left out; one with
/// control characters or white space at its ends is refused, and so are rounds outside 1 to crypto::max_rounds.
Result<std::string> write_key_file(const crypto::PrivateKey& key, const crypto::Secret& passphrase,
                                   Headers headers, std::int64_t rounds);

}  // namespace contenttrust::publish
