"""Thresholds that switch the check off, or that nobody can meet."""

from __future__ import annotations

from typing import Any

import pytest

from attacks.judge import Judge, keys_for, repository, with_releases
from simulator import Raw

NO_THRESHOLDS = [
    pytest.param(value, id=str(getattr(value, "text", value)))
    for value in (
        0,
        -1,
        Raw("1.0"),
        Raw("1e0"),
        "1",
        True,
        None,
        [],
        {},
        2**53 + 1,
        2**63,
        Raw("-0"),
    )
]
ROLES = ["root", "targets", "snapshot", "timestamp", "targets/releases"]


@pytest.mark.parametrize("value", NO_THRESHOLDS)
@pytest.mark.parametrize("name", ROLES)
def test_t005_what_is_no_count_of_keys_is_no_threshold(judge: Judge, name: str, value: Any) -> None:
    repo = with_releases()
    judge.accepts(repo.publish())

    repo[name].threshold = value
    judge.refuses(repo.publish(), "threshold", "targets" if name == "targets/releases" else "root")


@pytest.mark.parametrize("name", ROLES)
def test_t005_a_threshold_that_no_number_can_hold_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].threshold = 2**64

    judge.refuses(repo.publish(), "malformed", "targets" if name == "targets/releases" else "root")


@pytest.mark.parametrize("name", ROLES[:-1])
def test_t005_a_role_without_threshold_is_refused(judge: Judge, name: str) -> None:
    repo = repository()
    repo.root.edit(lambda signed: signed["roles"][name].pop("threshold") and None)

    judge.refuses(repo.publish(), "threshold", "root")


def test_t005_a_delegation_without_threshold_is_refused(judge: Judge) -> None:
    repo = with_releases()
    repo.top.edit(lambda signed: signed["delegations"]["roles"][0].pop("threshold") and None)

    judge.refuses(repo.publish(), "threshold", "targets")


def test_t005_a_threshold_of_zero_does_not_make_an_unsigned_role_count(judge: Judge) -> None:
    repo = repository()
    repo.top.threshold = 0
    repo.top.signers = []

    judge.refuses(repo.publish(), "threshold", "root")


@pytest.mark.parametrize("name", ROLES)
def test_t006_a_threshold_above_the_number_of_keys_is_never_met(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].keys = keys_for(repo[name], "first", "second")
    repo[name].threshold = 3

    judge.turns_down(repo.publish(), "threshold", name)


@pytest.mark.parametrize("name", ROLES)
def test_t006_two_of_three_keys_meet_a_threshold_of_two_and_one_does_not(
    judge: Judge, name: str
) -> None:
    repo = with_releases()
    repo[name].keys = keys_for(repo[name], "first", "second", "third")
    repo[name].threshold = 2
    repo[name].signers = repo[name].keys[1:]
    assert set(judge.accepts(repo.publish()).tags) == {"1.0", "2.0"}

    repo[name].signers = repo[name].keys[1:2]
    judge.turns_down(repo.publish(), "threshold", name)


@pytest.mark.parametrize("name", ROLES[1:-1])
def test_t006_a_role_whose_only_key_is_missing_is_refused(judge: Judge, name: str) -> None:
    repo = repository()
    signers = list(repo[name].keys)
    repo[name].keys = []
    repo[name].signers = signers

    judge.refuses(repo.publish(), "signature", name)


def test_t006_a_delegation_without_keys_is_broken(judge: Judge) -> None:
    repo = with_releases()
    releases = repo["targets/releases"]
    releases.signers = list(releases.keys)
    releases.keys = []

    judge.degrades(repo.publish(), "signature", "targets/releases")
