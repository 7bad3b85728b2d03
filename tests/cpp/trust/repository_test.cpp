#include "contenttrust/trust/repository.hpp"

#include "surroundings.hpp"

namespace contenttrust::trust {
namespace {

using namespace testing;
using simulator::digest;
using simulator::ed25519_key;

using Contents =
    std::vector<std::pair<std::string, std::string>>;  // tag, and what its digest is of

metadata::TargetIndex index_of(const Contents& contents) {
    metadata::TargetIndex out;
    for (const auto& [name, content] : contents) {
        out.add({name,
                 {},
                 static_cast<std::int64_t>(content.size()),
                 digest(content),
                 !content.empty()});
    }
    out.sort();
    return out;
}

RoleView view(std::string_view name, const Contents& contents = {},
              std::vector<std::string> paths = {""}) {
    return {.name = RoleName::parse(name).value(),
            .version = metadata::Version(1),
            .expires = Instant::parse("2030-01-01T00:00:00Z").value(),
            .keys = {},
            .canonical_ids = {ed25519_key(1).id()},
            .paths = std::move(paths),
            .signed_by = {ed25519_key(2).id()},
            .targets = index_of(contents),
            .published = true,
            .broken = std::nullopt};
}

RoleView broken(std::string_view name, ErrorCode code = ErrorCode::expired) {
    auto out = view(name);
    out.broken = Error{code, out.name.str(), "it is broken"};
    return out;
}

RoleView unpublished(std::string_view name) {
    auto out = view(name);
    out.published = false;
    return out;
}

TrustedRepository repository(RoleView targets, std::vector<RoleView> delegated,
                             const Requirements& requirements = {}) {
    std::vector<RoleView> roles;
    for (const auto* name : {"root", "timestamp", "snapshot"}) roles.push_back(view(name, {}, {}));
    roles.push_back(std::move(targets));
    for (auto& role : delegated) roles.push_back(std::move(role));
    return {
        State{Gun::parse("example.com/a").value(), "root", {}}, std::move(roles), {}, requirements};
}

// Role and digest of a tag in one word, or the code of the refusal.
std::string resolved(const TrustedRepository& from, std::string_view name) {
    BOOST_TEST(from.tag(name).has_value() == from.find_tag(name).has_value(), name);
    const auto tag = from.verify(name);
    if (!tag) return std::string(to_string(tag.error().code));
    for (const auto* content : {"one", "two", "three"}) {
        if (tag.value().sha256 == digest(content)) return tag.value().role + "=" + content;
    }
    return "?";
}

std::vector<std::string> listed(const TrustedRepository& from) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < from.tag_count(); ++i) {
        const auto tag = from.tag(i);
        BOOST_TEST(tag.name == from.tag_name(i));
        BOOST_TEST((from.find_tag(tag.name) == i));
        BOOST_TEST((from.tag(tag.name) == tag));
        out.push_back(tag.role + ":" + tag.name);
    }
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(look_up)

BOOST_AUTO_TEST_CASE(targets_releases_comes_before_targets) {
    const auto repo = repository(view("targets", {{"a", "one"}, {"b", "one"}}),
                                 {view("targets/releases", {{"a", "two"}, {"c", "three"}})});
    BOOST_TEST(resolved(repo, "a") == "targets/releases=two");
    BOOST_TEST(resolved(repo, "b") == "targets=one");
    BOOST_TEST(resolved(repo, "c") == "targets/releases=three");
    BOOST_TEST((listed(repo) == Texts{"targets/releases:a", "targets:b", "targets/releases:c"}));
}

BOOST_AUTO_TEST_CASE(the_place_of_releases_among_the_delegations_does_not_matter) {
    const auto repo =
        repository(view("targets", {{"a", "one"}}), {view("targets/alice", {{"a", "three"}}),
                                                     view("targets/releases", {{"a", "two"}}),
                                                     view("targets/zoe", {{"a", "three"}})});
    BOOST_TEST(resolved(repo, "a") == "targets/releases=two");
}

BOOST_AUTO_TEST_CASE(a_tag_of_another_delegation_is_not_signed) {
    const auto repo = repository(view("targets"), {view("targets/alice", {{"a", "one"}})});
    const auto tag = repo.verify("a");
    refused(tag, ErrorCode::not_signed, "targets/alice", "No trust data for a");
    refused(repo.verify("b"), ErrorCode::not_signed, "targets", "No valid trust data for b");
    BOOST_TEST(listed(repo).empty());
}

BOOST_AUTO_TEST_CASE(a_tag_that_a_role_below_releases_names_first_is_not_signed) {
    const auto repo =
        repository(view("targets", {{"a", "one"}, {"b", "one"}}),
                   {view("targets/releases", {{"b", "two"}}),
                    view("targets/releases/nested", {{"a", "three"}, {"b", "three"}})});
    refused(repo.verify("a"), ErrorCode::not_signed, "targets/releases/nested",
            "No trust data for a");
    BOOST_TEST(resolved(repo, "b") == "targets/releases=two");
    BOOST_TEST((listed(repo) == Texts{"targets/releases:b"}));
}

BOOST_AUTO_TEST_CASE(a_role_whose_name_only_begins_like_releases_is_another_role) {
    const auto repo =
        repository(view("targets", {{"a", "one"}}), {view("targets/releases-old", {{"a", "two"}})});
    BOOST_TEST(resolved(repo, "a") == "targets=one");
}

BOOST_AUTO_TEST_CASE(targets_outside_the_paths_of_a_role_do_not_exist) {
    const auto repo = repository(
        view("targets", {{"v1.0", "one"}, {"x", "one"}}),
        {view("targets/releases", {{"v1.0", "two"}, {"x", "two"}, {"y", "two"}}, {"v1."}),
         view("targets/alice", {{"y", "two"}}, {})});
    BOOST_TEST(resolved(repo, "v1.0") == "targets/releases=two");
    BOOST_TEST(resolved(repo, "x") == "targets=one");
    refused(repo.verify("y"), ErrorCode::not_signed, "targets", "No valid trust data for y");
    BOOST_TEST((listed(repo) == Texts{"targets/releases:v1.0", "targets:x"}));
    BOOST_TEST(repo.role_tags(repo.roles()[4]).size() == 1U);
    BOOST_TEST(repo.role_tags(repo.roles()[5]).empty());
}

BOOST_AUTO_TEST_CASE(signatures_are_those_of_every_role_that_lists_the_tag_with_its_digest) {
    auto alice = view("targets/alice", {{"a", "one"}});
    alice.signed_by = {KeyId::parse(std::string(64, 'a')).value()};
    const auto repo =
        repository(view("targets", {{"a", "one"}}),
                   {view("targets/releases", {{"a", "one"}, {"b", "one"}}), std::move(alice),
                    view("targets/bob", {{"a", "two"}}), view("targets/carol", {{"b", "one"}}),
                    view("targets/dave", {{"a", "one"}}, {"v"}), broken("targets/erin")});
    Texts found;
    for (const auto& signer : repo.signatures(repo.verify("a").value())) {
        found.push_back(signer.role);
        if (signer.role == "targets/alice") BOOST_TEST(signer.key_ids.size() == 1U);
    }
    BOOST_TEST((found == Texts{"targets", "targets/releases", "targets/alice"}));
}

BOOST_AUTO_TEST_CASE(a_broken_role_of_higher_precedence_refuses_every_tag_that_it_could_hold) {
    auto releases = broken("targets/releases");
    releases.paths = {"v"};
    const auto repo = repository(view("targets", {{"v1", "one"}, {"x", "one"}}), {releases});
    const auto tag = repo.verify("v1");
    refused(tag, ErrorCode::role_broken, "targets/releases", "it is broken");
    BOOST_TEST(tag.error().found == "expired");
    BOOST_TEST(resolved(repo, "x") == "targets=one", "outside the paths of the broken role");
    BOOST_TEST((listed(repo) == Texts{"targets:v1", "targets:x"}),
               "a list shows what the intact roles hold");
    BOOST_REQUIRE_EQUAL(repo.degraded().size(), 1U);
    BOOST_TEST(repo.degraded().front().role == "targets/releases");
    BOOST_TEST(repo.degraded().front().code == "expired");
}

BOOST_AUTO_TEST_CASE(a_broken_role_below_releases_refuses_what_releases_does_not_hold) {
    const auto repo =
        repository(view("targets", {{"a", "one"}, {"b", "one"}}),
                   {view("targets/releases", {{"a", "two"}}), broken("targets/releases/nested")});
    BOOST_TEST(resolved(repo, "a") == "targets/releases=two");
    BOOST_TEST(resolved(repo, "b") == "role_broken");
}

BOOST_AUTO_TEST_CASE(a_broken_signer_disturbs_no_look_up) {
    const auto repo = repository(view("targets", {{"a", "one"}}),
                                 {broken("targets/alice"), view("targets/releases")});
    BOOST_TEST(resolved(repo, "a") == "targets=one");
    BOOST_TEST(repo.degraded().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_compatible_look_up_passes_broken_roles_over) {
    const auto repo = repository(view("targets", {{"a", "one"}}), {broken("targets/releases")},
                                 {.compatible = true});
    BOOST_TEST(resolved(repo, "a") == "targets=one");
    BOOST_TEST(resolved(repo, "b") == "not_signed");
}

BOOST_AUTO_TEST_CASE(a_role_that_was_never_published_is_empty) {
    const auto repo =
        repository(view("targets", {{"a", "one"}}), {unpublished("targets/releases")});
    BOOST_TEST(resolved(repo, "a") == "targets=one");
    BOOST_TEST(repo.degraded().empty());
}

BOOST_AUTO_TEST_CASE(a_target_without_a_usable_digest_refuses_its_tag_and_no_other) {
    const auto repo = repository(view("targets", {{"a", "one"}, {"b", "one"}, {"c", ""}}),
                                 {view("targets/releases", {{"a", ""}})});
    refused(repo.verify("a"), ErrorCode::tag_unusable, "targets/releases",
            "no valid hash, expecting sha256");
    refused(repo.verify("c"), ErrorCode::tag_unusable, "targets");
    BOOST_TEST(resolved(repo, "b") == "targets=one");
    BOOST_TEST((listed(repo) == Texts{"targets:b"}),
               "targets must not stand in for what releases names");
    const auto unusable = repo.unusable();
    BOOST_REQUIRE_EQUAL(unusable.size(), 2U);
    BOOST_TEST((unusable[0].name == "c" && unusable[0].role == "targets" &&
                unusable[0].code == "tag_unusable"));
    BOOST_TEST((unusable[1].name == "a" && unusable[1].role == "targets/releases"));
}

BOOST_AUTO_TEST_CASE(more_roles_to_search_than_the_limit_are_refused) {
    std::vector<RoleView> delegated{view("targets/releases")};
    for (int i = 0; i < 3; ++i) delegated.push_back(view("targets/releases/n" + std::to_string(i)));
    const auto with_limit = [&](std::size_t limit) {
        return resolved(
            repository(view("targets", {{"a", "one"}}), delegated, {.lookup_roles = limit}), "a");
    };
    BOOST_TEST(with_limit(5) == "targets=one");
    BOOST_TEST(with_limit(4) == "limit_exceeded");
    for (auto& role : delegated) role.paths = {"other"};
    BOOST_TEST(with_limit(1) == "targets=one", "roles that cannot hold the tag are not visited");
}

BOOST_AUTO_TEST_CASE(names_are_compared_byte_for_byte) {
    const auto repo = repository(
        view("targets", {{"latest", "one"}, {"\u00e1", "two"}, {"a\u0301", "three"}}), {});
    BOOST_TEST(resolved(repo, "latest") == "targets=one");
    BOOST_TEST(resolved(repo, "\u00e1") == "targets=two");
    BOOST_TEST(resolved(repo, "a\u0301") == "targets=three");
    for (const auto* name : {"Latest", "latest ", "lates", "latest2", "", "\u0301"}) {
        BOOST_TEST(resolved(repo, name) == "not_signed", name);
    }
    BOOST_TEST(!repo.find_tag("Latest"));
}

BOOST_AUTO_TEST_CASE(a_name_from_a_stranger_is_made_printable_in_the_refusal) {
    const auto repo = repository(view("targets"), {});
    const auto tag = repo.verify("a\x1b[31m\n");
    BOOST_REQUIRE(!tag);
    BOOST_TEST(tag.error().message.find_first_of("\x1b\n") == std::string::npos,
               tag.error().message);
}

BOOST_AUTO_TEST_CASE(a_tag_with_a_digest_must_have_that_digest) {
    const auto repo = repository(view("targets", {{"a", "one"}}), {});
    held(repo.verify("a", digest("one")));
    refused(repo.verify("a", digest("two")), ErrorCode::digest_mismatch, "targets");
    refused(repo.verify("b", digest("one")), ErrorCode::not_signed, "targets");
}

BOOST_AUTO_TEST_CASE(a_digest_alone_is_looked_up_among_the_signed_tags) {
    const auto repo = repository(
        view("targets", {{"b", "one"}, {"a", "one"}, {"c", "two"}}),
        {view("targets/releases", {{"c", "one"}}), view("targets/alice", {{"x", "three"}})});
    BOOST_TEST(repo.verify(digest("one")).value().name == "a", "the first in code-point order");
    refused(repo.verify(digest("two")), ErrorCode::not_signed, "targets",
            "no signed tag has the digest");
    refused(repo.verify(digest("three")), ErrorCode::not_signed, "targets",
            "no signed tag has the digest");
}

BOOST_AUTO_TEST_CASE(a_digest_whose_tags_are_all_refused_gives_their_reason) {
    auto releases = broken("targets/releases");
    releases.paths = {"a"};
    const auto refused_only = repository(view("targets", {{"a", "one"}}), {releases});
    refused(refused_only.verify(digest("one")), ErrorCode::role_broken, "targets/releases");
    const auto one_left = repository(view("targets", {{"a", "one"}, {"b", "one"}}), {releases});
    BOOST_TEST(one_left.verify(digest("one")).value().name == "b");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(view_of_a_repository)

BOOST_AUTO_TEST_CASE(signers_are_the_other_delegations_with_the_very_digest) {
    auto outside = view("targets/eve", {{"a", "two"}}, {"other/"});
    const auto repo = repository(
        view("targets", {{"a", "one"}}),
        {view("targets/releases", {{"a", "two"}}), view("targets/bob", {{"a", "two"}}),
         view("targets/alice", {{"a", "two"}, {"b", "two"}}), view("targets/carol", {{"a", "one"}}),
         outside, broken("targets/dave"), view("targets/frank", {{"a", ""}}),
         view("targets/alice/nested", {{"a", "two"}})});
    std::vector<std::string> names;
    for (const auto& signer : repo.verify("a").value().signers) {
        names.push_back(signer.name);
        BOOST_TEST(signer.role == "targets/" + signer.name);
        BOOST_TEST((signer.key_ids == std::vector{ed25519_key(2).id()}),
                   "the keys that really signed");
    }
    BOOST_TEST((names == Texts{"alice", "alice/nested", "bob"}));
}

BOOST_AUTO_TEST_CASE(without_a_signer_the_repository_key_signed) {
    const auto repo =
        repository(view("targets", {{"b", "one"}}), {view("targets/releases", {{"a", "two"}})});
    for (const auto* name : {"a", "b"}) {
        const auto signers = repo.verify(name).value().signers;
        BOOST_REQUIRE_EQUAL(signers.size(), 1U);
        BOOST_TEST(signers.front().name == "Repo Admin");
        BOOST_TEST((signers.front().key_ids == std::vector{ed25519_key(2).id()}));
    }
}

BOOST_AUTO_TEST_CASE(the_list_of_signers_names_every_delegation_but_releases) {
    const auto repo =
        repository(view("targets"), {view("targets/zoe"), view("targets/releases"),
                                     broken("targets/bob"), unpublished("targets/alice")});
    std::vector<std::string> names;
    for (const auto& signer : repo.signers()) {
        names.push_back(signer.name);
        BOOST_TEST((signer.key_ids == std::vector{ed25519_key(1).id()}),
                   "the keys it is defined with");
    }
    BOOST_TEST((names == Texts{"alice", "bob", "zoe"}));
}

BOOST_AUTO_TEST_CASE(it_is_valid_until_the_first_of_its_usable_roles_expires) {
    const auto expiring = [](RoleView role, std::string_view text) {
        role.expires = Instant::parse(text).value();
        return role;
    };
    const auto repo = repository(expiring(view("targets"), "2028-01-01T00:00:00Z"),
                                 {expiring(broken("targets/a"), "2020-01-01T00:00:00Z"),
                                  expiring(unpublished("targets/b"), "2021-01-01T00:00:00Z"),
                                  expiring(view("targets/c"), "2027-01-01T00:00:00Z")});
    BOOST_TEST(repo.valid_until().str() == "2027-01-01T00:00:00Z");
    BOOST_TEST(repository(view("targets"), {}).valid_until().str() == "2030-01-01T00:00:00Z");
}

BOOST_AUTO_TEST_CASE(a_copied_and_a_moved_view_look_up_as_the_first_one_did) {
    auto first =
        repository(view("targets", {{"a", "one"}}), {view("targets/releases", {{"b", "two"}})});
    const auto copy = first;
    const auto moved = std::move(first);
    for (const auto* repo : {&copy, &moved}) {
        BOOST_TEST(resolved(*repo, "a") == "targets=one");
        BOOST_TEST(resolved(*repo, "b") == "targets/releases=two");
    }
}

BOOST_AUTO_TEST_CASE(tags_carry_gun_length_and_custom_data) {
    auto targets = view("targets");
    targets.targets.add({"a", R"({"note":1})", 531, digest("one"), true});
    targets.targets.sort();
    const auto tag = repository(targets, {}).verify("a").value();
    BOOST_TEST((tag.gun == "example.com/a" && tag.name == "a" && tag.length == 531 &&
                tag.custom == R"({"note":1})"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
