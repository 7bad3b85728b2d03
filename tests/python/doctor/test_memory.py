"""Docker's cache against our record: what another client did is seen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contenttrust.verification import run
from simulator.keys import key_pair
from simulator.repository import NOW, Repository, before


def told(findings, level):
    return [(f.check, f.code) for f in findings if f.level == level]


def verified(place, repository):
    """What a verification says where the server has a repository: "verified", or the code."""
    outcome = run(
        repository.gun,
        source=repository.publish(),
        trust_dir=place.path,
        now=NOW,
        remember=False,
    ).outcome
    return getattr(outcome, "code", "verified")


def test_a_cache_that_was_just_verified_is_fine(place, repository):
    place.verify(repository)

    findings = place.examine(repository)

    assert [f.level for f in findings] == ["ok", "ok"]
    assert {f.subject for f in findings} == {repository.gun}


@pytest.mark.parametrize("role", ["timestamp", "snapshot", "targets", "targets/releases"])
def test_a_version_below_the_record_is_another_client_that_went_back(place, repository, role):
    older = repository.publish()[role]
    repository.advance("targets", "targets/releases")
    place.verify(repository)
    (place.metadata(repository.gun) / f"{role}.json").write_bytes(older)

    findings = place.examine(repository)

    failures = [f for f in findings if f.level == "failure"]
    assert f"version 1 of {role}, but version 2 was trusted here" in failures[0].message
    assert failures[0].code == "rollback"


def test_a_cached_root_below_the_record_is_a_rollback(place, repository):
    older = repository.publish()["root"]
    repository.rotate("targets", [key_pair("another").bare])
    repository.advance("targets")
    place.verify(repository)
    (place.metadata(repository.gun) / "root.json").write_bytes(older)

    assert ("cache", "rollback") in told(place.examine(repository), "failure")


def test_a_count_that_began_anew_with_other_keys_is_no_rollback(place, repository):
    repository.advance()
    repository.advance()
    place.verify(repository)
    repository.rotate("timestamp", [key_pair("new timestamp").bare])
    repository.snapshot.version += 1
    repository.timestamp.version = 1
    place.cache(repository)

    findings = place.examine(repository)

    assert told(findings, "failure") == []
    (note,) = [f for f in findings if f.level == "note"]
    assert "version 1 of timestamp" in note.message
    assert "before its keys changed" in note.message


def test_another_root_of_the_same_version_is_a_failure(place, repository):
    place.verify(repository)
    stranger = Repository()
    stranger.root.keys = [key_pair("stranger").certified(stranger.gun)]
    place.cache(stranger)

    assert ("cache", "anchor_conflict") in told(place.examine(repository), "failure")


def test_an_altered_file_is_a_failure(place, repository):
    place.verify(repository)
    file = place.metadata(repository.gun) / "targets.json"
    file.write_bytes(file.read_bytes().replace(b'"1.0"', b'"1.1"'))

    assert told(place.examine(repository), "failure") == [("cache", "hash")]


def test_an_expired_timestamp_does_not_hide_an_altered_file(place, repository):
    place.verify(repository)
    file = place.metadata(repository.gun) / "targets.json"
    file.write_bytes(file.read_bytes().replace(b'"1.0"', b'"1.1"'))

    findings = place.examine(repository, at=NOW + timedelta(days=20))

    assert told(findings, "failure") == [("expiry", "expired"), ("cache", "hash")]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"signed": {"version": true}}', b"[" * 9999]
)
@pytest.mark.parametrize("role", ["root", "timestamp", "targets/releases"])
def test_a_damaged_file_is_told_by_its_role(place, repository, role, content):
    place.verify(repository)
    (place.metadata(repository.gun) / f"{role}.json").write_bytes(content)

    (failure,) = [f for f in place.examine(repository) if f.level == "failure"]

    assert failure.message == f"the cached file of {role} is damaged"


def test_an_incomplete_cache_cannot_be_verified_offline_and_is_no_failure(place, repository):
    place.verify(repository)
    (place.metadata(repository.gun) / "snapshot.json").unlink()

    findings = place.examine(repository)

    assert told(findings, "failure") == []
    assert ("cache", "missing_role") in told(findings, "note")


def test_what_only_another_client_knows_is_a_note(place, repository):
    place.cache(repository)

    findings = place.examine(repository)

    assert [(f.check, f.level) for f in findings] == [("expiry", "ok"), ("cache", "note")]
    assert "has not verified it here" in findings[-1].message


def test_what_only_the_record_knows_is_a_note_and_its_root_still_ends(place, repository):
    repository.root.expires = "2026-12-01T00:00:00Z"
    place.verify(repository)
    for file in place.metadata(repository.gun).rglob("*.json"):
        file.unlink()

    findings = place.examine(repository)

    assert [(f.check, f.level) for f in findings] == [("expiry", "warning"), ("cache", "note")]


def test_a_broken_delegation_is_a_warning(place, repository):
    repository["targets/releases"].keys = []
    repository["targets/releases"].signers = [key_pair("gone").bare]
    place.cache(repository)

    (warning,) = [f for f in place.examine(repository) if f.level == "warning"]

    assert warning.message.startswith("targets/releases is left out")


def test_a_damaged_record_leaves_the_expiries_to_be_told(place, repository):
    place.verify(repository)
    place.records[0].write_text("{}")

    findings = place.examine(repository, at=NOW + timedelta(days=20))

    assert told(findings, "failure") == [("expiry", "expired")]


@pytest.mark.parametrize("gun", ["my app/web", "host/a*b"])
def test_a_name_that_only_notary_takes_is_told(place, gun):
    other = Repository(gun)
    place.cache(other)

    (failure,) = [f for f in place.examine(other) if f.level == "failure"]

    assert failure.subject == gun
    assert "it cannot be verified" in failure.message


def test_a_root_newer_than_the_ended_files_is_no_forgery(place, repository):
    repository.timestamp.expires = before(days=100)
    repository.root.keys = [
        key_pair("young").certified(repository.gun, not_before=NOW - timedelta(days=5))
    ]
    place.cache(repository)

    assert told(place.examine(repository), "failure") == [("expiry", "expired")]


def test_a_cache_that_others_may_write_is_a_failure(place, repository):
    place.verify(repository)
    (place.metadata(repository.gun) / "root.json").chmod(0o666)

    (failure,) = place.examine(repository)

    assert failure.level == "failure"
    assert "writable by others" in failure.message


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize(
    "content", [b"{", b'"version":7', b'"expires":"3'], ids=["damaged", "newer", "altered"]
)
@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "targets/releases"])
def test_the_advice_says_truly_whether_verify_repairs_the_cache(
    place, repository, role, content, remembered
):
    (place.verify if remembered else place.cache)(repository)
    file = place.metadata(repository.gun) / f"{role}.json"
    if content != b"{":
        old = b'"version":1' if b"version" in content else b'"expires":"2'
        assert old in file.read_bytes()
        content = file.read_bytes().replace(old, content)
    file.write_bytes(content)

    (failure,) = [
        f for f in place.examine(repository) if f.check == "cache" and f.level == "failure"
    ]

    outcome = verified(place, repository)
    assert ("brings the cache up to date" in failure.advice) == (outcome == "verified"), outcome
    assert ("refuses too" in failure.advice) == (outcome != "verified"), outcome


def test_a_collection_that_was_made_anew_is_not_said_to_be_repaired_by_verify(place, repository):
    place.verify(repository)
    anew = Repository()
    anew.root.keys = [key_pair("anew").certified(anew.gun)]
    place.cache(anew)

    (failure,) = [f for f in place.examine(repository) if f.level == "failure"]

    assert verified(place, repository) == verified(place, anew) == "anchor_conflict"
    assert "refuses too" in failure.advice
    assert "publisher" in failure.advice


def test_a_root_below_the_record_is_repaired_by_verify_as_the_advice_says(place, repository):
    older = repository.publish()["root"]
    repository.rotate("targets", [key_pair("another").bare])
    repository.advance("targets")
    place.verify(repository)
    (place.metadata(repository.gun) / "root.json").write_bytes(older)

    failures = [f for f in place.examine(repository) if f.level == "failure"]

    assert verified(place, repository) == "verified"
    assert all("brings the cache up to date" in failure.advice for failure in failures)


def test_nothing_is_written(place, repository):
    place.verify(repository)
    repository.advance("targets")
    place.cache(repository)
    before = {p: (p.lstat().st_mtime_ns, p.lstat().st_mode) for p in place.path.rglob("*")}

    place.examine(repository)
    place.examine(repository, at=NOW + timedelta(days=20))

    assert {p: (p.lstat().st_mtime_ns, p.lstat().st_mode) for p in place.path.rglob("*")} == before


def test_only_a_silent_server_leaves_the_rest_unknown(place, repository):
    place.verify(repository)
    (place.metadata(repository.gun) / "root.json").chmod(0o666)

    (failure,) = place.examine(repository)

    assert failure.code == "unreachable"  # the trust directory's own word
    assert not failure.unanswered
