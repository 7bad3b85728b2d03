"""Metadata that was right once, and the times in which it says so."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository, with_releases
from simulator import GUN, NOW, Repository, after, before

ROLES = ["root", "targets", "snapshot", "timestamp", "targets/releases"]
BASE_ROLES = ROLES[:-1]
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("name", ROLES)
def test_t038_expired_metadata_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    judge.accepts(repo.publish())

    repo[name].expires = before(seconds=1)
    judge.turns_down(repo.publish(), "expired", name)


@pytest.mark.parametrize("name", ROLES)
def test_t038_metadata_without_an_expiry_is_expired(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].forget("expires")

    judge.turns_down(repo.publish(), "expired", name)


@pytest.mark.parametrize("name", BASE_ROLES)
def test_t038_the_same_files_are_refused_once_they_expire(judge: Judge, name: str) -> None:
    repo = repository()
    repo[name].expires = after(days=3)
    files = repo.publish()
    judge.remembers(files)

    judge.accepts(files, now=NOW + timedelta(days=3) - SECOND)
    judge.refuses(files, "expired", name, now=NOW + timedelta(days=3))


def offline(judge: Judge, now: datetime) -> ct.TrustedRepository:
    """What the trust directory alone gives."""
    return ct.load(GUN, trust_dir=judge.trust_dir, now=now, offline=True)


def test_t038_the_cache_alone_is_good_until_it_expires(judge: Judge) -> None:
    judge.lay_docker_cache(repository().publish())

    assert set(offline(judge, NOW + timedelta(days=14) - SECOND).tags) == {"1.0"}
    with pytest.raises(ct.VerificationError) as caught:
        offline(judge, NOW + timedelta(days=14))
    assert (caught.value.code, caught.value.role) == ("expired", "timestamp")


def test_t038_a_timestamp_that_is_withheld_freezes_until_the_cached_one_expires(
    judge: Judge,
) -> None:
    files = repository().publish()
    judge.lay_docker_cache(files)
    withheld = {name: data for name, data in files.items() if name != "timestamp"}

    verdict = judge.accepts(withheld)
    assert "timestamp" in {notice.role for notice in verdict.warnings}
    judge.refuses(withheld, "expired", "timestamp", now=NOW + timedelta(days=14))


def test_t038_a_withheld_timestamp_without_a_cache_is_refused(judge: Judge) -> None:
    files = repository().publish()
    del files["timestamp"]

    judge.refuses(files, "missing_role", "timestamp")


@pytest.mark.parametrize("name", ROLES)
def test_t039_expiry_at_this_very_moment_is_expired(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].expires = after(seconds=1)
    judge.accepts(repo.publish())

    repo[name].expires = after(seconds=0)
    judge.turns_down(repo.publish(), "expired", name)


def test_t039_nanoseconds_count(judge: Judge) -> None:
    repo = repository()
    repo.timestamp.expires = "2026-11-24T00:00:00.000000001Z"
    judge.accepts(repo.publish())
    judge.refuses(repo.publish(), "expired", "timestamp", now=NOW + timedelta(microseconds=1))


def test_t039_a_clock_far_ahead_refuses(judge: Judge) -> None:
    judge.refuses(
        repository().publish(),
        "root_certificate",
        "root",
        now=datetime(2106, 2, 7, tzinfo=timezone.utc),
    )


def test_t039_a_clock_at_its_epoch_refuses_a_root_that_is_not_made_yet(judge: Judge) -> None:
    judge.refuses(
        repository().publish(),
        "root_certificate",
        "root",
        now=datetime(1970, 1, 1, tzinfo=timezone.utc),
    )


def test_t039_the_moment_may_be_given_in_any_zone(judge: Judge) -> None:
    repo = repository()
    repo.timestamp.expires = after(seconds=1)
    zone = timezone(timedelta(hours=-11))

    judge.accepts(repo.publish(), now=NOW.astimezone(zone))
    judge.refuses(repo.publish(), "expired", "timestamp", now=(NOW + SECOND).astimezone(zone))


def test_t039_a_moment_without_a_zone_is_no_moment(judge: Judge) -> None:
    with pytest.raises(ValueError, match="zone"):
        judge.load(repository().publish(), now=NOW.replace(tzinfo=None))


def expiring(text: object) -> Repository:
    """A repository whose timestamp expires at `text`."""
    repo = repository()
    repo.timestamp.expires = text
    return repo


LATE = [
    "2026-11-25T00:00:00Z",
    "2026-11-25T00:00:00.1Z",
    "2026-11-25T00:00:00.123456789Z",
    "2026-11-25T00:00:00.1234567891234Z",
    "2026-11-25T02:00:00+02:00",
    "2026-11-24T02:00:01+02:00",
    "2026-11-23T22:00:01-02:00",
    "2026-11-24T00:00:01-00:00",
    "2026-11-24T23:59:59+23:59",
    "2026-11-23T00:01:01-23:59",
    "2028-02-29T00:00:00Z",
    "9999-12-31T23:59:59Z",
]
PAST = [
    "2026-11-24T00:00:00Z",
    "2026-11-24T01:59:59+02:00",
    "2026-11-23T21:59:59-02:00",
    "2026-11-23T23:59:59.999999999Z",
    "0001-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
]
NO_TIMES = [
    "2026-11-25t00:00:00Z",
    "2026-11-25T00:00:00z",
    "2026-11-25 00:00:00Z",
    "2026-11-25T00:00:00",
    "2026-11-25T00:00:00 Z",
    " 2026-11-25T00:00:00Z",
    "2026-11-25T00:00:00Z ",
    "2026-11-25T00:00:60Z",
    "2026-12-31T23:59:60Z",
    "2026-11-25T24:00:00Z",
    "2026-11-25T00:60:00Z",
    "2026-11-25T00:00Z",
    "2026-11-25",
    "20261125T000000Z",
    "2026-11-31T00:00:00Z",
    "2027-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-11-00T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "+2026-11-25T00:00:00Z",
    "-2026-11-25T00:00:00Z",
    "02026-11-25T00:00:00Z",
    "2026-11-25T00:00:00.Z",
    "2026-11-25T00:00:00+0200",
    "2026-11-25T00:00:00+02",
    "2026-11-25T00:00:00+02:60",
    "2026-11-25T00:00:00+24:00",
    "2026-11-25T00:00:00+02:00Z",
    "2026-11-25T00:00:00UTC",
    "2026-11-2\uff15T00:00:00Z",
    "2026-W48-2T00:00:00Z",
    "1795564800",
    "",
    "never",
]


@pytest.mark.parametrize("text", LATE)
def test_t040_times_as_rfc_3339_writes_them_are_read(judge: Judge, text: str) -> None:
    judge.accepts(expiring(text).publish())


@pytest.mark.parametrize("text", PAST)
def test_t040_times_are_compared_in_utc(judge: Judge, text: str) -> None:
    judge.refuses(expiring(text).publish(), "expired", "timestamp")


@pytest.mark.parametrize("text", NO_TIMES)
def test_t040_what_is_no_time_of_rfc_3339_is_refused(judge: Judge, text: str) -> None:
    judge.refuses(expiring(text).publish(), "malformed", "timestamp")


@pytest.mark.parametrize("value", [1795564800, True, [], {}])
def test_t040_a_time_is_a_string(judge: Judge, value: object) -> None:
    judge.refuses(expiring(value).publish(), "malformed", "timestamp")
