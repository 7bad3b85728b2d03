/// Public keys in every form, and signatures by them that nobody made.
#include "contenttrust/crypto/batch_verify.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/public_key_file.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

void judge(std::string_view text) {
    const auto key = crypto::read_public_key(as_bytes(text));
    const auto again = crypto::read_public_key(as_bytes(text));
    require(static_cast<bool>(key) == static_cast<bool>(again), "the same verdict twice");
    if (!key) {
        require_presentable(key.error());
        return;
    }
    require(key.value().identity() == again.value().identity(), "a key is itself");
    const auto* point = key.value().p256_point();
    require(point == nullptr || key.value().algorithm() == crypto::Algorithm::ecdsa,
            "only keys of ecdsa have a point");
    if (text.size() % 4 != 0) return;  // a verification takes longer than all else
    const auto digest = crypto::sha256(as_bytes(text));
    const crypto::Message message{as_bytes(text), digest};
    for (const auto method : {crypto::Method::ecdsa, crypto::Method::rsapss,
                              crypto::Method::rsapkcs1v15, crypto::Method::eddsa}) {
        const auto signature = text.substr(0, 64);
        require(!key.value().verify(method, message, as_bytes(signature)),
                "no run of a key is a signature over it");
    }
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    contenttrust::fuzz::judge(contenttrust::fuzz::input(data, size));
    return 0;
}
