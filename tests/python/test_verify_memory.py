"""Verification between runs: what is remembered, what is cached, what a missing answer means."""

from __future__ import annotations

import errno
import json
import logging
import os

import pytest

import contenttrust as ct
from contenttrust.errors import (
    ExpiredError,
    RecordError,
    RollbackError,
    RootChainError,
    TrustDirectoryError,
    UnreachableError,
)
from contenttrust.transport.cache import TrustDirectory
from contenttrust.transport.directory import DirectorySource
from contenttrust.verification import run
from vector_case import Case, Remote, tags_of


@pytest.fixture
def case(vectors):
    return lambda name: Case(vectors / name)


@pytest.fixture
def good(case):
    return case("good-releases-precedence")


@pytest.fixture
def lasting(case):
    """A vector that the system clock will accept for decades."""
    return case("good-syn-two-root-keys")


@pytest.fixture(autouse=True)
def trust_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "trust"


def test_the_first_use_is_logged_and_only_the_first(lasting, trust_dir, caplog):
    ct.load(lasting.gun, source=Remote(lasting))
    (record,) = caplog.records
    assert (record.levelno, record.name) == (logging.WARNING, "contenttrust.verify")
    assert lasting.gun in record.getMessage()
    caplog.clear()
    repository = ct.load(lasting.gun, source=Remote(lasting))
    assert not caplog.records
    assert TrustDirectory(trust_dir).state(lasting.gun) == repository.state


def test_files_in_hand_and_other_moments_write_nothing_unless_asked(lasting, trust_dir):
    for source in (lasting.tuf, str(lasting.tuf), lasting.files, DirectorySource(lasting.tuf)):
        ct.load(lasting.gun, source=source)
    ct.load(lasting.gun, source=Remote(lasting), now=lasting.at)
    ct.load(lasting.gun, source=Remote(lasting), remember=False)
    assert not trust_dir.exists()
    ct.load(lasting.gun, source=lasting.tuf, now=lasting.at, remember=True)
    assert TrustDirectory(trust_dir).state(lasting.gun) is not None
    assert TrustDirectory(trust_dir).cached(lasting.gun)["root"] == lasting.files["root"]


def test_a_given_trust_directory_is_used(lasting, trust_dir, tmp_path):
    ct.load(lasting.gun, source=Remote(lasting), trust_dir=tmp_path / "own")
    assert TrustDirectory(tmp_path / "own").state(lasting.gun) is not None
    assert not trust_dir.exists()


def test_t042_a_damaged_record_refuses_even_good_metadata(lasting, trust_dir):
    ct.load(lasting.gun, source=Remote(lasting))
    (record,) = (trust_dir / "contenttrust").glob("*.json")
    record.write_bytes(b"")
    with pytest.raises(RecordError, match="record"):
        ct.load(lasting.gun, source=Remote(lasting))


def test_t033_what_is_remembered_guards_against_older_metadata(case, trust_dir):
    rotated = case("good-root-rotation")
    ct.load(rotated.gun, source=rotated.tuf, now=rotated.at, remember=True)
    older = rotated.files | {"root": rotated.files["1.root"]}
    with pytest.raises(RollbackError) as caught:
        ct.load(rotated.gun, source=older, now=rotated.at)
    assert caught.value.role == "root"


def test_docker_s_cache_guards_against_older_metadata_too(case, trust_dir):
    rolled_back = case("bad-rollback-targets-smaller")
    rolled_back.lay_cache(trust_dir)
    with pytest.raises(RollbackError):
        ct.load(rolled_back.gun, source=rolled_back.tuf, now=rolled_back.at)


def test_a_root_that_was_accepted_is_remembered_although_a_later_step_refuses(case, trust_dir):
    rotated = case("good-root-rotation")
    trust = TrustDirectory(trust_dir)
    newest = int(json.loads(rotated.files["root"])["signed"]["version"])
    broken = rotated.files | {"timestamp": b"{}"}
    with pytest.raises(ct.VerificationError) as caught:
        ct.load(rotated.gun, source=broken, now=rotated.at, remember=True)
    assert caught.value.role == "timestamp"
    assert trust.state(rotated.gun).root_version == newest
    assert trust.cached(rotated.gun) == {}
    again = ct.load(rotated.gun, source=rotated.tuf, now=rotated.at)
    assert [notice for notice in again.warnings if notice.code == "first_use"] == []


def test_t012_a_root_that_was_refused_is_not_remembered(case, trust_dir):
    bad = case("bad-rotation-new-key-only")
    bad.lay_cache(trust_dir)
    before = {path: path.read_bytes() for path in trust_dir.rglob("*.json")}
    with pytest.raises(RootChainError):
        ct.load(bad.gun, source=bad.tuf, now=bad.at, remember=True)
    old = json.loads((bad.trusted / "root.json").read_bytes())["signed"]["version"]
    state = TrustDirectory(trust_dir).state(bad.gun)
    assert state is None or state.root_version == old
    for path, data in before.items():
        assert path.read_bytes() == data


def lay_first_files(case, trust_dir):
    """What `init` leaves of a collection before it is published."""
    metadata = trust_dir / "tuf" / case.gun / "metadata"
    metadata.mkdir(parents=True)
    for role in ("root", "targets"):
        (metadata / f"{role}.json").write_bytes(case.files[role])


class Nothing:
    """A server that has nothing, or does not answer."""

    def __init__(self, answer=None):
        self.answer = answer

    def fetch(self, gun, files):
        return [self.answer] * len(files)


@pytest.mark.parametrize("answer", [None, UnreachableError("no route")])
def test_a_first_root_that_no_server_has_is_not_remembered(lasting, trust_dir, answer):
    """It may be begun anew, as by notary, which knows nothing of our record."""
    lay_first_files(lasting, trust_dir)
    with pytest.raises(ct.ContentTrustError):
        ct.load(lasting.gun, source=Nothing(answer))
    assert TrustDirectory(trust_dir).state(lasting.gun) is None


def test_a_first_root_beside_which_a_server_has_another_one_is_not_remembered(
    case, lasting, trust_dir
):
    lay_first_files(lasting, trust_dir)
    other = case("good-root-rotation").files
    with pytest.raises(RootChainError):
        ct.load(lasting.gun, source=other | {"root": other["1.root"]}, remember=True)
    assert TrustDirectory(trust_dir).state(lasting.gun) is None


def test_a_first_root_that_a_server_has_is_remembered_although_a_later_step_refuses(
    lasting, trust_dir
):
    lay_first_files(lasting, trust_dir)
    broken = lasting.files | {"timestamp": b"{}"}
    with pytest.raises(ct.VerificationError):
        ct.load(lasting.gun, source=broken, remember=True)
    assert TrustDirectory(trust_dir).state(lasting.gun).root_document == lasting.files["root"]


@pytest.mark.parametrize("roles", [["root"], ["root", "targets", "timestamp"]])
def test_a_cached_root_that_a_server_had_is_remembered_whatever_it_says_now(
    lasting, trust_dir, roles
):
    metadata = trust_dir / "tuf" / lasting.gun / "metadata"
    metadata.mkdir(parents=True)
    for role in roles:
        (metadata / f"{role}.json").write_bytes(lasting.files[role])
    with pytest.raises(ct.ContentTrustError):
        ct.load(lasting.gun, source=Nothing())
    assert TrustDirectory(trust_dir).state(lasting.gun).root_version == 1


def full_disk(*arguments, **facts):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_acceptance_that_cannot_be_remembered_is_none(lasting, monkeypatch):
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(TrustDirectoryError):
        ct.load(lasting.gun, source=Remote(lasting))
    assert isinstance(run(lasting.gun, source=Remote(lasting)).outcome, TrustDirectoryError)


def test_a_refusal_stands_although_it_cannot_be_remembered(case, trust_dir, monkeypatch):
    rotated = case("good-root-rotation")
    monkeypatch.setattr(os, "replace", full_disk)
    broken = rotated.files | {"timestamp": b"{}"}
    with pytest.raises(ct.VerificationError):
        ct.load(rotated.gun, source=broken, now=rotated.at, remember=True)
    with pytest.raises(TrustDirectoryError, match="No space left"):
        ct.load(rotated.gun, source=rotated.tuf, now=rotated.at, remember=True)


@pytest.mark.parametrize("name", ["root", "timestamp", "snapshot", "targets", "targets/releases"])
def test_t044_a_file_that_could_not_be_fetched_leaves_the_answer_open(good, name):
    with pytest.raises(UnreachableError, match="no route") as caught:
        ct.load(good.gun, source=Remote(good, name), now=good.at)
    assert caught.value.role == name
    assert isinstance(caught.value.__cause__, ct.VerificationError)


def test_t044_a_link_of_the_root_chain_that_could_not_be_fetched_leaves_the_answer_open(
    case, trust_dir
):
    gap = case("bad-real-root-gap")
    gap.lay_cache(trust_dir)
    with pytest.raises(RootChainError) as refused:
        ct.load(gap.gun, source=Remote(gap), now=gap.at)
    missing = refused.value.expected.removesuffix(".json")
    with pytest.raises(UnreachableError):
        ct.load(gap.gun, source=Remote(gap, missing), now=gap.at)
    bad = case("bad-rotation-broken-link")
    bad.lay_cache(trust_dir)
    with pytest.raises(RootChainError):
        ct.load(bad.gun, source=Remote(bad, "timestamp"), now=bad.at)


def test_a_refusal_for_another_reason_is_not_hidden_by_a_failed_fetch(case):
    expired = case("bad-expired-timestamp")
    with pytest.raises(ExpiredError):
        ct.load(expired.gun, source=Remote(expired, "snapshot", "1.root"), now=expired.at)


def test_t044_without_a_server_a_fresh_cache_is_enough_and_told(good, trust_dir):
    ct.load(good.gun, source=good.tuf, now=good.at, remember=True)
    everything = ("root", "timestamp", "snapshot", "targets", "targets/releases")
    for facts in ({"source": Remote(good, *everything)}, {"offline": True}):
        repository = ct.load(good.gun, now=good.at, **facts)
        assert tags_of(repository) == good.tags
        assert "timestamp" in {notice.role for notice in repository.warnings}


def test_t038_without_a_server_a_stale_cache_is_refused(good, trust_dir):
    ct.load(good.gun, source=good.tuf, now=good.at, remember=True)
    with pytest.raises(ExpiredError):
        ct.load(good.gun, offline=True, now=good.at.replace(year=2027))


def test_offline_with_an_empty_cache_the_answer_is_open(good):
    with pytest.raises(UnreachableError, match="offline"):
        ct.load(good.gun, offline=True, now=good.at)


def test_offline_nothing_is_written(lasting, trust_dir):
    ct.load(lasting.gun, source=lasting.tuf, remember=True)
    before = {path: path.stat().st_mtime_ns for path in trust_dir.rglob("*")}
    ct.load(lasting.gun, offline=True)
    assert {path: path.stat().st_mtime_ns for path in trust_dir.rglob("*")} == before


def test_offline_and_a_source_contradict_each_other(good):
    with pytest.raises(ValueError, match="offline"):
        ct.load(good.gun, source=good.tuf, offline=True)
