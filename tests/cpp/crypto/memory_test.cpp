#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>

#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/key_encryption.hpp"
#include "contenttrust/crypto/private_key.hpp"
#include "contenttrust/crypto/public_key.hpp"

namespace contenttrust::crypto {
namespace {

// Which allocation of libcrypto's fails, counted from the last `fail_at`; none where it is 0.
std::atomic<long> failing{0};
std::atomic<long> allocations{0};

bool fails() {
    const long wanted = failing.load(std::memory_order_relaxed);
    return wanted > 0 && ++allocations == wanted;
}

void* allocate(std::size_t size, const char*, int) { return fails() ? nullptr : std::malloc(size); }
void* grow(void* memory, std::size_t size, const char*, int) {
    return fails() ? nullptr : std::realloc(memory, size);
}
void release(void* memory, const char*, int) { std::free(memory); }

// Only before libcrypto has allocated anything.
const bool installed = CRYPTO_set_mem_functions(allocate, grow, release) == 1;

void fail_at(long number) {
    allocations = 0;
    failing = number;
}

struct Known {
    std::string spki;
    std::string signature;
};

constexpr std::string_view message = "message";

Known known(const char* curve) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen(curve), EVP_PKEY_free);
    Known out;
    unsigned char* der = nullptr;
    const int length = i2d_PUBKEY(key.get(), &der);
    out.spki.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    std::string encoded(256, '\0');
    std::size_t size = encoded.size();
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(encoded.data()), &size,
                   reinterpret_cast<const unsigned char*>(message.data()), message.size());
    const auto* cursor = reinterpret_cast<const unsigned char*>(encoded.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(
        d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(size)), ECDSA_SIG_free);
    const int octets = (EVP_PKEY_get_bits(key.get()) + 7) / 8;
    out.signature.assign(static_cast<std::size_t>(2 * octets), '\0');
    auto* raw = reinterpret_cast<unsigned char*>(out.signature.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw, octets);
    BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw + octets, octets);
    return out;
}

bool verifies(const PublicKey& key, const Known& one) {
    return key.verify(Method::ecdsa, {as_bytes(message), sha256(as_bytes(message))},
                      as_bytes(one.signature));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(t016_a_lack_of_memory_is_no_verdict_about_a_key_or_a_signature) {
    BOOST_REQUIRE(installed);
    for (const char* curve : {"P-256", "P-384", "P-521"}) {
        const auto one = known(curve);
        long lacked = 0;
        for (long number = 1; number < 400; ++number) {
            std::optional<PublicKey> key;
            fail_at(number);
            try {
                auto loaded = PublicKey::from_spki(as_bytes(one.spki));
                if (!loaded) BOOST_ERROR(curve << " key refused: " << loaded.error().message);
                if (loaded) key = std::move(loaded).value();
                if (key && !verifies(*key, one)) BOOST_ERROR(curve << " signature refused");
            } catch (const std::bad_alloc&) {
                ++lacked;
            }
            fail_at(0);
            if (key) BOOST_TEST(verifies(*key, one));  // nothing of it stays
        }
        BOOST_TEST(lacked > 10);
        BOOST_TEST(lacked < 399);
    }
}

/// While it lives, what is lost is not reported: libcrypto 3.0 loses numbers of its own where it lacks memory on the way of an
/// EC_KEY or RSA into X509_sign.
class NoReportOfLeaks {
  public:
#if defined(__SANITIZE_ADDRESS__)
    NoReportOfLeaks() { __lsan_disable(); }
    ~NoReportOfLeaks() { __lsan_enable(); }
#else
    NoReportOfLeaks() = default;
    ~NoReportOfLeaks() = default;
#endif
    NoReportOfLeaks(const NoReportOfLeaks&) = delete;
    NoReportOfLeaks& operator=(const NoReportOfLeaks&) = delete;
};

/// Runs `step` with every allocation of libcrypto's failing in turn: it succeeds, or throws std::bad_alloc.
template <typename Step>
void check_every_lack(Step step, long most) {
    BOOST_REQUIRE(installed);
    long lacked = 0;
    for (long number = 1; number < most; ++number) {
        bool done = false;
        fail_at(number);
        try {
            done = step();
        } catch (const std::bad_alloc&) {
            ++lacked;
            done = true;
        } catch (const std::exception& other) {
            BOOST_ERROR("allocation " << number << ": " << other.what());
            done = true;
        }
        fail_at(0);
        if (!done) BOOST_ERROR("allocation " << number << ": refused");
    }
    BOOST_TEST_MESSAGE(lacked << " of " << most);
    BOOST_TEST(lacked > 0);
    BOOST_TEST(lacked < most - 1);
}

BOOST_AUTO_TEST_CASE(t016_a_lack_of_memory_is_no_verdict_about_a_private_key_or_a_passphrase) {
    const Secret passphrase(as_bytes("passphrase"));
    // Of RSA libcrypto does not always say whether memory or a signature was at fault.
    for (const auto kind : {NewKey::ecdsa_p256, NewKey::ed25519}) {
        const auto key = PrivateKey::generate(kind);
        const Secret pkcs8 = key.pkcs8();
        const std::string encrypted = encrypt_pkcs8(pkcs8, passphrase, 1);
        // Of Ed25519 nothing is libcrypto's.
        if (kind == NewKey::ecdsa_p256)
            check_every_lack([&] { return !key.sign(as_bytes(message)).empty(); }, 600);
        check_every_lack([&] { return !encrypt_pkcs8(key.pkcs8(), passphrase, 1).empty(); }, 300);
        check_every_lack([&] { return bool(PrivateKey::decode(KeyForm::pkcs8, pkcs8.bytes())); },
                         900);
        check_every_lack([&] { return bool(decrypt_pkcs8(as_bytes(encrypted), passphrase)); }, 300);
        if (kind != NewKey::ecdsa_p256) continue;  // has no certificate
        [[maybe_unused]] const NoReportOfLeaks unreported;
        check_every_lack(
            [&] {
                return bool(key.certificate("docker.io/library/x", {0, 0}, {1, 0}));
            },
            900);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
