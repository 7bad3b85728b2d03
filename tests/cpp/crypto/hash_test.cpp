#include "contenttrust/crypto/hash.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "made_keys.hpp"

namespace contenttrust::crypto {

using made::hex;

BOOST_AUTO_TEST_SUITE(hash)

// FIPS 180-4, examples of NIST's Computer Security Resource Center.
BOOST_AUTO_TEST_CASE(sha256_gives_the_published_digests) {
    BOOST_TEST(as_text(sha256({})) ==
               hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    BOOST_TEST(as_text(sha256(as_bytes("abc"))) ==
               hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    BOOST_TEST(
        as_text(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))) ==
        hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
    BOOST_TEST(as_text(sha256(as_bytes(std::string(1'000'000, 'a')))) ==
               hex("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
}

BOOST_AUTO_TEST_CASE(sha512_gives_the_published_digests) {
    BOOST_TEST(as_text(sha512({})) ==
               hex("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                   "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"));
    BOOST_TEST(as_text(sha512(as_bytes("abc"))) ==
               hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
