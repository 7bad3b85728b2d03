"""How recent an answer must be, and what a server that does not answer means."""

from __future__ import annotations

from datetime import timedelta

import pytest

import contenttrust as ct
from contenttrust.errors import UnreachableError
from contenttrust.transport.cache import TrustDirectory
from vector_case import Case, Remote, tags_of

EVERYTHING = ("root", "timestamp", "snapshot", "targets", "targets/releases")


@pytest.fixture
def good(vectors):
    return Case(vectors / "good-releases-precedence")


@pytest.fixture(autouse=True)
def trust_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "trust"


class Counted:
    """A source that counts how often it is asked."""

    def __init__(self, source):
        self.source = source
        self.calls = 0

    def fetch(self, gun, files):
        self.calls += 1
        return self.source.fetch(gun, files)


def load(case, source, *, after=0, **options):
    now = case.at + timedelta(seconds=after)
    return ct.load(case.gun, source=source, now=now, remember=True, **options)


def asks(case, *, after, max_stale, source=None):
    """Whether the source is asked, in a verification that must succeed."""
    counted = Counted(source or Remote(case))
    assert tags_of(load(case, counted, after=after, max_stale=max_stale)) == case.tags
    return counted.calls > 0


def test_a_recent_answer_is_enough_for_who_says_so(good):
    assert asks(good, after=0, max_stale=100)
    assert not asks(good, after=99, max_stale=100)
    assert asks(good, after=99, max_stale=0)


def test_an_answer_becomes_too_old_and_asking_makes_it_recent_again(good):
    assert asks(good, after=0, max_stale=100)
    assert asks(good, after=100, max_stale=100)
    assert not asks(good, after=150, max_stale=100)


def test_using_what_is_cached_does_not_make_it_more_recent(good):
    assert asks(good, after=0, max_stale=100)
    assert not asks(good, after=60, max_stale=100)
    assert asks(good, after=120, max_stale=100)


def test_t039_an_answer_from_the_future_is_none(good):
    assert asks(good, after=3600, max_stale=0)
    assert asks(good, after=0, max_stale=7200)


def test_a_server_that_did_not_answer_makes_nothing_recent(good):
    assert asks(good, after=0, max_stale=0)
    assert asks(good, after=500, max_stale=100, source=Remote(good, *EVERYTHING))
    assert asks(good, after=501, max_stale=100)


def test_what_is_cached_is_not_enough_when_it_was_lost_or_lowered(good, trust_dir):
    assert asks(good, after=0, max_stale=100)
    (trust_dir / "tuf" / good.gun / "metadata" / "targets.json").unlink()
    assert asks(good, after=1, max_stale=100)
    (trust_dir / "tuf" / good.gun / "metadata" / "timestamp.json").write_bytes(b"{}")
    assert asks(good, after=2, max_stale=100)


def test_without_a_record_the_cache_is_not_enough(good, trust_dir):
    assert asks(good, after=0, max_stale=100)
    for file in (trust_dir / "contenttrust").glob("*.json"):
        file.unlink()
    assert asks(good, after=1, max_stale=100)
    assert TrustDirectory(trust_dir).state(good.gun) is not None


def test_t044_the_warning_says_why_the_server_did_not_answer(good):
    load(good, Remote(good))
    repository = load(good, Remote(good, *EVERYTHING))
    (warning,) = [notice for notice in repository.warnings if notice.role == "timestamp"]
    assert "using cached timestamp" in warning.message
    assert "no route" in warning.message


def test_t038_with_the_server_gone_a_cache_that_has_expired_leaves_the_answer_open(good):
    load(good, Remote(good))
    with pytest.raises(UnreachableError, match=r"no route.*timestamp expired") as caught:
        load(good, Remote(good, *EVERYTHING), after=400 * 86400)
    assert isinstance(caught.value.__cause__, ct.VerificationError)
    assert caught.value.__cause__.code == "expired"


def test_t038_what_the_server_itself_serves_expired_is_refused(good):
    load(good, Remote(good))
    with pytest.raises(ct.VerificationError, match="expired"):
        load(good, Remote(good), after=400 * 86400)


@pytest.mark.parametrize("how", ["absent", "unanswered"])
def test_a_root_that_is_withheld_is_told_and_makes_nothing_recent(good, how, tmp_path):
    load(good, Remote(good))
    without = Remote(good, "root")
    if how == "absent":
        files = {name: data for name, data in good.files.items() if name != "root"}
        without = Counted(ct.MappingSource(files))
    repository = load(good, without, after=50)
    (warning,) = [notice for notice in repository.warnings if notice.role == "root"]
    assert "using cached root" in warning.message
    assert asks(good, after=51, max_stale=10)


def test_a_directory_without_a_file_of_the_collection_is_no_server_that_is_down(
    good, trust_dir, tmp_path
):
    load(good, Remote(good))
    record = sorted((trust_dir / "contenttrust").glob("*.json"))
    before = [file.read_bytes() for file in record]
    wrong = tmp_path / "wrong"
    (wrong / "tuf").mkdir(parents=True)
    with pytest.raises(ct.NoTrustDataError) as refused:
        load(good, str(wrong), after=60)
    assert refused.value.message.startswith(
        f"the directory {wrong} holds no trust data of {good.gun}: neither root.json nor"
    )
    assert [file.read_bytes() for file in record] == before

    (wrong / "root.json").write_bytes(good.files["root"])
    repository = load(good, str(wrong), after=60)
    assert [notice.code for notice in repository.warnings] == ["missing_role"]
