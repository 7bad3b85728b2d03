#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "contenttrust/crypto/batch_verify.hpp"
#include "made_p256.hpp"

namespace contenttrust::crypto {
namespace {

using namespace made;
using Random = std::mt19937_64;

constexpr std::size_t usual_cases = 100'000;

/// How many cases; more are asked for in the environment.
std::size_t case_count() {
    const char* asked = std::getenv("CONTENTTRUST_BATCH_CASES");
    return asked != nullptr ? std::stoull(asked) : usual_cases;
}

Number random_number(Random& random) {
    std::string octets(32, '\0');
    for (auto& octet : octets) octet = static_cast<char>(random());
    return sum(number_of(octets), number("0"));  // below the order
}

struct Signed {
    std::size_t key;
    Sha256 digest;
    std::string signature;
};

struct Expected {
    bool right;
    bool plain;  ///< the digest is not of those that the lanes refuse
};

/// Keys and right signatures: random ones, and those in which points meet or numbers are at the edge of their range.
struct Pool {
    std::vector<KnownKey> keys;
    std::vector<Signed> right;
    std::vector<std::string> special;  // values for r and s, in 32 octets
};

Pool pool(Random& random) {
    Pool out;
    for (const char* secret : {"1", "2", "3", "7FFFFFFF"}) {
        out.keys.push_back(known_key(number(secret)));
        out.keys.push_back(known_key(negative(number(secret))));
    }
    while (out.keys.size() < 32) out.keys.push_back(known_key(random_number(random)));
    const auto all_ones = number_of(std::string(32, '\xff'));
    for (std::size_t i = 0; i < 2048; ++i) {
        const auto key = i % out.keys.size();
        const auto& secret = out.keys[key].secret;
        const auto nonce = i % 5 == 0 ? number("1") : random_number(random);
        auto digest = digest_of(random_number(random));
        if (i % 7 == 1) digest = digest_of(product(r_of(nonce), secret));
        if (i % 7 == 2) digest = Sha256{};
        if (i % 7 == 3) digest = digest_of(all_ones);
        if (i % 7 == 4) digest = digest_of(p256_order());
        out.right.push_back({key, digest, signed_with(secret, nonce, digest)});
    }
    const auto one = number("1");
    for (const auto* value : {&one, &p256_order(), &p256_prime(), &all_ones})
        out.special.push_back(octets_of(*value));
    for (const char* digits : {"0", "2", "3", "10000", "80000000000000000000000000000000"}) {
        out.special.push_back(octets_of(number(digits)));
        out.special.push_back(octets_of(negative(number(digits))));
    }
    return out;
}

void flip(Random& random, auto& bytes) {
    auto& byte = bytes[random() % bytes.size()];
    byte = static_cast<std::decay_t<decltype(byte)>>(static_cast<unsigned>(byte) ^
                                                     (1U << random() % 8));
}

/// A case made from a right one; often it stays right.
Signed changed(Random& random, const Pool& pool) {
    auto out = pool.right[random() % pool.right.size()];
    auto& text = out.signature;
    const auto other = [&]() -> const Signed& { return pool.right[random() % pool.right.size()]; };
    const auto special = [&] { return pool.special[random() % pool.special.size()]; };
    switch (random() % 12) {
        case 0: flip(random, text); break;
        case 1: flip(random, out.digest); break;
        case 2: out.key = other().key; break;
        case 3: text.replace(0, 32, special()); break;
        case 4: text.replace(32, 32, special()); break;
        case 5: text = special() + special(); break;
        case 6: text.replace(32, 32, octets_of(negative(number_of(text.substr(32))))); break;
        case 7: text.replace(0, 32, other().signature, 0, 32); break;
        case 8: text.replace(32, 32, other().signature, 32, 32); break;
        case 9: out.digest = digest_of(negative(number_of(as_text(out.digest)))); break;
        default: break;
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(batch_verify)

BOOST_AUTO_TEST_CASE(the_lanes_accept_nothing_that_libcrypto_refuses) {
    BOOST_REQUIRE_MESSAGE(case_count() <= usual_cases || eight_at_a_time(),
                          "more cases than usual prove something only where there are lanes");
    Random random(20261124);
    const auto made = pool(random);
    std::array<std::size_t, 2> seen{};       // wrong and right ones
    std::array<std::size_t, 2> answered{};   // no and yes to right ones
    constexpr std::size_t stride = 250'000;  // between two signs of life of a long run
    std::size_t next_told = stride;
    for (std::size_t done = 0; done < case_count();) {
        if (done >= next_told) {
            BOOST_TEST_MESSAGE(done << " of " << case_count() << " cases");
            next_told += stride;
        }
        BatchVerify batch;
        std::vector<Expected> expected;
        const auto size = 3 + random() % 30;
        for (std::size_t i = 0; i < size; ++i, ++done) {
            const auto one = changed(random, made);
            const auto& key = made.keys[one.key].key;
            const auto right = key.verify(Method::ecdsa, {{}, one.digest}, as_bytes(one.signature));
            ++seen[right ? 1 : 0];
            if (batch.add(key, one.digest, as_bytes(one.signature)))
                expected.push_back({right, is_plain(one.digest)});
            else if (right && eight_at_a_time())
                BOOST_ERROR("a right signature was not taken");
        }
        const auto answers = batch.run();
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (answers[i] && !expected[i].right) BOOST_ERROR("accepted, but libcrypto refuses");
            // Nothing is said of the last one or two of a batch.
            const bool said = i < answers.size() / 8 * 8 || answers.size() % 8 > 2;
            if (said && expected[i].right && expected[i].plain) ++answered[answers[i] ? 1 : 0];
        }
    }
    BOOST_TEST_MESSAGE(seen[0] + seen[1] << " cases: " << seen[1] << " right, " << seen[0]
                                         << " wrong, checked "
                                         << (eight_at_a_time() ? "eight at a time" : "one by one")
                                         << " and one by one");
    BOOST_TEST(seen[0] > case_count() / 10);
    BOOST_TEST(seen[1] > case_count() / 10);
    // They give up where points meet, as only crafted signatures make them. More would be waste, not danger.
    BOOST_TEST(answered[0] <= answered[1] / 20);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
