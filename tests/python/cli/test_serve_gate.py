"""`contenttrust serve gate` starts only when everything that it was told fits together."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from urllib.error import HTTPError

import pytest

from simulator.repository import Repository, after
from simulator.roles import digest_of, image

POLICY = """\
apiVersion: contenttrust/v1
kind: TrustPolicy
metadata: {name: tests, version: 1}
default: deny
rules:
  - match: "registry.example.com/**"
    require: {signed: any}
"""
HEAD = "apiVersion: contenttrust/v1\nkind: GateService\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CONTENTTRUST_POLICY", raising=False)
    (tmp_path / "trust-policy.yaml").write_text(POLICY)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "options", "said"),
    [
        (None, [], "--certificate, --certificate-key), or plain-http (--plain-http)"),
        (None, ["--plain-http"], "no policy is named"),
        (None, ["--plain-http", "--policy", "absent.yaml"], "absent.yaml"),
        (None, ["--plain-http", "--listen", "0.0.0.0:1"], "plain-http"),
        (None, ["--plain-http", "--listen", "nonsense"], "listen"),
        (None, ["--certificate", "x"], "go together"),
        (None, ["--socket", "/x"], "--docker-authz"),
        (None, ["--config", "absent.yaml"], "absent.yaml"),
        ("mode: audit\n", [], "gate.yaml:3:1: 'mode' is not known"),
        ("plain-http: true\n", ["--plain-http"], "gate.yaml:3:1: plain-http is given"),
        ("plain-http: true\npolicy: trust-policy.yaml\n", ["--policy", "x"], "gate.yaml:4:1"),
        ("plain-http: true\nlisten: 127.0.0.1:0\n", ["--docker-authz"], "gate.yaml:4:1"),
        ("certificate: a\nkey: b\npolicy: trust-policy.yaml\n", [], "no usable certificate"),
        (
            "plain-http: true\nunknown-kinds: warn\nunpinned: warn\n",
            ["--strict"],
            "lets it through: unknown-kinds: warn, unpinned: warn",
        ),
        ("plain-http: true\ndocker-allow: [build]\n", ["--strict"], "through: docker-allow"),
        (
            "plain-http: true\npolicy: trust-policy.yaml\naudit-log: absent/log\n",
            [],
            "gate.yaml:5:1: audit-log: the audit log ",
        ),
        (None, ["--plain-http", "--policy", "trust-policy.yaml", "--audit-log", "/"], "audit-log:"),
    ],
)
def test_t115_service_that_cannot_be_as_it_was_told_does_not_start(here, run, file, options, said):
    if file is not None:
        (here / "gate.yaml").write_text(HEAD + file)
        options = ["--config", str(here / "gate.yaml"), *options]
    ran = run("serve", "gate", "--trust-dir", str(here / "trust"), *options)
    assert ran.code == 2, ran.err
    assert said in ran.err
    assert ran.out == ""


def test_t115_policy_with_a_mistake_keeps_the_service_from_starting(here, run):
    (here / "trust-policy.yaml").write_text(POLICY.replace("default", "defualt"))
    policy = str(here / "trust-policy.yaml")
    ran = run("serve", "gate", "--plain-http", "--listen", "localhost:0", "--policy", policy)
    assert ran.code == 2
    assert "trust-policy.yaml:4:" in ran.err


def test_dockers_folder_of_plugins_is_made_where_a_boot_has_left_none(here, run, monkeypatch):
    """The plugin starts before docker, which makes the folder at its own start."""
    from contenttrust.cli.serve import gate

    plugins = here / "run" / "docker" / "plugins"
    monkeypatch.setattr(gate, "_PLUGINS", str(plugins))
    policy = here / "trust-policy.yaml"
    policy.write_text("kind: nonsense")  # it starts no further than that
    ran = run("serve", "gate", "--docker-authz", "--policy", str(policy))
    assert (ran.code, plugins.is_dir()) == (2, True)
    assert stat.S_IMODE(plugins.parent.stat().st_mode) == 0o700
    monkeypatch.setattr(gate, "_PLUGINS", str(policy / "plugins"))
    ran = run("serve", "gate", "--docker-authz", "--policy", str(policy))
    assert ran.code == 2
    assert f"the folder {policy} cannot be made: File exists" in ran.err


def test_a_folder_that_is_missing_is_named(here, run):
    policy, folder = str(here / "trust-policy.yaml"), here / "absent"
    ran = run("serve", "gate", "--docker-authz", "--socket", f"{folder}/x.sock", "--policy", policy)
    assert ran.code == 2
    assert f"the folder {folder} is not there" in ran.err
    assert not folder.exists()


def test_t115_policy_that_vanishes_stays_in_force(here):
    place = here / ".docker" / "trust" / "contenttrust"
    place.mkdir(parents=True, mode=0o700)
    policy = (here / "trust-policy.yaml").rename(place / "trust-policy.yaml")
    command = [sys.executable, "-m", "contenttrust", "serve", "gate", "--plain-http"]
    process = subprocess.Popen(
        [*command, "--listen", "localhost:0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    address = process.stdout.readline().removeprefix("contenttrust: listening on ").strip()
    assert process.stdout.readline() == "contenttrust: ready\n"
    policy.unlink()
    reloads, line = 'contenttrust_gate_reloads_total{outcome="', ""
    while not line.startswith(reloads):
        assert process.poll() is None
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=20) as answer:
            told = answer.read().decode().splitlines()
        line = next((line for line in told if line.startswith(reloads)), "")
        time.sleep(0.05)
    [info] = [line for line in told if line.startswith("contenttrust_gate_policy_info{")]
    assert (line.split('"')[1], 'name="tests"' in info) == ("failed", True)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


@contextmanager
def service(*options: str) -> Iterator[str]:
    """Where a service answers, in a process of its own that ends well."""
    command = [sys.executable, "-m", "contenttrust", "serve", "gate", "--plain-http"]
    process = subprocess.Popen(
        [*command, "--listen", "localhost:0", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        try:
            address = process.stdout.readline().removeprefix("contenttrust: listening on ").strip()
            assert process.stdout.readline() == "contenttrust: ready\n"
            yield f"http://{address}"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0


def test_questions_of_everybody_else_are_answered_by_a_trust_server(here, server, authority):
    web = "registry.example.com/team/web"
    repository = Repository(web)
    for role in ("root", "targets", "snapshot", "timestamp"):
        repository[role].expires = after(days=14, base=datetime.now(timezone.utc))
    repository.targets["1.0"] = image("one")
    server.publish(web, repository.publish())
    policy = here / "trust-policy.yaml"
    policy.write_text(
        f"{POLICY}pins: {{'**': {{tofu: once}}}}\nservers:\n  registry.example.com/: "
        f"{{url: '{server.url}', ca: '{authority.ca_file}', auth: none}}\n"
    )
    with service("--policy", str(policy), "--trust-dir", str(here / "trust")) as url:

        def asked(body: object) -> dict[str, object]:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            with urllib.request.urlopen(f"{url}/verify", data, timeout=20) as answer:
                return json.load(answer)

        told = asked({"images": [f"{web}:1.0"]})
        [decision] = told["decisions"]
        assert (told["allowed"], decision["verdict"], decision["code"]) == (True, "allow", "ok")
        assert decision["pinned"] == f"{web}@{digest_of('one')}"
        told = asked({"images": [f"{web}:1.0", f"{web}:9.9", f"{web}@{digest_of('two')}", "No"]})
        assert told["allowed"] is False
        assert [one["code"] for one in told["decisions"]] == [
            "ok", "not_signed", "not_signed", "malformed",
        ]  # fmt: skip
        assert [bool(one["pinned"]) for one in told["decisions"]] == [True, False, False, False]
        for body in (
            b"",
            b"{",
            b'{"images": []} ',
            b'{"images": "web:1"}',
            b'{"image": ["web:1"]}',
        ):
            with pytest.raises(HTTPError) as refused:
                asked(body)
            assert refused.value.code == 400, body
            refused.value.close()
    assert any(seen.path.startswith(f"/v2/{web}/_trust/tuf/") for seen in server.requests)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_service_answers_until_it_is_told_to_end(here, number):
    (here / "gate.yaml").write_text(
        f"{HEAD}plain-http: true\nlisten: localhost:0\npolicy: trust-policy.yaml\n"
        "trust-dir: trust\naudit-log: audit.jsonl\n"
    )
    command = [sys.executable, "-m", "contenttrust", "serve", "gate"]
    process = subprocess.Popen(
        [*command, "--config", str(here / "gate.yaml")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().removeprefix("contenttrust: listening on ").strip()
    assert process.stdout.readline() == "contenttrust: ready\n"
    body = json.dumps({"images": ["evil.example/x:1"]}).encode()
    with urllib.request.urlopen(f"http://{address}/verify", body, timeout=20) as answer:
        told = json.load(answer)
    assert told["allowed"] is False
    assert "no rule" in told["decisions"][0]["reasons"][0]
    process.send_signal(number)
    assert process.wait(20) == 0
    process.stdout.close()
    assert json.loads(Path(here, "audit.jsonl").read_text())["door"] == "verify"
