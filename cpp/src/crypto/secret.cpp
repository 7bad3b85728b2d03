#include "contenttrust/crypto/secret.hpp"

#include <algorithm>
#include <new>

#include "libsodium.hpp"

namespace contenttrust::crypto {
namespace {

std::byte* guarded(std::size_t size) {
    start_libsodium();
    void* const memory = sodium_malloc(std::max<std::size_t>(size, 1));
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<std::byte*>(memory);
}

}  // namespace

void Secret::Free::operator()(std::byte* memory) const noexcept { sodium_free(memory); }

Secret::Secret(std::size_t size) : memory_(guarded(size)), size_(size) { wipe(space()); }

Secret::Secret(Bytes octets) : memory_(guarded(octets.size())), size_(octets.size()) {
    std::ranges::copy(octets, memory_.get());
}

void Secret::shorten(std::size_t size) noexcept {
    if (size >= size_) return;
    wipe(space().subspan(size));
    size_ = size;
}

bool operator==(const Secret& a, const Secret& b) noexcept {
    return a.size_ == b.size_ && sodium_memcmp(a.memory_.get(), b.memory_.get(), a.size_) == 0;
}

void wipe(std::span<std::byte> octets) noexcept { sodium_memzero(octets.data(), octets.size()); }

}  // namespace contenttrust::crypto
