"""Metadata that is older than what was trusted before."""

from __future__ import annotations

import pytest

from attacks.judge import Judge, keys_for, repository, with_releases
from simulator import Repository, after, image

ROLES = ["timestamp", "snapshot", "targets", "targets/releases", "targets/releases/qa"]


def at_version(version: int) -> Repository:
    """A repository with nested delegations, every role but root at that version."""
    repo = with_releases()
    repo.delegate("targets/releases/qa", paths=["qa-"]).targets["qa-1"] = image("qa-1")
    for name in ROLES:
        repo[name].version = version
    return repo


@pytest.mark.parametrize("name", ROLES)
def test_t033_t034_t035_a_lower_version_than_remembered_is_refused(judge: Judge, name: str) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    for role in ROLES:
        repo[role].version = 6
    judge.accepts(repo.publish())

    repo[name].version = 4
    judge.refuses(repo.publish(), "rollback", name)


@pytest.mark.parametrize("name", ROLES)
def test_t035_a_lower_version_than_in_dockers_cache_is_refused(judge: Judge, name: str) -> None:
    repo = at_version(5)
    judge.lay_docker_cache(repo.publish())
    repo[name].version = 4
    repo[name].expires = after(days=13)
    files = repo.publish()

    judge.refuses(files, "rollback", name)


def test_t034_a_smaller_file_is_no_way_around_the_version_check(judge: Judge) -> None:
    repo = at_version(5)
    repo.top.targets |= {f"tag-{number}": image(str(number)) for number in range(9)}
    big = repo.publish()
    judge.lay_docker_cache(big)
    repo.top.targets = {"1.0": image("1.0 of old")}
    repo.top.version = 4
    repo.advance()
    small = repo.publish()
    assert len(small["targets"]) < len(big["targets"])

    judge.refuses(small, "rollback", "targets")


@pytest.mark.parametrize("name", ROLES)
def test_t033_the_same_version_with_other_content_is_accepted_with_a_warning(
    judge: Judge, name: str
) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    for role in ROLES:
        repo[role].version = 6
    repo[name].version = 5
    repo[name].expires = after(days=10)

    warnings = judge.accepts(repo.publish()).warnings
    assert [(notice.role, notice.code) for notice in warnings] == [(name, "version")]


def test_t033_the_same_files_again_are_accepted_without_a_warning(judge: Judge) -> None:
    files = at_version(5).publish()
    judge.remembers(files)

    assert judge.accepts(files).warnings == ()


def test_t033_a_timestamp_that_names_an_older_snapshot_is_refused(judge: Judge) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    repo.timestamp.version = 6
    repo.snapshot.version = 4

    judge.refuses(repo.publish(), "rollback", "snapshot")


def test_t034_the_remembered_version_counts_though_the_snapshot_file_was_lost(judge: Judge) -> None:
    repo = at_version(5)
    files = repo.publish()
    judge.remembers(files)
    for path in (judge.trust_dir / "tuf").rglob("*.json"):
        path.unlink()
    repo.timestamp.version = 6
    repo.snapshot.version = 4

    judge.refuses(repo.publish(), "rollback", "snapshot")


@pytest.mark.parametrize("name", ["targets/releases", "targets/releases/qa"])
def test_t034_a_role_that_vanishes_from_the_snapshot_is_refused(judge: Judge, name: str) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    repo.advance("targets")
    repo.snapshot.edit(lambda signed: signed["meta"].pop(name) and None)

    judge.refuses(repo.publish(), "missing_role", name)


@pytest.mark.parametrize("name", ["targets/releases", "targets/releases/qa"])
def test_t034_a_role_that_its_delegator_dropped_may_leave_the_snapshot(
    judge: Judge, name: str
) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    parent = repo[name.rpartition("/")[0]]
    parent.children = []
    repo.advance(parent.name)

    verdict = judge.accepts(repo.publish())
    assert name not in verdict.roles
    assert verdict.degraded == ()


def test_t034_a_role_that_was_dropped_and_comes_back_starts_anew(judge: Judge) -> None:
    """As when a signer is removed and added again: `targets` vouches for both steps."""
    repo = at_version(5)
    judge.remembers(repo.publish())
    children = repo.top.children
    repo.top.children = []
    repo.advance("targets")
    judge.remembers(repo.publish())
    repo.top.children = children
    repo["targets/releases"].version = 1
    repo.advance("targets")

    assert judge.accepts(repo.publish()).roles["targets/releases"].version == 1


@pytest.mark.parametrize("name", ROLES)
def test_t036_a_refused_older_file_does_not_block_the_next_good_one(
    judge: Judge, name: str
) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    repo[name].version = 4
    judge.refuses(repo.publish(), "rollback", name, remember=True)
    for role in ROLES:
        repo[role].version = 6

    judge.accepts(repo.publish(), remember=True)
    repo[name].version = 5
    judge.refuses(repo.publish(), "rollback", name, remember=True)


@pytest.mark.parametrize("name", ROLES)
def test_t036_what_was_refused_is_not_remembered(judge: Judge, name: str) -> None:
    repo = at_version(5)
    judge.remembers(repo.publish())
    for role in ROLES:
        repo[role].version = 9
    repo[name].signers = []
    judge.refuses(repo.publish(), "signature", name, remember=True)

    for role in ROLES:
        repo[role].version = 5
    repo[name].signers = None
    repo[name].version = 6
    judge.accepts(repo.publish(), remember=True)


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("version", [2**31 - 1, 2**31, 2**32, 2**53 - 1, 2**53])
def test_t041_large_versions_are_compared_without_overflow(
    judge: Judge, name: str, version: int
) -> None:
    repo = at_version(1)
    repo[name].version = version
    judge.remembers(repo.publish())
    judge.accepts(repo.publish())

    repo[name].version = 2
    judge.refuses(repo.publish(), "rollback", name)


@pytest.mark.parametrize("version", [2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**400])
@pytest.mark.parametrize("name", ["root", *ROLES[:-1]])
def test_t041_versions_beyond_exact_numbers_are_refused(
    judge: Judge, name: str, version: int
) -> None:
    repo = at_version(1)
    repo[name].version = version
    files = repo.publish()

    judge.refuses(files, _code_of_version(version), name)


def _code_of_version(version: int) -> str:
    """A number that no JSON reader can hold spoils the document before any version is read."""
    return "version" if version < 2**64 else "malformed"


@pytest.mark.parametrize("name", ["timestamp", "snapshot"])
def test_t041_a_rotation_of_the_key_recovers_from_a_fast_forward(judge: Judge, name: str) -> None:
    repo = at_version(5)
    repo[name].version = 2**53
    judge.remembers(repo.publish())
    repo.rotate(name, keys_for(repo[name], "recovered"))
    for role in ("timestamp", "snapshot"):
        repo[role].version = 6

    assert judge.accepts(repo.publish()).state.versions[name] == 6


def test_t041_a_rotation_of_another_roles_key_recovers_nothing(judge: Judge) -> None:
    repo = at_version(5)
    repo.timestamp.version = 2**53
    judge.remembers(repo.publish())
    repo.rotate("targets", keys_for(repo.top, "recovered"))
    repo.advance("targets")
    repo.timestamp.version = 6

    judge.refuses(repo.publish(), "rollback", "timestamp")


def test_t041_a_key_added_beside_the_old_one_recovers_nothing(judge: Judge) -> None:
    repo = at_version(5)
    repo.timestamp.version = 2**53
    judge.remembers(repo.publish())
    repo.rotate("timestamp", [*repo.timestamp.keys, *keys_for(repo.timestamp, "recovered")])
    repo.advance()
    repo.timestamp.version = 6

    judge.refuses(repo.publish(), "rollback", "timestamp")


def test_t043_delegations_that_were_there_cannot_be_left_out(judge: Judge) -> None:
    repo = with_releases()
    judge.remembers(repo.publish())
    repo.advance()
    for role in repo.top.descendants():
        role.published = False

    judge.refuses(repo.publish(), "missing_role", "targets/releases")


@pytest.mark.parametrize("memory", ["our record", "Docker's cache"])
def test_a_signer_added_again_with_another_key_may_have_signed_nothing_yet(
    judge: Judge, memory: str
) -> None:
    repo = repository()
    alice = repo.delegate("targets/alice")
    files = repo.publish()
    if memory == "our record":
        judge.remembers(files)
    else:
        judge.lay_docker_cache({name: data for name, data in files.items() if name != "1.root"})
    repo.advance()
    alice.published = False
    judge.refuses(repo.publish(), "missing_role", "targets/alice")

    alice.keys = alice.signers = keys_for(alice, "another")
    assert judge.accepts(repo.publish()).degraded == ()


def test_t043_delegations_may_go_where_targets_says_so(judge: Judge) -> None:
    repo = with_releases()
    judge.remembers(repo.publish())
    repo.top.children = []
    repo.advance("targets")

    assert set(judge.accepts(repo.publish()).tags) == {"1.0"}
