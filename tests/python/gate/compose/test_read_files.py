"""A file that is written beside a project is none of those that it is read from."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.brought import Brought
from contenttrust.gate.compose.files import Composition
from contenttrust.gate.compose.read_files import is_read
from contenttrust.yaml_nodes import read


def test_what_others_bring_is_read_and_so_are_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    for name in ("compose.yaml", "sub/b.yaml", ".env", "some.env", "other"):
        Path(name).write_text("x-a: 1")
    Path("link").symlink_to("sub/b.yaml")
    text = "include: [sub/b.yaml]"
    project = Composition(
        texts={"compose.yaml": text.encode()},
        documents=tuple(read(text, file="compose.yaml")),
        started=(),
        uses=(),
        findings=(),
        brought=Brought(files=["compose.yaml"], env={}, program="docker", profiles=()),
    )

    def among(*names: str, **env: str) -> list[bool]:
        return [is_read(project, name, env=env) for name in names]

    assert among("sub/b.yaml", "link", f"{tmp_path}/compose.yaml", ".env") == [True] * 4
    assert among("other", "none.yaml", "some.env") == [False] * 3
    assert among(".env", "some.env", COMPOSE_ENV_FILES="some.env") == [False, True]
