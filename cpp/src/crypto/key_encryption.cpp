#include "contenttrust/crypto/key_encryption.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "libcrypto.hpp"

namespace contenttrust::crypto {
namespace {

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeWith<EVP_CIPHER_CTX_free>>;
using Algor = std::unique_ptr<X509_ALGOR, FreeWith<X509_ALGOR_free>>;
using Encrypted = Asn1<X509_SIG, X509_SIG_it>;

constexpr std::uint64_t max_scrypt_memory = 256ULL * 1024 * 1024;
constexpr std::uint64_t max_scrypt_parts = 8;
constexpr std::size_t max_encrypted = 64 * 1024;
constexpr std::size_t salt_octets = 16;
constexpr std::size_t iv_octets = 16;

struct Prf {
    int nid;
    const EVP_MD* (*digest)();
};
constexpr std::array prfs{Prf{NID_hmacWithSHA1, EVP_sha1}, Prf{NID_hmacWithSHA224, EVP_sha224},
                          Prf{NID_hmacWithSHA256, EVP_sha256}, Prf{NID_hmacWithSHA384, EVP_sha384},
                          Prf{NID_hmacWithSHA512, EVP_sha512}};

struct Cipher {
    int nid;
    std::string_view name;
    const EVP_CIPHER* (*cipher)();
};
constexpr std::array ciphers{Cipher{NID_aes_256_cbc, "AES-256-CBC", EVP_aes_256_cbc},
                             Cipher{NID_aes_192_cbc, "AES-192-CBC", EVP_aes_192_cbc},
                             Cipher{NID_aes_128_cbc, "AES-128-CBC", EVP_aes_128_cbc},
                             Cipher{NID_des_ede3_cbc, "DES-EDE3-CBC", EVP_des_ede3_cbc}};

Error unsupported(std::string found = {}) {
    return unusable("a private key is encrypted in a way that is not supported",
                    "PBES2 with PBKDF2 or scrypt, and AES or triple DES", std::move(found));
}

Error over_the_limit(std::string expected, std::string found) {
    return Error{ErrorCode::limit_exceeded,
                 {},
                 "opening a private key would take more work than is allowed",
                 std::move(expected),
                 std::move(found)};
}

/// The value of a positive integer; nothing where it does not fit into 64 bits.
std::optional<std::uint64_t> number(const ASN1_INTEGER* integer) {
    std::uint64_t value = 0;
    if (ASN1_INTEGER_get_uint64(&value, integer) != 1) return std::nullopt;
    return value;
}

std::string found(const std::optional<std::uint64_t>& value) {
    return value ? std::to_string(*value) : "more than 2^64";
}

/// How the key is derived, checked against the limits; views into the decoded structure.
struct Derivation {
    std::string_view salt;
    std::uint32_t rounds = 0;     // of PBKDF2
    const EVP_MD* prf = nullptr;  // null: scrypt
    std::array<std::uint64_t, 3> n_r_p{};
};

template <typename T, auto Item>
Asn1<T, Item> parameters_of(const X509_ALGOR* algorithm) {
    return Asn1<T, Item>(static_cast<T*>(ASN1_TYPE_unpack_sequence(Item(), algorithm->parameter)));
}

bool has_wrong_length(const ASN1_INTEGER* length, std::size_t key_octets) {
    return length != nullptr && number(length) != key_octets;
}

Result<Derivation> check_pbkdf2(const PBKDF2PARAM& parameters, std::size_t key_octets) {
    Derivation out;
    if (parameters.salt->type != V_ASN1_OCTET_STRING) return unsupported("a salt from elsewhere");
    out.salt = content(parameters.salt->value.octet_string);
    const int nid =
        parameters.prf == nullptr ? NID_hmacWithSHA1 : OBJ_obj2nid(parameters.prf->algorithm);
    const auto* prf = std::ranges::find(prfs, nid, &Prf::nid);
    if (prf == prfs.end()) return unsupported("PBKDF2 with an unknown function");
    out.prf = prf->digest();
    if (has_wrong_length(parameters.keylength, key_octets))
        return unsupported("another key length");
    const auto rounds = number(parameters.iter);
    if (!rounds || *rounds == 0 || *rounds > max_rounds)
        return over_the_limit("1 to 10000000 rounds of PBKDF2", found(rounds));
    out.rounds = static_cast<std::uint32_t>(*rounds);
    return out;
}

Result<Derivation> check_scrypt(const SCRYPT_PARAMS& parameters, std::size_t key_octets) {
    Derivation out;
    out.salt = content(parameters.salt);
    if (has_wrong_length(parameters.keyLength, key_octets))
        return unsupported("another key length");
    const auto n = number(parameters.costParameter);
    const auto r = number(parameters.blockSize);
    const auto p = number(parameters.parallelizationParameter);
    constexpr std::uint64_t most = max_scrypt_memory / 128;  // octets of a block per unit of r
    // RFC 7914 §2: N is a power of 2 below 2^(16 r).
    if (n && r && *r > 0 && *r < 4 && *n >> (16 * *r) != 0)
        return unsupported("scrypt with too large an N");
    if (!n || !r || !p || *n < 2 || (*n & (*n - 1)) != 0 || *r == 0 || *p == 0 || *r > most ||
        *n > most / *r || *p > max_scrypt_parts)
        return over_the_limit("scrypt with at most 256 MiB in at most 8 parts",
                              "N=" + found(n) + " r=" + found(r) + " p=" + found(p));
    out.n_r_p = {*n, *r, *p};
    return out;
}

/// A PKCS#8 EncryptedPrivateKeyInfo, taken apart and checked.
struct Opened {
    Encrypted encrypted;
    Asn1<PBE2PARAM, PBE2PARAM_it> scheme;
    Asn1<PBKDF2PARAM, PBKDF2PARAM_it> pbkdf2;
    Asn1<SCRYPT_PARAMS, SCRYPT_PARAMS_it> scrypt;
    Derivation derivation;
    const EVP_CIPHER* cipher = nullptr;
    std::string_view iv;
    std::string_view data;
};

Result<Opened> take_apart(Bytes der) {
    if (der.size() > max_encrypted) return unusable("an encrypted private key is too long");
    Opened out;
    out.encrypted = decode_whole<X509_SIG, X509_SIG_it>(der);
    if (!out.encrypted) return unusable("a private key is no PKCS#8 EncryptedPrivateKeyInfo");
    const X509_ALGOR* algorithm = nullptr;
    const ASN1_OCTET_STRING* data = nullptr;
    X509_SIG_get0(out.encrypted.get(), &algorithm, &data);
    out.data = content(data);
    if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2) return unsupported("a scheme before PBES2");
    out.scheme = parameters_of<PBE2PARAM, PBE2PARAM_it>(algorithm);
    if (!out.scheme) return unusable("the parameters of an encrypted private key are unreadable");

    const X509_ALGOR* encryption = out.scheme->encryption;
    const auto* cipher =
        std::ranges::find(ciphers, OBJ_obj2nid(encryption->algorithm), &Cipher::nid);
    if (cipher == ciphers.end()) return unsupported("another cipher");
    out.cipher = cipher->cipher();
    if (encryption->parameter == nullptr || encryption->parameter->type != V_ASN1_OCTET_STRING)
        return unsupported("a cipher without its initial vector");
    out.iv = content(encryption->parameter->value.octet_string);
    if (out.iv.size() != static_cast<std::size_t>(EVP_CIPHER_get_iv_length(out.cipher)))
        return unsupported("an initial vector of a wrong length");

    const auto key_octets = static_cast<std::size_t>(EVP_CIPHER_get_key_length(out.cipher));
    Result<Derivation> derivation = unsupported("another key derivation");
    const int kdf = OBJ_obj2nid(out.scheme->keyfunc->algorithm);
    if (kdf == NID_id_pbkdf2) {
        out.pbkdf2 = parameters_of<PBKDF2PARAM, PBKDF2PARAM_it>(out.scheme->keyfunc);
        if (out.pbkdf2) derivation = check_pbkdf2(*out.pbkdf2, key_octets);
    } else if (kdf == NID_id_scrypt) {
        out.scrypt = parameters_of<SCRYPT_PARAMS, SCRYPT_PARAMS_it>(out.scheme->keyfunc);
        if (out.scrypt) derivation = check_scrypt(*out.scrypt, key_octets);
    }
    if (!derivation) return std::move(derivation).error();
    out.derivation = derivation.value();
    return out;
}

Secret derive(const Derivation& how, const Secret& passphrase, std::size_t key_octets) {
    Secret key(key_octets);
    const auto* text = reinterpret_cast<const char*>(passphrase.bytes().data());
    const auto* salt = reinterpret_cast<const unsigned char*>(how.salt.data());
    auto* out = reinterpret_cast<unsigned char*>(key.space().data());
    const auto& [n, r, p] = how.n_r_p;
    const int done =
        how.prf != nullptr
            ? PKCS5_PBKDF2_HMAC(text, static_cast<int>(passphrase.size()), salt,
                                static_cast<int>(how.salt.size()), static_cast<int>(how.rounds),
                                how.prf, static_cast<int>(key_octets), out)
            : EVP_PBE_scrypt(text, passphrase.size(), salt, how.salt.size(), n, r, p,
                             2 * max_scrypt_memory, out, key_octets);
    if (done != 1) throw std::bad_alloc();  // the parameters are right
    return key;
}

constexpr int encrypting = 1;
constexpr int decrypting = 0;

/// CBC with the padding of RFC 8018 §6.1.1; nothing where the padding is wrong.
std::optional<Secret> apply(const EVP_CIPHER* cipher, int direction, const Secret& key,
                            const unsigned char* iv, Bytes in) {
    const CipherContext context(EVP_CIPHER_CTX_new());
    const auto* key_octets = reinterpret_cast<const unsigned char*>(key.bytes().data());
    Secret out(in.size() + EVP_MAX_BLOCK_LENGTH);
    auto* place = reinterpret_cast<unsigned char*>(out.space().data());
    int done = 0;
    int rest = 0;
    if (!context ||
        EVP_CipherInit_ex(context.get(), cipher, nullptr, key_octets, iv, direction) != 1 ||
        EVP_CipherUpdate(context.get(), place, &done, octets(in), static_cast<int>(in.size())) != 1)
        throw std::bad_alloc();
    if (EVP_CipherFinal_ex(context.get(), place + done, &rest) != 1) return std::nullopt;
    out.shorten(static_cast<std::size_t>(done) + static_cast<std::size_t>(rest));
    return out;
}

struct PassedOn {
    const Secret* passphrase;
};

int give_passphrase(char* buffer, int size, int /*is_new*/, void* data) {
    const Secret& passphrase = *static_cast<const PassedOn*>(data)->passphrase;
    if (passphrase.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, passphrase.bytes().data(), passphrase.size());
    return static_cast<int>(passphrase.size());
}

}  // namespace

Error wrong_passphrase() {
    return Error{ErrorCode::unauthorized,
                 {},
                 "the passphrase is wrong, or the private key is damaged or of an unknown kind",
                 {},
                 {}};
}

Result<std::optional<std::uint32_t>> pbkdf2_rounds(Bytes encrypted) {
    return answered([&]() -> Result<std::optional<std::uint32_t>> {
        const auto opened = take_apart(encrypted);
        if (!opened) return opened.error();
        const Derivation& how = opened.value().derivation;
        return how.prf != nullptr ? std::optional(how.rounds) : std::nullopt;
    });
}

Result<Secret> decrypt_pkcs8(Bytes encrypted, const Secret& passphrase) {
    return answered([&]() -> Result<Secret> {
        auto opened = take_apart(encrypted);
        if (!opened) return std::move(opened).error();
        const Opened& key = opened.value();
        const auto block = static_cast<std::size_t>(EVP_CIPHER_get_block_size(key.cipher));
        if (key.data.empty() || key.data.size() % block != 0) return wrong_passphrase();
        const Secret derived =
            derive(key.derivation, passphrase,
                   static_cast<std::size_t>(EVP_CIPHER_get_key_length(key.cipher)));
        auto plain =
            apply(key.cipher, decrypting, derived,
                  reinterpret_cast<const unsigned char*>(key.iv.data()), as_bytes(key.data));
        if (!plain) return wrong_passphrase();
        return *std::move(plain);
    });
}

std::string encrypt_pkcs8(const Secret& pkcs8, const Secret& passphrase, std::uint32_t rounds) {
    return answered([&] {
        std::array<unsigned char, salt_octets> salt{};
        std::array<unsigned char, iv_octets> iv{};
        if (RAND_bytes(salt.data(), salt_octets) != 1 || RAND_bytes(iv.data(), iv_octets) != 1)
            throw std::runtime_error("libcrypto has no randomness");
        const EVP_CIPHER* cipher = EVP_aes_256_cbc();
        Derivation how;
        how.salt = {reinterpret_cast<const char*>(salt.data()), salt.size()};
        how.rounds = rounds;
        how.prf = EVP_sha1();  // the only function that Notary opens
        const Secret key = derive(how, passphrase, 32);
        const auto data = apply(cipher, encrypting, key, iv.data(), pkcs8.bytes());
        const Encrypted out(X509_SIG_new());
        const Algor scheme(PKCS5_pbe2_set_iv(cipher, static_cast<int>(rounds), salt.data(),
                                             salt_octets, iv.data(), NID_hmacWithSHA1));
        if (!data || !out || !scheme) throw std::bad_alloc();
        X509_ALGOR* algorithm = nullptr;
        ASN1_OCTET_STRING* place = nullptr;
        X509_SIG_getm(out.get(), &algorithm, &place);
        unsigned char* der = nullptr;
        if (X509_ALGOR_copy(algorithm, scheme.get()) != 1 ||
            ASN1_OCTET_STRING_set(place, octets(data->bytes()), static_cast<int>(data->size())) !=
                1)
            throw std::bad_alloc();
        const int length = i2d_X509_SIG(out.get(), &der);
        const Octets owner(der);
        if (length <= 0) throw std::bad_alloc();
        return std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    });
}

Status check_dek_info(std::string_view dek_info) {
    const auto name = dek_info.substr(0, dek_info.find(','));
    const auto* cipher = std::ranges::find(ciphers, name, &Cipher::name);
    if (cipher != ciphers.end()) return {};
    return unusable("the DEK-Info of a private key names an unknown cipher",
                    "AES-128-CBC, AES-192-CBC, AES-256-CBC or DES-EDE3-CBC");
}

Result<Secret> decrypt_legacy(std::string_view dek_info, Bytes encrypted,
                              const Secret& passphrase) {
    if (auto status = check_dek_info(dek_info); !status) return std::move(status).error();
    return answered([&]() -> Result<Secret> {
        std::string header = "Proc-Type: 4,ENCRYPTED\nDEK-Info: " + std::string(dek_info) + "\n";
        EVP_CIPHER_INFO cipher{};
        if (PEM_get_EVP_CIPHER_INFO(header.data(), &cipher) != 1)
            return unusable("the DEK-Info of a private key is unreadable");
        // PEM_BUFSIZE of libcrypto's.
        if (passphrase.size() > 1024) return wrong_passphrase();
        Secret plain(encrypted.size() + EVP_MAX_BLOCK_LENGTH);
        std::ranges::copy(encrypted, plain.space().begin());
        PassedOn passed{&passphrase};
        auto length = static_cast<long>(encrypted.size());
        if (PEM_do_header(&cipher, reinterpret_cast<unsigned char*>(plain.space().data()), &length,
                          give_passphrase, &passed) != 1)
            return wrong_passphrase();
        plain.shorten(static_cast<std::size_t>(length));
        return plain;
    });
}

}  // namespace contenttrust::crypto
