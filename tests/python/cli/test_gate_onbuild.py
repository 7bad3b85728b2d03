"""Triggers of base images and the gates of files: what no file can pin is refused (threat 98)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from servers import HttpsServer
from servers.registry import (
    image,
    name_of,
    push,
    push_for_platforms,
    push_with_triggers,
    signed_meta,
)
from simulator.repository import Repository


class Signed:
    """A registry of this machine, in whose one repository some images are signed."""

    def __init__(self, server: HttpsServer, folder: Path, run) -> None:
        self.server = server
        self.repository = Repository(name_of(server, ""))
        self.folder = folder
        self._run = run

    def name(self, version: str) -> str:
        return name_of(self.server, version)

    def sign(self, tag: str, digest: str) -> str:
        """The name of an image, signed; and what pins it is its digest."""
        self.repository.targets[tag] = signed_meta(digest)
        return self.name(f":{tag}")

    def gate(self, verb: str, *words: str):
        """Run a gate on the trust data of the repository."""
        for name, data in self.repository.publish().items():
            path = self.folder / "tuf" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        options = ["--metadata", str(self.folder / "tuf"), "--at", "2026-11-24T00:00:00Z"]
        options += ["--anchor-root", str(self.folder / "tuf" / "root.json")]
        if verb == "compose":
            options.append("--without-docker")
        return self._run("gate", verb, *options, *words)


@pytest.fixture
def signed(server, tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch) -> Signed:
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.chdir(tmp_path)
    return Signed(server, tmp_path, run)


def lay_out(signed: Signed, base: str, *, contexts: str = "") -> None:
    """A Dockerfile upon a base, and a compose file that has it built."""
    signed.folder.joinpath("Dockerfile").write_text(f"FROM scratch\nFROM {base}\n")
    more = f", additional_contexts: ['{contexts}']" if contexts else ""
    text = f"services:\n  web:\n    build: {{context: .{more}}}\n"
    signed.folder.joinpath("compose.yaml").write_text(text)


VERBS = pytest.mark.parametrize(
    ("verb", "file"), [("dockerfile", "Dockerfile"), ("compose", "compose.yaml")]
)
OPTIONS = {"dockerfile": "--build-context", "compose": "additional_contexts"}


@VERBS
def test_t098_what_a_trigger_names_is_refused_with_the_context_that_pins_it(
    signed: Signed, verb: str, file: str
) -> None:
    digest = push(signed.server, image("tool"), tag=None)
    tool = signed.sign("tool", digest)
    base = signed.sign("base", push_with_triggers(signed.server, f"COPY --from={tool} / /"))
    lay_out(signed, base)
    context = f"{tool}=docker-image://{signed.name(f'@{digest}')}"

    ran = signed.gate(verb, file)
    assert ran.code == 1
    assert ran.err == (
        f"refused: Dockerfile:2: {tool}: ONBUILD COPY --from of {base} names {tool}, which no file "
        f"can pin: say {OPTIONS[verb]} {context} here and to the build\n"
    )
    lay_out(signed, base, contexts=context)
    words = [f"--build-context={context}"] if verb == "dockerfile" else []
    ran = signed.gate(verb, *words, file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("ok: ") == 2


@VERBS
def test_t098_an_unsigned_image_of_a_trigger_is_refused_as_one_of_the_file(
    signed: Signed, verb: str, file: str
) -> None:
    unsigned = signed.name(":9")
    base = signed.sign("base", push_with_triggers(signed.server, f"COPY --from={unsigned} / /"))
    lay_out(signed, base)
    ran = signed.gate(verb, file)
    assert ran.code == 1
    assert ran.err.startswith(f"refused: Dockerfile:2: {unsigned}: ")
    assert "trust data for 9" in ran.err


@VERBS
@pytest.mark.parametrize(
    ("trigger", "options", "name", "code"),
    [
        ("COPY --from={tool} / /", [], "tool", "onbuild"),
        ("COPY --from=$X / /", [], "base", "dockerfile"),
        ("ADD https://example.com/x /x", ["--strict"], "base", "not_covered"),
    ],
)
def test_the_audit_log_has_the_refusal(
    signed: Signed,
    *,
    verb: str,
    file: str,
    trigger: str,
    options: list[str],
    name: str,
    code: str,
) -> None:
    tool = signed.sign("tool", push(signed.server, image("tool"), tag=None))
    text = trigger.replace("{tool}", tool)
    base = signed.sign("base", push_with_triggers(signed.server, text))
    lay_out(signed, base)
    ran = signed.gate(verb, *options, "--audit-log", "log", file)
    assert ran.code == 1
    *others, last = map(json.loads, signed.folder.joinpath("log").read_text().splitlines())
    assert {one["verdict"] for one in others} == {"allow"}
    assert (last["image"], last["verdict"], last["code"]) == (signed.name(f":{name}"), "deny", code)
    assert last["reasons"][0] in ran.err


@VERBS
def test_a_trigger_that_names_a_signed_digest_needs_no_context(
    signed: Signed, verb: str, file: str
) -> None:
    digest = push(signed.server, image("tool"), tag=None)
    signed.sign("tool", digest)
    trigger = f"RUN --mount=from={signed.name(f'@{digest}')} true"
    lay_out(signed, signed.sign("base", push_with_triggers(signed.server, trigger)))
    ran = signed.gate(verb, "-o", "json", file)
    assert ran.code == 0
    assert {one["what"] for one in json.loads(ran.out)["results"]} == {
        "FROM",
        f"ONBUILD RUN --mount of {signed.name(':base')}",
    }


@VERBS
def test_a_trigger_in_doubt_is_refused(signed: Signed, verb: str, file: str) -> None:
    base = signed.sign("base", push_with_triggers(signed.server, "COPY --from=$X / /"))
    lay_out(signed, base)
    ran = signed.gate(verb, file)
    assert ran.code == 1
    assert f"Dockerfile:2: what the triggers (ONBUILD) of {base} bring is not known" in ran.err
    assert "--without-registry" not in ran.err


@VERBS
def test_what_a_registry_does_not_tell_is_refused_or_left_unchecked_by_name(
    signed: Signed, verb: str, file: str
) -> None:
    base = signed.sign("base", f"sha256:{'0' * 64}")
    lay_out(signed, base)
    ran = signed.gate(verb, file)
    assert ran.code == 3
    assert f"refused: Dockerfile:2: what the triggers (ONBUILD) of {base} bring is not" in ran.err
    assert ran.err.endswith("; --without-registry leaves that unchecked\n")
    asked = len(signed.server.requests)
    ran = signed.gate(verb, "--without-registry", file)
    note = f"the triggers (ONBUILD) of {base} are not looked at (--without-registry)"
    assert (ran.code, ran.err) == (0, f"note: Dockerfile:2: {note}\n")
    assert len(signed.server.requests) == asked


def test_where_the_policy_only_warns_it_is_told(signed: Signed) -> None:
    base = signed.sign("base", f"sha256:{'0' * 64}")
    lay_out(signed, base)
    signed.folder.joinpath("policy.yaml").write_text(
        "apiVersion: contenttrust/v1\nkind: TrustPolicy\nmetadata: {name: t, version: 1}\n"
        "pins: {'**': {tofu: once}}\nrules:\n"
        "- {match: 'localhost:*/**', require: {signed: any}, mode: warn}\n"
    )
    ran = signed.gate("dockerfile", "--policy", "policy.yaml", "Dockerfile")
    assert ran.code == 0
    assert ran.err.startswith("note: Dockerfile:2: what the triggers (ONBUILD) of")
    ran = signed.gate("dockerfile", "--policy", "policy.yaml", "--strict", "Dockerfile")
    assert ran.code == 1


def test_what_a_trigger_fetches_is_told(signed: Signed) -> None:
    trigger = "ADD https://example.com/x /x"
    base = signed.sign("base", push_with_triggers(signed.server, trigger))
    lay_out(signed, base)
    ran = signed.gate("dockerfile", "Dockerfile")
    assert ran.code == 0
    told = f"note: Dockerfile:2: a trigger (ONBUILD) of {base}: ADD fetches https://example.com/x"
    assert ran.err.startswith(told)
    assert signed.gate("dockerfile", "--strict", "Dockerfile").code == 1


def test_with_a_platform_the_image_of_that_one_counts(signed: Signed) -> None:
    base = signed.sign("base", push_for_platforms(signed.server, amd64="NOTHING", arm64="RUN true"))
    lay_out(signed, base)
    assert signed.gate("dockerfile", "Dockerfile").code == 1
    assert signed.gate("dockerfile", "--platform=linux/amd64", "Dockerfile").code == 1
    assert signed.gate("dockerfile", "--platform=linux/arm64", "Dockerfile").code == 0
    assert signed.gate("dockerfile", "--platform=linux/arm64,linux/amd64", "Dockerfile").code == 1
    file = signed.folder / "Dockerfile"
    file.write_text(f"FROM --platform=linux/amd64 {base}\n")
    assert signed.gate("dockerfile", "--platform=linux/arm64", "Dockerfile").code == 1
    file.write_text(f"FROM --platform=$TARGETPLATFORM {base}\n")
    assert signed.gate("dockerfile", "--platform=linux/arm64", "Dockerfile").code == 0
    assert signed.gate("dockerfile", "--platform=linux/arm64,linux/amd64", "Dockerfile").code == 1
    file.write_text(f"FROM --platform=$BUILDPLATFORM {base}\n")
    assert signed.gate("dockerfile", "--platform=linux/arm64", "Dockerfile").code == 1


def test_a_trigger_that_cannot_be_pinned_keeps_files_unwritten(signed: Signed) -> None:
    tool = signed.sign("tool", push(signed.server, image("tool"), tag=None))
    base = signed.sign("base", push_with_triggers(signed.server, f"COPY --from={tool} / /"))
    lay_out(signed, base)
    assert signed.gate("dockerfile", "--write", "--lock", "lock", "Dockerfile").code == 1
    assert signed.folder.joinpath("Dockerfile").read_text().endswith(f"FROM {base}\n")
    assert not signed.folder.joinpath("lock").exists()
