"""`gate compose`: what a registry gives is never taken for what is made here, and files beside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contenttrust.gate.compose import files
from contenttrust.gate.compose.files import composition

POLICY = """apiVersion: contenttrust/v1
kind: TrustPolicy
metadata: {name: t, version: 1}
rules:
- match: localhost/**
  local-build: allow
"""


@pytest.fixture
def gate(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs a gate under a policy that takes images of localhost for what is made here."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG", "COMPOSE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)

    def call(verb: str, *arguments: str, **files: str):
        for name, text in files.items():
            Path(name).write_text(text)
        options = ["--offline", "--trust-dir", str(tmp_path), "--policy", "policy.yaml"]
        without = ["--without-docker"] if verb == "compose" else []
        return run("gate", verb, *options, *without, *arguments)

    return call


INLINE = "dockerfile_inline: FROM localhost/base"
CONTEXT = "dockerfile_inline: FROM b, additional_contexts: {b: docker-image://localhost/b}"
VOLUME = "volumes: [{type: image, source: localhost/v, target: /v}]"


@pytest.mark.parametrize(
    ("service", "passes"),
    [
        ("{image: localhost/x}", False),
        ("{image: localhost/x, pull_policy: always}", False),
        ("{image: localhost/x, pull_policy: missing}", False),
        ("{image: localhost/x, pull_policy: daily}", False),
        ("{image: localhost/x, pull_policy: never}", True),
        (f"{{image: localhost/x, build: {{{INLINE}}}}}", False),
        (f"{{image: localhost/x, pull_policy: build, build: {{{INLINE}}}}}", True),
        (f"{{image: localhost/x, pull_policy: never, build: {{{INLINE}}}}}", True),
        (f"{{build: {{{INLINE}}}}}", True),
        (f"{{build: {{{INLINE}, pull: false}}}}", True),
        (f"{{build: {{{INLINE}, pull: true}}}}", False),
        (f"{{build: {{{INLINE}, pull: '1'}}}}", False),
        (f"{{build: {{{INLINE}, sbom: generator=localhost/scan}}}}", False),
        (f"{{build: {{{INLINE}, args: {{BUILDKIT_SYNTAX: localhost/f}}}}}}", False),
        ('{build: {dockerfile_inline: "# syntax=localhost/f\\nFROM localhost/base"}}', False),
        (f"{{build: {{{CONTEXT}}}}}", True),
        (f"{{build: {{{CONTEXT}, pull: true}}}}", False),
        (f"{{image: localhost/x, pull_policy: never, {VOLUME}}}", False),
    ],
)
def test_what_compose_or_a_builder_pulls_is_no_local_build(
    gate, service: str, passes: bool
) -> None:
    ran = gate(
        "compose", "--audit-log", "log", "c.yaml", **{"c.yaml": f"services: {{a: {service}}}"}
    )

    assert (ran.code == 0) == passes, ran
    assert ("(local-build), and this one would be pulled" in ran.err) != passes
    verdicts = [json.loads(line)["verdict"] for line in Path("log").read_text().splitlines()]
    assert ("deny" in verdicts) != passes


def test_an_image_that_one_service_pulls_is_no_local_build_of_another(gate) -> None:
    text = "services: {a: {image: localhost/x, pull_policy: never}, b: {image: localhost/x}}"
    ran = gate("compose", "c.yaml", **{"c.yaml": text})

    assert ran.code == 1
    assert ran.err.count("would be pulled") == 2


def test_what_two_services_build_from_is_told_once(gate) -> None:
    services = "services: {a: {build: .}, b: {build: ., pull_policy: build}}"
    for text, told in (("FROM localhost/x\nFROM localhost/y", 2), ("FROM $NONE", 1)):
        ran = gate("compose", "c.yaml", **{"c.yaml": services, "Dockerfile": text})
        lines = [*ran.out.splitlines(), *ran.err.splitlines()]
        assert len([line for line in lines if ": Dockerfile:" in line]) == told


@pytest.mark.parametrize(
    ("text", "arguments", "passes"),
    [
        ("FROM localhost/x", (), True),
        ("FROM x", ("--build-context", "x=docker-image://localhost/x"), True),
        ("# syntax=localhost/f\nFROM localhost/x", (), False),
        ("FROM localhost/x", ("--build-arg", "BUILDKIT_SYNTAX=localhost/f"), False),
    ],
)
def test_a_front_end_is_pulled_and_no_local_build(gate, text, arguments, passes) -> None:
    ran = gate("dockerfile", *arguments, "Dockerfile", Dockerfile=text)

    assert (ran.code == 0) == passes, ran


def test_an_override_beside_is_named_or_the_project_is_refused(gate) -> None:
    files = {
        "compose.yaml": "services: {a: {image: localhost/x, pull_policy: never}}",
        "compose.override.yaml": "services: {a: {environment: {A: b}}}",
    }
    ran = gate("compose", "compose.yaml", **files)
    assert ran.code == 1
    assert "reads compose.yaml and compose.override.yaml here: name these" in ran.err
    assert gate("compose", "compose.yaml", "compose.override.yaml").code == 0


def test_the_file_that_is_written_may_be_in_compose_file(gate, monkeypatch) -> None:
    monkeypatch.setenv("COMPOSE_FILE", "compose.yaml:trust.yaml")
    text = "services: {a: {image: localhost/x, pull_policy: never}}"
    ran = gate("compose", "--override-out", "trust.yaml", "compose.yaml", **{"compose.yaml": text})

    assert ran.code == 0, ran
    assert gate("compose", "compose.yaml").code == 1
    assert gate("compose", "compose.yaml", "trust.yaml").code == 0


def test_a_file_beside_that_others_have_written_stays(gate) -> None:
    Path("compose.yaml").write_text("services: {a: {image: localhost/x, pull_policy: never}}")
    Path("sub").mkdir()
    for name in ("compose.override.yaml", "sub/.env"):
        ran = gate("compose", f"--override-out={name}", "compose.yaml", **{name: "others'"})
        assert (ran.code, f"{name} is there, and was not written" in ran.err) == (2, True), ran
        assert Path(name).read_text() == "others'"
        Path(name).write_text("")  # what has nothing in it loses nothing
        for _ in range(2):
            assert gate("compose", f"--override-out={name}", "compose.yaml").code == 0
        Path(name).unlink()


def test_a_file_beside_that_others_write_meanwhile_stays(gate, monkeypatch) -> None:
    def read(*arguments, **more):
        Path("trust.yaml").write_text("others'")
        return composition(*arguments, **more)

    monkeypatch.setattr(files, "composition", read)
    text = "services: {a: {image: localhost/x, pull_policy: never}}"
    ran = gate("compose", "--override-out=trust.yaml", "c.yaml", **{"c.yaml": text})

    assert (ran.code, "trust.yaml is there, and was not written" in ran.err) == (2, True), ran
    assert Path("trust.yaml").read_text() == "others'"


def test_t100_names_of_compose_files_are_shortened_as_docker_compose_does_it(gate) -> None:
    Path("deep", "er").mkdir(parents=True)
    Path("link").symlink_to("deep/er")
    good = "services: {a: {image: localhost/x, pull_policy: never}}"
    Path("deep", "c.yaml").write_text(good)
    ran = gate("compose", "link/../c.yaml", **{"c.yaml": "services: {a: {image: evil:1}}"})
    assert (ran.code, "refused: c.yaml:1:23: evil:1: " in ran.err) == (1, True)
    Path("c.yaml").write_text(good)
    assert gate("compose", "--override-out", "link/../t.yaml", "link/../c.yaml").code == 0
    assert Path("t.yaml").exists()
    assert not Path("deep", "t.yaml").exists()
    for names in (["c.yaml", "./c.yaml"], ["./-"], ["--override-out=link/../c.yaml", "c.yaml"]):
        assert gate("compose", *names).code == 2
    assert Path("c.yaml").read_text() == good


def test_a_file_beside_is_written_over_none_that_was_checked(gate) -> None:
    build = "build: {context: app, args: {A: '${A-}'}}"
    files = {
        "c.yaml": f"services: {{a: {{image: localhost/x, pull_policy: build, {build}}}}}",
        ".env": "A=1\n",
        "app/Dockerfile": "FROM localhost/b\n",
    }
    Path("app").mkdir()
    Path("trust.yaml").symlink_to("c.yaml")
    Path("hard.yaml").hardlink_to("trust.yaml")
    Path("link").symlink_to("app/Dockerfile")
    here = str(Path.cwd())
    for name in (f"{here}/c.yaml", "trust.yaml", "hard.yaml", ".env", "link", "app/Dockerfile"):
        ran = gate("compose", f"--override-out={name}", "c.yaml", **files)
        assert (ran.code, "--override-out" in ran.err) == (2, True), ran
        assert {file: Path(file).read_text() for file in files} == files
    for name in (f"{here}/c.yaml", "trust.yaml"):
        ran = gate("compose", "c.yaml", name)
        assert (ran.code, "a file is named twice" in ran.err) == (2, True), ran
    Path("new.yaml").symlink_to("elsewhere.yaml")
    for _ in range(2):
        assert gate("compose", "--override-out=new.yaml", "c.yaml").code == 0
    assert Path("elsewhere.yaml").read_text().startswith("# Written by contenttrust")


@pytest.mark.parametrize("more", [[], ["-o", "json"]])
def test_a_file_beside_is_not_printed(gate, more: list[str]) -> None:
    text = "services: {a: {image: localhost/x, pull_policy: never}}"
    for name in ("-", "./-"):
        ran = gate("compose", "--override-out", name, *more, "c.yaml", **{"c.yaml": text})
        assert ran.code == 2
        assert "services:" not in ran.out
        assert "--override-out: docker compose needs a file: name one" in ran.out + ran.err


def test_what_is_built_and_named_is_refused_with_the_policy_that_never_pulls_it(gate) -> None:
    text = """services:
  a: {image: localhost/x, build: {dockerfile_inline: FROM scratch}}
  b: {image: localhost/x}
  c: {image: localhost/y}
  d: {image: localhost/x, pull_policy: never}
"""
    refused = gate("compose", "compose.yaml", **{"compose.yaml": text}).err.splitlines()

    advice = "; say pull_policy: {} if it is only built here"
    told = {line.split(":")[2]: line for line in refused}
    assert told.keys() == {"2", "3", "4", "5"}
    assert told["2"].endswith(advice.format("build"))
    assert told["3"].endswith(advice.format("never"))
    assert "pull_policy" not in told["4"]
    assert told["5"].endswith(advice.format("build where it is built,"))
    said = text.replace("localhost/x, build", "localhost/x, pull_policy: build, build")
    said = said.replace("b: {image: localhost/x}", "b: {image: localhost/x, pull_policy: never}")
    ran = gate("compose", "compose.yaml", **{"compose.yaml": said})
    assert ["compose.yaml:4" in line for line in ran.err.splitlines()] == [True]
