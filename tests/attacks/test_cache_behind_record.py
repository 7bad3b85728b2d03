"""A cache that is older than the record, as a power failure leaves it: no answer, or an attack?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

import contenttrust as ct
from attacks.judge import Judge, keys_for, with_releases
from contenttrust._core import Wanted
from contenttrust.errors import NotCachedError, UnreachableError
from simulator import GUN, NOW, Repository

ALL = ["root", "timestamp", "snapshot", "targets", "targets/releases"]


class Server:
    """Answers with some files; the others cannot be had."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def fetch(self, gun: str, files: Sequence[Wanted]) -> list[bytes | ct.FetchError | None]:
        return [
            self._files.get(file.name) or UnreachableError("no route", gun=gun, role=file.name)
            for file in files
        ]


def remember(judge: Judge, files: Mapping[str, bytes]) -> None:
    ct.load(GUN, source=Server(files), trust_dir=judge.trust_dir, now=NOW, remember=True)


def laid_back(judge: Judge, repo: Repository, *names: str) -> dict[str, dict[str, bytes]]:
    """A record of what was published second, and a cache with some files of the first time."""
    old = repo.publish()
    repo.advance("targets", "targets/releases")
    new = repo.publish()
    remember(judge, new)
    judge.lay_docker_cache({name: old[name] for name in names})
    return {"old": old, "new": new}


def why_not(judge: Judge, server: Server | None) -> ct.ContentTrustError:
    with pytest.raises(ct.ContentTrustError) as caught:
        ct.load(GUN, source=server, trust_dir=judge.trust_dir, now=NOW, offline=server is None)
    return caught.value


CACHES = [["timestamp"], ["timestamp", "snapshot"], ALL]


@pytest.mark.parametrize("names", CACHES)
def test_t044_without_a_server_an_older_cache_leaves_the_answer_open(
    judge: Judge, names: list[str]
) -> None:
    files = laid_back(judge, with_releases(), *names)
    for served in ({}, {"root": files["new"]["root"]}):
        error = why_not(judge, Server(served))
        assert (type(error), error.role) == (UnreachableError, "timestamp")
        assert "no route; what the trust directory" in error.message
        assert "is older than what it remembers: version 1 is lower" in error.message


@pytest.mark.parametrize("names", CACHES)
def test_t044_offline_an_older_cache_is_as_good_as_none(judge: Judge, names: list[str]) -> None:
    laid_back(judge, with_releases(), *names)
    error = why_not(judge, None)
    assert (type(error), error.role) == (NotCachedError, "timestamp")
    assert error.message.startswith("offline, and what the trust directory")
    assert "is older than what it remembers: version 1 is lower" in error.message


@pytest.mark.parametrize("names", CACHES)
def test_t033_an_old_timestamp_of_the_server_stays_a_rollback(
    judge: Judge, names: list[str]
) -> None:
    files = laid_back(judge, with_releases(), *names)
    for served in ("root", "timestamp"), ("timestamp",), ALL:
        error = why_not(judge, Server({name: files["old"][name] for name in served}))
        assert (error.code, error.role) == ("rollback", "timestamp")


def test_t044_a_cache_of_the_time_before_a_rotation_leaves_the_answer_open(judge: Judge) -> None:
    repo = with_releases()
    old = repo.publish()
    repo.rotate("timestamp", keys_for(repo["timestamp"], "next"))
    repo.advance("targets")
    remember(judge, repo.publish())
    judge.lay_docker_cache({name: old[name] for name in ALL})
    error = why_not(judge, Server({}))
    assert (type(error), error.role) == (UnreachableError, "timestamp")
    assert "does not go with the newest root" in error.message
    assert type(why_not(judge, None)) is NotCachedError


def test_t044_once_the_server_is_back_the_cache_is_made_good(judge: Judge) -> None:
    files = laid_back(judge, with_releases(), *ALL)
    remember(judge, files["new"])
    assert set(ct.load(GUN, trust_dir=judge.trust_dir, now=NOW, offline=True).tags) == {
        "1.0",
        "2.0",
    }
