#include "contenttrust/crypto/batch_verify.hpp"

#include <openssl/ec.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "contenttrust/crypto/hash.hpp"
#include "made_p256.hpp"

namespace contenttrust::crypto {
namespace {

using namespace made;

const Sha256 digest = sha256(as_bytes("what is signed"));

/// Whether the batch took the signature, and whether it then accepted it. What it accepts, libcrypto must accept.
struct Answer {
    bool taken;
    bool accepted;
};

Answer ask(const PublicKey& key, const Sha256& of, std::string_view signature) {
    BatchVerify batch;
    std::optional<std::size_t> number;
    for (int i = 0; i < 3; ++i) number = batch.add(key, of, as_bytes(signature));  // fills lanes
    if (!number) return {false, false};
    const auto answers = batch.run();
    BOOST_REQUIRE_EQUAL(answers.size(), 3U);
    BOOST_TEST(answers[0] == answers[2]);
    if (answers[2]) BOOST_TEST(key.verify(Method::ecdsa, {{}, of}, as_bytes(signature)));
    return {true, answers[2]};
}

bool holds(const PublicKey& key, const Sha256& of, std::string_view signature) {
    const bool by_libcrypto = key.verify(Method::ecdsa, {{}, of}, as_bytes(signature));
    const auto answer = ask(key, of, signature);
    if (eight_at_a_time()) BOOST_TEST(answer.accepted == (by_libcrypto && is_plain(of)));
    return by_libcrypto;
}

KnownKey some_key(const char* secret = "1D0C7A5E") { return known_key(number(secret)); }
std::string signature_of(const KnownKey& key, const Sha256& of = digest,
                         const char* nonce = "C0FFEE") {
    return signed_with(key.secret, number(nonce), of);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batch_verify)

BOOST_AUTO_TEST_CASE(nothing_is_taken_where_signatures_are_checked_one_by_one) {
    const auto key = some_key();
    BOOST_TEST(ask(key.key, digest, signature_of(key)).taken == eight_at_a_time());
    BOOST_TEST((crypto_mb_version() == "absent" ? !eight_at_a_time() : true));
}

BOOST_AUTO_TEST_CASE(an_empty_batch_has_no_answers) { BOOST_TEST(BatchVerify().run().empty()); }

BOOST_AUTO_TEST_CASE(a_signature_by_libcrypto_holds) {
    const std::string text = "signed by libcrypto itself";
    const auto made = ec_key();
    const auto key = PublicKey::from_spki(as_bytes(spki(made))).value();
    BOOST_TEST(holds(key, sha256(as_bytes(text)), sign_ecdsa(made, text)));
}

BOOST_AUTO_TEST_CASE(the_negative_of_s_holds_as_well) {
    const auto key = some_key();
    const auto signature = signature_of(key);
    const auto s = negative(number_of(signature.substr(32)));
    BOOST_TEST(holds(key.key, digest, signature));
    BOOST_TEST(holds(key.key, digest, signature.substr(0, 32) + octets_of(s)));
}

BOOST_AUTO_TEST_CASE(r_and_s_outside_their_range_are_not_taken) {
    const auto key = some_key();
    const auto signature = signature_of(key);
    const auto r = signature.substr(0, 32);
    const auto s = signature.substr(32);
    const std::string zero(32, '\0');
    const std::string ones(32, '\xff');
    const auto order = octets_of(p256_order());
    for (const auto& wrong : {zero, order, ones, octets_of(p256_prime())}) {
        for (const auto& changed : {wrong + s, r + wrong, wrong + wrong}) {
            BOOST_TEST(!ask(key.key, digest, changed).taken);
            BOOST_TEST(!holds(key.key, digest, changed));
        }
    }
    // r + n and s + n are the same numbers modulo n. These have room for it in 32 octets.
    const auto small = number("5");
    Number beyond(BN_dup(p256_order().get()));
    BN_add(beyond.get(), beyond.get(), small.get());
    for (const auto& changed : {octets_of(beyond) + s, r + octets_of(beyond)}) {
        BOOST_TEST(!ask(key.key, digest, changed).taken);
    }
    // The largest numbers in range are taken, and are wrong here.
    const auto last = octets_of(negative(number("1")));
    BOOST_TEST(ask(key.key, digest, last + last).taken == eight_at_a_time());
    BOOST_TEST(!holds(key.key, digest, last + last));
}

BOOST_AUTO_TEST_CASE(a_signature_of_another_length_is_not_taken) {
    const auto key = some_key();
    const auto signature = signature_of(key);
    for (const auto& changed : {std::string(), signature.substr(0, 63), signature.substr(1),
                                signature + '\0', '\0' + signature, signature + signature}) {
        BOOST_TEST(!ask(key.key, digest, changed).taken);
        BOOST_TEST(!holds(key.key, digest, changed));
    }
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_is_noticed) {
    const auto key = some_key();
    const auto signature = signature_of(key);
    for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
        auto changed = signature;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        BOOST_TEST(!holds(key.key, digest, changed), bit);
    }
    for (std::size_t bit = 0; bit < 256; ++bit) {
        auto changed = digest;
        changed[bit / 8] ^= std::byte{1} << bit % 8;
        BOOST_TEST(!holds(key.key, changed, signature), bit);
    }
}

BOOST_AUTO_TEST_CASE(another_key_did_not_sign) {
    const auto key = some_key();
    BOOST_TEST(!holds(some_key("2").key, digest, signature_of(key)));
    BOOST_TEST(!holds(known_key(negative(key.secret)).key, digest, signature_of(key)));
}

BOOST_AUTO_TEST_CASE(keys_of_other_kinds_are_not_taken) {
    const auto signature = signature_of(some_key());
    const auto p384 = PublicKey::from_spki(as_bytes(spki(ec_key("P-384")))).value();
    const auto rsa = PublicKey::from_spki(as_bytes(spki(rsa_key()))).value();
    for (const auto& key : {p384, rsa}) {
        BOOST_TEST(key.p256_point() == nullptr);
        BOOST_TEST(!ask(key, digest, signature).taken);
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_is_not_on_the_curve_is_refused_when_it_is_decoded) {
    const auto point = key_bits(ec_key());
    for (std::size_t bit = 8; bit < 8 * point.size(); bit += 7) {
        auto changed = point;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        BOOST_TEST(!PublicKey::from_spki(as_bytes(ec_spki(NID_X9_62_prime256v1, changed))), bit);
    }
    // Coordinates that are no field elements, although they are right modulo the prime; and the origin.
    const auto prime = octets_of(p256_prime());
    for (const auto& wrong :
         {'\x04' + prime + point.substr(33), '\x04' + point.substr(1, 32) + prime,
          '\x04' + std::string(64, '\0'), '\x04' + std::string(64, '\xff')}) {
        BOOST_TEST(!PublicKey::from_spki(as_bytes(ec_spki(NID_X9_62_prime256v1, wrong))));
    }
}

BOOST_AUTO_TEST_CASE(the_point_of_a_key_is_the_one_that_was_decoded) {
    const auto made = ec_key();
    const auto key = PublicKey::from_spki(as_bytes(spki(made))).value();
    BOOST_REQUIRE(key.p256_point() != nullptr);
    BOOST_TEST('\x04' + std::string(as_text(key.p256_point()->x)) +
                   std::string(as_text(key.p256_point()->y)) ==
               key_bits(made));
}

// The lanes refuse those that are 0 or not below n: libcrypto, asked afterwards, knows better.
BOOST_AUTO_TEST_CASE(digests_of_special_values_hold) {
    const auto key = some_key();
    Number beyond(BN_dup(p256_order().get()));
    BN_add_word(beyond.get(), 1);
    for (const auto& special :
         {digest_of(number("0")), digest_of(number("1")), digest_of(p256_order()),
          digest_of(beyond), digest_of(p256_prime()), digest_of(negative(number("1"))),
          digest_of(number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"))}) {
        BOOST_TEST(holds(key.key, special, signature_of(key, special)));
        BOOST_TEST(!holds(key.key, special, signature_of(key)));
    }
}

BOOST_AUTO_TEST_CASE(points_that_meet_on_the_way_are_added_right) {
    const auto key = some_key();
    const auto nonce = number("BADCAB1E");
    const auto r = r_of(nonce);
    // u1·G = u2·Q, a doubling, when the digest is r·d.
    const auto doubling = digest_of(product(r, key.secret));
    BOOST_TEST(holds(key.key, doubling, signed_with(key.secret, nonce, doubling)));
    // u1·G = -u2·Q: their sum is no point, whatever s is.
    const auto opposite = digest_of(negative(product(r, key.secret)));
    for (const char* s : {"1", "2", "DEADBEEF"}) {
        BOOST_TEST(!holds(key.key, opposite, octets_of(r) + octets_of(number(s))));
    }
    for (const char* secret : {"1", "2", "3"}) {  // Q is a small multiple of G, or of -G
        for (const auto& small : {known_key(number(secret)), known_key(negative(number(secret)))}) {
            for (const char* tiny : {"1", "2", "3", "4"}) {
                BOOST_TEST(holds(small.key, digest, signature_of(small, digest, tiny)));
                const auto one = digest_of(number("1"));
                BOOST_TEST(holds(small.key, one, signature_of(small, one, tiny)));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(groups_of_every_size_have_each_answer_in_its_place) {
    const auto key = some_key();
    const auto good = signature_of(key);
    auto bad = good;
    bad[40] = static_cast<char>(bad[40] ^ 1);
    for (std::size_t size = 1; size <= 17; ++size) {
        for (std::size_t wrong = 0; wrong <= size; ++wrong) {  // `size`: none is wrong
            BatchVerify batch;
            for (std::size_t i = 0; i < size; ++i) {
                batch.add(key.key, digest, as_bytes(i == wrong ? bad : good));
            }
            const auto taken = batch.size();
            BOOST_TEST(taken == (eight_at_a_time() ? size : 0U));
            const auto answers = batch.run();
            BOOST_TEST(batch.size() == 0U);
            BOOST_REQUIRE_EQUAL(answers.size(), taken);
            for (std::size_t i = 0; i < taken; ++i) {
                // Of one or two that are left over nothing is said: libcrypto is as fast.
                const bool said = i < size / 8 * 8 || size % 8 > 2;
                BOOST_TEST(answers[i] == (said && i != wrong), size << " " << wrong << " " << i);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_batch_that_was_run_or_emptied_begins_anew) {
    if (!eight_at_a_time()) return;
    const auto key = some_key();
    const auto good = signature_of(key);
    BatchVerify batch;
    for (int i = 0; i < 5; ++i) batch.add(key.key, digest, as_bytes(good));
    BOOST_TEST(batch.run() == std::vector<bool>(5, true));
    BOOST_TEST(batch.add(key.key, digest, as_bytes(good)).value() == 0U);
    batch.clear();
    BOOST_TEST(batch.add(key.key, digest, as_bytes(good)).value() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
