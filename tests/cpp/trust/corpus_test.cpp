#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "contenttrust/base/encoding.hpp"
#include "contenttrust/crypto/hash.hpp"
#include "simulator/judgement.hpp"
#include "simulator/vectors.hpp"

namespace contenttrust::trust {
namespace {

using namespace simulator;

Given given_by(const Case& one) {
    return {.gun = Gun::parse(one.gun).value(),
            .anchor = {.first_use = true},
            .now = one.verify_at,
            .requirements = {},
            .state = std::nullopt,
            .cached = one.cached};
}

const Judged& judgement_of(const Case& one) {
    static std::map<std::string, Judged> judgements;
    auto known = judgements.find(one.name);
    if (known == judgements.end()) {
        known = judgements.emplace(one.name, judged(given_by(one), one.served)).first;
    }
    return known->second;
}

std::vector<const Case*> accepted_cases() {
    std::vector<const Case*> out;
    for (const auto& one : vectors()) {
        if (one.accepted && judgement_of(one).verdict) out.push_back(&one);
    }
    return out;
}

void compare(const ExpectedTag& expected, const SignedTag& found) {
    BOOST_TEST(to_hex(found.sha256) == expected.sha256);
    BOOST_TEST(found.length == expected.length);
    BOOST_TEST(found.role == expected.role);
}

std::string sorted_lines(const TrustedRepository& repository) {
    std::string out;
    for (std::size_t i = 0; i < repository.tag_count(); ++i) {
        const auto tag = repository.tag(i);
        out += tag.name + " " + to_hex(tag.sha256) + " " + std::to_string(tag.length) + " " +
               tag.role + "\n";
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(corpus)

BOOST_AUTO_TEST_CASE(the_vectors_are_there) {
    BOOST_TEST(vectors().size() >= 100U);
    std::set<bool> kinds;
    for (const auto& one : vectors()) kinds.insert(one.accepted);
    BOOST_TEST(kinds.size() == 2U);
}

BOOST_AUTO_TEST_CASE(every_case_is_accepted_or_rejected_as_it_asks) {
    for (const auto& one : vectors()) {
        BOOST_TEST_CONTEXT(one.name) {
            const auto& found = judgement_of(one).verdict;
            BOOST_TEST(static_cast<bool>(found) == one.accepted,
                       (found ? "accepted" : found.error().message));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_rejection_names_a_role_and_says_why) {
    for (const auto& one : vectors()) {
        const auto& found = judgement_of(one).verdict;
        if (found) continue;
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(static_cast<bool>(RoleName::parse(found.error().role)), found.error().role);
            BOOST_TEST(!found.error().message.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_source_that_is_asked_leads_to_the_same_verdict) {
    for (const auto& one : vectors()) {
        BOOST_TEST_CONTEXT(one.name) {
            const auto& complete = judgement_of(one);
            const auto asked = judged_by_asking(given_by(one), one.served);
            BOOST_TEST(description(asked.verdict, asked.state) ==
                       description(complete.verdict, complete.state));
            const std::set<std::string> once(asked.asked.begin(), asked.asked.end());
            BOOST_TEST(once.size() == asked.asked.size(), "a file was asked for twice");
        }
    }
}

BOOST_AUTO_TEST_CASE(the_tags_are_those_that_docker_may_use) {
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            const auto& repository = judgement_of(*one).repository();
            const auto count = one->tag_count.value_or(static_cast<std::int64_t>(one->tags.size()));
            BOOST_TEST(static_cast<std::int64_t>(repository.tag_count()) == count);
            for (const auto& [name, expected] : one->tags) {
                const auto index = repository.find_tag(name);
                BOOST_TEST(index.has_value(), name);
                if (index) compare(expected, repository.tag(*index));
            }
            if (one->tag_count) {
                BOOST_TEST(to_hex(digest(sorted_lines(repository))) == one->tags_digest);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_look_up_gives_the_listed_tag_or_refuses_for_a_broken_role) {
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            const auto& repository = judgement_of(*one).repository();
            for (const auto& [name, expected] : one->tags) {
                const auto tag = repository.verify(name);
                if (tag) {
                    compare(expected, tag.value());
                } else {
                    BOOST_TEST((tag.error().code == ErrorCode::role_broken), tag.error().message);
                    BOOST_TEST(!repository.degraded().empty());
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_compatible_look_up_gives_every_listed_tag) {
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            auto compatible = given_by(*one);
            compatible.requirements.compatible = true;
            const auto outcome = judged(std::move(compatible), one->served);
            for (const auto& [name, expected] : one->tags) {
                const auto tag = outcome.repository().verify(name);
                BOOST_TEST(static_cast<bool>(tag), name);
                if (tag) compare(expected, tag.value());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(tags_that_docker_refuses_are_refused) {
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            const auto& repository = judgement_of(*one).repository();
            for (const auto& name : one->refused_tags) {
                const auto tag = repository.verify(name);
                BOOST_TEST((!tag && tag.error().code == ErrorCode::tag_unusable), name);
            }
            for (const auto& name : one->only_in_other_delegations) {
                const auto tag = repository.verify(name);
                BOOST_TEST((!tag && tag.error().code == ErrorCode::not_signed), name);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(roles_have_their_versions_expiries_and_keys) {
    std::size_t compared = 0;
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            for (const auto& role : judgement_of(*one).repository().roles()) {
                const auto expected = one->roles.find(role.name.str());
                if (expected == one->roles.end() || !role.usable()) continue;
                const auto& [version, expires, key_ids] = expected->second;
                if (version) BOOST_TEST(static_cast<std::int64_t>(role.version) == *version);
                if (expires) BOOST_TEST(role.expires.str() == expires->str());
                if (!key_ids.empty()) {
                    std::set<std::string> ids;
                    for (const auto& id : role.keys.key_ids) ids.emplace(id.str());
                    BOOST_TEST((ids == std::set<std::string>(key_ids.begin(), key_ids.end())));
                }
                ++compared;
            }
        }
    }
    BOOST_TEST(compared >= 50U);
}

BOOST_AUTO_TEST_CASE(what_was_accepted_is_accepted_again_from_its_state) {
    for (const auto* one : accepted_cases()) {
        BOOST_TEST_CONTEXT(one->name) {
            auto again = given_by(*one);
            again.cached.clear();
            again.anchor = {};
            again.state = State::from_json(judgement_of(*one).state->to_json()).value();
            auto documents = one->served;  // a source that has lost its timestamp is another test
            if (!documents.contains("timestamp")) continue;
            const auto outcome = judged(std::move(again), documents);
            BOOST_TEST(static_cast<bool>(outcome.verdict));
            BOOST_TEST((outcome.state == judgement_of(*one).state));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace contenttrust::trust
