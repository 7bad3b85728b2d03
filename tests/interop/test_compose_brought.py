"""Files that others bring, as docker compose tells them, and reads them (t099, t100)."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.yaml_nodes import YamlError
from interop.compose_files import environment, project, told_by_docker


@pytest.mark.parametrize(
    "compose",
    [
        "include: [base.yaml]",
        "services: {web: {extends: {file: base.yaml, service: web}}}",
        "services: {web: {extends: {file: base.yaml, service: web}, build: {args: {A: a}}}}",
    ],
)
def test_t099_an_argument_that_is_a_variable_only_is_told_of_files_that_others_bring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compose: str
) -> None:
    env = environment(tmp_path, monkeypatch)
    text = "services: {web: {build: {dockerfile_inline: FROM x, args: ['${EXTRA-}', B=b]}}}"
    Path("base.yaml").write_text(text)

    with pytest.raises(YamlError, match=r"services\.web\.build\.args\.0, .* \$\{EXTRA-\} has var"):
        project(env, compose=compose).override({})
    Path("base.yaml").write_text(text.replace("'${EXTRA-}', ", ""))
    assert project(env, compose=compose).override({})


REMOTE = "${COMPOSE_EXPERIMENTAL_GIT_REMOTE-https://evil.example/x.git}"


@pytest.mark.parametrize(
    ("compose", "variables", "member"),
    [
        (f"include: ['{REMOTE}']", "", "include"),
        ("include: [sub/c.yaml]", "", "include"),
        ("include: [{PATH: sub/c.yaml}]", "", "include"),
        ("services: {web: {extends: {file: '${A}', service: web}}}", f"A={REMOTE}\n", "extends"),
        (f"x-a: &a ['{REMOTE}']\ninclude: *a", "", "include"),
    ],
)
def test_t100_a_local_copy_hides_no_file_that_is_on_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compose: str, variables: str, member: str
) -> None:
    """Docker compose that may fetch nothing reads the file `false`."""
    env = environment(tmp_path, monkeypatch)
    Path("sub").mkdir()
    Path("sub/c.yaml").write_text(f"include: ['{REMOTE}']")
    for name in ("false", "sub/false"):
        Path(name).write_text("services: {web: {image: 'alpine:1'}}")
    Path(".env").write_text(variables)
    alone = {**env, "COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false"}
    Path("compose.yaml").write_text(compose)
    assert told_by_docker(alone, "compose", "config", "--images") == "alpine:1\n"

    [finding] = project(alone, compose=compose).findings
    assert finding.refused
    assert finding.message.startswith(f"{member} has ")
