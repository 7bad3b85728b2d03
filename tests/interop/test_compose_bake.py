"""What docker compose hands to bake, and bake to the builder, where that is not what is written."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from interop.compose_files import environment, project, there, told_by_docker

INLINE = "FROM base"


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a docker that has compose and buildx, in a folder."""
    return environment(tmp_path, monkeypatch)


def baked(env: dict[str, str], *options: str) -> dict[str, Any]:
    """What bake makes of the one service of a project."""
    ran = subprocess.run(
        ["docker", "buildx", "bake", "--file=-", "--print"],
        env=env, input=told_by_docker(env, "compose", *options, "build", "--print"),
        capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    [target] = json.loads(ran.stdout)["target"].values()
    return dict(target)


def is_refused(env: dict[str, str], name: str = "compose.yaml") -> bool:
    """Whether the gate refuses a project, in words of its own; docker compose is asked, and not."""
    asked, read = (there([name], env, program) for program in ("docker", None))
    return all(any(finding.refused for finding in made.findings) for made in (asked, read))


@pytest.mark.parametrize(
    ("build", "member", "made"),
    [
        ({"args": {"\u212a": "evil"}}, "args", {"K": "evil"}),
        ({"args": {"BUILD\u212aIT_SYNTAX": "evil"}}, "args", {"BUILDKIT_SYNTAX": "evil"}),
        ({"args": {"\ufeffK": "evil"}}, "args", {"K": "evil"}),
        ({"args": {"K": "\ufeff"}}, "args", {"K": ""}),
        (
            {"dockerfile_inline": "ARG K=base\nARG \u212a=evil\nFROM $$K"},
            "dockerfile-inline",
            "ARG K=base\nARG K=evil\nFROM $K",
        ),
        ({"dockerfile_inline": "\ufeffFROM evil"}, "dockerfile-inline", "FROM evil"),
        (
            {"additional_contexts": {"base": "\ufeffdocker-image://evil"}},
            "contexts",
            {"base": "docker-image://evil"},
        ),
        ({"additional_contexts": {"base": ""}}, "contexts", None),
    ],
)
def test_t100_what_bake_makes_another_text_of_is_refused(
    env: dict[str, str], build: dict[str, object], member: str, made: object
) -> None:
    text = json.dumps({"services": {"web": {"build": {"dockerfile_inline": INLINE, **build}}}})
    Path("compose.yaml").write_text(text)

    assert baked(env).get(member) == made
    assert is_refused(env)


def test_t100_of_two_folders_bake_takes_the_one_whose_name_it_makes(env: dict[str, str]) -> None:
    for name, image in (("cafe\u0301", "good"), ("caf\u00e9", "evil")):
        Path(name).mkdir()
        Path(name, "Dockerfile").write_text(f"FROM {image}")
    Path("compose.yaml").write_text("services: {web: {build: {context: cafe\u0301}}}")

    assert Path(baked(env)["dockerfile"]).read_text() == "FROM evil"
    assert is_refused(env)
    Path("compose.yaml").write_text("services: {web: {build: {context: .}}}")
    name = "cafe\u0301/compose.yaml"
    Path(name).write_text("services: {web: {build: .}}")
    assert Path(baked(env, "-f", name)["dockerfile"]).read_text() == "FROM evil"
    assert is_refused(env, name)


@pytest.mark.parametrize("build", ['""', '{context: ""}', '"${NOPE:-}"', "a://b", "service:x"])
def test_t100_a_context_that_is_not_the_project_s_is_refused(
    env: dict[str, str], build: str
) -> None:
    context = build if build[0] in "as" else "."
    if context == "a://b":
        build = "./a://b"
    for folder, image in (("sub", "good"), (".", "evil")):
        Path(folder, context).mkdir(parents=True, exist_ok=True)
        Path(folder, context, "Dockerfile").write_text(f"FROM {image}")
    Path("sub", "compose.yaml").write_text(f"services:\n  web:\n    build: {build}\n")
    name = "sub/compose.yaml"

    made = baked(env, "-f", name)  # relative to the folder where docker compose was started
    assert made["context"] == str(Path(context))
    assert is_refused(env, name)


def test_a_context_that_nobody_writes_is_the_project_s(env: dict[str, str]) -> None:
    made = project(env, compose="services: {web: {build: {dockerfile_inline: FROM good}}}")

    assert [finding for finding in made.findings if finding.refused] == []
    assert baked(env)["context"] == str(Path.cwd())
