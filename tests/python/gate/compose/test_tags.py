"""What `!reset` takes away says nothing: what it may leave behind does (threat 99)."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import read
from refused_writing import refusals

Make = Callable[..., Composition]
VOLUME = "{type: '${T:-bind}', source: ./evil, target: /x}"
BUILD = {"dockerfile_inline": "FROM x"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Reads files with a stand-in for docker compose, that tells what they make."""
    monkeypatch.chdir(tmp_path)

    def make(service: dict, *texts: str) -> Composition:
        program = tmp_path / "docker"
        Path("made").write_text(json.dumps({"services": {"a": service}}))
        program.write_text(f'#!/bin/sh\n[ "$2" = version ] || cat {tmp_path}/made\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        files = {name: text.encode() for name, text in zip(("1", "2"), texts, strict=False)}
        made = composition(files, env={"PATH": "/bin:/usr/bin"}, program=str(program))
        assert [one.message for one in made.findings if one.refused] == []
        return made

    return make


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"x-b: &b {{volumes: [{VOLUME}]}}", "{<<: *b, image: x, volumes: !reset []}"),
        ("x-b: &b {pull_policy: !reset build}", "{<<: *b, image: x}"),
        ("x-b: 1", "{<<: [{pull_policy: !reset build}], image: x}"),
        ("x-b: &b {context: !reset ./good}", "{build: *b}"),
        ("x-b: 1", "{build: {additional_contexts: [!reset 'n=./good']}}"),
        ("x-b: 1", "!override {image: !reset x}"),
    ],
)
def test_t099_what_is_taken_away_where_that_is_not_plain_is_not_settled(
    project: Make, first: str, second: str
) -> None:
    text = f"{first}\nservices:\n  a: {second}\n"
    made = project({"image": "x"}, text)

    assert [use.image for use in made.uses] == ["x"]
    for told in refusals(made):
        assert "!reset" in told
        assert "--override-out" not in told  # which refuses it, too
    for told in refusals(project({"image": "x"}, "services: {a: {image: x}}", text)):
        assert told.startswith("2:")


@pytest.mark.parametrize(
    "service",
    ["{build: {context: !reset ./good}}", "{build: !reset {context: ./good}}", "!reset {build: .}"],
)
def test_t099_what_is_taken_away_hides_no_variable_before_it(project: Make, service: str) -> None:
    build = "{context: '${C:-./good}', dockerfile_inline: FROM x, target: '${T-}'}"
    made = project(
        {"build": {**BUILD, "context": f"{Path.cwd()}/good"}},
        f"services: {{a: {{build: {build}}}}}",
        f"services: {{a: {service}}}",
    )

    [document] = read(made.override({}), file="trust.yaml")
    assert document.value["services"]["a"]["build"] == {"context": "./good", "target": ""}


def test_what_is_plainly_taken_away_is_pinned_beside(project: Make) -> None:
    first = "services: {a: {image: x, build: {dockerfile_inline: FROM y}, volumes: ['./x:/y']}}"
    second = "services: {a: {image: z, build: !reset null, volumes: !reset []}}"
    made = project({"image": "z"}, first, second)

    in_place, beside = refusals(made)
    assert (in_place.startswith("2:1: the tag !reset"), beside) == (True, "")
    assert in_place.endswith("--override-out pins what this project starts")
    [document] = read(made.override({"z": "z@1"}), file="trust.yaml")
    assert document.value == {"services": {"a": {"image": "z@1"}}}


def test_t100_what_is_taken_away_hides_no_file_that_may_be_on_a_server(tmp_path: Path) -> None:
    first = "x-b: &b {extends: {file: '${F:-b}', service: a}}"
    text = f"{first}\nservices:\n  a: {{<<: *b, extends: !reset null}}\n"
    [finding] = refused(tmp_path, text)
    assert finding.startswith("!reset beside or below <<")


def test_t099_what_a_file_takes_away_that_another_brings_is_as_plain(
    project: Make, tmp_path: Path
) -> None:
    Path("b").write_text("services: {c: {<<: {image: y}, image: !reset x}}")
    text = "services: {a: {extends: {file: b, service: c}}}"

    [finding] = refused(tmp_path, text)
    assert finding.startswith("b cannot be read, and what it brings is not settled")
    assert "!reset beside" in finding
    Path("b").write_text("services: {c: {image: x, ports: !reset []}}")
    assert refusals(project({"image": "x"}, text))[1] == ""


def refused(folder: Path, text: str) -> list[str]:
    """What is said of a file before docker compose is asked: it would fail."""
    program = folder / "docker"
    program.write_text('#!/bin/sh\n[ "$2" = version ]\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    env = {"PATH": "/bin:/usr/bin"}
    made = composition({"1": text.encode()}, env=env, program=str(program))
    return [one.message for one in made.findings if one.refused]
