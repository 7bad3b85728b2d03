"""The program that containerd asks: whatever is not a clear yes is a no, with a reason, in time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from contenttrust.gate import containerd
from contenttrust.gate.check import Gate
from told_gate import DIGEST, GUN, decision

NAME = f"{GUN}:1"
POLICY = """\
apiVersion: contenttrust/v1
kind: TrustPolicy
metadata: {name: nodes, version: 1}
default: deny
pins:
  "**": {tofu: once}
rules:
  - match: "registry.example.com/**"
    require: {signed: any}
"""


@pytest.fixture
def env(tmp_path):
    (tmp_path / "policy.yaml").write_text(POLICY)
    return {"CONTENTTRUST_POLICY": str(tmp_path / "policy.yaml"), "HOME": str(tmp_path)}


@pytest.fixture
def asked(monkeypatch):
    """What the gate is asked; it allows names that end in the digest that is signed."""
    images: list[str] = []

    def check(self, image):
        images.append(image)
        return decision(image, "allow" if image == f"{NAME}@{DIGEST}" else "deny")

    monkeypatch.setattr(Gate, "check", check)
    return images


def arguments(name=NAME, digest=DIGEST, *more):
    return ["-name", name, "-digest", digest, "-stdin-media-type", "application/x", *more]


def test_image_that_is_signed_for_that_digest_may_be_pulled(env, asked, capsys):
    assert containerd.main(arguments(), env) == 0
    assert asked == [f"{NAME}@{DIGEST}"]
    assert capsys.readouterr().out.startswith(f"contenttrust: ok: {NAME}@{DIGEST}")


def test_an_older_policy_does_not_come_back(env, tmp_path, asked, capsys):
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY.replace("version: 1", "version: 2"))
    assert containerd.main(arguments(), env) == 0
    policy.write_text(POLICY)
    assert containerd.main(arguments(), env) == 1
    assert "version 2 of that name was used here before" in capsys.readouterr().out


def test_tag_that_the_registry_resolves_to_another_digest_is_refused(env, asked, capsys):
    other = "sha256:" + "b" * 64
    assert containerd.main(arguments(digest=other), env) == 1
    assert "not_signed" in capsys.readouterr().out


def test_digest_in_the_name_must_be_that_of_the_image(env, asked, capsys):
    other = "sha256:" + "b" * 64
    assert containerd.main(arguments(f"{NAME}@{other}"), env) == 1
    assert "digest_mismatch" in capsys.readouterr().out
    assert asked == []
    assert containerd.main(arguments(f"{NAME}@{DIGEST}"), env) == 0


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["-name", NAME],
        ["-digest", DIGEST],
        arguments(NAME, DIGEST, "-force"),
        arguments(NAME, DIGEST, "more"),
        arguments("Evil", DIGEST),
        arguments("a" * 64, DIGEST),
        arguments(NAME, "sha256:short"),
        arguments(NAME, "sha512:" + "a" * 128),
        arguments(NAME, ""),
    ],
)
def test_question_that_is_none_is_refused(env, asked, capsys, given):
    assert containerd.main(given, env) == 1
    assert capsys.readouterr().out.startswith("contenttrust: ")


@pytest.mark.parametrize("given", [[], ["-name", NAME], ["-digest", DIGEST]])
def test_arguments_that_are_missing_are_named(capsys, given):
    assert containerd.main(given, {}) == 1
    out, err = capsys.readouterr()
    assert (
        out == "contenttrust: malformed: -name and -digest are wanted, as containerd gives them\n"
    )
    assert err == ""


def test_t116_without_a_policy_nothing_is_let_through(env, asked, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(containerd, "DEFAULT_POLICY", str(tmp_path / "absent.yaml"))
    assert containerd.main(arguments(), {}) == 1
    assert "absent.yaml" in capsys.readouterr().out
    (tmp_path / "policy.yaml").write_text(POLICY.replace("default", "defualt"))
    assert containerd.main(arguments(), env) == 1
    assert "policy.yaml:4:" in capsys.readouterr().out
    assert asked == []


def test_t110_there_is_an_answer_before_containerd_gives_up(env, monkeypatch, capsys):
    go = threading.Event()
    monkeypatch.setattr(Gate, "check", lambda self, image: go.wait(20))
    assert containerd.main(arguments(), env, seconds=0.1) == 1
    go.set()
    assert "deadline" in capsys.readouterr().out


def test_t110_failure_of_our_own_is_a_refusal(env, monkeypatch, capsys):
    def broken(self, image):
        raise MemoryError

    monkeypatch.setattr(Gate, "check", broken)
    assert containerd.main(arguments(), env) == 1
    assert "MemoryError" in capsys.readouterr().out


def test_reason_is_one_printable_line_that_containerd_takes_whole(env, monkeypatch, capsys):
    reasons = ("\x1b[2J\n" + "x" * 100_000,)
    told = decision(NAME, "deny", reasons=reasons)
    monkeypatch.setattr(Gate, "check", lambda self, image: told)
    assert containerd.main(arguments(), env) == 1
    out = capsys.readouterr().out
    assert len(out) < 32_768
    assert "\x1b" not in out
    assert out.count("\n") == 1


def test_t145_decision_is_written_down(env, capsys, tmp_path):
    env |= {"CONTENTTRUST_AUDIT_LOG": str(tmp_path / "log")}
    env |= {"DOCKER_CONTENT_TRUST_SERVER": "https://localhost:1"}
    assert containerd.main(arguments(), env) == 1
    assert '"door":"containerd"' in (tmp_path / "log").read_text()


def test_program_ends_with_the_code_that_containerd_looks_at(tmp_path):
    code = "from contenttrust.gate.containerd import run; run()"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments()],
        env={"PATH": os.defpath, "HOME": str(tmp_path), "CONTENTTRUST_POLICY": "/absent.yaml"},
        input=b"{}", capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"/absent.yaml" in done.stdout


@pytest.mark.parametrize(
    ("redirection", "told"),
    [
        (">&-", "standard output is closed: refused without a reason\n"),
        (">/dev/full", "standard output: No space left on device: refused without a reason\n"),
        (">&- 2>&-", ""),
    ],
)
def test_reason_that_nobody_can_be_told_is_a_refusal(tmp_path, redirection, told):
    allow = "c.main = lambda *_: c._say('ok', allowed=True)"
    code = f"from contenttrust.gate import containerd as c; {allow}"
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirection}', "sh", sys.executable, "-c", f"{code}; c.run()"],
        env={"PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, told and f"contenttrust: {told}")


def test_what_is_pulled_is_no_local_build(env, tmp_path, capsys):
    rule = "  - {match: 'localhost/**', local-build: allow}\n"
    (tmp_path / "policy.yaml").write_text(POLICY + rule)
    offline = env | {"DOCKER_CONTENT_TRUST_SERVER": "https://localhost:1"}
    assert containerd.main(arguments("localhost/mine:1", DIGEST), offline) == 1
    assert "what is pulled needs a signature" in capsys.readouterr().out
