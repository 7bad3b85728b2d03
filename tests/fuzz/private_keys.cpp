/// Private key files in every form: whole files, with a known passphrase, and DER under each label.
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "contenttrust/crypto/key_encryption.hpp"
#include "contenttrust/crypto/private_key.hpp"
#include "contenttrust/publish/key_file.hpp"
#include "contenttrust/publish/signer_key.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

constexpr std::uint32_t affordable = 4096;  // rounds; more are allowed, but take too long here

void judge_key(const crypto::PrivateKey& key) {
    const auto again = crypto::PrivateKey::decode(crypto::KeyForm::pkcs8, key.pkcs8().bytes());
    require(static_cast<bool>(again), "a key that was read can be written and read again");
    require(again.value().public_text() == key.public_text(), "and is the same then");
}

void judge_file(std::string_view text) {
    static const crypto::Secret passphrase(as_bytes("import-pass"));
    const auto files = publish::KeyFile::parse_all(text);
    if (!files) {
        require_presentable(files.error());
        return;
    }
    for (const auto& file : files.value()) {
        const auto alone = publish::KeyFile::parse(as_text(file.text()));
        require(static_cast<bool>(alone), "a block is a file by itself");
        require(alone.value().headers() == file.headers() &&
                    alone.value().label() == file.label() &&
                    alone.value().rounds() == file.rounds(),
                "and says the same");
        const bool is_pbes2 = file.label() == "ENCRYPTED PRIVATE KEY";
        if (is_pbes2 && file.rounds().value_or(affordable + 1) > affordable) continue;
        const auto key = file.unlock(&passphrase);
        if (key) {
            judge_key(key.value());
        } else {
            require_presentable(key.error());
            require(key.error().code != ErrorCode::unauthorized || file.is_encrypted(),
                    "only what is encrypted asks for a passphrase");
        }
    }
}

void judge_der(std::string_view der) {
    for (const auto form : {crypto::KeyForm::pkcs8, crypto::KeyForm::sec1, crypto::KeyForm::pkcs1,
                            crypto::KeyForm::ed25519}) {
        const auto key = crypto::PrivateKey::decode(form, as_bytes(der));
        if (key)
            judge_key(key.value());
        else
            require_presentable(key.error());
    }
    const auto rounds = crypto::pbkdf2_rounds(as_bytes(der));
    if (!rounds) require_presentable(rounds.error());
}

/// libcrypto's generators of random numbers, in ordinary memory: LeakSanitizer does not look into the secure heap, and takes
/// what is referred to from there only for lost.
bool start_generators() {
    unsigned char octet = 0;
    return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1 &&
           RAND_bytes(&octet, 1) == 1 && RAND_priv_bytes(&octet, 1) == 1;
}

void judge(std::string_view text) {
    static const bool started = start_generators();
    require(started, "there is randomness");
    judge_file(text);
    judge_der(text);
    const auto key = publish::SignerKey::read(text);
    if (!key) require_presentable(key.error());
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
