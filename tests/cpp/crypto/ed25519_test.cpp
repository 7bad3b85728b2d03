#include <sodium.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/crypto/hash.hpp"
#include "contenttrust/crypto/public_key.hpp"
#include "made_keys.hpp"

namespace contenttrust::crypto {
namespace {

using made::hex;

unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

const unsigned char* octets(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

PublicKey load(std::string_view raw) { return PublicKey::from_ed25519(as_bytes(raw)).value(); }

bool holds(const PublicKey& key, std::string_view signature, std::string_view text) {
    return key.verify(Method::eddsa, made::message(text), as_bytes(signature));
}

/// A key whose secret scalar is known, so that a test can solve the verification equation for points of its choice.
struct KnownScalar {
    std::string scalar = std::string(32, '\0');
    std::string key = std::string(32, '\0');

    KnownScalar() {
        crypto_core_ed25519_scalar_random(octets(scalar));
        BOOST_REQUIRE(crypto_scalarmult_ed25519_base_noclamp(octets(key), octets(scalar)) == 0);
    }

    /// R‖S with S = k·a where k = SHA-512(R ‖ A ‖ text): what holds for a signature whose R is of small order.
    std::string sign_with(const std::string& r, std::string_view text) const {
        const Sha512 hash = sha512(as_bytes(r + key + std::string(text)));
        std::string k(32, '\0');
        std::string s(32, '\0');
        crypto_core_ed25519_scalar_reduce(octets(k), octets(as_text(hash)));
        crypto_core_ed25519_scalar_mul(octets(s), octets(k), octets(scalar));
        return r + s;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(ed25519)

// RFC 8032 §7.1, tests 1 and 2.
BOOST_AUTO_TEST_CASE(published_signatures_hold) {
    const PublicKey one =
        load(hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
    const std::string over_nothing =
        hex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    BOOST_TEST(holds(one, over_nothing, ""));
    BOOST_TEST(!holds(one, over_nothing, "r"));
    const PublicKey two =
        load(hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    const std::string over_r =
        hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    BOOST_TEST(holds(two, over_r, "r"));
    BOOST_TEST(!holds(one, over_r, "r"));
    for (const Method method : {Method::ecdsa, Method::rsapss, Method::rsapkcs1v15}) {
        BOOST_TEST(!two.verify(method, made::message("r"), as_bytes(over_r)));
    }
}

BOOST_AUTO_TEST_CASE(t025_signatures_have_64_octets) {
    const PublicKey key =
        load(hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    const std::string good =
        hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    BOOST_TEST(!holds(key, "", "r"));
    BOOST_TEST(!holds(key, good.substr(0, 63), "r"));
    BOOST_TEST(!holds(key, good + '\0', "r"));
}

BOOST_AUTO_TEST_CASE(t025_s_beyond_the_order_is_refused) {
    const PublicKey key =
        load(hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    std::string twin =
        hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    const std::string order =
        hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    sodium_add(octets(twin) + 32, octets(order), 32);
    BOOST_TEST(!holds(key, twin, "r"));
}

BOOST_AUTO_TEST_CASE(t025_r_of_small_order_is_refused) {
    const KnownScalar pair;
    const PublicKey key = load(pair.key);
    const std::string identity = '\x01' + std::string(31, '\0');
    BOOST_TEST(!holds(key, pair.sign_with(identity, "text"), "text"));
}

BOOST_AUTO_TEST_CASE(t025_r_that_is_not_canonical_is_refused) {
    const KnownScalar pair;
    const PublicKey key = load(pair.key);
    // The identity again, written as y = p + 1 and as "minus zero".
    const std::string beyond = '\xee' + std::string(30, '\xff') + '\x7f';
    const std::string minus = '\x01' + std::string(30, '\0') + '\x80';
    BOOST_TEST(!holds(key, pair.sign_with(beyond, "text"), "text"));
    BOOST_TEST(!holds(key, pair.sign_with(minus, "text"), "text"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
