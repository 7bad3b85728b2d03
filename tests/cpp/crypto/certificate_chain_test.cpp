#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <boost/test/unit_test.hpp>
#include <ctime>
#include <string>
#include <vector>

#include "contenttrust/crypto/certificate.hpp"
#include "made_certificates.hpp"
#include "patience.hpp"

namespace contenttrust::crypto {
namespace {

using made::CertificateFields;
using made::Issuer;

const Instant now = Instant::parse("2026-11-24T00:00:00Z").value();

/// A root, an intermediate below it, and a leaf below that.
struct Chain {
    made::Key root_key = made::ec_key("P-384");
    made::Key middle_key = made::ec_key();
    made::Key leaf_key = made::ec_key();
    CertificateFields root_fields = authority("root", Issuer());
    CertificateFields middle_fields = authority("middle", {&root_key, "root"});
    CertificateFields leaf_fields = leaf({&middle_key, "middle"});

    static CertificateFields authority(const char* name, Issuer issuer) {
        CertificateFields fields;
        fields.common_names = {name};
        fields.issuer = std::move(issuer);
        fields.authority = true;
        return fields;
    }
    static CertificateFields leaf(Issuer issuer) {
        CertificateFields fields;
        fields.issuer = std::move(issuer);
        return fields;
    }
    std::string root() const { return made::certificate(root_key, root_fields); }
    std::string middle() const { return made::certificate(middle_key, middle_fields); }
    std::string leaf() const { return made::certificate(leaf_key, leaf_fields); }
    std::string bundle() const { return leaf() + middle(); }
};

bool chains(std::string_view bundle, std::string_view ca, Instant moment = now) {
    const bool answer = CertificateBundle::parse(bundle).value().chains_to(std::string(ca), moment);
    BOOST_TEST(ERR_peek_error() == 0U);
    return answer;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_chain)

BOOST_AUTO_TEST_CASE(a_chain_leads_over_bundled_intermediates_to_the_root) {
    const Chain made;
    BOOST_TEST(chains(made.bundle(), made.root()));
    BOOST_TEST(!chains(made.leaf(), made.root()));  // the intermediate is missing
    BOOST_TEST(!chains(made.bundle(), Chain().root()));
}

BOOST_AUTO_TEST_CASE(an_intermediate_can_be_the_anchor) {
    const Chain made;
    BOOST_TEST(chains(made.leaf(), made.middle()));
    BOOST_TEST(chains(made.leaf(), Chain().root() + made.middle()));
}

BOOST_AUTO_TEST_CASE(a_ca_file_may_hold_comments_but_only_certificates) {
    const Chain made;
    BOOST_TEST(chains(made.bundle(), "Our root:\n" + made.root() + "end\n"));
    BOOST_TEST(!chains(made.bundle(), ""));
    BOOST_TEST(!chains(made.bundle(), "no certificate"));
    BOOST_TEST(!chains(made.bundle(), made.root().substr(0, 200)));
    BOOST_TEST(!chains(made.bundle(), made.root() + "-----BEGIN CERTIFICATE-----\n"));
    BOOST_TEST(!chains(made.bundle(), made.root() + made::pem("PUBLIC KEY", "key")));
    BOOST_TEST(
        !chains(made.bundle(), made::pem("TRUSTED CERTIFICATE", made::der_of_pem(made.root()))));
    BOOST_TEST(!chains(made.bundle(), made.root() + made::pem("CERTIFICATE", "no DER")));
    BOOST_TEST(
        !chains(made.bundle(), made::pem("CERTIFICATE", made::der_of_pem(made.root()) + '\0')));
    BOOST_TEST(!chains(made.bundle(), made.root() + std::string(1024 * 1024, '\n')));
}

BOOST_AUTO_TEST_CASE(t031_a_leaf_in_the_ca_file_vouches_for_nobody) {
    const Chain made;
    const std::string leaf = made.leaf();
    BOOST_TEST(!chains(leaf, leaf));
    BOOST_TEST(!chains(leaf + made.middle(), leaf));
    const std::string self_signed = made::certificate(made.leaf_key);
    BOOST_TEST(!chains(self_signed, self_signed));
}

BOOST_AUTO_TEST_CASE(an_authority_pinned_as_itself_counts) {
    const std::string root = Chain().root();
    BOOST_TEST(chains(root, root));
}

BOOST_AUTO_TEST_CASE(t031_a_leaf_cannot_sign_another_leaf) {
    Chain made;
    made.middle_fields.authority = false;
    BOOST_TEST(!chains(made.bundle(), made.root()));
    BOOST_TEST(!chains(made.leaf(), made.middle()));
}

BOOST_AUTO_TEST_CASE(t031_an_authority_of_the_same_name_is_not_enough) {
    Chain made;
    const made::Key other = made::ec_key();
    made.leaf_fields.issuer.key = &other;
    BOOST_TEST(!chains(made.bundle(), made.root()));
}

BOOST_AUTO_TEST_CASE(t030_every_link_is_valid_at_the_moment_asked_for) {
    Chain made;
    BOOST_TEST(!chains(made.bundle(), made.root(), Instant::parse("2025-12-31T23:59:59Z").value()));
    BOOST_TEST(chains(made.bundle(), made.root(), Instant::parse("2026-01-01T00:00:00Z").value()));
    BOOST_TEST(chains(made.bundle(), made.root(), Instant::parse("2035-12-31T23:59:59Z").value()));
    BOOST_TEST(!chains(made.bundle(), made.root(), Instant::parse("2036-01-01T00:00:01Z").value()));
    BOOST_TEST(!chains(made.bundle(), made.root(), Instant{}));
    for (CertificateFields Chain::*link :
         {&Chain::root_fields, &Chain::middle_fields, &Chain::leaf_fields}) {
        Chain expired;
        (expired.*link).not_after = "20261123235959Z";
        BOOST_TEST(!chains(expired.bundle(), expired.root()));
        Chain future;
        (future.*link).not_before = "20261124000001Z";
        BOOST_TEST(!chains(future.bundle(), future.root()));
    }
    Chain expired_anchor;
    expired_anchor.middle_fields.not_after = "20261123235959Z";
    BOOST_TEST(!chains(expired_anchor.leaf(), expired_anchor.middle()));
}

BOOST_AUTO_TEST_CASE(t030_links_signed_with_sha1_are_refused) {
    for (CertificateFields Chain::*link : {&Chain::middle_fields, &Chain::leaf_fields}) {
        Chain made;
        (made.*link).digest = EVP_sha1();
        BOOST_TEST(!chains(made.bundle(), made.root()));
    }
    Chain
        made;  // nobody checks a root's own signature: its place in the file is the reason to believe it
    made.root_fields.digest = EVP_sha1();
    BOOST_TEST(chains(made.bundle(), made.root()));
}

BOOST_AUTO_TEST_CASE(t022_links_with_small_rsa_keys_are_refused) {
    Chain small_root;
    small_root.root_key = made::rsa_key(1024, 65537);
    BOOST_TEST(!chains(small_root.bundle(), small_root.root()));
    Chain small_middle;
    small_middle.middle_key = made::rsa_key(1024, 65537);
    BOOST_TEST(!chains(small_middle.bundle(), small_middle.root()));
}

BOOST_AUTO_TEST_CASE(t021_links_on_other_curves_are_refused) {
    Chain made;
    made.middle_key = made::ec_key("secp256k1");
    BOOST_TEST(!chains(made.bundle(), made.root()));
}

BOOST_AUTO_TEST_CASE(t032_a_chain_has_at_most_ten_intermediates) {
    for (const int links : {10, 11}) {
        const Chain made;
        std::vector<made::Key> keys;
        std::string bundle;
        for (int i = 0; i < links; ++i) {
            const std::string issuer = i == 0 ? "root" : "link " + std::to_string(i - 1);
            const made::Key& signer = i == 0 ? made.root_key : keys.back();
            const std::string name = "link " + std::to_string(i);
            const CertificateFields fields = Chain::authority(name.c_str(), {&signer, issuer});
            made::Key key = made::ec_key();
            bundle += made::certificate(key, fields);
            keys.push_back(std::move(key));
        }
        CertificateFields leaf;
        leaf.issuer = {&keys.back(), "link " + std::to_string(links - 1)};
        bundle.insert(0, made::certificate(made::ec_key(), leaf));
        BOOST_TEST(chains(bundle, made.root()) == (links == 10), links);
    }
}

BOOST_AUTO_TEST_CASE(purposes_are_not_looked_at_but_unknown_critical_extensions_are) {
    Chain purpose;
    purpose.leaf_fields.change = [](X509* made) {
        made::add_extension(made, NID_ext_key_usage, "critical,codeSigning");
    };
    BOOST_TEST(chains(purpose.bundle(), purpose.root()));
    Chain unknown;
    unknown.leaf_fields.change = [](X509* made) {
        made::add_extension(made, NID_netscape_comment, "critical,DER:0500");
    };
    BOOST_TEST(!chains(unknown.bundle(), unknown.root()));
}

BOOST_AUTO_TEST_CASE(path_lengths_are_respected) {
    Chain made;
    made.root_fields.change = [](X509* root) {
        X509_EXTENSION_free(
            X509_delete_ext(root, X509_get_ext_by_NID(root, NID_basic_constraints, -1)));
        made::add_extension(root, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    };
    BOOST_TEST(!chains(made.bundle(), made.root()));
    made.middle_fields.authority = false;
    made.leaf_fields.issuer = {&made.root_key, "root"};
    BOOST_TEST(chains(made.leaf(), made.root()));
}

BOOST_AUTO_TEST_CASE(t032_long_and_circular_chains_end) {
    // Sixteen authorities of one name that all sign each other.
    const made::Key key = made::ec_key();
    const CertificateFields link = Chain::authority("loop", {&key, "loop"});
    CertificateFields leaf;
    leaf.issuer = {&key, "loop"};
    std::string bundle = made::certificate(made::ec_key(), leaf);
    for (int i = 0; i < 15; ++i) bundle += made::certificate(made::ec_key(), link);
    const std::string anchor = Chain().root();
    const std::clock_t start = std::clock();
    BOOST_TEST(!chains(bundle, anchor));
    BOOST_TEST(made::soon_after(start));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::crypto
