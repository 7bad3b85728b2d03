#include "pem.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <new>

namespace contenttrust::crypto {
namespace {

using Text = std::unique_ptr<char, FreeWith<free_memory>>;

constexpr std::size_t max_pem = 64 * 1024;
constexpr std::size_t max_certificates = 16;

}  // namespace

Bio read_from(std::string_view text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    if (!bio) throw std::bad_alloc();
    return bio;
}

std::optional<std::string> read_certificate_block(BIO* bio) {
    char* label = nullptr;
    char* headers = nullptr;
    unsigned char* der = nullptr;
    long length = 0;
    if (PEM_read_bio(bio, &label, &headers, &der, &length) != 1) return std::nullopt;
    const Text label_owner(label);
    const Text headers_owner(headers);
    const Octets der_owner(der);
    if (std::string_view(label) != "CERTIFICATE" || *headers != '\0') return std::string();
    return std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
}

Result<std::vector<std::string>> read_certificates(std::string_view pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    std::vector<std::string> certificates;
    if (pem.size() > max_pem) return unusable("a certificate bundle is too long", "64 KiB of PEM");
    // PEM_read_bio drops a NUL at the end of a line.
    if (pem.find('\0') != pem.npos) return unusable("a certificate bundle holds a NUL character");
    while (true) {
        pem.remove_prefix(std::min(pem.find_first_not_of(" \t\r\n"), pem.size()));
        if (pem.empty()) break;
        // PEM_read_bio skips what it does not know: what comes before a block is looked at here.
        if (!pem.starts_with(begin) || pem.find_first_of("\r\n") != begin.size()) {
            return unusable("a certificate bundle holds something else than certificates");
        }
        if (certificates.size() == max_certificates) {
            return unusable("a certificate bundle holds too many certificates", "at most 16");
        }
        const Bio bio = read_from(pem);
        auto der = read_certificate_block(bio.get());
        if (!der || der->empty()) return unusable("a certificate of a bundle is not plain PEM");
        certificates.push_back(*std::move(der));
        pem.remove_prefix(pem.size() - BIO_ctrl_pending(bio.get()));
    }
    if (certificates.empty()) return unusable("a certificate bundle is empty");
    return certificates;
}

}  // namespace contenttrust::crypto
