"""Answers that docker gives up on and we do not: redirects, cut files, one of several images."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop import parts
from interop.processes import Ran, run
from interop.readers import program, verified
from interop.simulated import LIFE_DAYS, from_now
from interop.trust_stack import TrustStack
from servers import Authority, HttpsServer
from servers.answers import redirect, with_length
from simulator import Repository
from simulator.roles import image

GUN = "localhost:5000/answers/app"
UNKNOWN = "localhost:5000/answers/none"
UNREACHABLE = "unable to reach trust server at this time: {}."


class Reader:
    """Docker and us at one server; each keeps what it has seen."""

    def __init__(self, folder: Path, url: str, authority: bytes) -> None:
        self.env = {}
        for name in ("docker", "ours"):
            config = folder / name
            place = config / "tls" / url.removeprefix("https://").partition("/")[0]
            place.mkdir(parents=True)
            (place / "ca.crt").write_bytes(authority)
            config.chmod(0o700)
            self.env[name] = {
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(config),
                "DOCKER_CONFIG": str(config),
                "DOCKER_CONTENT_TRUST_SERVER": url,
            }

    def docker(self, *arguments: str) -> Ran:
        """`docker trust inspect`, which needs no daemon; it tells its reasons to who debugs."""
        command = [parts.docker() or "docker", "--debug", "trust", "inspect", *arguments]
        return run(command, self.env["docker"])


@pytest.fixture
def repository() -> Repository:
    """A collection that is valid by the machine's clock, which is docker's."""
    made = Repository(GUN)
    made.targets["one"] = image("one")
    for name, days in LIFE_DAYS.items():
        made[name].expires = from_now(days=days)
    return made


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Vouches for the server."""
    return Authority(tmp_path)


@pytest.fixture
def server(authority: Authority, repository: Repository) -> Iterator[HttpsServer]:
    """Serves the collection, under the names with the hash too: docker asks for those alone."""
    if parts.docker() is None:
        parts.skip("no docker client of version 20 to 28: later ones have no content trust")
    files = repository.publish()
    by_content = {
        f"{name}.{hashlib.sha256(data).hexdigest()}": data for name, data in files.items()
    }
    with HttpsServer(authority.issue()) as started:
        started.answer("/v2/", b"{}")
        started.publish(GUN, {**files, **by_content})
        yield started


@pytest.fixture
def reader(tmp_path: Path, server: HttpsServer, authority: Authority) -> Reader:
    """Has not seen anything yet."""
    return Reader(tmp_path / "readers", server.url, authority.pem)


@pytest.mark.parametrize("number", [301, 302])
def test_a_redirect_is_followed_where_docker_gives_up(
    server: HttpsServer, reader: Reader, repository: Repository, number: int
) -> None:
    before = f"/v2/{GUN}/_trust/tuf"
    server.answer("/moved/root.json", repository.publish()["root"])
    server.answer(f"{before}/root.json", redirect("/moved/root.json", number))

    theirs = reader.docker(GUN)
    [ours] = verified(reader.env["ours"], [f"{GUN}:one"])

    assert theirs.code == 1
    assert UNREACHABLE.format(number) in theirs.said
    assert ours.digest is not None


def test_a_slash_at_the_end_of_the_server_s_url_is_taken_where_docker_gives_up(
    trust_stack: TrustStack, tmp_path: Path
) -> None:
    slashed = Reader(tmp_path, f"{trust_stack.url}/", trust_stack.authority.read_bytes())
    if parts.docker() is None:
        parts.skip("no docker client of version 20 to 28: later ones have no content trust")

    theirs = slashed.docker(UNKNOWN)
    [ours] = verified(slashed.env["ours"], [f"{UNKNOWN}:one"])

    assert UNREACHABLE.format(301) in theirs.said
    assert ours.code == "no_trust_data"  # it was asked, and does not know this collection


def test_a_timestamp_that_is_cut_off_leaves_the_cached_one_where_docker_gives_up(
    server: HttpsServer, reader: Reader, repository: Repository
) -> None:
    reader.docker(GUN).succeeded()
    [before] = verified(reader.env["ours"], [f"{GUN}:one"])
    whole = repository.publish()["timestamp"]
    timestamp = f"/v2/{GUN}/_trust/tuf/timestamp.json"
    server.answer(timestamp, with_length(whole[:100], len(whole)))

    theirs = reader.docker(GUN)
    told = run([program(), "verify", f"{GUN}:one"], reader.env["ours"])
    [ours] = verified(reader.env["ours"], [f"{GUN}:one"])

    assert theirs.code == 1
    assert "unexpected EOF" in theirs.said
    assert told.code == 0
    assert "timestamp" in told.err
    assert ours.digest == before.digest is not None
    assert ours.notices


def test_one_image_without_trust_data_does_not_hide_the_others_as_it_does_in_docker(
    reader: Reader, server: HttpsServer
) -> None:
    images = [f"{UNKNOWN}:2", f"{GUN}:one"]

    theirs = reader.docker("--pretty", *images)
    ours = run([program(), "inspect", "--pretty", *images], reader.env["ours"])
    alone = run([program(), "inspect", "--pretty", images[1]], reader.env["ours"])

    assert (theirs.code, theirs.out.strip()) == (1, "")
    assert ours.code == 1
    assert ours.out.strip() == alone.out.strip() != ""
    assert UNKNOWN in ours.err
