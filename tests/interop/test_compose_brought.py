"""Files that others bring, as docker compose tells them without the values of variables (t099)."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.yaml_nodes import YamlError
from interop.compose_files import environment, project


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
