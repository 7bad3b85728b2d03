"""Every vector has the same verdict from a trust server over TLS as from its directory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from contenttrust.cli.main import main
from interop.environment import client_env, docker_config
from interop.readers import contenttrust
from interop.trust_stack import TrustStack, TufServer
from vector_case import Case

VECTORS = Path(__file__).parents[1] / "vectors"
NAMES = sorted(path.parent.name for path in VECTORS.glob("*/case.json"))
STAND_IN = ".size-of-zeros"


@pytest.fixture(scope="module")
def server(trust_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[TufServer]:
    """Serves the vectors, each under its own name."""
    folder = place("served")
    folder.mkdir()
    tufserve = TufServer(trust_stack, folder)
    yield tufserve
    tufserve.close()


@pytest.fixture(scope="module")
def env(trust_stack: TrustStack, server: TufServer, place: Callable[[str], Path]) -> dict[str, str]:
    """An environment in which the server is trusted, and none is set."""
    config = docker_config(place("docker"), trust_stack, trust_stack, server.host)
    made = client_env(config, trust_stack, server.url)
    del made["DOCKER_CONTENT_TRUST_SERVER"]
    return made


def metadata_folder(case: Case, folder: Path) -> Path:
    """The files of a vector, with those written out for which a size stands."""
    if not any(case.tuf.rglob(f"*{STAND_IN}")):
        return case.tuf
    shutil.copytree(case.tuf, folder)
    for stand_in in folder.rglob(f"*{STAND_IN}"):
        size = int(stand_in.read_text())
        stand_in.with_name(stand_in.name.removesuffix(STAND_IN)).write_bytes(b"0" * size)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_server_and_a_directory_with_the_same_files_have_one_verdict(
    server: TufServer,
    env: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    case = Case(VECTORS / name)
    for memory in ("remote", "local"):
        case.lay_cache(tmp_path / memory)
        (tmp_path / memory).mkdir(mode=0o700, exist_ok=True)
    judged = ["--at", case.members["verify_at"], "--trust-dir"]
    server.serve(case.gun, VECTORS / name)
    remote, served = contenttrust(
        env, "list", case.gun, "--server", server.url, *judged, str(tmp_path / "remote")
    )
    metadata = metadata_folder(case, tmp_path / "tuf")
    options = ["--metadata", str(metadata), *judged, str(tmp_path / "local"), "-o", "json"]
    capsys.readouterr()
    code = main(["list", case.gun, *options])
    local = json.loads(capsys.readouterr().out)

    assert remote.code == code == (0 if case.members["expected"]["result"] == "accept" else 1)
    assert without_texts(served) == without_texts(local)


def without_texts(document: Any) -> Any:
    """A document without the messages, which may name where a file came from."""
    if isinstance(document, dict):
        return {key: without_texts(one) for key, one in document.items() if key != "message"}
    return [without_texts(one) for one in document] if isinstance(document, list) else document
