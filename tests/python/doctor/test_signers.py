"""Who may release: signers that a removal left behind are named."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contenttrust.doctor import examine, signers
from simulator.keys import key_pair
from simulator.repository import NOW, Repository
from simulator.roles import image

ALICE, BOB = key_pair("alice"), key_pair("bob")


@pytest.fixture
def with_signers():
    made = Repository()
    made.targets["1.0"] = image("one")
    made.delegate("targets/alice", keys=[ALICE.bare])
    made.delegate("targets/releases", keys=[ALICE.bare, BOB.bare])
    return made


def found(place, repository, *, removes_nobody=False):
    return list(
        signers.check(str(place.path), repository.gun, at=NOW, removes_nobody=removes_nobody)
    )


def test_a_key_that_releases_for_no_signer_is_a_warning(place, with_signers):
    place.verify(with_signers)
    [finding] = found(place, with_signers)
    assert finding.level == "warning"
    assert "keys of no signer" in finding.message


def test_a_signer_who_has_not_signed_yet_is_no_stranger(place, with_signers):
    """`signer add` gives a key its delegation; the file comes with the first signature."""
    with_signers.delegate("targets/bob", keys=[BOB.bare]).published = False
    place.verify(with_signers)
    assert found(place, with_signers) == []
    [note] = found(place, with_signers, removes_nobody=True)
    assert "may sign: alice, bob." in note.message


def test_a_key_left_in_releases_that_nobody_has_signed_for_is_a_warning_too(place, with_signers):
    with_signers["targets/releases"].published = False
    place.verify(with_signers)
    [finding] = found(place, with_signers)
    assert "keys of no signer" in finding.message


def test_signers_are_named_where_docker_removes_nobody(place, with_signers):
    place.verify(with_signers)
    first, _ = found(place, with_signers, removes_nobody=True)
    assert first.level == "note"
    assert "may sign: alice." in first.message


def test_trap_15_keys_in_ended_certificates_are_a_warning(place, with_signers):
    """They can still sign, by Notary's design: nobody looks at the dates."""
    span = {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)}
    ended, valid = ALICE.certified("alice", **span), ALICE.certified("alice", serial=2)
    for role in ("targets/alice", "targets/releases"):
        with_signers[role].keys = [ended]
        with_signers[role].signers = [ended]
    place.verify(with_signers)
    [finding] = found(place, with_signers)
    assert finding.level == "warning"
    named = f"({ALICE.bare.id[:12]}, until 2026-11-23)"
    assert f"ended: targets/alice {named}, targets/releases {named}." in finding.message
    for more in (valid, ALICE.bare):
        with_signers["targets/alice"].keys = [ended, more]
        with_signers.advance("targets")
        place.verify(with_signers)
        [finding] = found(place, with_signers)
        assert f"ended: targets/releases {named}." in finding.message


def test_without_signers_nothing_is_said(place, repository):
    place.verify(repository)
    assert found(place, repository, removes_nobody=True) == []


def test_what_does_not_verify_is_told_elsewhere(place, with_signers):
    place.verify(with_signers)
    (place.metadata(with_signers.gun) / "root.json").write_text("{}")
    assert found(place, with_signers) == []


@pytest.mark.parametrize(("version", "said"), [("28.2.2", True), ("20.10.24", False)])
def test_the_docker_here_decides(place, with_signers, program, version, said):
    place.verify(with_signers)
    path = str(program(f"echo 'Docker version {version}, build x'").parent)
    findings = examine(env={"PATH": path}, now=NOW, trust_dir=str(place.path))
    assert any("may sign: alice." in one.message for one in findings) == said
