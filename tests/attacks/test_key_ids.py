"""Key ids that name another key than they claim."""

from __future__ import annotations

import pytest

from attacks.judge import Judge, keys_for, repository, with_releases
from simulator import Pairs, key_pair

ROLES = ["root", "targets", "snapshot", "timestamp", "targets/releases"]
WRONG_IDS = {
    "another digest": lambda key: "0" * 64,
    "capitals": lambda key: key.right_id.upper(),
    "shortened": lambda key: key.right_id[:-2],
    "lengthened": lambda key: key.right_id + "00",
    "empty": lambda key: "",
    "one digit off": lambda key: key.right_id[:-1] + ("0" if key.right_id[-1] != "0" else "1"),
}


@pytest.mark.parametrize("wrong", WRONG_IDS.values(), ids=WRONG_IDS.keys())
@pytest.mark.parametrize("name", ROLES)
def test_t007_a_key_filed_under_an_id_that_is_not_its_digest_is_refused(
    judge: Judge, name: str, wrong: object
) -> None:
    repo = with_releases()
    judge.accepts(repo.publish())

    [key] = repo[name].keys
    repo[name].keys = [key.filed(wrong(key))]  # type: ignore[operator]
    judge.refuses(repo.publish(), "key_id", "targets" if name == "targets/releases" else "root")


def test_t007_the_bare_keys_id_does_not_fit_its_certificate(judge: Judge) -> None:
    repo = repository()
    [key] = repo.root.keys
    repo.root.keys = [key.filed(key.canonical_id)]

    judge.refuses(repo.publish(), "key_id", "root")


def test_t007_an_extra_member_of_a_key_does_not_change_its_id(judge: Judge) -> None:
    repo = repository()
    [key] = repo.top.keys
    repo.root.edit(
        lambda signed: signed["keys"][key.id].__setitem__("keyid_hash_algorithms", ["sha256"])
    )

    assert judge.accepts(repo.publish()).roles["targets"].key_ids == (key.id,)


@pytest.mark.parametrize("name", ROLES)
def test_t007_one_id_for_two_contents_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    [key] = repo[name].keys
    other = key_pair("stranger").bare
    delegator = repo.top if name == "targets/releases" else repo.root

    def twice(signed: dict) -> None:
        holder = signed.get("delegations", signed)
        holder["keys"] = Pairs([*holder["keys"].items(), (key.id, other.json)])

    delegator.edit(twice)
    judge.refuses(repo.publish(), "malformed", delegator.name)


@pytest.mark.parametrize("name", ROLES)
def test_t007_a_role_that_names_an_unknown_key_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    [key] = repo[name].keys
    delegator = repo.top if name == "targets/releases" else repo.root
    delegator.edit(lambda signed: signed.get("delegations", signed)["keys"].pop(key.id) and None)

    judge.refuses(repo.publish(), "key_id", delegator.name)


def test_t008_a_delegations_key_under_the_id_of_a_roots_key_is_refused(judge: Judge) -> None:
    repo = repository()
    stranger = key_pair("stranger").bare
    repo.delegate("targets/releases", keys=[stranger.filed(repo.snapshot.keys[0].id)])

    judge.refuses(repo.publish(), "key_id", "targets")


@pytest.mark.parametrize("name", ["snapshot", "timestamp", "targets"])
def test_t008_a_delegations_key_does_not_count_for_a_base_role(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].signers = repo["targets/releases"].keys

    judge.refuses(repo.publish(), "signature", name)


def test_t008_a_roots_key_does_not_count_for_a_delegation(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].signers = repo.top.keys

    judge.degrades(repo.publish(), "signature", "targets/releases")


def test_t008_a_delegation_cannot_borrow_a_key_that_only_root_lists(judge: Judge) -> None:
    repo = with_releases()
    [key] = repo.top.keys
    repo["targets/releases"].keys = [key]
    repo.top.edit(lambda signed: signed["delegations"].__setitem__("keys", {}))

    judge.refuses(repo.publish(), "key_id", "targets")


def test_t008_one_key_may_serve_two_roles_where_both_list_it(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].keys = repo.top.keys

    assert set(judge.accepts(repo.publish()).tags) == {"1.0", "2.0"}


def test_t008_a_nested_delegations_key_does_not_count_for_its_parent(judge: Judge) -> None:
    repo = with_releases()
    nested = repo.delegate("targets/releases/qa")
    repo["targets/releases"].signers = nested.keys

    judge.degrades(repo.publish(), "signature", "targets/releases")


def test_rotation_to_a_key_of_another_kind_is_accepted(judge: Judge) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    repo.rotate("targets", keys_for(repo.top, "next", kind="ed25519"))
    repo.advance("targets")

    assert judge.accepts(repo.publish()).roles["targets"].key_ids == (repo.top.keys[0].id,)
