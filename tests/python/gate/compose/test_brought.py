"""What is written holds for what files bring that are not named: docker compose tells it (t099)."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import read
from refused_writing import refusals

PIN = "docker.io/library/web@sha256:" + "a" * 64
EXTENDS = "services: {a: {extends: {file: b.yaml, service: c}}}"
BUILT = {"context": "/app", "dockerfile_inline": "FROM x"}
Make = Callable[..., Composition]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Reads a file with a stand-in for docker, that tells one service with values and without."""
    monkeypatch.chdir(tmp_path)
    Path("b.yaml").write_text("services: {c: {image: x}}")

    def make(
        service: dict, raw: dict | str, *, text: str = EXTENDS, given: dict | None = None, **more
    ) -> Composition:
        program = tmp_path / "docker"
        secrets = more.pop("secrets", {})
        raw_secrets = more.pop("raw_secrets", secrets)
        for name, one in (("made", service), ("given", given or service), ("raw", raw)):
            whole = {"services": {"a": one}, "secrets": raw_secrets if one is raw else secrets}
            tmp_path.joinpath(name).write_text(json.dumps(whole))
        raw_says = f"cat {tmp_path}/raw" if isinstance(raw, dict) else f"echo {raw} >&2; exit 1"
        program.write_text(
            '#!/bin/sh\n[ "$2" = version ] && exit 0\n'
            f'case "$*" in *--no-interpolate*--no-normalize*) {raw_says}; exit;; esac\n'
            'given="$BUILDKIT_SYNTAX$BUILDKIT_ATTEST_sBoM$TARGETARCH"\n'
            f'[ -n "$given" ] && exec cat {tmp_path}/given\n'
            f"exec cat {tmp_path}/made\n"
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        env = {"PATH": "/bin:/usr/bin"}
        made = composition({"a.yaml": text.encode()}, env=env, program=str(program), **more)
        assert [one.message for one in made.findings if one.refused] == []
        return made

    return make


@pytest.mark.parametrize(
    ("service", "raw", "problem"),
    [
        ({"build": BUILT}, {"image": "${I:-}", "build": BUILT}, "the image is empty here"),
        ({"image": "x"}, {"image": "x", "volumes": [{"type": "${T}"}]}, "the type has variables"),
        (
            {"image": "x", "volumes": [{"type": "image", "source": "y", "target": "/d"}]},
            {"image": "x", "volumes": [{"type": "image", "source": "y", "target": "${T}"}]},
            "the target of an image has variables",
        ),
        (
            {"build": {**BUILT, "additional_contexts": {"n": "/n"}}},
            {"build": {**BUILT, "additional_contexts": {"${N:-n": "/n}"}}},
            "${N:-n has variables",
        ),
    ],
)
def test_t099_variables_of_files_that_others_bring_are_not_settled(
    project: Make, service: dict, raw: dict, problem: str
) -> None:
    for text in (EXTENDS, "include: [b.yaml]"):
        for told in refusals(project(service, raw, text=text)):
            assert told.startswith("a.yaml:1: services.a.")
            assert f"which another file brings: {problem}" in told


def test_t099_what_docker_compose_cannot_tell_without_values_is_not_settled(project: Make) -> None:
    made = project({"image": "x"}, "no such file: deep.yaml")

    for told in refusals(made):
        assert told.startswith("a.yaml:1: which files these bring, or what, is not settled")
        assert "no such file: deep.yaml" in told


@pytest.mark.parametrize("text", [EXTENDS, "include: [b.yaml]"])
@pytest.mark.parametrize(
    ("brought", "problem"),
    [
        ("services: {e: {extends: {service: '${S:-x}'}}, '${S:-x}': {}}", "extends has variables"),
        ("services: {e: {extends: f}, f: {extends: '$$x'}}", "extends has variables"),
    ],
)
def test_t099_a_file_that_is_called_as_a_variable_settles_nothing(
    project: Make, text: str, brought: str, problem: str
) -> None:
    Path("b.yaml").write_text("services: {c: {extends: {file: d.yaml, service: e}}}")
    Path("d.yaml").write_text(brought)

    for told in refusals(project({"image": "x"}, {"image": "x"}, text=text)):
        assert told.startswith(f"d.yaml:1: {problem}")


def test_t099_an_included_file_that_includes_by_an_escaped_sign_settles_nothing(
    project: Make,
) -> None:
    Path("b.yaml").write_text("include: ['$$F.yaml']")
    Path("$F.yaml").write_text("services: {x: {image: x}}")

    for told in refusals(project({"image": "x"}, {"image": "x"}, text="include: [b.yaml]")):
        assert told.startswith("b.yaml:1: include has variables")


@pytest.mark.parametrize(
    "text", ["include: ['$$b.yaml']", "services: {a: {extends: {file: '$$b.yaml', service: c}}}"]
)
def test_t099_a_sign_that_is_escaped_names_another_file_without_values(
    project: Make, text: str
) -> None:
    Path("$b.yaml").write_text("services: {c: {image: x}}")

    for told in refusals(project({"image": "x"}, {"image": "x"}, text=text)):
        assert "has variables: " in told


def test_t099_a_volume_that_stands_over_a_variable_one_of_another_file_hides_it_not(
    project: Make,
) -> None:
    variable = "services: {c: {volumes: [{type: '${T:-volume}', source: s, target: /x}]}}"
    Path("b.yaml").write_text(variable)
    text = "services: {a: {volumes: ['d:/x'], extends: {file: b.yaml, service: c}}}"

    for told in refusals(project({"image": "x"}, {"image": "x"}, text=text)):
        assert told.startswith("b.yaml:1: the type has variables")


def test_of_an_extended_file_only_what_compose_reads_of_it_counts(project: Make) -> None:
    rest = "d: {extends: {file: '${F:-none}.yaml', service: d}}"
    Path("b.yaml").write_text(f"include: ['${{F:-none}}.yaml']\nservices: {{c: {{}}, {rest}}}")

    assert refusals(project({"image": "x"}, {"image": "x"}, text=EXTENDS))[1] == ""


@pytest.mark.parametrize("volume", ["./d:${D:-/d}", "${D:-./d:/d}"])
def test_t099_a_volume_that_may_hide_an_image_of_another_file_is_refused(
    project: Make, volume: str
) -> None:
    image = "services: {c: {volumes: [{type: image, source: y, target: /d}]}}"
    mount = f"services: {{a: {{volumes: ['{volume}'], extends: {{file: b.yaml, service: c}}}}}}"
    Path("b.yaml").write_text(image)

    for told in refusals(project({"image": "x"}, {"image": "x"}, text=mount)):
        assert told.startswith("a.yaml:1: the volume has variables in its target")
    Path("b.yaml").write_text(image.replace("image,", "bind,"))
    assert refusals(project({"image": "x"}, {"image": "x"}, text=mount))[1] == ""


def test_docker_compose_is_asked_without_values_only_where_files_bring_others(
    project: Make,
) -> None:
    made = project({"image": "x"}, "unasked", text="services: {a: {image: x}}")

    assert refusals(made) == ["", ""]


def test_a_dollar_that_stands_there_twice_is_no_variable(project: Make) -> None:
    built = {**BUILT, "args": ["A=$$x"], "platforms": ["linux/$$x"]}

    assert refusals(project({"build": BUILT}, {"build": built}))[1] == ""


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        ({"platforms": ["${P:-linux/amd64}"]}, "platforms have variables"),
        ({"args": ["${EXTRA:-A=1}"]}, "${EXTRA:-A has variables"),
        ({"args": ["${EXTRA-}"]}, "${EXTRA-} has variables"),
    ],
)
def test_t099_variables_of_builds_that_others_bring_are_refused_beside(
    project: Make, member: dict, problem: str
) -> None:
    in_place, beside = refusals(project({"build": BUILT}, {"build": {**BUILT, **member}}))

    assert in_place == ""
    assert problem in beside


@pytest.mark.parametrize(
    "name", ["BUILDKIT_SYNTAX", "BUILDKIT_ATTEST_SBOM", "BUILDKIT_ATTEST_sBoM"]
)
def test_t099_arguments_without_a_value_that_others_bring_are_refused_beside(
    project: Make, name: str
) -> None:
    given = {"build": {**BUILT, "args": {name: "given-by-the-check"}}}
    _, told = refusals(project({"build": BUILT}, {"build": BUILT}, given=given))

    assert told.startswith(f"a.yaml:1: {name} has no value in a")
    plain = {"build": {**BUILT, "args": {name: "y"}}}
    assert refusals(project(plain, plain)) == ["", ""]


def test_arguments_that_builders_define_are_asked_for_where_a_file_may_have_them(
    project: Make,
) -> None:
    inline = "ARG B=x-$TARGETARCH\nFROM $B"
    service = {
        "platform": "linux/amd64",
        "build": {
            **BUILT,
            "dockerfile_inline": inline,
            "platforms": ["linux/amd64", "linux/arm64"],
        },
    }
    assert "B: names of images rest on it" in refusals(project(service, service))[1]
    service["build"]["dockerfile_inline"] = "FROM x-$TARGETARCH"
    assert refusals(project(service, service)) == ["", ""]
    given = {"build": {**service["build"], "args": {"TARGETARCH": "given-by-the-check"}}}
    _, told = refusals(project(service, service, given=given))
    assert told.endswith(
        "TARGETARCH: names of images rest on it, so give it one value here, in args of a"
    )


def test_t099_a_policy_that_another_file_brings_hides_no_image(project: Make) -> None:
    service = {"image": "x", "build": BUILT, "pull_policy": "build"}
    made = project(service, {**service, "pull_policy": "${P:-build}"})

    assert "pull_policy has variables, or comes from another file" in refusals(made)[0]
    [document] = read(made.override({}), file="trust.yaml")
    written = document.value["services"]["a"]
    assert (written["pull_policy"], written["build"]["pull"]) == ("build", False)


def test_t099_profiles_with_variables_are_refused_where_some_are_chosen(project: Make) -> None:
    service, raw = {"image": "x"}, {"image": "x", "profiles": ["${P:-o}"]}
    text = "services: {a: {image: x}}"
    beside = f"{text[:-1]}, b: {{image: x, profiles: ['${{P:-o}}']}}}}"

    for made in (
        project(service, raw, profiles=["dev"], text=f"include: [b.yaml]\n{text}"),
        project(service, raw, profiles=["dev"], text=beside),
    ):
        for told in refusals(made):
            assert "profiles have variables" in told
    assert refusals(project(service, raw, text=beside)) == ["", ""]


@pytest.mark.parametrize(
    ("listed", "said"), [("${S:-s}", "TOKEN"), ("s", "${SN:-TOKEN}")], ids=["list", "secret"]
)
def test_t099_secrets_of_builds_with_variables_are_refused(
    project: Make, listed: str, said: str
) -> None:
    built = {**BUILT, "secrets": [{"source": "s"}]}
    secrets = {"s": {"environment": "TOKEN"}, "other": {"environment": "${O}"}}
    text = json.dumps(
        {
            "services": {"a": {"build": {**BUILT, "secrets": [listed]}}},
            "secrets": {"s": {"environment": said}, "other": {"environment": "${O}"}},
        }
    )
    made = project({"build": built}, {}, text=text, secrets=secrets)
    for told in refusals(made):
        assert "what the builder gets is not settled" in told
    brought = project(
        {"build": built},
        {"build": {**BUILT, "secrets": [listed]}},
        secrets=secrets,
        raw_secrets={"s": {"environment": said}},
    )
    for told in refusals(brought):
        assert "what the builder gets is not settled" in told
    plain = text.replace("${S:-s}", "s").replace("${SN:-TOKEN}", "TOKEN")
    assert refusals(project({"build": built}, {}, text=plain, secrets=secrets)) == ["", ""]
