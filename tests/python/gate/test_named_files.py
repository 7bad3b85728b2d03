"""Which gate reads a file is told by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.named_files import examine, is_file_name

POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: web:1}]}\n"


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("Dockerfile", "FROM web:1\n", 1),
        ("Dockerfile.release", "\nFROM web:1\n", 2),
        ("web.Dockerfile", "FROM web:1\n", 1),
        ("Dockerfile-dev", "FROM web:1\n", 1),
        ("Dockerfile_prod", "FROM web:1\n", 1),
        ("dockerfile.dev", "FROM web:1\n", 1),
        ("Containerfile", "FROM web:1\n", 1),
        ("compose.yaml", "services:\n  a: {image: web:1}\n", 2),
        ("docker-compose.prod.yml", "services:\n  a: {image: web:1}\n", 2),
        ("pod.yaml", POD, 3),
        ("pod.json", POD, 3),
    ],
)
def test_files_are_read_as_what_they_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, line: int
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no docker
    monkeypatch.setattr("contenttrust.gate.compose.plugin.available", lambda _: False)
    (tmp_path / name).write_text(text)
    uses, findings, _ = examine(str(tmp_path / name))

    assert findings == []
    assert [(use.image, use.spot.line) for use in uses] == [("web:1", line)]
    assert is_file_name(name)


def test_a_compose_file_is_read_with_what_docker_compose_adds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contenttrust.gate.compose.plugin.available", lambda _: False)
    monkeypatch.delenv("COMPOSE_FILE", raising=False)
    (tmp_path / "compose.yaml").write_text("services: {a: {image: web:1}, b: {image: web:2}}")
    (tmp_path / "compose.override.yaml").write_text("services: {a: {image: evil:1}}")

    uses, findings, _ = examine(str(tmp_path / "compose.yaml"))
    assert ([use.image for use in uses], findings) == (["evil:1", "web:2"], [])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMPOSE_FILE", "compose.yaml")
    uses, findings, _ = examine(str(tmp_path / "compose.yaml"))
    assert ([use.image for use in uses], findings) == (["web:1", "web:2"], [])
    (tmp_path / "docker-compose.yaml").write_text("services: {a: {image: web:1}}")
    _, [finding], _ = examine(str(tmp_path / "docker-compose.yaml"))
    assert finding.refused


def test_t100_a_compose_file_is_the_one_that_docker_compose_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contenttrust.gate.compose.plugin.available", lambda _: False)
    monkeypatch.chdir(tmp_path)
    Path("deep", "er").mkdir(parents=True)
    Path("link").symlink_to("deep/er")
    Path("deep", "compose.yaml").write_text("services: {a: {image: web:1}}")
    Path("compose.yaml").write_text("services: {a: {image: evil:1}}")

    uses, findings, _ = examine("link/../compose.yaml")
    assert ([use.image for use in uses], findings) == (["evil:1"], [])


def test_what_is_wrong_with_a_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nFROM\n")
    (tmp_path / "pod.yaml").write_text("kind: [")

    for name in ("Dockerfile", "pod.yaml"):
        uses, [finding], builds = examine(str(tmp_path / name))
        assert uses == builds == []
        assert finding.refused


def test_t100_a_dockerfile_is_the_one_that_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").mkdir()
    Path("link").symlink_to("there")
    Path("there", "Dockerfile").symlink_to("../good.Dockerfile")
    Path("good.Dockerfile").write_text("FROM web:1\n")
    Path("Dockerfile").write_text("FROM evil:1\n")

    uses, [finding], builds = examine("there/Dockerfile")
    assert uses == builds == []
    assert (finding.refused, finding.spot.file) == (True, "there/Dockerfile")
    uses, findings, _ = examine("link/../Dockerfile")
    assert ([use.image for use in uses], findings) == (["evil:1"], [])


def test_what_a_dockerfile_does_beside_its_images_is_noted(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM web:1\nADD https://example.com/x /x\n")
    _, [finding], [build] = examine(str(tmp_path / "Dockerfile"))

    assert build.dockerfile.stages[0].image == "web:1"
    assert (finding.level, finding.code, finding.spot.line) == ("note", "not_covered", 2)


@pytest.mark.parametrize(
    "name",
    [
        "web:1",
        "example.com/team/web",
        "alpine",
        "web@sha256:0",
        "docker/dockerfile-upstream",
        "x/dockerfile_parser:1",
    ],
)
def test_names_of_images_are_no_names_of_files(name: str) -> None:
    assert not is_file_name(name)


def test_a_file_that_is_named_otherwise_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")

    with pytest.raises(ValueError, match="is named like no file"):
        examine(str(tmp_path / "notes.txt"))
    with pytest.raises(OSError, match="No such file"):
        examine(str(tmp_path / "pod.yaml"))
