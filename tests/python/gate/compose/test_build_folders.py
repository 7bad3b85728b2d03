"""Build contexts that docker compose and the builder look for in two places are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contenttrust.gate.compose import build_texts
from contenttrust.gate.compose.files import Composition, composition


def read(folder: Path | str, build: str) -> Composition:
    text = f"services:\n  web:\n    build: {build}\n"
    return composition({f"{folder}/c.yaml": text.encode()}, env={}, program=None)


def refusals(made: Composition) -> list[tuple[int, str]]:
    return [(f.spot.line, f.message) for f in made.findings if f.refused]


@pytest.mark.parametrize("build", ['""', '{context: ""}', "'${NOPE:-}'"])
def test_t100_an_empty_context_is_refused(tmp_path: Path, build: str) -> None:
    (tmp_path / "Dockerfile").write_text("FROM x")

    [(line, message)] = refusals(read(tmp_path, build))
    assert (line, message.split(":")[0]) == (
        3, "an empty context is the folder where docker compose is started",
    )  # fmt: skip
    for same in (".", "{}"):
        assert [use.image for use in read(tmp_path, same).uses] == ["x"]


@pytest.mark.parametrize("context", ["./a://b", "././a://b", "service:x"])
def test_t100_a_context_that_docker_compose_leaves_relative_is_refused(
    tmp_path: Path, context: str
) -> None:
    (tmp_path / context).mkdir(parents=True)
    (tmp_path / context / "Dockerfile").write_text("FROM x")

    for build in (context, f"{{context: '{context}', dockerfile_inline: FROM x}}"):
        [(line, message)] = refusals(read(tmp_path, build))
        assert (line, message.startswith(f"two folders are called {context}")) == (3, True)


def test_t100_folders_that_docker_compose_was_asked_for_have_their_whole_names() -> None:
    for context in ("", "app", "./a://b", "service:x"):
        [(way, _)] = build_texts.faults({"context": context}, asked=True)
        assert way == ("context",)
    assert [way for way, _ in build_texts.faults({}, asked=True)] == [("context",)]
    for context in ("/app", "https://x.example", "git@x.example:a/b"):
        assert build_texts.faults({"context": context}, asked=True) == []


@pytest.mark.parametrize("contexts", ['{"evil/x:1": ""}', '["evil/x:1="]'])
def test_t100_a_context_without_a_value_hides_no_image(tmp_path: Path, contexts: str) -> None:
    inline = f"{{dockerfile_inline: 'FROM evil/x:1', additional_contexts: {contexts}}}"

    [(line, message)] = refusals(read(tmp_path, inline))
    assert (line, "bake leaves out" in message) == (3, True)


@pytest.mark.parametrize("name", ["cafe\u0301", "\ufeffa", os.fsdecode(b"a\xff"), "${a}"])
def test_t100_a_folder_that_bake_calls_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM x")
    (tmp_path / "link").symlink_to(folder)

    for made in (read(folder, "."), read(folder, "{dockerfile_inline: FROM x}"),
                 read(tmp_path, "link")):  # fmt: skip
        [(line, message)] = refusals(made)
        assert (line, message.startswith("the name /")) == (3, True)
        assert message.isprintable()
