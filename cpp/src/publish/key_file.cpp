#include "contenttrust/publish/key_file.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "contenttrust/base/encoding.hpp"

namespace contenttrust::publish {
namespace {

struct Label {
    std::string_view text;
    crypto::KeyForm form;
};
constexpr std::string_view encrypted_label = "ENCRYPTED PRIVATE KEY";
constexpr std::array labels{
    Label{encrypted_label, crypto::KeyForm::pkcs8},
    Label{"PRIVATE KEY", crypto::KeyForm::pkcs8},
    Label{"EC PRIVATE KEY", crypto::KeyForm::sec1},
    Label{"RSA PRIVATE KEY", crypto::KeyForm::pkcs1},
    Label{"ED25519 PRIVATE KEY", crypto::KeyForm::ed25519},
};

Error malformed(std::string message, std::string expected = {}, std::string found = {}) {
    return Error{
        ErrorCode::malformed, {}, std::move(message), std::move(expected), std::move(found)};
}

bool is_header_value(std::string_view text) {
    return !has_outer_space(text) &&
           std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

std::string_view KeyFile::header(const std::string& name) const {
    const auto found = headers().find(name);
    return found == headers().end() ? std::string_view() : std::string_view(found->second);
}

Result<KeyFile> KeyFile::from(Armor armor) {
    const auto* label = std::ranges::find(labels, armor.label, &Label::text);
    if (label == labels.end())
        return malformed("a private key has a form that is not supported",
                         "PKCS#8, SEC1 or PKCS#1; openssl pkcs8 -topk8 writes the first",
                         printable(armor.label));
    KeyFile file;
    file.form_ = label->form;
    file.armor_ = std::make_shared<const Armor>(std::move(armor));
    if (label->text == encrypted_label) {
        const auto rounds = crypto::pbkdf2_rounds(file.armor_->content.bytes());
        if (!rounds) return rounds.error();
        file.is_encrypted_ = true;
        file.rounds_ = rounds.value();
    } else if (file.header("Proc-Type").ends_with("ENCRYPTED")) {
        if (auto status = crypto::check_dek_info(file.header("DEK-Info")); !status)
            return std::move(status).error();
        file.is_encrypted_ = true;
    }
    return file;
}

Result<std::vector<KeyFile>> KeyFile::parse_all(std::string_view contents) {
    auto blocks = read_armor(contents);
    if (!blocks) return std::move(blocks).error();
    std::vector<KeyFile> files;
    for (Armor& armor : blocks.value()) {
        if (!armor.label.ends_with("PRIVATE KEY")) continue;
        auto file = from(std::move(armor));
        if (!file) return std::move(file).error();
        files.push_back(std::move(file).value());
    }
    if (files.empty()) return malformed("this holds no private key", "a PEM block PRIVATE KEY");
    return files;
}

Result<KeyFile> KeyFile::parse(std::string_view contents) {
    auto files = parse_all(contents);
    if (!files) return std::move(files).error();
    if (files.value().size() > 1)
        return malformed("a key file holds several private keys", "one",
                         std::to_string(files.value().size()));
    return std::move(files.value().front());
}

Result<crypto::Secret> KeyFile::decrypt(const crypto::Secret& passphrase) const {
    const Bytes content = armor_->content.bytes();
    if (label() == encrypted_label) return crypto::decrypt_pkcs8(content, passphrase);
    return crypto::decrypt_legacy(header("DEK-Info"), content, passphrase);
}

Result<crypto::PrivateKey> KeyFile::unlock(const crypto::Secret* passphrase) const {
    if (!is_encrypted_) return crypto::PrivateKey::decode(form_, armor_->content.bytes());
    if (passphrase == nullptr)
        return Error{ErrorCode::unauthorized,
                     {},
                     "the private key is encrypted: its passphrase is needed",
                     {},
                     {}};
    const auto plain = decrypt(*passphrase);
    if (!plain) return plain.error();
    auto key = crypto::PrivateKey::decode(form_, plain.value().bytes());
    if (!key) return crypto::wrong_passphrase();  // what it opened was not what had been closed
    return key;
}

Result<std::string> write_key_file(const crypto::PrivateKey& key, const crypto::Secret& passphrase,
                                   Headers headers, std::int64_t rounds) {
    if (rounds < 1 || rounds > std::int64_t{crypto::max_rounds})
        return Error{ErrorCode::limit_exceeded,
                     {},
                     "the rounds of a key file are out of range",
                     "1 to 10000000",
                     std::to_string(rounds)};
    std::erase_if(headers, [](const auto& header) { return header.second.empty(); });
    for (const auto& [name, value] : headers)
        if (!is_header_value(value))
            return malformed("a key file cannot have this " + name, "printable text",
                             printable(value));
    const std::string der =
        crypto::encrypt_pkcs8(key.pkcs8(), passphrase, static_cast<std::uint32_t>(rounds));
    return write_armor(encrypted_label, headers, as_bytes(der));
}

}  // namespace contenttrust::publish
