"""What the tests of the command line share: vectors as options, a way to run one command."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from contenttrust.cli.main import main
from publisher_place import Images, PublisherPlace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers import HttpsServer


class Case(NamedTuple):
    """One vector, laid out for the command line."""

    path: Path
    options: list[str]
    description: dict[str, Any]

    @property
    def gun(self) -> str:
        return self.description["gun"]

    @property
    def expected(self) -> dict[str, Any]:
        return self.description["expected"]


class Ran(NamedTuple):
    """What one command line did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@pytest.fixture
def case(vectors: Path, tmp_path: Path) -> Callable[[str], Case]:
    """Gives a vector by name, with its trusted state as the trust directory."""

    def lay_out(name: str) -> Case:
        path = vectors / name
        description = json.loads((path / "case.json").read_text())
        trust = tmp_path / name / "trust"
        if (path / "trusted").is_dir():
            cache = trust / "tuf" / description["gun"] / "metadata"
            shutil.copytree(path / "trusted", cache)
            for file in cache.rglob("*"):
                file.chmod(0o700 if file.is_dir() else 0o600)
        metadata = path / "tuf"
        if any(metadata.rglob("*.size-of-zeros")):
            metadata = tmp_path / name / "tuf"
            shutil.copytree(path / "tuf", metadata)
            for stand_in in metadata.rglob("*.size-of-zeros"):
                file = stand_in.with_name(stand_in.name.removesuffix(".size-of-zeros"))
                file.write_bytes(b"0" * int(stand_in.read_text()))
        options = ["--metadata", str(metadata), "--at", description["verify_at"]]
        return Case(path, [*options, "--trust-dir", str(trust)], description)

    return lay_out


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs one command line in this process."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def place(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> PublisherPlace:
    """A machine that publishes."""
    return PublisherPlace(tmp_path, run, monkeypatch)


@pytest.fixture
def images(server: HttpsServer) -> Images:
    """A repository of images."""
    return Images(server, "team/web")
