#include "contenttrust/base/error.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>

#include "contenttrust/base/result.hpp"

using namespace contenttrust;

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(every_code_has_a_spelling_of_its_own) {
    std::set<std::string_view> seen;
    for (int i = 0; i <= static_cast<int>(last_error_code); ++i) {
        const auto text = to_string(static_cast<ErrorCode>(i));
        BOOST_TEST(!text.empty(), "code " << i);
        BOOST_TEST(seen.insert(text).second, text << " twice");
        BOOST_TEST(
            std::ranges::all_of(text, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }));
    }
    BOOST_TEST(to_string(static_cast<ErrorCode>(static_cast<int>(last_error_code) + 1)) == "");
}

BOOST_AUTO_TEST_CASE(spellings_that_scripts_rely_on_stay) {
    const std::map<ErrorCode, std::string_view> promised{
        {ErrorCode::no_trust_data, "no_trust_data"},
        {ErrorCode::not_signed, "not_signed"},
        {ErrorCode::tag_unusable, "tag_unusable"},
        {ErrorCode::role_broken, "role_broken"},
        {ErrorCode::malformed, "malformed"},
        {ErrorCode::limit_exceeded, "limit_exceeded"},
        {ErrorCode::wrong_type, "wrong_type"},
        {ErrorCode::key_id, "key_id"},
        {ErrorCode::signature, "signature"},
        {ErrorCode::threshold, "threshold"},
        {ErrorCode::hash, "hash"},
        {ErrorCode::length, "length"},
        {ErrorCode::missing_role, "missing_role"},
        {ErrorCode::expired, "expired"},
        {ErrorCode::too_old, "too_old"},
        {ErrorCode::version, "version"},
        {ErrorCode::rollback, "rollback"},
        {ErrorCode::root_chain, "root_chain"},
        {ErrorCode::root_certificate, "root_certificate"},
        {ErrorCode::anchor_mismatch, "anchor_mismatch"},
        {ErrorCode::anchor_conflict, "anchor_conflict"},
        {ErrorCode::role_name, "role_name"},
        {ErrorCode::digest_mismatch, "digest_mismatch"},
        {ErrorCode::policy, "policy"},
        {ErrorCode::unreachable, "unreachable"},
        {ErrorCode::server_error, "server_error"},
        {ErrorCode::unauthorized, "unauthorized"},
        {ErrorCode::tls, "tls"},
        {ErrorCode::service_ended, "service_ended"},
    };
    BOOST_TEST(promised.size() == static_cast<std::size_t>(last_error_code) + 1);
    for (const auto& [code, text] : promised) BOOST_TEST(to_string(code) == text);
}

BOOST_AUTO_TEST_CASE(a_result_is_either_a_value_or_an_error) {
    const Result<std::string> good(std::string("x"));
    const Result<std::string> bad(Error{ErrorCode::hash, "root", "m", "a", "b"});
    BOOST_TEST(static_cast<bool>(good));
    BOOST_TEST(good.value() == "x");
    BOOST_TEST(!static_cast<bool>(bad));
    BOOST_TEST(bad.error().role == "root");
    BOOST_CHECK_THROW(static_cast<void>(bad.value()), std::bad_variant_access);
    BOOST_TEST(static_cast<bool>(Status()));
    BOOST_TEST(!static_cast<bool>(Status(bad.error())));
}

BOOST_AUTO_TEST_SUITE_END()
