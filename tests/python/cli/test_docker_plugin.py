"""The program that docker runs for `docker trust …`, asked as docker asks it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contenttrust.cli.docker_plugin import install, program
from covered.counting import COUNTING

_UNREACHABLE = "https://127.0.0.1:1"


def _asked(capsys, *arguments):
    code = program.command(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_it_says_who_it_is(capsys):
    code, out, err = _asked(capsys, "docker-cli-plugin-metadata")
    assert (code, err) == (0, "")
    facts = json.loads(out)
    assert facts["SchemaVersion"] == "0.1.0"
    assert facts["Vendor"]
    assert "contenttrust" in facts["ShortDescription"]


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"], ["key"], ["signer", "-h"]])
def test_help_is_no_failure(capsys, words):
    code, out, err = _asked(capsys, "trust", *words)
    assert (code, err) == (0, "")
    assert out.startswith("Usage:  docker trust")


# The codes are those of docker 28.2.2 for the same words.
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["bogus"], 1),
        (["key", "bogus"], 1),
        (["inspect"], 1),
        (["inspect", "--bogus", "x"], 125),
        (["inspect", "--pretty=perhaps", "x"], 125),
    ],
)
def test_what_docker_does_not_know_ends_as_docker_ends_it(capsys, words, code):
    ended, out, err = _asked(capsys, "trust", *words)
    assert (ended, out) == (code, "")
    assert err.startswith("docker: ")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1),
        (["--dir", "."], 1),
        (["--role", "root"], 125),
        (["--role", "root", "alice"], 125),
        (["--gun", "a.example/b", "--role", "targets"], 125),
    ],
)
def test_docker_s_verb_makes_keys_of_signers_alone(capsys, monkeypatch, tmp_path, words, code):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", "a passphrase")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", "a passphrase")
    ended, out, err = _asked(capsys, "trust", "key", "generate", *words)
    assert (ended, out) == (code, "")
    assert ("requires 1 argument" if code == 1 else "unknown option") in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["verify", "list", "doctor", "publish", "init"])
def test_verbs_that_docker_never_had_are_unknown_to_it(capsys, verb):
    assert _asked(capsys, "trust", verb, "x")[0] == 1


@pytest.mark.parametrize(
    "before",
    [
        ["--config", "{config}"],
        ["--config={config}", "--debug"],
        ["--tls=true", "-Dc", "other", "-H", "unix:///x", "--config", "{config}"],
    ],
)
def test_options_of_docker_before_the_command(capsys, monkeypatch, tmp_path, vectors, before):
    monkeypatch.setenv("DOCKER_CONFIG", "/nowhere")
    words = [word.format(config=tmp_path) for word in before]
    metadata = vectors / "good-one-tag"
    gun = json.loads((metadata / "case.json").read_text())["gun"]
    code, out, _ = _asked(
        capsys, *words, "trust", "inspect", "--metadata", str(metadata / "tuf"),
        "--at", "2026-11-24T00:00:00Z", gun,
    )  # fmt: skip
    assert code == 0
    assert [shown["Name"] for shown in json.loads(out)] == [gun]
    assert os.environ["DOCKER_CONFIG"] == str(tmp_path)


@pytest.mark.parametrize(("value", "pretty"), [("true", True), ("1", True), ("false", False)])
def test_switches_with_a_value(  # noqa: PLR0917 - fixtures
    capsys, monkeypatch, tmp_path, vectors, value, pretty
):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    metadata = vectors / "good-one-tag"
    gun = json.loads((metadata / "case.json").read_text())["gun"]
    code, out, _ = _asked(
        capsys, "trust", "inspect", f"--pretty={value}", "--metadata", str(metadata / "tuf"),
        "--at", "2026-11-24T00:00:00Z", gun,
    )  # fmt: skip
    assert code == 0
    assert out.startswith("\nSignatures for") == pretty


def test_no_answer_is_a_failure_as_with_docker(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", _UNREACHABLE)
    assert _asked(capsys, "trust", "inspect", "registry.example.com/x")[0] == 1


def test_only_what_stands_behind_trust_is_a_command(capsys):
    assert _asked(capsys, "inspect", "alpine")[0] == 125
    assert _asked(capsys, "--bogus", "trust", "inspect", "alpine")[0] == 125


def _docker(folder, printed):
    """A program of docker's name that says this of its version; gives its PATH."""
    made = folder / "bin" / "docker"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text(f"#!/bin/sh\necho '{printed}'\n")
    made.chmod(0o755)
    return str(made.parent)


def _install(config, *words, printed="Docker version 29.0.1, build x", path=None):
    path = _docker(config, printed) if path is None else path
    scripts = Path(sys.executable).parent
    return subprocess.run(
        [scripts / "contenttrust", "docker-plugin", "install", *words],
        check=False, capture_output=True, text=True,
        env={**COUNTING, "PATH": path, "DOCKER_CONFIG": str(config)},
    )  # fmt: skip


def test_installing_twice_is_installing_once(tmp_path):
    for told in ("docker trust is contenttrust's now", "docker trust is contenttrust's already"):
        done = _install(tmp_path / "docker")
        assert done.returncode == 0, done.stderr
        assert told in done.stdout
    plugin = tmp_path / "docker" / "cli-plugins" / "docker-trust"
    asked = subprocess.run([plugin, "docker-cli-plugin-metadata"], check=True, capture_output=True)
    assert json.loads(asked.stdout)["SchemaVersion"] == "0.1.0"


@pytest.mark.parametrize("kind", ["file", "link", "broken link"])
def test_another_plugin_is_not_shadowed_unless_told_to(tmp_path, kind):
    place = tmp_path / "cli-plugins" / "docker-trust"
    place.parent.mkdir()
    if kind == "file":
        place.write_text("another")
    else:
        place.symlink_to("/bin/true" if kind == "link" else "/nowhere")
    refused = _install(tmp_path)
    assert refused.returncode == 1
    assert str(place) in refused.stderr
    assert "--force" in refused.stderr
    assert place.is_symlink() == (kind != "file")
    assert _install(tmp_path, "--force").returncode == 0
    assert place.resolve().name == "docker-trust"


def test_a_plugin_of_the_system_is_not_shadowed_unless_told_to(tmp_path, monkeypatch):
    other = tmp_path / "system" / "docker-trust"
    other.parent.mkdir()
    other.write_text("another")
    monkeypatch.setattr(install, "_OF_THE_SYSTEM", (str(other.parent),))
    assert list(install.in_the_way(tmp_path / "own" / "docker-trust")) == [other]


def test_a_docker_with_a_trust_of_its_own_gets_no_plugin_unless_told_to(tmp_path):
    """Docker 28 asks its own command before any plug-in: it would look as if this had worked."""
    place = tmp_path / "cli-plugins" / "docker-trust"
    old = "Docker version 28.2.2, build e6534b4"
    refused = _install(tmp_path, printed=old)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "docker 28.2.2" in refused.stderr
    assert "never runs this plug-in" in refused.stderr
    assert "--force" in refused.stderr
    assert not place.parent.exists()
    refused = _install(tmp_path, "-o", "json", printed=old)
    assert "28.2.2" in json.loads(refused.stdout)["warnings"][0]["message"]
    forced = _install(tmp_path, "--force", printed=old)
    assert forced.returncode == 0
    assert "warning: docker 28.2.2" in forced.stderr
    assert place.is_symlink()
    assert _install(tmp_path, printed=old).returncode == 1, "it is there, and is not run"


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("podman version 5.4.2", "no Docker"),
        ("", "does not say which version"),
        (None, "no docker"),
    ],
)
def test_where_nobody_knows_which_docker_runs_it_that_is_said(tmp_path, printed, said):
    path = str(tmp_path / "nothing") if printed is None else None
    done = _install(tmp_path, printed=printed, path=path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("warning: ")
    assert said in done.stderr
    assert "docker 29 and newer" in done.stderr
    assert _install(tmp_path / "quiet", "-q", printed=printed, path=path).stderr == ""


def test_an_installation_is_a_document_where_json_is_wanted(tmp_path):
    for _ in range(2):
        done = _install(tmp_path, "-o", "json")
        document = json.loads(done.stdout)
        assert (document["schema"], document["done"]) == ("contenttrust.done/1", True)
        [plugin] = document["plugins"]
        assert Path(plugin["path"]).resolve() == Path(plugin["program"]).resolve()
        assert plugin["path"] == str(tmp_path / "cli-plugins" / "docker-trust")
    place = tmp_path / "other" / "cli-plugins" / "docker-trust"
    place.parent.mkdir(parents=True)
    place.write_text("another")
    refused = _install(tmp_path / "other", "--json")
    document = json.loads(refused.stdout)
    assert (refused.returncode, document["done"]) == (1, False)
    assert str(place) in document["warnings"][0]["message"]
