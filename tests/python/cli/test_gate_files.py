"""The gates of files on the command line: verdicts, lines, reports, locks and what is written."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from contenttrust.cli.gate import outcome

GUN = "localhost:5000/corpus/revoked"
DIGEST = "sha256:f69373db827d295a41a66458c846654e60a0c288b2221c56b51f6b2a2bd171ad"
GOOD = f"""# a comment
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: web
        image: "{GUN}:3.0"   # pin me
"""
BAD = f"""apiVersion: v1
kind: Pod
spec:
  containers:
  - name: web
    image: {GUN}:9.9
"""
COMPOSE = f"services:\n  web: {{image: '{GUN}:3.0'}}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with files to check."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, text in {"good.yaml": GOOD, "bad.yaml": BAD, "compose.yaml": COMPOSE}.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def gate(case, run, place, monkeypatch: pytest.MonkeyPatch):
    """Runs one gate on trust data of a vector."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    signed = case("good-revoked-tag")
    # What is said of a root that is the first one seen is for tests of its own.
    options = [*signed.options, "--anchor-root", str(signed.path / "tuf" / "root.json")]

    def call(verb: str, *arguments: str):
        return run("gate", verb, *options, *arguments)

    return call


def test_a_signed_image_is_told_with_its_place_and_its_digest(gate) -> None:
    ran = gate("kubernetes", "good.yaml")

    assert (ran.code, ran.out) == (
        0,
        f"ok: good.yaml:9:16: {GUN}:3.0: signed by alice, bob -> {GUN}@{DIGEST}\n",
    )


def test_an_unsigned_image_is_refused_and_does_not_hide_the_others(gate) -> None:
    ran = gate("kubernetes", "bad.yaml", "good.yaml")

    assert ran.code == 1
    assert ran.out.startswith("ok: good.yaml:9:16:")
    assert ran.err.startswith(f"refused: bad.yaml:6:12: {GUN}:9.9: ")


def test_quiet_tells_refusals_only(gate) -> None:
    ran = gate("kubernetes", "-q", "bad.yaml", "good.yaml")

    assert (ran.code, ran.out) == (1, "")
    assert ran.err.count("\n") == 1


def test_no_answer_is_no_refusal(gate, place: Path, run, tmp_path: Path) -> None:
    ran = run("gate", "kubernetes", "--offline", "--trust-dir", str(tmp_path), "good.yaml")

    assert ran.code in {1, 3}
    assert "refused: good.yaml:9:16" in ran.err


def test_written_are_the_images_and_nothing_is_where_one_is_refused(gate, place: Path) -> None:
    assert gate("kubernetes", "--write", "good.yaml", "bad.yaml").code == 1
    assert (place / "good.yaml").read_text() == GOOD

    assert gate("kubernetes", "--write", "good.yaml").code == 0
    assert (place / "good.yaml").read_text() == GOOD.replace(f"{GUN}:3.0", f"{GUN}@{DIGEST}")
    again = gate("kubernetes", "--write", "good.yaml")
    assert again.code == 0
    assert (place / "good.yaml").read_text() == GOOD.replace(f"{GUN}:3.0", f"{GUN}@{DIGEST}")


def test_standard_input_is_written_to_standard_output(case, place: Path) -> None:
    def piped(text: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "contenttrust", "gate", "kubernetes", "--write", "-"]
        options = case("good-revoked-tag").options
        return subprocess.run(
            [*command, *options], input=text.encode(), capture_output=True, check=False
        )

    good = piped(GOOD.replace("\n", "\r\n"))
    pinned = GOOD.replace(f"{GUN}:3.0", f"{GUN}@{DIGEST}").replace("\n", "\r\n")
    assert (good.returncode, good.stdout) == (0, pinned.encode())
    assert good.stderr.splitlines()[-1].startswith(b"ok: -:9:16:")
    bad = piped(BAD)
    assert (bad.returncode, bad.stdout) == (1, b"")


def test_standard_input_is_judged(gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    ran = gate("kubernetes", "-")

    assert ran.code == 1
    assert ran.err.startswith("refused: -:6:12:")


@pytest.mark.parametrize("verb", ["kubernetes", "compose"])
def test_a_file_that_changes_meanwhile_is_not_written(gate, place: Path, verb, monkeypatch) -> None:
    name = {"kubernetes": "good.yaml", "compose": "compose.yaml"}[verb]
    told = outcome.read

    def read(given: str) -> bytes:
        data = told(given)
        (place / given).write_bytes(data + b"# more\n")
        return data

    monkeypatch.setattr(outcome, "read", read)
    options = ["--without-docker"] if verb == "compose" else []
    ran = gate(verb, "--write", *options, name)

    assert ran.code == 1
    assert "changed while it was checked: not written" in ran.err
    assert (place / name).read_text().endswith("# more\n")
    assert DIGEST not in (place / name).read_text()


@pytest.mark.parametrize(
    ("verb", "text", "options"),
    [
        ("kubernetes", GOOD, []),
        ("compose", COMPOSE, ["--without-docker"]),
        ("dockerfile", f"FROM {GUN}:3.0\n", ["--without-registry"]),
    ],
)
def test_a_file_that_cannot_be_written_is_told(gate, place: Path, verb, text, options) -> None:
    name = "x" * 245 + ".yaml"  # what is written beside it first would have a longer one
    (place / name).write_text(text)
    ran = gate(verb, "--write", *options, name)

    assert ran.code == 2
    assert f"{name}: File name too long" in ran.err
    assert (place / name).read_text() == text


def test_an_image_in_several_lines_is_not_written(gate, place: Path) -> None:
    text = GOOD.replace(f'"{GUN}:3.0"   # pin me', f">-\n          {GUN}:3.0")
    (place / "good.yaml").write_text(text)
    ran = gate("kubernetes", "--write", "good.yaml")

    assert ran.code == 1
    assert "refused: good.yaml:9:16: not written in one line" in ran.err
    assert (place / "good.yaml").read_text() == text


def test_custom_resources(gate, place: Path) -> None:
    (place / "x.yaml").write_text(
        f"apiVersion: example.com/v1\nkind: Thing\nspec: {{image: '{GUN}:3.0'}}\n"
    )

    refused = gate("kubernetes", "x.yaml")
    assert refused.code == 1
    assert "the kind Thing.example.com is not known" in refused.err
    assert gate("kubernetes", "--custom", "Thing=spec.image", "x.yaml").code == 0
    assert gate("kubernetes", "--custom", "Thing=", "x.yaml").out == ""
    for wrong in ("Thing", "=spec", "Thing=a["):
        assert gate("kubernetes", "--custom", wrong, "x.yaml").code == 2


BUILD = "build: {dockerfile_inline: FROM scratch, "


@pytest.mark.parametrize(("told", "text"), [
    ("the kind Widget is not known", "{apiVersion: example.com/v1, kind: Widget}"),
    ("the provider starts what it likes", "services: {web: {provider: {type: cloud}}}"),
    ("models are no images",
     f"services: {{web: {{image: '{GUN}:3.0', models: [m]}}}}\nmodels: {{m: {{model: x}}}}"),
    ("cache_from: ", f"services: {{web: {{{BUILD} cache_from: ['{GUN}:3.0']}}}}}}"),
    ("context c is ", f"services: {{web: {{{BUILD} additional_contexts: {{c: https://x.y/z}}}}}}}}"),
    ("BuildKit runs ", f"services: {{web: {{{BUILD} sbom: true}}}}}}"),
])  # fmt: skip
def test_strict_refuses_what_is_not_covered(gate, place: Path, told: str, text: str) -> None:
    (place / "given.yaml").write_text(f"{text}\n")
    verb = ("compose", "--without-docker") if "services" in text else ("kubernetes",)
    command = (*verb, "given.yaml")
    ran = gate(*command)
    assert (ran.code, ran.err.startswith("note: "), told in ran.err) == (0, True, True), ran.err
    ran = gate(*command, "--strict", "--lock", "lock")
    assert (ran.code, told in ran.err) == (1, True)
    assert "what is not covered is refused here (strict)" in ran.err
    assert not (place / "lock").exists()


def test_strict_lets_through_what_is_known(gate, place: Path) -> None:
    (place / "widget.yaml").write_text("apiVersion: example.com/v1\nkind: Widget\n")
    assert gate("kubernetes", "--strict", "--custom", "Widget=", "widget.yaml").code == 0
    assert gate("kubernetes", "--strict", "good.yaml").code == 0


def test_a_lock_file_holds_and_drift_is_refused(gate, place: Path) -> None:
    assert gate("kubernetes", "--lock", "trust.lock", "--locked", "good.yaml").code == 2
    assert gate("kubernetes", "--lock", "trust.lock", "bad.yaml").code == 1
    assert not (place / "trust.lock").exists()

    assert gate("kubernetes", "--lock", "trust.lock", "good.yaml").code == 0
    first = (place / "trust.lock").read_bytes()
    assert json.loads(first)["images"][f"{GUN}:3.0"]["digest"] == DIGEST
    assert gate("compose", "--without-docker", "--lock", "trust.lock", "compose.yaml").code == 0
    assert (place / "trust.lock").read_bytes() == first
    assert gate("kubernetes", "--lock", "trust.lock", "--locked", "good.yaml").code == 0

    (place / "trust.lock").write_bytes(first.replace(DIGEST.encode(), b"sha256:" + b"0" * 64))
    drift = gate("kubernetes", "--lock", "trust.lock", "--locked", "--json", "good.yaml")
    assert drift.code == 1
    assert drift.document["results"][0]["code"] == "lock"
    (place / "trust.lock").write_text("{}")
    broken = gate("kubernetes", "--lock", "trust.lock", "good.yaml")
    assert broken.code == 2
    assert "its schema is not" in broken.err


def test_reports(gate, place: Path) -> None:
    github = gate("kubernetes", "--format", "github", "bad.yaml")
    assert github.code == 1
    assert github.out.startswith("::error file=bad.yaml,line=6,col=12,endLine=6,endColumn=")
    sarif = gate("kubernetes", "--format", "sarif", "--report", "r.sarif", "good.yaml")
    assert sarif.out.startswith("ok: ")
    assert json.loads((place / "r.sarif").read_text())["version"] == "2.1.0"
    junit = gate("kubernetes", "--format=junit", "good.yaml", "bad.yaml")
    assert ET.fromstring(junit.out).get("failures") == "1"
    assert gate("kubernetes", "--report", "r.json", "-q", "good.yaml").out == ""
    assert json.loads((place / "r.json").read_text())["allowed"] is True
    document = gate("kubernetes", "-o", "json", "good.yaml", "bad.yaml").document
    assert document["schema"] == "contenttrust.gate/1"
    assert [result["level"] for result in document["results"]] == ["pass", "error"]


def test_a_policy_is_what_is_wanted(gate, place: Path) -> None:
    (place / "policy.yaml").write_text(
        "apiVersion: contenttrust/v1\nkind: TrustPolicy\nmetadata: {name: t, version: 1}\n"
        "rules:\n- match: other.example/**\n  require: {signed: any}\n"
    )
    ran = gate("kubernetes", "--policy", "policy.yaml", "--audit-log", "log", "good.yaml")

    assert ran.code == 1
    [line] = (place / "log").read_text().splitlines()
    assert json.loads(line)["door"] == "gate kubernetes"
    assert json.loads(line)["verdict"] == "deny"


@pytest.mark.parametrize(("verb", "file", "code"), [
    ("kubernetes", "made.yaml", 1),
    ("compose", "compose.yaml", 0),
])  # fmt: skip
def test_a_cluster_has_no_image_that_was_built_here(
    gate, place: Path, verb: str, file: str, code: int
) -> None:
    (place / "policy.yaml").write_text(
        "apiVersion: contenttrust/v1\nkind: TrustPolicy\nmetadata: {name: t, version: 1}\n"
        "rules:\n- match: localhost/**\n  local-build: allow\n"
    )
    (place / "made.yaml").write_text(BAD.replace(f"{GUN}:9.9", "localhost/made:1"))
    service = "{image: 'localhost/made:1', pull_policy: never}"
    (place / "compose.yaml").write_text(f"services: {{made: {service}}}\n")
    ran = gate(verb, "--policy", "policy.yaml", file)
    assert ran.code == code, ran


def test_a_compose_project_is_pinned_in_place_and_beside(gate, place: Path) -> None:
    ran = gate("compose", "--without-docker", "--override-out", "trust.yaml", "compose.yaml")

    assert ran.code == 0
    assert ran.out.startswith("ok: compose.yaml:2:16:")
    assert f'"image": "{GUN}@{DIGEST}"' in (place / "trust.yaml").read_text()
    both = gate("compose", "--without-docker", "compose.yaml", "trust.yaml")
    assert both.code == 0
    assert both.out.startswith("ok: trust.yaml:4:14:")
    assert gate("compose", "--without-docker", "--write", "compose.yaml").code == 0
    assert (place / "compose.yaml").read_text() == COMPOSE.replace(f"{GUN}:3.0", f"{GUN}@{DIGEST}")


def test_what_a_dockerfile_names_is_pinned_beside(gate, place: Path) -> None:
    text = f"services: {{a: {{build: {{dockerfile_inline: 'FROM {GUN}:3.0'}}}}}}"
    (place / "compose.yaml").write_text(text)
    options = ("--without-docker", "--without-registry", "compose.yaml")
    assert gate("compose", "--override-out", "trust.yaml", *options).code == 0
    assert f'{GUN}:3.0": "docker-image://{GUN}@{DIGEST}"\n' in (place / "trust.yaml").read_text()
    assert gate("compose", *options, "trust.yaml").out.startswith("ok:")


def test_profiles_of_a_compose_project_are_chosen(gate, place: Path) -> None:
    (place / "compose.yaml").write_text(
        COMPOSE + f"  debug: {{image: '{GUN}:9.9', profiles: [debug]}}\n"
    )
    assert gate("compose", "--without-docker", "compose.yaml").code == 1
    assert gate("compose", "--without-docker", "--profile", "other", "compose.yaml").code == 0
    assert gate("compose", "--without-docker", "--profile=debug", "compose.yaml").code == 1


def test_an_image_from_elsewhere_is_not_written(gate, place: Path) -> None:
    text = f"services:\n  web: {{image: '${{X:-{GUN}}}:3.0'}}\n"
    (place / "compose.yaml").write_text(text)
    ran = gate("compose", "--without-docker", "--write", "compose.yaml")

    assert ran.code == 1
    assert "--override-out pins it" in ran.err
    assert (place / "compose.yaml").read_text() == text


@pytest.mark.parametrize(
    "arguments",
    [
        ("kubernetes",),
        ("kubernetes", "missing.yaml"),
        ("kubernetes", "."),
        ("kubernetes", "good.yaml", "good.yaml"),
        ("kubernetes", "--write", "-", "good.yaml"),
        ("kubernetes", "--write", "--json", "-"),
        ("kubernetes", "--write", "--format", "junit", "-"),
        ("kubernetes", "--locked", "good.yaml"),
        ("kubernetes", "--format", "junit", "--json", "good.yaml"),
        ("kubernetes", "--format", "html", "good.yaml"),
        ("kubernetes", "--lock", "no/where", "good.yaml"),
        ("kubernetes", "--report", "no/where", "good.yaml"),
        ("kubernetes", "--policy", "missing", "good.yaml"),
        ("compose", "-"),
        ("compose", "compose.yaml", "compose.yaml"),
        ("compose", "--override-out", "compose.yaml", "compose.yaml"),
    ],
)
def test_what_cannot_be_done_as_written_is_a_usage_error(gate, arguments) -> None:
    ran = gate(*arguments)

    assert (ran.code, ran.err.startswith("contenttrust: ")) == (2, True)


def test_t144_nobody_s_text_reaches_the_terminal_as_it_is(gate, place: Path) -> None:
    (place / "x\n::error::.yaml").write_text(BAD.replace(f"{GUN}:9.9", '"a\\e[2Jb\\n::error::x"'))
    ran = gate("kubernetes", "x\n::error::.yaml")

    assert ran.code == 1
    assert ran.err.replace("\n", "").isprintable()
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["kubernetes", "compose"])
def test_without_the_extra_it_says_what_to_install(gate, verb, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    ran = gate(verb, "good.yaml")

    assert ran.code == 2
    assert "install the extra contenttrust[gate]" in ran.err


@pytest.mark.parametrize("option", ["--lock", "--override-out"])
def test_what_is_made_replaces_no_fifo(gate, place: Path, option: str) -> None:
    os.mkfifo(place / "fifo")
    before = (place / "compose.yaml").read_text()
    ran = gate("compose", "--without-docker", "--write", option, "fifo", "compose.yaml")
    assert (ran.code, "no regular file" in ran.err) == (2, True)
    assert stat.S_ISFIFO((place / "fifo").stat().st_mode)
    assert (place / "compose.yaml").read_text() == before


def test_a_report_for_an_open_stream_goes_into_it(gate, place: Path) -> None:
    with (place / "out").open("wb") as stream:
        name = f"/dev/fd/{stream.fileno()}"
        assert gate("kubernetes", "-q", "--report", name, "good.yaml").code == 0
        assert json.loads((place / "out").read_bytes())["results"][0]["image"] == f"{GUN}:3.0"


def test_what_is_written_is_locked_as_it_was(gate, place: Path) -> None:
    assert gate("kubernetes", "--lock", "lock", "--write", "good.yaml").code == 0
    assert DIGEST in (place / "good.yaml").read_text()
    ran = gate("kubernetes", "--locked", "--lock", "lock", "good.yaml")
    assert (ran.code, ran.err) == (0, "")
