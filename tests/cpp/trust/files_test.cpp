#include "contenttrust/trust/files.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;

const Wanted snapshot{"snapshot", Sha256{}, 7};

}  // namespace

BOOST_AUTO_TEST_SUITE(files)

BOOST_AUTO_TEST_CASE(a_file_that_was_not_put_is_wanted_as_it_was_asked_for) {
    Files files(false);
    BOOST_TEST(files.waits_for("snapshot"));
    BOOST_TEST(files.served(snapshot) == nullptr);
    BOOST_REQUIRE_EQUAL(files.wanted().size(), 1U);
    BOOST_TEST(files.wanted().front().name == "snapshot");
    BOOST_TEST(files.wanted().front().limit == 7);
    files.forget_wanted();
    BOOST_TEST(files.wanted().empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_was_put_is_served_and_not_wanted) {
    Files files(false);
    files.put("snapshot", "text");
    BOOST_REQUIRE(files.served(snapshot) != nullptr);
    BOOST_TEST(files.served(snapshot)->text() == "text");
    BOOST_TEST(!files.waits_for("snapshot"));
    BOOST_TEST(files.wanted().empty());
    files.put("snapshot", "other");
    BOOST_TEST(files.served(snapshot)->text() == "other");
}

BOOST_AUTO_TEST_CASE(a_file_that_the_source_does_not_have_is_not_asked_for_again) {
    Files files(false);
    files.put("snapshot", std::nullopt);
    BOOST_TEST(files.served(snapshot) == nullptr);
    BOOST_TEST(!files.waits_for("snapshot"));
    BOOST_TEST(files.wanted().empty());
}

BOOST_AUTO_TEST_CASE(a_complete_source_is_never_asked) {
    Files files(true);
    BOOST_TEST(files.served(snapshot) == nullptr);
    BOOST_TEST(!files.waits_for("snapshot"));
    BOOST_TEST(files.wanted().empty());
}

BOOST_AUTO_TEST_CASE(cached_files_are_apart_from_served_ones) {
    Files files(false);
    files.cache("snapshot", "cached");
    BOOST_TEST(files.cached("snapshot")->text() == "cached");
    BOOST_TEST(files.cached("targets") == nullptr);
    BOOST_TEST(files.waits_for("snapshot"));
    files.put("snapshot", "served");
    BOOST_TEST(files.cached("snapshot")->text() == "cached");
}

BOOST_AUTO_TEST_CASE(a_file_is_hashed_and_decoded_once) {
    File file(simulator::collection().publish().at("targets"));
    BOOST_TEST((file.sha256() == crypto::sha256(as_bytes(file.text()))));
    BOOST_TEST((file.sha512() == crypto::sha512(as_bytes(file.text()))));
    BOOST_TEST(&file.sha256() == &file.sha256());
    const auto* first = &file.targets(RoleName::targets(), {}).value();
    BOOST_TEST(&file.targets(RoleName::targets(), {}).value() == first);
    const auto& part = first->envelope.signed_text;
    BOOST_TEST(
        (part.data() >= file.text().data() && part.data() < file.text().data() + file.size()));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_kept_like_a_document) {
    File file("{}");
    BOOST_TEST(!file.root({}));
    BOOST_TEST(&file.root({}) == &file.root({}));
    BOOST_TEST(!file.snapshot({}));
    BOOST_TEST(!file.timestamp({}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
