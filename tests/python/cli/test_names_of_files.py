"""A name that leads to another file for docker compose is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import composition
from contenttrust.gate.compose.plain_files import unnamed
from contenttrust.gate.dockerfile import DockerfileError, as_built
from contenttrust.gate.file_name import FileNameError, shortened
from contenttrust.gate.named_files import examine


@pytest.fixture
def linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that was entered over a link, as a shell says it."""
    for name in ("lib", "real/lib", "real/proj"):
        (tmp_path / name).mkdir(parents=True)
    for name, image in (("lib", "evil"), ("real/lib", "good")):
        (tmp_path / name / "Dockerfile").write_text(f"FROM {image}\n")
        (tmp_path / name / "compose.yaml").write_text(f"services: {{a: {{image: {image}}}}}\n")
    (tmp_path / "link").symlink_to("real/proj")
    monkeypatch.chdir(tmp_path / "link")
    monkeypatch.setenv("PWD", str(tmp_path / "link"))
    return tmp_path


@pytest.mark.parametrize("name", ["../lib/compose.yaml", "x/../../lib", "..", "../new"])
def test_t100_a_name_that_goes_back_over_a_link_is_refused(linked: Path, name: str) -> None:
    with pytest.raises(FileNameError, match=r"as it goes back from PWD=.*cd -P \."):
        shortened(name)


@pytest.mark.parametrize("name", ["a/../b", "./b", "..b", "/a/../b"])
def test_other_names_are_not(linked: Path, name: str) -> None:
    assert shortened(name) in {"b", "..b", "/b"}


@pytest.mark.parametrize("called", ["", "link", "/", "/nowhere", "real/proj", "over/real/proj"])
def test_nor_where_both_are_one_file(
    linked: Path, monkeypatch: pytest.MonkeyPatch, called: str
) -> None:
    (linked / "over").symlink_to(".")
    whole = called if called in {"", "link", "/", "/nowhere"} else str(linked / called)
    monkeypatch.setenv("PWD", whole)  # docker compose asks the system where it is something else
    assert shortened("x/../../lib") == "../lib"


def test_t100_every_gate_asks(linked: Path, run) -> None:
    with pytest.raises(DockerfileError, match="as it goes back from PWD="):
        as_built("../lib/Dockerfile")
    with pytest.raises(FileNameError):
        examine("../lib/compose.yaml")
    for build in ("../lib", "{context: ../real, dockerfile_inline: FROM x}"):
        text = f"services: {{a: {{build: {build}}}}}".encode()
        made = composition({"compose.yaml": text}, env={}, program=None)
        assert [finding.refused for finding in made.findings] == [True]
        assert made.uses == ()
    for name in ("COMPOSE_FILE", "COMPOSE_ENV_FILES"):
        with pytest.raises(FileNameError):
            unnamed(["compose.yaml"], env={name: "../lib/compose.yaml"}, program=None)
    Path("compose.yaml").write_text("services: {}\n")
    for words in (["../lib/compose.yaml"], ["compose.yaml", "--override-out", "../new.yaml"]):
        done = run("gate", "compose", "--without-docker", *words)
        assert (done.code, "as it goes back from PWD=" in done.err) == (2, True)
