"""What is missing is told by name, and what ignores content trust counts as missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interop import parts


@pytest.fixture(autouse=True)
def _found_anew() -> Iterator[None]:
    parts.docker.cache_clear()
    yield
    parts.docker.cache_clear()


def docker_client(folder: Path, version: str) -> str:
    """Put a client on disk that tells its version, and give its path."""
    folder.mkdir()
    client = folder / "docker"
    client.write_text(f"#!/bin/sh\necho Docker version {version}, build 0\n")
    client.chmod(0o755)
    return str(client)


def test_a_client_that_ignores_content_trust_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_client(tmp_path / "new", "29.7.2")
    older = docker_client(tmp_path / "old", "20.10.24+dfsg1")
    monkeypatch.setenv("PATH", f"{tmp_path}/new:{tmp_path}/empty:{tmp_path}/old")

    assert parts.docker() == older


def test_without_a_client_that_checks_tests_are_skipped_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker_client(tmp_path / "new", "29.7.2")
    monkeypatch.setenv("PATH", f"{tmp_path}/new")
    monkeypatch.setattr(parts, "missing", lambda *_: [])
    monkeypatch.delenv("CONTENTTRUST_INTEROP_COMPLETE", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no docker client of version 20 to 28"):
        parts.want_docker()


def test_missing_servers_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CONTENTTRUST_INTEROP_COMPLETE", raising=False)

    with pytest.raises(pytest.skip.Exception, match="notary-server, notary-signer, docker-reg"):
        parts.want_servers()


def test_where_everything_is_promised_nothing_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CONTENTTRUST_INTEROP_COMPLETE", "1")

    with pytest.raises(pytest.fail.Exception, match="notary"):
        parts.want_servers()
