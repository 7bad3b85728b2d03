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


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ("include: ['${F}.yaml']", "include"),
        ("include: ['./$F/a.yaml']", "include"),
        ("include: [{path: [a.yaml, '${F-a.yaml}']}]", "include"),
        ("include: [{path: a.yaml, project_directory: '${F-.}'}]", "include"),
        ("include: [{path: a.yaml, env_file: '${F-.env}'}]", "include"),
        (extends("'${F-a.yaml}'"), "extends"),
        (
            "x-a: &a {file: '${F-a.yaml}'}\nservices: {s: {extends: {<<: *a, service: s}}}",
            "extends",
        ),
        ("x-a: &a {extends: {file: '${F-a.yaml}'}}\nservices: {s: {<<: *a}}", "extends"),
    ],
)
def test_t100_a_file_that_is_named_by_a_variable_is_refused(text: str, member: str) -> None:
    write(a="x-a: 1", sub__a="x-a: 1", sub__b=text, **{"${F}": "x-a: 1"})
    for one, file in ((text, "compose.yaml"), ("include: [sub/b.yaml]", "sub/b.yaml")):
        with pytest.raises(YamlError, match=f"{member} has variables") as caught:
            brought(one)
        assert caught.value.file == file


def test_a_sign_that_is_escaped_is_no_variable() -> None:
    write(**{"$F": "x-b: 1"})

    assert brought("include: ['$$F.yaml']") == ["$F.yaml"]
    assert brought("services: {a: {extends: '${X}'}, b: {extends: {service: '${X}'}}}") == []


def test_t100_what_a_service_of_an_extended_file_extends_by_a_variable_may_be_any_there() -> None:
    write(a="services: {s: {extends: '${X-t}'}, t: {extends: {file: '${F-b.yaml}', service: s}}}")

    with pytest.raises(YamlError, match=r"^a\.yaml:1:.*: extends has variables"):
        brought(extends("a.yaml"))


def test_t100_members_of_include_have_one_spelling() -> None:
    """Docker compose takes names of any size: `PATH` brings files, too."""
    write(a="x-a: 1")

    with pytest.raises(YamlError, match="include has no member PATH"):
        brought("include: [{PATH: a.yaml}]")


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("services: {a: !x {image: b}}", False),
        ('services: {a: !x {command: "a\\tb"}}', False),
        ("include: !x [a.yaml]", True),
        ("services: {a: !x {extends: {file: a}}}", True),
        ('"incl\\x75de": !x [a]', True),
        ('"incl\\\nude": !x [a]', True),
        ("!!binary aW5jbHVkZQ==: !x [a]", True),
        ("!!bin%61ry aW5jbHVkZQ==: !x [a]", True),
    ],
)
def test_t100_a_file_that_cannot_be_read_may_bring_others_by_any_writing(
    text: str, may: bool
) -> None:
    assert brought_files.may_bring(text.encode()) == may
    assert brought_files.may_bring(text.encode("utf-16"))


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
