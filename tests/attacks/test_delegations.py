"""Which role is asked first, and what happens when a delegation is broken or taken away."""

from __future__ import annotations

from typing import Any

import pytest

import contenttrust as ct
from attacks.judge import Judge, facts, found, refusal_of, with_releases
from simulator import NOW, Repository, image, key_pair
from simulator.roles import TargetsRole, digest_of


@pytest.mark.parametrize(
    "name", ["targets", "targets/releases", "root", "snapshot", "targets/alice"]
)
def test_t069_a_role_that_delegates_to_itself_or_upwards_is_refused(
    judge: Judge, name: str
) -> None:
    repo = with_releases()
    repo.delegate("targets/alice")
    looped = repo.delegate(name, parent="targets/releases", keys=repo["targets/releases"].keys)
    looped.published = False

    judge.refuses(repo.publish(), "role_name", "targets/releases")


def test_t069_a_role_that_two_roles_list_is_refused(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice")
    diamond = repo.delegate("targets/releases/qa", parent="targets/alice")
    diamond.published = False

    judge.refuses(repo.publish(), "role_name", "targets/alice")


def test_t069_a_role_that_is_listed_twice_is_refused(judge: Judge) -> None:
    repo = with_releases()
    repo.top.edit(lambda part: part["delegations"]["roles"].append(part["delegations"]["roles"][0]))

    judge.refuses(repo.publish(), "role_name", "targets")


def many_delegations(count: int) -> Repository:
    """A repository with that many delegations side by side below `targets/releases`."""
    repo = with_releases()
    keys = [key_pair("many").bare]
    for number in range(count):
        repo.delegate(f"targets/releases/d{number}", keys=keys).targets[f"d{number}"] = image("d")
    return repo


def test_t070_the_listing_stops_at_its_limit(judge: Judge) -> None:
    files = many_delegations(9).publish()  # ten delegations with targets/releases

    judge.accepts(files, requirements=ct.Requirements(listing_roles=10))
    with pytest.raises(ct.VerificationError) as caught:
        judge.load(files, requirements=ct.Requirements(listing_roles=9))
    assert caught.value.code == "limit_exceeded"


def test_t070_the_search_for_one_tag_stops_at_its_limit(judge: Judge) -> None:
    repo = many_delegations(31)
    assert found(judge.accepts(repo.publish()), "2.0")[1] == "targets/releases"

    repo = many_delegations(60)
    verdict = judge.accepts(repo.publish())
    assert found(verdict, "2.0") == (digest_of("2.0"), "targets/releases")
    assert refusal_of(verdict, "1.0")[0] == "limit_exceeded"


def test_t070_more_than_the_default_number_of_delegations_is_refused(judge: Judge) -> None:
    repo = with_releases()
    repo.top.edit(
        lambda part: part["delegations"]["roles"].extend(
            part["delegations"]["roles"][0] | {"name": f"targets/d{number}"}
            for number in range(5000)
        )
    )

    judge.refuses(repo.publish(), "limit_exceeded", "targets")


def test_t071_releases_comes_before_targets(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].targets["1.0"] = image("1.0 released")

    assert found(judge.accepts(repo.publish()), "1.0") == (
        digest_of("1.0 released"),
        "targets/releases",
    )


def test_t071_what_releases_delegates_comes_before_targets_and_is_refused(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa").targets["1.0"] = image("1.0 by qa")

    verdict = judge.accepts(repo.publish())
    assert "1.0" not in verdict.tags
    assert refusal_of(verdict, "1.0") == ("not_signed", "targets/releases/qa")


def test_t071_releases_itself_comes_before_what_it_delegates(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa").targets["2.0"] = image("2.0 by qa")

    assert found(judge.accepts(repo.publish()), "2.0") == (digest_of("2.0"), "targets/releases")


def test_t071_siblings_of_releases_do_not_come_before_targets(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["1.0"] = image("1.0 by alice")

    assert found(judge.accepts(repo.publish()), "1.0") == (digest_of("1.0"), "targets")


def test_t071_the_order_never_changes(judge: Judge) -> None:
    repo = with_releases()
    for name in ("zoe", "alice", "mike"):
        repo.delegate(f"targets/{name}").targets["1.0"] = image("1.0")
    files = repo.publish()
    first = judge.accepts(files)
    batch = ct.verify_many([(repo.gun, files, None)] * 1000, now=NOW, threads=4)

    assert set(batch.codes) == {"ok"}
    shown = {
        (repr(list(facts(item).items())), tuple(s.name for s in item.tags["1.0"].signers))
        for item in batch
    }
    assert shown == {
        (repr(list(facts(first).items())), tuple(s.name for s in first.tags["1.0"].signers))
    }


def test_t072_a_delegation_is_verified_with_the_keys_that_its_delegator_lists_now(
    judge: Judge,
) -> None:
    repo = with_releases()
    old_keys = repo["targets/releases"].keys
    judge.remembers(repo.publish())
    judge.lay_docker_cache(repo.publish())
    repo["targets/releases"].keys = [key_pair("released anew").bare]
    repo.advance("targets")
    assert judge.accepts(repo.publish()).degraded == ()

    repo["targets/releases"].signers = old_keys
    judge.degrades(repo.publish(), "signature", "targets/releases")


def test_t072_a_cached_delegation_does_not_outlive_its_keys(judge: Judge) -> None:
    repo = with_releases()
    files = repo.publish()
    judge.lay_docker_cache(files)
    repo["targets/releases"].signers = repo["targets/releases"].keys
    repo["targets/releases"].keys = [key_pair("released anew").bare]
    repo.advance("targets")
    again = repo.publish()
    assert again["targets/releases"] == files["targets/releases"]

    judge.degrades(again, "signature", "targets/releases")


def test_t075_a_tag_of_another_delegation_is_not_signed(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["3.0"] = image("3.0")

    verdict = judge.accepts(repo.publish())
    assert "3.0" not in verdict.tags
    assert refusal_of(verdict, "3.0") == ("not_signed", "targets/alice")
    assert [tag.name for tag in verdict.role_tags("targets/alice")] == ["3.0"]


def test_t075_a_tag_that_nobody_signed_is_not_signed(judge: Judge) -> None:
    verdict = judge.accepts(with_releases().publish())

    assert refusal_of(verdict, "9.9")[0] == "not_signed"


def test_t076_a_signer_of_another_digest_is_no_signer_of_this_one(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["2.0"] = image("2.0")
    repo.delegate("targets/bob").targets["2.0"] = image("2.0 by bob")

    assert [signer.name for signer in judge.accepts(repo.publish()).tags["2.0"].signers] == [
        "alice"
    ]


@pytest.mark.parametrize("defect", ["expired", "unsigned by its key", "too few"])
def test_t076_a_broken_delegation_is_no_signer(judge: Judge, defect: str) -> None:
    repo = with_releases()
    alice = repo.delegate("targets/alice")
    alice.targets["2.0"] = image("2.0")
    assert len(judge.accepts(repo.publish()).tags["2.0"].signers) == 1
    code = _break(alice, defect)

    verdict = judge.degrades(repo.publish(), code, "targets/alice")
    assert found(verdict, "2.0") == (digest_of("2.0"), "targets/releases")
    assert "alice" not in [signer.name for signer in verdict.tags["2.0"].signers]


def _break(role: TargetsRole, defect: str) -> str:
    """Break a delegation alone; gives the code with which it is reported."""
    if defect == "expired":
        role.expires = "2026-01-01T00:00:00Z"
        return "expired"
    if defect == "too few":
        role.threshold = 2
        return "threshold"
    role.signers = [key_pair("stranger").bare]
    return "signature"


def test_t077_a_delegation_that_the_snapshot_never_listed_is_empty(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].published = False

    verdict = judge.accepts(repo.publish())
    assert (set(verdict.tags), verdict.degraded) == ({"1.0"}, ())


def test_t077_a_nested_delegation_whose_file_is_missing_refuses_the_whole(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa").omitted = True

    judge.refuses(repo.publish(), "missing_role", "targets/releases/qa")


def test_t078_the_file_of_a_removed_signer_counts_no_more(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["2.0"] = image("2.0")
    old = repo.publish()
    judge.remembers(old)
    repo.top.children = [role for role in repo.top.children if role.name != "targets/alice"]
    repo.advance("targets")
    files = repo.publish() | {"targets/alice": old["targets/alice"]}

    verdict = judge.accepts(files)
    assert "targets/alice" not in verdict.roles
    assert "alice" not in [signer.name for signer in verdict.tags["2.0"].signers]


def test_t078_the_file_of_a_removed_signer_counts_no_more_though_the_snapshot_lists_it(
    judge: Judge,
) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["2.0"] = image("2.0")
    repo.top.edit(
        lambda part: part.__setitem__("delegations", _without(part["delegations"], "targets/alice"))
    )

    verdict = judge.accepts(repo.publish())
    assert "targets/alice" not in verdict.roles
    assert "alice" not in [signer.name for signer in verdict.tags["2.0"].signers]


def _without(delegations: dict[str, Any], name: str) -> dict[str, Any]:
    return delegations | {"roles": [role for role in delegations["roles"] if role["name"] != name]}


BROKEN = ["expired", "unsigned by its key", "too few"]


@pytest.mark.parametrize("defect", BROKEN)
def test_a_broken_releases_role_lends_its_tags_to_nobody(judge: Judge, defect: str) -> None:
    repo = with_releases()
    repo["targets/releases"].targets["1.0"] = image("1.0 released")
    code = _break(repo["targets/releases"], defect)

    verdict = judge.degrades(repo.publish(), code, "targets/releases")
    assert set(verdict.tags) == {"1.0"}
    assert refusal_of(verdict, "2.0") == ("role_broken", "targets/releases")


@pytest.mark.parametrize("defect", BROKEN)
def test_dockers_fallback_is_taken_where_it_is_asked_for(judge: Judge, defect: str) -> None:
    repo = with_releases()
    _break(repo["targets/releases"], defect)
    compatible = ct.Requirements(compatible=True)

    verdict = judge.accepts(repo.publish(), requirements=compatible)
    assert found(verdict, "1.0") == (digest_of("1.0"), "targets")


def test_a_broken_nested_role_shadows_targets_but_not_releases(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa").expires = "2026-01-01T00:00:00Z"

    verdict = judge.degrades(repo.publish(), "expired", "targets/releases/qa")
    assert found(verdict, "2.0") == (digest_of("2.0"), "targets/releases")
    assert refusal_of(verdict, "1.0") == ("role_broken", "targets/releases/qa")


def test_a_broken_role_decides_nothing_of_names_outside_its_paths(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa", paths=["qa-"]).expires = "2026-01-01T00:00:00Z"

    verdict = judge.degrades(repo.publish(), "expired", "targets/releases/qa")
    assert found(verdict, "1.0") == (digest_of("1.0"), "targets")
    assert refusal_of(verdict, "qa-1") == ("role_broken", "targets/releases/qa")


def test_what_a_broken_role_delegates_is_broken_too(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/qa").targets["qa"] = image("qa")
    repo["targets/releases"].expires = "2026-01-01T00:00:00Z"

    verdict = judge.degrades(repo.publish(), "expired", "targets/releases")
    assert "targets/releases/qa" not in verdict.roles
