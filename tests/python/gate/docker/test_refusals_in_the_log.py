"""What is refused behind a decision, or in its place: the audit log says so, and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.docker import build, container, pull
from contenttrust.gate.docker.refusal import RefusedError
from kept_bases import KeptBases
from noting_docker import WEB, MakeCall, Noting
from simulator.roles import digest_of

BASE = f"{WEB}:1.0"
ONE = f"{WEB}@{digest_of('one')}"
MINE = "localhost/mine"

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def refused(call: MakeCall, log: Path, *words: str, **settings: Any) -> list[dict[str, Any]]:
    """What the log has of a build that is refused."""
    with pytest.raises(RefusedError):
        build.run(call("build", *words, ".", log=AuditLog(log), **settings))
    return written(log)


def written(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def told(lines: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(line["image"], line["verdict"], line["code"]) for line in lines]


@pytest.mark.parametrize(
    ("trigger", "settings", "name", "code", "words"),
    [
        ("NOTHING", {}, BASE, "dockerfile", "is no instruction"),
        (f"COPY --from={WEB}:2.0 / /", {"ENDS": "1"}, f"{WEB}:2.0", "onbuild", "no named contexts"),
        ("ADD https://example.com/x /", {"strict": True}, BASE, "not_covered", "ADD fetches"),
    ],
)
def test_a_base_that_is_refused_for_its_triggers(
    call: MakeCall,
    bases: KeptBases,
    log: Path,
    *,
    trigger: str,
    settings: dict[str, Any],
    name: str,
    code: str,
    words: str,
) -> None:
    bases.kept[ONE] = (trigger,)
    lines = refused(call, log, **settings)
    assert told(lines)[0] == (BASE, "allow", "ok")
    assert told(lines)[-1] == (name, "deny", code)
    last = lines[-1]
    assert words in last["reasons"][0]
    assert (last["door"], last["allowed"], last["pinned"]) == ("docker build", False, "")


def test_triggers_that_are_not_looked_at_where_that_is_refused(
    call: MakeCall, bases: KeptBases, log: Path
) -> None:
    bases.kept[ONE] = ("NOTHING",)
    made = call("build", ".", strict=True, log=AuditLog(log))
    object.__setattr__(made.gate, "_bases", None)
    with pytest.raises(RefusedError):
        build.run(made)
    assert "--without-registry" in log.read_text().splitlines()[-1]


def test_a_trigger_adds_no_line_and_no_colour_to_the_log(
    call: MakeCall, bases: KeptBases, log: Path
) -> None:
    bases.kept[ONE] = ("NO\x1b[31m\u202e\u2028THING",)
    [_, line] = refused(call, log)
    assert log.read_bytes().isascii()
    assert log.read_bytes().count(b"\n") == 2
    assert "\x1b" not in line["reasons"][0]
    assert "\u202e" not in line["reasons"][0]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (f"FROM {MINE}", ["--pull"]),
        (f"# syntax={MINE}\nFROM {BASE}", []),
        (f"FROM {BASE}", [f"--cache-from={MINE}"]),
    ],
)
def test_an_image_that_is_built_here_and_would_be_fetched(
    call: MakeCall, context: Path, log: Path, file: str, words: list[str]
) -> None:
    context.joinpath("Dockerfile").write_text(f"{file}\n")
    lines = refused(call, log, *words)
    assert told(lines)[-1] == (MINE, "deny", "policy")
    assert "built here" in lines[-1]["reasons"][0]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pull", [MINE]),
        ("pull", ["-a", MINE]),
        ("run", ["--pull=always", MINE]),
        ("create", ["--pull", "always", MINE]),
    ],
)
def test_an_image_that_is_made_here_and_would_be_pulled(
    call: MakeCall, noting: Noting, log: Path, capfd: pytest.CaptureFixture[str],
    *, name: str, words: list[str],
) -> None:  # fmt: skip
    command = pull if name == "pull" else container
    with pytest.raises(RefusedError, match=r"for images that are made here .* would be pulled"):
        command.run(call(name, *words, log=AuditLog(log)))
    assert told(written(log)) == [(MINE, "deny", "policy")]
    assert "let through" not in capfd.readouterr().err
    assert noting.started == []


def test_an_image_that_is_pulled_after_it_was_taken_for_one_that_is_here(
    call: MakeCall, log: Path
) -> None:
    made = call("build", ".", log=AuditLog(log))
    assert made.allowed(MINE).allowed
    with pytest.raises(RefusedError):
        made.allowed(MINE, pulled=True)
    assert told(written(log)) == [(MINE, "allow", "ok"), (MINE, "deny", "policy")]
