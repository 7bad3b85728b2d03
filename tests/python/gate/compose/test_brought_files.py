"""Which files `include` and `extends` bring: all that docker compose may mean (threat 99)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contenttrust.gate.compose import brought_files
from contenttrust.yaml_nodes import YamlError, read


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(**files: str) -> None:
    for name, text in files.items():
        path = Path(name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def brought(text: str, file: str = "compose.yaml") -> list[str]:
    return sorted(one.file for one in brought_files.documents(read(text, file=file)))


def extends(file: str) -> str:
    return f"services: {{s: {{extends: {{file: {file}, service: s}}}}}}"


def test_files_are_followed_from_the_folders_that_they_are_relative_to() -> None:
    write(sub__a="include: [{path: [b.yaml, ../c.yaml]}]", sub__b=extends("deep/d.yaml"))
    write(sub__deep__d=extends("e.yaml"), sub__deep__e="---\nx-a: 1\n---\nx-b: 1", c="x-a: 1")

    assert brought("include: [sub/a.yaml]") == [
        "c.yaml", "sub/a.yaml", "sub/b.yaml", "sub/deep/d.yaml", *["sub/deep/e.yaml"] * 2,
    ]  # fmt: skip
    assert brought("include: [a.yaml]", file="sub/compose.yaml")[1] == "sub/a.yaml"
    assert brought("services: {a: {extends: b}, c: {extends: {service: b}}}") == []


def test_a_name_that_may_be_two_files_is_both() -> None:
    write(sub__a=extends("b.yaml"), b="x-a: 1", sub__b="x-a: 2", other__b="x-a: 3")

    assert brought("include: [sub/a.yaml]") == ["b.yaml", "sub/a.yaml", "sub/b.yaml"]
    text = "include: [{path: sub/a.yaml, project_directory: other}]"
    assert "other/b.yaml" in brought(text)


def test_what_has_variables_is_left_to_who_refuses_it() -> None:
    write(**{"${F}": "x-a: 1", "$F": "x-b: 1"})

    assert brought("include: ['${F}.yaml', '$$F.yaml']") == ["$F.yaml"]


def test_files_that_bring_each_other_end() -> None:
    write(a=extends("sub/b.yaml"), sub__b=extends("../a.yaml"))

    assert brought(extends("a.yaml")) == ["a.yaml", "sub/b.yaml"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("include: [none.yaml]", "none.yaml is no file here"),
        (extends("~/a.yaml"), "~/a.yaml is no file here"),
        (extends("folder"), "folder cannot be read"),
        (extends("pipe"), "pipe cannot be read"),
        (extends("broken.yaml"), "broken.yaml cannot be read, and what it brings is not settled"),
    ],
)
def test_what_cannot_be_read_is_refused_where_it_is_named(text: str, problem: str) -> None:
    Path("folder").mkdir()
    os.mkfifo("pipe")
    write(broken="a: [")

    with pytest.raises(YamlError) as caught:
        brought(text)

    assert (caught.value.file, caught.value.problem[: len(problem)]) == ("compose.yaml", problem)


def test_another_folder_of_a_project_is_refused_in_what_another_file_brings() -> None:
    write(a="include: [{path: b.yaml, project_directory: sub}]", b="x-a: 1")

    with pytest.raises(YamlError, match=r"^a\.yaml:1:11: project_directory in a file"):
        brought("include: [a.yaml]")


def test_there_is_an_end_to_what_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brought_files, "_MOST", 2)
    write(a=extends("b.yaml"), b=extends("c.yaml"), c="x-a: 1")

    assert len(brought(extends("b.yaml"))) == 2
    with pytest.raises(YamlError, match="more files than can be looked at"):
        brought(extends("a.yaml"))
