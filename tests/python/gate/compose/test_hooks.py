"""Hooks that run before a service each in an image of their own: compose 5.3 and newer (t099).

Compose 2.40 refuses `pre_start`, so a stand-in for docker tells what newer ones do.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import YamlError

HOOK = "docker.io/library/hook@sha256:" + "b" * 64
WEB = "docker.io/library/web@sha256:" + "a" * 64
PINS = {"web:1": WEB, "hook:1": HOOK}
Make = Callable[..., Composition]


def project(*texts: str, program: str | None = None, **env: str) -> Composition:
    names = ["compose.yaml", "compose.prod.yaml"]
    files = {name: text.encode() for name, text in zip(names, texts, strict=False)}
    made = composition(files, env={"PATH": "/bin:/usr/bin", **env}, program=program)
    assert [one.message for one in made.findings if one.refused] == []
    return made


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Reads files with a stand-in for docker, which tells services as they are, and raw."""
    monkeypatch.chdir(tmp_path)
    Path("b.yaml").write_text("services: {a: {image: 'web:1'}}")

    def make(*texts: str, service: dict, raw: dict | None = None, **top: object) -> Composition:
        program = tmp_path / "docker"
        for name, one in (("made", service), ("raw", raw or service)):
            tmp_path.joinpath(name).write_text(json.dumps({"services": {"a": one}, **top}))
        program.write_text(
            '#!/bin/sh\n[ "$2" = version ] && exit 0\ncase "$*" in *--no-normalize*) '
            f"exec cat {tmp_path}/raw;; esac\nexec cat {tmp_path}/made\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return project(*texts, program=str(program))

    return make


def refusal(write: Callable[[dict[str, str]], object]) -> str:
    try:
        write(PINS)
    except YamlError as error:
        return f"{error.file}:{error.line}:{error.column}: {error.problem}"
    return ""


def test_the_image_of_a_hook_is_an_image_with_its_place() -> None:
    first = """\
services:
  a:
    image: web:1
    pre_start:
    - {command: [sh]}
    - {image: "${H-hook:1}", environment: {A: "${UNSET}"}}
"""
    second = "services: {a: {pre_start: [{image: 'hook:2'}]}}\n"
    made = project(first, second)

    assert [(use.image, use.spot.file, use.spot.line, use.pulled) for use in made.uses] == [
        ("web:1", "compose.yaml", 3, True),
        ("hook:1", "compose.yaml", 6, True),
        ("hook:2", "compose.prod.yaml", 1, True),
    ]


@pytest.mark.parametrize(
    ("policy", "pulled"), [("build", True), ("always", True), ("never", False)]
)
def test_an_image_of_a_hook_is_judged_whatever_is_built(policy: str, pulled: bool) -> None:
    build = "build: {dockerfile_inline: FROM scratch}"
    text = f"image: 'x:1', pull_policy: {policy}, {build}, pre_start: [{{image: 'hook:1'}}]"
    [use] = [one for one in project(f"services: {{a: {{{text}}}}}").uses if one.image == "hook:1"]

    assert use.pulled is pulled


def test_a_hook_has_the_image_of_its_service_and_follows_it(told: Make) -> None:
    text = "services: {a: {image: 'web:1', pre_start: [{command: [sh]}]}}"
    service = {"image": "web:1", "pre_start": [{"command": ["sh"], "image": "web:1"}]}

    for made in (project(text), told(text, service=service)):
        assert [use.image for use in made.uses] == ["web:1"]
        assert made.pinned(PINS) == {"compose.yaml": text.replace("web:1", WEB).encode()}
        [_, *lines] = made.override(PINS).decode().splitlines()
        assert lines == ['"services":', '  "a":', f'    "image": "{WEB}"']


def test_the_image_of_a_hook_is_written_where_it_stands_and_not_beside(told: Make) -> None:
    texts = [
        "services: {a: {image: 'web:1', pre_start: [{}, {image: 'hook:1'}]}}",
        "services: {a: {pre_start: [{command: x}, {image: 'hook:1'}, {image: 'hook:1'}]}}",
    ]
    images = ["web:1", "hook:1", "web:1", "hook:1", "hook:1"]
    service = {"image": "web:1", "pre_start": [{"image": image} for image in images]}

    for made in (project(*texts), told(*texts, service=service)):
        assert made.pinned(PINS) == {
            name: text.replace("web:1", WEB).replace("hook:1", HOOK).encode()
            for name, text in zip(made.texts, texts, strict=True)
        }
        beside = refusal(made.override)
        assert beside.startswith("compose.yaml:1:56: a hook of a cannot be pinned by a file beside")
        assert "write its digest here, or --write does" in beside
    for made in (project(*(text.replace("hook:1", HOOK) for text in texts)), project(texts[0])):
        made.override({"web:1": WEB, HOOK: HOOK})  # nothing is known to put in place of it


@pytest.mark.parametrize(
    ("image", "problem"),
    [
        ("${H-hook:1}", "the image of a hook has variables: no file beside says what it is"),
        ("web:1", "a hook names the image of its service: leave it out"),
    ],
)
def test_t099_a_hook_that_may_start_another_image_is_not_written(
    told: Make, image: str, problem: str
) -> None:
    text = f"services: {{a: {{image: 'web:1', pre_start: [{{image: '{image}'}}]}}}}"
    plain = {"image": "web:1", "pre_start": [{"image": "web:1"}]}
    raw = {"image": "web:1", "pre_start": [{"image": image}]}
    for made in (project(text), told(text, service=plain), project(text, H="web:1")):
        for write in (made.pinned, made.override):
            assert refusal(write).startswith(f"compose.yaml:1:52: {problem}")
    for bring in ("include: [b.yaml]", "services: {a: {extends: {file: b.yaml, service: a}}}"):
        made = told(bring, service=plain, raw=raw)
        for write in (made.pinned, made.override):
            assert f"services.a.pre_start.0.image, which another file brings: {problem}" in refusal(
                write
            )


def test_a_hook_that_another_file_brings_is_pinned_there(told: Make) -> None:
    text = (
        f"include: [b.yaml]\nservices: {{a: {{image: '{WEB}', pre_start: [{{image: 'hook:1'}}]}}}}"
    )
    service = {"image": WEB, "pre_start": [{"image": "hook:2"}, {"image": "hook:1"}]}
    made = told(text, service=service)
    brought = "a hook of a comes from another file or service: write its digest there"
    with pytest.raises(YamlError, match=brought):
        made.pinned({"hook:2": HOOK})
    base = "base: {image: x, pre_start: [{image: 'hook:2'}]}"
    same = f"services: {{{base}, a: {{image: '{WEB}', extends: {{service: base}}}}}}"
    inherited = told(same, service={"image": WEB, "pre_start": [{"image": "hook:2"}]})
    with pytest.raises(YamlError, match=brought):
        inherited.pinned({"hook:2": HOOK})

    service["pre_start"][0]["image"] = HOOK
    made = told(text, service=service)
    assert HOOK.encode() in made.pinned({"hook:1": HOOK})["compose.yaml"]


def test_a_policy_by_a_variable_hides_no_hook_that_is_not_judged() -> None:
    text = "services: {a: {image: 'web:1', pull_policy: '${P-never}', pre_start: [{image: 'l:1'}]}}"

    assert "pull_policy has variables" in refusal(project(text).pinned)
    made = project(text.replace("'${P-never}'", "never")).pinned(PINS)
    assert made["compose.yaml"].count(WEB.encode()) == 1


@pytest.mark.parametrize(
    ("hooks", "where", "problem"),
    [
        ("x", "pre_start", "pre_start is no list"),
        ("[x]", "pre_start.0", "a hook is no mapping"),
        ("[{image: 1}]", "pre_start.0.image", "the image is no text: put it in quotes"),
    ],
)
def test_hooks_of_another_shape_are_refused(hooks: str, where: str, problem: str) -> None:
    text = f"services: {{a: {{image: x, pre_start: {hooks}}}}}".encode()
    [one] = composition({"compose.yaml": text}, env={}, program=None).findings

    assert (one.refused, one.spot.what, one.message) == (True, f"services.a.{where}", problem)


def test_what_a_service_or_a_project_has_and_nobody_knows_is_told_as_not_covered(
    told: Make,
) -> None:
    text = "services: {a: {image: 'web:1', x-y: 1, sidecar: {image: evil}, post_start: []}}\nx-z: 1"
    service = {"image": "web:1", "sidecar": {"image": "evil"}, "command": None, "x-y": 1}
    later = {"fleets": {"a": {"image": "evil"}}, "x-z": 1, "name": "x"}
    ways = [["services.a.sidecar"], ["services.a.sidecar", "fleets"]]

    for made, names in zip(
        (project(text), told(text, service=service, **later)), ways, strict=True
    ):
        assert [one.spot.what for one in made.findings] == names
        assert {(one.level, one.code) for one in made.findings} == {("note", "not_covered")}
        assert "sidecar is not known here, nor what it starts" in made.findings[0].message
