"""What ends soon, or has ended."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from simulator.keys import key_pair
from simulator.repository import NOW, after, before

ROLES = ["root", "targets", "snapshot", "timestamp", "targets/releases"]


def expiries(findings):
    return [f for f in findings if f.check == "expiry"]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_has_ended_is_a_failure(place, repository, role):
    repository[role].expires = before(days=1)
    place.cache(repository)

    (failure,) = [f for f in expiries(place.examine(repository)) if f.level == "failure"]

    assert failure.message == f"{role} ended {before(days=1)}"
    assert failure.code == "expired"
    assert failure.advice


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_ends_this_very_moment_has_ended(place, repository, role):
    repository[role].expires = after(days=0)
    place.cache(repository)

    assert "failure" in [f.level for f in expiries(place.examine(repository))]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_that_ends_soon_is_a_warning(place, repository, role):
    repository[role].expires = after(days=2, hours=1)
    place.cache(repository)

    (warning,) = expiries(place.examine(repository))

    assert warning.level == "warning"
    assert warning.message == f"{role} ends {after(days=2, hours=1)}, in 2 days"


@pytest.mark.parametrize(
    ("role", "days", "within", "level"),
    [
        ("targets", 29, 30, "warning"),
        ("targets", 31, 30, "ok"),
        ("targets", 31, 90, "warning"),
        ("targets", 10, 5, "ok"),
        ("timestamp", 4, 30, "ok"),
        ("timestamp", 2, 30, "warning"),
        ("timestamp", 2, 1, "ok"),
    ],
)
def test_how_far_ahead_is_looked(place, repository, role, *, days, within, level):
    repository[role].expires = after(days=days)
    place.cache(repository)

    (finding,) = expiries(place.examine(repository, within=timedelta(days=within)))

    assert finding.level == level


@pytest.mark.parametrize(
    ("end", "level"), [(before(days=1), "warning"), (after(days=1), "note"), (after(days=9), "ok")]
)
def test_a_timestamp_that_the_server_can_renew_is_no_failure(place, repository, end, level):
    repository.timestamp.expires = end
    place.cache(repository)

    findings = expiries(place.examine(repository, answering=True))

    assert [f.level for f in findings] == [level]


def test_only_the_timestamp_is_renewed_by_asking(place, repository):
    repository.snapshot.expires = before(days=1)
    place.cache(repository)

    findings = expiries(place.examine(repository, answering=True))

    assert [f.level for f in findings] == ["failure"]


@pytest.mark.parametrize(
    ("days", "level"), [(-1, "failure"), (20, "warning"), (29, "warning"), (31, "ok")]
)
def test_the_root_certificate_ends_too(place, repository, days, level):
    end = NOW + timedelta(days=days)
    repository.root.keys = [key_pair("short").certified(repository.gun, not_after=end)]
    place.cache(repository)

    findings = expiries(place.examine(repository))

    assert [f.level for f in findings] == [level]
    if level != "ok":
        assert findings[0].message.startswith(f"root certificate end{'ed' if days < 0 else 's'} ")


def test_an_absent_expiry_counts_as_ended(place, repository):
    repository.top.forget("expires")
    place.cache(repository)

    (failure,) = [f for f in expiries(place.examine(repository)) if f.level == "failure"]

    assert "targets names no moment" in failure.message


def test_a_file_left_over_from_a_removed_delegation_does_not_count(place, repository):
    leftover = repository["targets/releases"]
    leftover.expires = before(days=1)
    data = repository.publish()["targets/releases"]
    repository.top.children.clear()
    place.cache(repository)
    file = place.metadata(repository.gun) / "targets" / "releases.json"
    file.parent.mkdir()
    file.write_bytes(data)
    file.chmod(0o600)

    assert [f.level for f in expiries(place.examine(repository))] == ["ok"]


def test_the_end_of_time_is_no_obstacle(place, repository):
    place.cache(repository)
    moment = datetime(9999, 12, 31, tzinfo=timezone.utc)

    findings = expiries(place.examine(repository, at=moment))

    assert {f.level for f in findings} == {"failure"}
