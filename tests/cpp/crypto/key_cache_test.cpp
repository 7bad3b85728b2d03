#include "contenttrust/crypto/key_cache.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "made_certificates.hpp"

namespace contenttrust::crypto {
namespace {

const std::string ed25519_key =
    made::hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");

}  // namespace

BOOST_AUTO_TEST_SUITE(key_cache)

BOOST_AUTO_TEST_CASE(every_type_of_key_is_decoded) {
    KeyCache cache;
    const auto ec = made::ec_key();
    const auto is = [&](std::string_view type, std::string_view text, Algorithm algorithm) {
        const KeyCache::Entry& entry = cache.find({type, text});
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
        const KeyCache::Entry& entry = cache.find({type, text});
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
    BOOST_TEST(cache.find({"dsa", "x"}).key.error().found == "dsa");
    BOOST_TEST(cache.find({"d\x1b[31m", "x"}).key.error().found.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(t003_two_wrappings_of_a_key_are_one_identity) {
    KeyCache cache;
    const auto ec = made::ec_key();
    const Sha256 bare = cache.find({"ecdsa", made::spki(ec)}).key.value().identity();
    const Sha256 wrapped = cache.find({"ecdsa-x509", made::certificate(ec)}).key.value().identity();
    BOOST_TEST((bare == wrapped));
}

BOOST_AUTO_TEST_CASE(a_key_is_decoded_once) {
    KeyCache cache;
    const std::string der = made::spki(made::ec_key());
    const KeyCache::Entry* first = &cache.find({"ecdsa", der});
    const std::string copy = der;
    BOOST_TEST(first == &cache.find({"ecdsa", copy}));
    BOOST_TEST(first != &cache.find({"rsa", der}));
    BOOST_TEST(static_cast<bool>(cache.find({"ecdsa", der}).key));
    BOOST_TEST(!cache.find({"rsa", der}).key);
}

BOOST_AUTO_TEST_CASE(answers_belong_to_key_method_message_and_signature) {
    KeyCache cache;
    const auto pair = made::ec_key();
    const PublicKey key = cache.find({"ecdsa", made::spki(pair)}).key.value();
    const PublicKey other = cache.find({"ecdsa", made::spki(made::ec_key())}).key.value();
    const std::string good = made::sign_ecdsa(pair, "text");
    const Message text = made::message("text");
    for (int round = 0; round < 2; ++round) {  // asked, then remembered
        BOOST_TEST(cache.verify(key, Method::ecdsa, text, as_bytes(good)));
        BOOST_TEST(!cache.verify(other, Method::ecdsa, text, as_bytes(good)));
        BOOST_TEST(!cache.verify(key, Method::rsapss, text, as_bytes(good)));
        BOOST_TEST(!cache.verify(key, Method::ecdsa, made::message("other"), as_bytes(good)));
        BOOST_TEST(!cache.verify(key, Method::ecdsa, text, as_bytes(good.substr(0, 63))));
        BOOST_TEST(!cache.verify(key, Method::ecdsa, text, as_bytes(good + '\0')));
        BOOST_TEST(!cache.verify(key, Method::ecdsa, text, {}));
        BOOST_TEST(!cache.verify(key, Method::ecdsa, text, as_bytes(std::string(1 << 20, 'x'))));
    }
}

BOOST_AUTO_TEST_CASE(a_full_cache_starts_anew_and_stays_right) {
    KeyCache cache;
    const auto pair = made::ec_key();
    const std::string der = made::spki(pair);
    const std::string good = made::sign_ecdsa(pair, "text");
    for (int i = 0; i < 10'000; ++i) {
        const std::string text = std::to_string(i);
        BOOST_REQUIRE(!cache.find({"ed25519", text}).key);
        const PublicKey key = cache.find({"ecdsa", der}).key.value();
        BOOST_REQUIRE(cache.verify(key, Method::ecdsa, made::message("text"), as_bytes(good)));
        BOOST_REQUIRE(!cache.verify(key, Method::ecdsa, made::message("text"), as_bytes(text)));
    }
}

BOOST_AUTO_TEST_CASE(t032_the_number_of_remembered_keys_is_bounded) {
    KeyCache cache;
    const PublicKey first = cache.find({"ed25519", ed25519_key}).key.value();
    // Two decodings have two identities in memory, as long as `first` keeps its own alive.
    const auto remembered = [&] {
        const KeyCache::Entry& entry = cache.find({"ed25519", ed25519_key});
        return &entry.key.value().identity() == &first.identity();
    };
    BOOST_TEST(remembered());
    for (int i = 0; i < 4096; ++i) (void)cache.find({"ed25519", std::to_string(i)});
    BOOST_TEST(!remembered());
}

BOOST_AUTO_TEST_CASE(t032_the_number_of_remembered_answers_is_bounded) {
    KeyCache cache;
    const PublicKey key = cache.find({"ed25519", ed25519_key}).key.value();
    // RFC 8032 §7.1, test 1: over no bytes at all.
    const std::string good = made::hex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
    const Message empty = made::message("");
    // Other bytes under the same digest: no message, but it tells an answer that is remembered from one that is made.
    const Message disguised{as_bytes("other"), empty.sha256};
    BOOST_TEST(!KeyCache().verify(key, Method::eddsa, disguised, as_bytes(good)));
    BOOST_TEST(cache.verify(key, Method::eddsa, empty, as_bytes(good)));
    BOOST_TEST(cache.verify(key, Method::eddsa, disguised, as_bytes(good)));
    for (int i = 0; i < 4096; ++i) {
        (void)cache.verify(key, Method::eddsa, empty, as_bytes(std::to_string(i)));
    }
    BOOST_TEST(!cache.verify(key, Method::eddsa, disguised, as_bytes(good)));
}

BOOST_AUTO_TEST_CASE(t032_texts_beyond_all_limits_are_refused_at_once) {
    KeyCache cache;
    const std::string huge(64 * 1024 + 1, 'A');
    for (const std::string_view type : {"ecdsa", "rsa", "ed25519", "ecdsa-x509", "rsa-x509"}) {
        BOOST_TEST(!cache.find({type, huge}).key);
    }
    // Texts that agree as far as they are kept share a refusal, nothing else.
    const KeyCache::Entry* first = &cache.find({"ecdsa-x509", huge});
    BOOST_TEST(first == &cache.find({"ecdsa-x509", huge + "B"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
