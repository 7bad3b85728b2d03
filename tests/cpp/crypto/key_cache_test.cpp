#include "contenttrust/crypto/key_cache.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "made_certificates.hpp"

namespace contenttrust::crypto {
namespace {

const std::string ed25519_key =
    made::hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

// By an id that is a hash of type and text, as in metadata.
const KeyCache::Entry& find(KeyCache& cache, const KeyText& text) {
    const std::string whole = std::string(text.type) + '\0' + std::string(text.public_text);
    return cache.find(KeyId::parse(to_hex(sha256(as_bytes(whole)))).value(), text);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_cache)

BOOST_AUTO_TEST_CASE(every_type_of_key_is_decoded) {
    KeyCache cache;
    const auto ec = made::ec_key();
    const auto is = [&](std::string_view type, std::string_view text, Algorithm algorithm) {
        const KeyCache::Entry& entry = find(cache, {type, text});
        BOOST_REQUIRE(static_cast<bool>(entry.key));
        BOOST_TEST((entry.key.value().algorithm() == algorithm));
        BOOST_TEST(entry.certificate.has_value() == type.ends_with("-x509"));
    };
    is("ecdsa", made::spki(ec), Algorithm::ecdsa);
    is("rsa", made::spki(made::rsa_key()), Algorithm::rsa);
    is("ed25519", ed25519_key, Algorithm::ed25519);
    is("ecdsa-x509", made::certificate(ec), Algorithm::ecdsa);
    is("rsa-x509", made::certificate(made::rsa_key()), Algorithm::rsa);
}

BOOST_AUTO_TEST_CASE(a_label_that_does_not_fit_makes_the_key_unusable) {
    KeyCache cache;
    const auto ec = made::ec_key();
    const auto refused = [&](std::string_view type, std::string_view text) {
        const KeyCache::Entry& entry = find(cache, {type, text});
        BOOST_TEST(!entry.key, type);
        BOOST_TEST(!entry.certificate.has_value(), type);
        if (!entry.key) BOOST_TEST((entry.key.error().code == ErrorCode::malformed));
    };
    refused("rsa", made::spki(ec));
    refused("ecdsa", made::spki(made::rsa_key()));
    refused("rsa-x509", made::certificate(ec));
    refused("ecdsa-x509", made::certificate(made::rsa_key()));
    refused("ecdsa", made::certificate(ec));
    refused("ecdsa-x509", made::spki(ec));
    refused("ed25519", made::spki(ec));
    refused("ecdsa", ed25519_key);
    for (const std::string_view type : {"", "ECDSA", "dsa", "ecdsa ", "ed25519-x509", "x509"}) {
        refused(type, made::spki(ec));
    }
    refused(std::string_view("ecdsa\0", 6), made::spki(ec));
}

BOOST_AUTO_TEST_CASE(an_unknown_type_is_named_in_printable_form) {
    KeyCache cache;
    BOOST_TEST(find(cache, {"dsa", "x"}).key.error().found == "dsa");
    BOOST_TEST(find(cache, {"d\x1b[31m", "x"}).key.error().found.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(t003_two_wrappings_of_a_key_are_one_identity) {
    KeyCache cache;
    const auto ec = made::ec_key();
    const Sha256 bare = find(cache, {"ecdsa", made::spki(ec)}).key.value().identity();
    const Sha256 wrapped =
        find(cache, {"ecdsa-x509", made::certificate(ec)}).key.value().identity();
    BOOST_TEST((bare == wrapped));
}

BOOST_AUTO_TEST_CASE(a_key_is_decoded_once) {
    KeyCache cache;
    const std::string der = made::spki(made::ec_key());
    const KeyCache::Entry* first = &find(cache, {"ecdsa", der});
    const std::string copy = der;
    BOOST_TEST(first == &find(cache, {"ecdsa", copy}));
    BOOST_TEST(first != &find(cache, {"rsa", der}));
    BOOST_TEST(static_cast<bool>(find(cache, {"ecdsa", der}).key));
    BOOST_TEST(!find(cache, {"rsa", der}).key);
}

BOOST_AUTO_TEST_CASE(a_full_cache_starts_anew_and_stays_right) {
    KeyCache cache;
    const auto pair = made::ec_key();
    const std::string der = made::spki(pair);
    const Sha256 identity = PublicKey::from_spki(as_bytes(der)).value().identity();
    for (int i = 0; i < 10'000; ++i) {
        const std::string text = std::to_string(i);
        BOOST_REQUIRE(!find(cache, {"ed25519", text}).key);
        const PublicKey key = find(cache, {"ecdsa", der}).key.value();
        BOOST_REQUIRE((key.identity() == identity));
    }
}

BOOST_AUTO_TEST_CASE(t032_the_number_of_remembered_keys_is_bounded) {
    KeyCache cache;
    const PublicKey first = find(cache, {"ed25519", ed25519_key}).key.value();
    // Two decodings have two identities in memory, as long as `first` keeps its own alive.
    const auto remembered = [&] {
        const KeyCache::Entry& entry = find(cache, {"ed25519", ed25519_key});
        return &entry.key.value().identity() == &first.identity();
    };
    BOOST_TEST(remembered());
    for (int i = 0; i < 4096; ++i) (void)find(cache, {"ed25519", std::to_string(i)});
    BOOST_TEST(!remembered());
}

BOOST_AUTO_TEST_CASE(t032_texts_beyond_all_limits_are_refused_at_once) {
    KeyCache cache;
    const std::string huge(64 * 1024 + 1, 'A');
    for (const std::string_view type : {"ecdsa", "rsa", "ed25519", "ecdsa-x509", "rsa-x509"}) {
        BOOST_TEST(!find(cache, {type, huge}).key);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
