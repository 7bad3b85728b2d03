/// Certificates of root keys. Seeds are PEM; what is no PEM is tried as the DER inside one.
#include "contenttrust/crypto/certificate.hpp"

#include "contenttrust/base/encoding.hpp"
#include "invariants.hpp"

namespace contenttrust::fuzz {
namespace {

void judge(std::string_view pem) {
    const auto bundle = crypto::CertificateBundle::parse(pem);
    const auto again = crypto::CertificateBundle::parse(pem);
    require(static_cast<bool>(bundle) == static_cast<bool>(again), "the same verdict twice");
    if (!bundle) {
        require_presentable(bundle.error());
        require(same(bundle.error(), again.error()), "the same refusal twice");
        return;
    }
    const auto& leaf = bundle.value().leaf();
    const auto key = crypto::PublicKey::from_spki(as_bytes(leaf.spki));
    require(key && key.value().identity() == bundle.value().key().identity(),
            "the key of a certificate is the one that it shows");
    require(leaf.common_name.find('\0') == std::string::npos, "a common name is plain text");
    require(bundle.value().leaf_count() <= 16, "certificates of a bundle are limited");
    if (pem.size() % 8 != 0) return;
    // A certificate that is its own authority: no such chain is required, but judging it must end.
    const crypto::Authorities anchors{std::string(pem)};
    const auto chains = bundle.value().chains_to(anchors, leaf.not_before);
    require(chains == again.value().chains_to(anchors, leaf.not_before), "the same chain twice");
}

std::string block(std::string_view der) {
    std::string out = "-----BEGIN CERTIFICATE-----\n";
    const auto text = to_base64(as_bytes(der));
    for (std::size_t at = 0; at < text.size(); at += 64) out += text.substr(at, 64) + "\n";
    return out + "-----END CERTIFICATE-----\n";
}

}  // namespace
}  // namespace contenttrust::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = contenttrust::fuzz::input(data, size);
    const bool is_pem = text.starts_with("-----");
    contenttrust::fuzz::judge(is_pem ? std::string(text) : contenttrust::fuzz::block(text));
    return 0;
}
