"""A refusal by the lock file is in the audit log, behind the decision that it turns over."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contenttrust.cli.gate import lock_file
from contenttrust.gate import judged

IMAGE = "localhost:5000/corpus/revoked:3.0"
DIGEST = "sha256:f69373db827d295a41a66458c846654e60a0c288b2221c56b51f6b2a2bd171ad"
FILES = {
    "compose": f"services:\n  web: {{image: '{IMAGE}'}}\n  again: {{image: '{IMAGE}'}}\n",
    "dockerfile": f"FROM {IMAGE}\n",
    "kubernetes": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
    f"  - {{name: web, image: '{IMAGE}'}}\n",
}
EMPTY = b'{"schema": "contenttrust.lock/1", "images": {}}'


@pytest.mark.parametrize("verb", FILES)
def test_a_refusal_by_the_lock_file_is_written_down(
    case, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.delenv("CONTENTTRUST_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text(FILES[verb])
    log, lock = tmp_path / "log", tmp_path / "lock"
    more = ("--without-docker",) if verb == "compose" else ("--without-registry",)
    more = () if verb == "kubernetes" else more

    def gate(*words: str) -> tuple[int, list[dict[str, Any]]]:
        log.unlink(missing_ok=True)
        options = (*case("good-revoked-tag").options, *more, "--lock", "lock", *words)
        code = run("gate", verb, *options, "--audit-log", "log", "file").code
        return code, [json.loads(line) for line in log.read_text().splitlines()]

    code, lines = gate()
    assert (code, [one["verdict"] for one in lines]) == (0, ["allow"])
    locked = lock.read_bytes()
    assert gate("--locked") == (0, lines)

    for changed, reason in (
        (locked.replace(DIGEST.encode(), b"sha256:" + b"0" * 64), "signed now is"),
        (EMPTY, "the lock file does not have it"),
    ):
        lock.write_bytes(changed)
        code, [allowed, refused] = gate("--locked")
        assert (code, allowed["verdict"]) == (1, "allow")
        told = refused["image"], refused["verdict"], refused["allowed"], refused["code"]
        assert told == (IMAGE, "deny", False, "lock")
        assert refused["door"] == f"gate {verb}"
        assert refused["pinned"] == ""
        assert reason in refused["reasons"][0]


def test_what_cannot_be_written_is_not_locked_either(
    case, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONTENTTRUST_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)
    text = f"services:\n  web: {{image: '${{X:-{IMAGE}}}'}}\n"
    Path("compose.yaml").write_text(text)

    def gate(*words: str) -> int:
        options = (*case("good-revoked-tag").options, "--without-docker", "--lock", "lock")
        return run("gate", "compose", *options, *words, "compose.yaml").code

    assert gate("--write") == 1
    assert not Path("lock").exists()
    assert Path("compose.yaml").read_text() == text
    assert gate() == 0
    assert IMAGE in Path("lock").read_text()


@pytest.fixture
def gate(case, run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the gate of manifests on one."""
    monkeypatch.delenv("CONTENTTRUST_POLICY", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("pod.yaml").write_text(FILES["kubernetes"])
    options = case("good-revoked-tag").options
    return lambda *words: run("gate", "kubernetes", *options, *words, "pod.yaml")


def test_what_another_run_locks_meanwhile_stays(gate, monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate("--lock", "lock").code == 0
    document = json.loads(Path("lock").read_bytes())
    [entry] = document["images"].values()
    other = {**document, "images": {"localhost:5000/corpus/other:1": entry}}
    Path("lock").unlink()
    judge = judged.judge

    def meanwhile(*arguments: Any, **settings: Any) -> Any:
        Path("lock").write_text(json.dumps(other))
        return judge(*arguments, **settings)

    monkeypatch.setattr(judged, "judge", meanwhile)
    assert gate("--lock", "lock").code == 0
    assert json.loads(Path("lock").read_bytes())["images"].keys() == {
        *document["images"], *other["images"],
    }  # fmt: skip


def test_nothing_is_locked_while_another_run_writes(gate, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("real").mkdir()
    Path("lock").symlink_to("real/lock")
    monkeypatch.setattr(lock_file, "PATIENCE", 0.0)
    folder = os.open("real", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        ran = gate("--lock", "lock")
        assert (ran.code, Path("lock").exists()) == (2, False)
        assert "--lock: lock: another process has held the lock" in ran.err
    finally:
        os.close(folder)
    assert gate("--lock", "lock").code == 0
    assert IMAGE in Path("real/lock").read_text()


def test_a_lock_file_that_cannot_be_written_is_noticed_before_others_are(gate) -> None:
    ran = gate("--write", "--lock", "missing/lock")
    assert (ran.code, Path("pod.yaml").read_text()) == (2, FILES["kubernetes"])
    assert ran.err == "contenttrust: --lock: missing/lock: No such file or directory\n"
