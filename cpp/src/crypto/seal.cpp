#include "contenttrust/crypto/seal.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include "libsodium.hpp"

namespace contenttrust::crypto {
namespace {

constexpr std::string_view magic = "contenttrust sealed 1\n";
constexpr std::size_t number_octets = 4;
constexpr std::size_t salt_at = magic.size() + 2 * number_octets;
constexpr std::size_t stream_at = salt_at + crypto_pwhash_SALTBYTES;
constexpr std::size_t header_octets = stream_at + crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t chunk_octets = 64 * 1024;
constexpr std::size_t tag_octets = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr SealCost most{4, 256 * 1024};
constexpr SealCost least{1, 8};

const unsigned char* octets(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}
const unsigned char* octets(Bytes bytes) { return octets(as_text(bytes)); }
unsigned char* place(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
unsigned char* place(std::span<std::byte> space) {
    return reinterpret_cast<unsigned char*>(space.data());
}

void append(std::string& out, std::uint32_t number) {
    for (std::size_t i = 0; i < number_octets; ++i)
        out += static_cast<char>((number >> (8 * (number_octets - 1 - i))) & 0xffU);
}

std::uint32_t number_at(std::string_view text, std::size_t position) {
    std::uint32_t number = 0;
    for (const char c : text.substr(position, number_octets))
        number = (number << 8U) | static_cast<unsigned char>(c);
    return number;
}

/// What is needed to go through the stream: wiped when freed.
class Stream {
  public:
    Stream() : memory_(sizeof(crypto_secretstream_xchacha20poly1305_state)) {}
    crypto_secretstream_xchacha20poly1305_state* get() {
        return reinterpret_cast<crypto_secretstream_xchacha20poly1305_state*>(
            memory_.space().data());
    }

  private:
    Secret memory_;
};

Secret derive(const Secret& passphrase, std::string_view salt, SealCost cost) {
    Secret key(crypto_secretstream_xchacha20poly1305_KEYBYTES);
    if (crypto_pwhash(place(key.space()), key.size(),
                      reinterpret_cast<const char*>(passphrase.bytes().data()), passphrase.size(),
                      octets(salt), cost.passes, std::size_t{cost.kibibytes} * 1024,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        throw std::bad_alloc();
    return key;
}

Error wrong() {
    return Error{
        ErrorCode::unauthorized, {}, "the passphrase is wrong, or the archive is damaged", {}, {}};
}

}  // namespace

std::string seal(Bytes contents, const Secret& passphrase, SealCost cost) {
    start_libsodium();
    std::string out(magic);
    append(out, cost.passes);
    append(out, cost.kibibytes);
    std::string salt(crypto_pwhash_SALTBYTES, '\0');
    randombytes_buf(salt.data(), salt.size());
    out += salt;
    const Secret key = derive(passphrase, salt, cost);
    Stream stream;
    out.resize(header_octets);
    crypto_secretstream_xchacha20poly1305_init_push(stream.get(), place(out) + stream_at,
                                                    octets(key.bytes()));
    const std::string header = out;
    do {
        const Bytes chunk = contents.first(std::min(contents.size(), chunk_octets));
        contents = contents.subspan(chunk.size());
        const auto tag = contents.empty() ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                                          : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
        const std::size_t end = out.size();
        out.resize(end + chunk.size() + tag_octets);
        crypto_secretstream_xchacha20poly1305_push(
            stream.get(), place(out) + end, nullptr, octets(chunk), chunk.size(),
            octets(std::string_view(header)), header.size(), static_cast<unsigned char>(tag));
    } while (!contents.empty());
    return out;
}

Result<Secret> unseal(Bytes sealed, const Secret& passphrase) {
    start_libsodium();
    const std::string_view text = as_text(sealed);
    if (text.size() < header_octets || !text.starts_with(magic))
        return Error{ErrorCode::malformed, {}, "this is no sealed archive", {}, {}};
    const std::string_view header = text.substr(0, header_octets);
    const SealCost cost{number_at(header, magic.size()),
                        number_at(header, magic.size() + number_octets)};
    if (cost.passes < least.passes || cost.passes > most.passes ||
        cost.kibibytes < least.kibibytes || cost.kibibytes > most.kibibytes)
        return Error{ErrorCode::limit_exceeded,
                     {},
                     "opening an archive would take more work than is allowed",
                     "at most 4 passes over 256 MiB",
                     std::to_string(cost.passes) + " passes over " +
                         std::to_string(cost.kibibytes) + " KiB"};
    const Secret key = derive(passphrase, header.substr(salt_at, crypto_pwhash_SALTBYTES), cost);
    Stream stream;
    if (crypto_secretstream_xchacha20poly1305_init_pull(
            stream.get(), octets(header.substr(stream_at)), octets(key.bytes())) != 0)
        return wrong();
    Secret out(text.size());
    std::size_t written = 0;
    std::string_view rest = text.substr(header_octets);
    unsigned char tag = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
    while (tag == crypto_secretstream_xchacha20poly1305_TAG_MESSAGE) {
        const auto chunk = rest.substr(0, chunk_octets + tag_octets);
        if (chunk.size() < tag_octets ||
            crypto_secretstream_xchacha20poly1305_pull(stream.get(), place(out.space()) + written,
                                                       nullptr, &tag, octets(chunk), chunk.size(),
                                                       octets(header), header.size()) != 0)
            return wrong();
        written += chunk.size() - tag_octets;
        rest.remove_prefix(chunk.size());
    }
    if (!rest.empty() || tag != crypto_secretstream_xchacha20poly1305_TAG_FINAL) return wrong();
    out.shorten(written);
    return out;
}

}  // namespace contenttrust::crypto
