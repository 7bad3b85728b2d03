"""Servers that answer with too much, too slowly, in the wrong form, or not at all."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.judge import repository, with_releases
from contenttrust.transport import deadline
from contenttrust.transport.trust_server import TrustServer
from servers import Authority, HttpsServer
from servers.answers import (
    Answer,
    chunked,
    compressed,
    compressed_transfer,
    document,
    endless,
    reset,
    silent,
    slow,
    status,
    with_length,
)
from servers.https import Exchange
from servers.trust import Served
from simulator import NOW, key_pair

ROLES = ["root", "timestamp", "snapshot", "targets"]


@pytest.fixture
def served(authority: Authority, tmp_path: Path) -> Iterator[Served]:
    """A good repository on a server that does not behave."""
    with HttpsServer(authority.issue()) as server:
        served = Served(server, authority, tmp_path / "trust")
        served.publish(repository().publish())
        yield served


def test_t056_the_good_repository_is_verified(served: Served) -> None:
    assert set(served.load().tags) == {"1.0"}


def test_t056_chunks_are_as_good_as_a_length(served: Served) -> None:
    for name, data in repository().publish().items():
        served.answer(name, chunked(data))
    assert set(served.load().tags) == {"1.0"}


def delayed(data: bytes, seconds: float) -> Answer:
    def answer(exchange: Exchange) -> None:
        exchange.ended.wait(seconds)
        document(data)(exchange)

    return answer


class Wrapped:
    """A source of somebody else's, who asks a server and knows of no deadline."""

    def __init__(self, server: TrustServer) -> None:
        self.fetch = server.fetch


BOMBS = {
    "content": compressed(50_000_000),
    "transfer": compressed_transfer(50_000_000, chunked=False),
    "transfer in chunks": compressed_transfer(50_000_000, chunked=True),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", ROLES)
def test_t056_a_compressed_answer_is_not_unpacked_beyond_its_limit(
    served: Served, name: str, bomb: str
) -> None:
    served.answer(name, BOMBS[bomb])
    tracemalloc.start()
    try:
        error = served.error()
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
    assert error.role == name
    if bomb == "content":
        assert error.code == "server_error"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "unheard-of"])
def test_t056_an_encoding_that_nobody_asked_for_is_no_answer(served: Served, encoding: str) -> None:
    data = repository().publish()["timestamp"]
    served.answer("timestamp", document(data, headers={"Content-Encoding": encoding}))
    error = served.error()
    assert (error.code, error.role) == ("server_error", "timestamp")


def test_t056_no_encoding_is_ever_asked_for(served: Served) -> None:
    served.load()
    for seen in served.server.requests:
        assert not {"accept-encoding", "te"} & set(seen.headers)


@pytest.mark.parametrize("name", ROLES)
def test_t056_a_declared_length_that_is_too_large_is_no_answer(served: Served, name: str) -> None:
    data = repository().publish()[name]
    served.answer(name, with_length(data, len(data) + 1))
    error = served.error()
    assert (error.code, error.role) == ("unreachable", name)


@pytest.mark.parametrize("name", ROLES)
def test_t056_a_declared_length_that_is_too_small_does_not_verify(
    served: Served, name: str
) -> None:
    data = repository().publish()[name]
    served.answer(name, with_length(data, len(data) - 1))
    error = served.error()
    assert isinstance(error, ct.VerificationError)
    assert error.role == name


@pytest.mark.parametrize("declared", [None, 10**15])
@pytest.mark.parametrize("name", ROLES)
def test_t056_t057_a_body_without_end_is_left_at_its_limit(
    served: Served, name: str, declared: int | None
) -> None:
    served.answer(name, endless(declared=declared))
    error = served.error()
    assert isinstance(error, ct.VerificationError)
    assert error.role == name
    assert error.code in {"limit_exceeded", "length", "hash"}


def test_t057_a_delegation_without_end_is_left_at_its_limit(served: Served) -> None:
    served.publish(with_releases().publish())
    served.answer("targets/releases", endless())
    error = served.error()
    assert (error.code, error.role) == ("length", "targets/releases")


@pytest.mark.parametrize("answer", [silent(), slow(b"{" * 1000, pause=0.05)])
@pytest.mark.parametrize("name", ROLES)
def test_t057_waiting_ends_at_the_deadline(served: Served, name: str, answer: Answer) -> None:
    served.answer(name, answer)
    start = time.monotonic()
    error = served.error(served.source(timeout=0.5))
    assert time.monotonic() - start < 5
    assert error.code == "unreachable"
    assert error.role in {name, "root"}  # which waits behind another file on the same connection
    assert "too slow" in str(error)


def test_t057_all_files_together_end_at_one_deadline_though_asked_for_twice(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "VISIT_SECONDS", 3.0)
    files = repository().publish()
    # A snapshot that does not fit is asked for once more, with everything before it.
    files["snapshot"] = files["snapshot"].replace(b'"version":1', b'"version":2')
    for name, data in files.items():
        served.answer(name, delayed(data, 0.8))
    source = served.source()
    start = time.monotonic()
    error = served.error(Wrapped(source))  # type: ignore[arg-type]
    assert 2.9 < time.monotonic() - start < 4
    assert error.code in {"hash", "unreachable"}
    monkeypatch.undo()
    served.publish(repository().publish())
    assert set(served.load(source).tags) == {"1.0"}  # the next verification has its own time


def test_t058_a_server_with_too_many_roots_is_left_at_the_limit(served: Served) -> None:
    served.load()
    repo = repository()
    for number in range(300):
        repo.rotate("root", [key_pair(f"root {number % 2}", "p256").certified(repo.gun)])
    repo.advance()
    served.publish(repo.publish())
    del served.server.requests[:]
    error = served.error()
    assert (error.code, error.role) == ("limit_exceeded", "root")
    assert len(served.server.requests) < 300


CAUSES = {
    "refused": "unreachable",
    "reset": "unreachable",
    "silent": "unreachable",
    "500": "server_error",
    "404": "no_trust_data",
    "certificate": "tls",
}


def broken(served: Served, cause: str) -> TrustServer:
    """The way to the server, which fails in that way from now on."""
    answers = {"reset": reset(), "silent": silent(), "500": status(500), "404": status(404)}
    if cause in answers:
        for name in [*ROLES, "1.root"]:
            served.answer(name, answers[cause])
        return served.source(timeout=0.3 if cause == "silent" else 20)
    if cause == "certificate":
        return TrustServer(served.server.url)
    with HttpsServer(None) as closed:
        url = closed.url.replace("http:", "https:")
    return served.source(url)


@pytest.mark.parametrize("cause", CAUSES)
def test_t044_with_a_fresh_cache_a_server_that_does_not_answer_is_a_warning(
    served: Served, cause: str
) -> None:
    served.load()
    verdict = served.load(broken(served, cause))
    assert set(verdict.tags) == {"1.0"}
    assert "timestamp" in {notice.role for notice in verdict.warnings}


@pytest.mark.parametrize("cause", CAUSES)
def test_t044_with_a_stale_cache_a_server_that_does_not_answer_is_an_error(
    served: Served, cause: str
) -> None:
    served.load()
    error = served.error(broken(served, cause), now=NOW + timedelta(days=14))
    # 404 is an answer: the server has nothing newer than what has expired.
    code = "expired" if cause == "404" else CAUSES[cause]
    assert (error.code, error.role) == (code, "timestamp")


@pytest.mark.parametrize("cause", CAUSES)
def test_t044_without_a_cache_each_cause_has_its_own_code(served: Served, cause: str) -> None:
    error = served.error(broken(served, cause))
    assert error.code == CAUSES[cause]
    assert isinstance(error, ct.FetchError) == (cause != "404")
    assert not any(path.is_file() for path in served.trust_dir.rglob("*.json"))


def test_t044_without_a_cache_each_cause_has_its_own_message(served: Served) -> None:
    causes = ["refused", "silent", "500", "404", "certificate"]
    messages = {str(served.error(broken(served, cause))) for cause in causes}
    assert len(messages) == len(causes)
