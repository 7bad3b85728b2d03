"""The hooks for pre-commit: run by pre-commit itself, in a repository of somebody else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.named_files import is_dockerfile
from contenttrust.yaml_nodes import read

ROOT = Path(__file__).parents[3]
GUN = "localhost:5000/corpus/revoked"
POD = "apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{}'}}]}}\n"
POD_JSON = '{{"apiVersion": "v1", "kind": "Pod", "spec": {{"containers": [{{"image": "{}"}}]}}}}\n'
COMPOSE = "services: {{web: {{image: '{}'}}}}\n"
DOCKERFILE = "FROM {}\n"


def hooks() -> list[dict[str, Any]]:
    file = ROOT / ".pre-commit-hooks.yaml"
    [document] = read(file.read_bytes(), file=str(file))
    return document.value


def test_pre_commit_takes_the_file() -> None:
    clientlib = pytest.importorskip("pre_commit.clientlib")

    ids = [hook["id"] for hook in clientlib.load_manifest(ROOT / ".pre-commit-hooks.yaml")]
    assert ids == [f"contenttrust-gate-{kind}" for kind in ("dockerfile", "compose", "kubernetes")]


@pytest.fixture
def hook(vectors: Path, tmp_path: Path):
    """Runs one hook on the files of a repository."""
    pytest.importorskip("pre_commit")
    repository, home = tmp_path / "repository", tmp_path / "home"
    home.mkdir()
    programs = Path(sys.executable).parent
    env = {
        "PATH": f"{programs}:{os.defpath}", "HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull, "PRE_COMMIT_HOME": str(home / "cache"),
    }  # fmt: skip

    def run(
        kind: str, *, args: Sequence[str] | None = None, **files: str
    ) -> subprocess.CompletedProcess[str]:
        repository.mkdir(exist_ok=True)
        [given] = [one for one in hooks() if one["id"] == f"contenttrust-gate-{kind}"]
        metadata = str(vectors / "good-revoked-tag" / "tuf")
        options = ["--metadata", metadata, "--at", "2026-11-24T00:00:00Z"]
        if kind == "dockerfile":  # the images of the vectors are in no registry
            options.append("--without-registry")
        own = given.get("args", []) if args is None else args
        local = {**given, "args": [*options, *own]}
        config = {"repos": [{"repo": "local", "hooks": [local]}]}
        (repository / ".pre-commit-config.yaml").write_text(json.dumps(config))
        for name, text in files.items():
            path = repository / name
            path.parent.mkdir(exist_ok=True)
            if text.startswith("-> "):
                path.symlink_to(text.removeprefix("-> "))
            else:
                path.write_text(text)
        for command in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *command], cwd=repository, env=env, check=True)
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files"],
            cwd=repository, env=env, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("dockerfile", "app/Dockerfile.release", DOCKERFILE),
        ("dockerfile", "app/web.Dockerfile", DOCKERFILE),
        ("compose", "compose.yaml", COMPOSE),
        ("kubernetes", "deploy/pod.yaml", POD),
        ("kubernetes", "deploy/pod.json", POD_JSON),
    ],
)
def test_a_hook_passes_what_is_signed_and_stops_what_is_not(hook, kind, name, text) -> None:
    passed = hook(kind, **{name: text.format(f"{GUN}:3.0")})
    assert passed.returncode == 0, passed.stdout
    assert "Passed" in passed.stdout

    stopped = hook(kind, **{name: text.format(f"{GUN}:9.9")})
    assert stopped.returncode == 1
    assert f"refused: {name}:" in stopped.stdout


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("Dockerfile", ["dockerfile", "compose"]),
        ("a/web.Dockerfile", ["dockerfile", "compose"]),
        ("a/Dockerfile.web", ["dockerfile", "compose"]),
        ("a/dockerfile", ["dockerfile", "compose"]),
        ("Containerfile", ["dockerfile"]),
        ("web.Containerfile", ["dockerfile"]),
        ("Dockerfile-dev", ["dockerfile", "compose"]),
        ("a/Dockerfile_dev", ["dockerfile", "compose"]),
        ("web.dockerfile", ["dockerfile", "compose"]),
        ("Containerfile-3.11", ["dockerfile"]),
        ("a/dockerfile.dev", ["dockerfile", "compose"]),
        ("containerfile.web", ["dockerfile"]),
        ("DOCKERFILE", ["dockerfile", "compose"]),
        ("web.DockerFile", ["dockerfile", "compose"]),
        ("docker/dockerfile-upstream", []),
        ("dockerfile_test.go", []),
        ("Dockerfile-", []),
        ("web.Dockerfile.dev", []),
        ("dockerfile.dev~", ["compose"]),
        ("Dockerfile.dockerignore", ["compose"]),
        ("a/web.Dockerfile.dockerignore", []),
        ("Containerfile.containerignore", []),
        ("Containerfile.j2", []),
        ("Containerfile.md", []),
        ("Containerfile-dev.orig", []),
        ("myDockerfile", []),
        ("Dockerfile/readme", []),
        ("deploy/web/pod.yml", ["kubernetes"]),
        ("manifests/POD.JSON", ["kubernetes"]),
        ("k8s/readme.md", []),
        ("web/pod.json", []),
    ],
)
def test_hooks_are_for_files_of_every_usual_name(name: str, kinds: list[str]) -> None:
    found = [one["id"] for one in hooks() if _takes(one, name)]
    assert found == [f"contenttrust-gate-{kind}" for kind in kinds]
    is_one = is_dockerfile(name.rpartition("/")[2])  # to the fixture of pytest
    assert is_one == ("dockerfile" in kinds)


def _takes(hook: dict[str, Any], name: str) -> bool:
    """As pre-commit does it."""
    exclude = hook.get("exclude", "^$")
    return bool(re.search(hook["files"], name)) and not re.search(exclude, name)


@pytest.mark.parametrize("name", ["--build-context=evil=x.Dockerfile", "--target=a/Dockerfile"])
def test_t100_no_name_of_a_file_is_an_option(hook, name) -> None:
    files = {"Dockerfile": f"FROM {GUN}:9.9 AS evil\n", name: f"FROM {GUN}:3.0 AS a\n"}
    stopped = hook("dockerfile", **files)
    assert stopped.returncode == 1
    assert "refused: Dockerfile:1:" in stopped.stdout
    assert name not in stopped.stdout.partition("refused: ")[2]  # it is a file, and a good one

    stopped = hook("dockerfile", args=[], **files)  # whoever has args of their own, without --
    assert stopped.returncode == 1
    assert f"{name} is an option, and there is a file of that name" in stopped.stdout


@pytest.mark.parametrize(
    ("kind", "name", "text", "reason"),
    [
        ("dockerfile", "app/Dockerfile", DOCKERFILE, "it is a link"),
        ("compose", "compose.yaml", COMPOSE, f"{GUN}:9.9"),
        ("kubernetes", "deploy/pod.yaml", POD, f"{GUN}:9.9"),
    ],
)
def test_t100_a_link_is_looked_at_as_a_file_is(hook, kind, name, text, reason) -> None:
    up = "../" * name.count("/")
    files = {"elsewhere": text.format(f"{GUN}:9.9"), name: f"-> {up}elsewhere"}
    stopped = hook(kind, **files)
    assert stopped.returncode == 1
    assert f"refused: {name}:" in stopped.stdout
    assert reason in stopped.stdout


def test_a_link_to_a_folder_is_no_manifest(hook) -> None:
    ran = hook("kubernetes", **{"base/pod.txt": "", "deploy/base": "-> ../base"})
    assert (ran.returncode, "Skipped" in ran.stdout) == (0, True)


@pytest.mark.parametrize(("text", "code"), [("", 0), ("# soon\n", 0), ("- a\n", 1), ("{}\n", 1)])
def test_what_holds_no_object_is_refused_and_what_is_empty_is_not(hook, text, code) -> None:
    assert hook("kubernetes", **{"deploy/pod.yaml": text}).returncode == code


def test_a_hook_leaves_other_files_alone(hook) -> None:
    ran = hook("kubernetes", **{"other/pod.yaml": POD.format(f"{GUN}:9.9")})

    assert ran.returncode == 0
    assert "Skipped" in ran.stdout
