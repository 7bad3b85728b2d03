"""`gate dockerfile` on the command line: verdicts, what is written, what is told."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

GUN = "localhost:5000/corpus/revoked"
DIGEST = "sha256:f69373db827d295a41a66458c846654e60a0c288b2221c56b51f6b2a2bd171ad"
PINNED = f"{GUN}@{DIGEST}"
UNASKED = f"the triggers (ONBUILD) of {GUN}:3.0 are not looked at (--without-registry)"
GOOD = (
    f"\ufeff# caf\u00e9, and FROM a comment\r\nARG TAG=3.0\r\nfrom  {GUN}:$TAG  as Base\r\n"
    "RUN <<EOF\r\nFROM nothing\r\nEOF\r\nFROM base"
).encode() + b"\nRUN echo caf\xe9\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a file to check."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_bytes(GOOD)
    return tmp_path


@pytest.fixture
def gate(case, run, place, monkeypatch: pytest.MonkeyPatch):
    """Runs the gate on trust data of a vector."""
    for name in ("CONTENTTRUST_POLICY", "CONTENTTRUST_AUDIT_LOG"):
        monkeypatch.delenv(name, raising=False)
    signed = case("good-revoked-tag")
    # What is said of a root that is the first one seen is for tests of its own.
    options = [*signed.options, "--anchor-root", str(signed.path / "tuf" / "root.json")]

    def call(*arguments: str):
        # The images of the vectors are in no registry.
        return run("gate", "dockerfile", *options, "--without-registry", *arguments)

    return call


def test_a_signed_base_is_told_with_its_place_and_its_digest(gate, place) -> None:
    ran = gate("Dockerfile")
    assert (ran.code, ran.out, ran.err) == (
        0,
        f"ok: Dockerfile:3:7: {GUN}:3.0: signed by alice, bob -> {PINNED}\n",
        f"note: Dockerfile:3: {UNASKED}\n",
    )
    assert (place / "Dockerfile").read_bytes() == GOOD


def test_t099_only_names_change_in_the_file_that_is_written(gate, place) -> None:
    assert gate("--write", "Dockerfile").code == 0
    assert (place / "Dockerfile").read_bytes() == GOOD.replace(
        f"{GUN}:$TAG".encode(), PINNED.encode()
    )
    again = gate("--write", "Dockerfile")
    assert again.code == 0
    assert again.err == f"note: Dockerfile:3: {UNASKED.replace(f'{GUN}:3.0', PINNED)}\n"


def test_t099_standard_input_comes_out_byte_for_byte(case, place) -> None:
    options = case("good-revoked-tag").options
    ran = subprocess.run(
        [sys.executable, "-m", "contenttrust", "gate", "dockerfile", *options,
         "--without-registry", "--write", "-"],
        check=True, input=GOOD, capture_output=True,
        env={"HOME": str(place), "LC_ALL": "C", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert ran.stdout == GOOD.replace(f"{GUN}:$TAG".encode(), PINNED.encode())
    note, ok = ran.stderr.decode().splitlines()[-2:]
    assert (note, ok[:11]) == (f"note: -:3: {UNASKED}", "ok: -:3:7: ")


def test_an_unsigned_image_is_refused_and_nothing_is_written(gate, place) -> None:
    text = f"FROM {GUN}:3.0\nCOPY --from={GUN}:9.9 /x /y\n"
    (place / "bad").write_text(text)
    ran = gate("--write", "bad", "Dockerfile")
    assert ran.code == 1
    assert f"\nrefused: bad:2:13: {GUN}:9.9: " in ran.err
    assert (place / "bad").read_text() == text
    assert (place / "Dockerfile").read_bytes() == GOOD


def test_an_image_that_cannot_be_told_is_refused_with_its_line(gate, place) -> None:
    (place / "bad").write_text(f"FROM {GUN}:3.0\nFROM $NOT\n")
    ran = gate("bad")
    assert ran.code == 1
    assert "refused: bad:2: the image '$NOT' depends on 'NOT', which has no value" in ran.err


def test_strict_refuses_what_is_not_covered_and_writes_nothing(gate, place) -> None:
    text = f"FROM {GUN}:3.0\nADD https://example.com/x /x\n"
    (place / "fetches").write_text(text)
    ran = gate("fetches")
    assert (ran.code, "\nnote: fetches:2: " in ran.err) == (0, True)
    ran = gate("--strict", "--write", "fetches")
    assert (ran.code, "\nrefused: fetches:2: " in ran.err) == (1, True)
    assert ran.err.endswith("what is not covered is refused here (strict)\n")
    assert (place / "fetches").read_text() == text
    ran = gate("--strict", "Dockerfile")  # nor does it pass over triggers that nobody looked for
    assert (ran.code, ran.err.startswith(f"refused: Dockerfile:3: {UNASKED}; ")) == (1, True)
    (place / "empty").write_text("FROM scratch\n")
    assert gate("--strict", "empty").code == 0


def test_build_arguments_are_those_of_the_build(gate, place, monkeypatch) -> None:
    (place / "args").write_text("ARG NAME\nARG TAG=9.9\nFROM $NAME:$TAG\n")
    monkeypatch.setenv("NAME", GUN)
    assert gate("--build-arg", "NAME", "--build-arg=TAG=3.0", "args").code == 0
    monkeypatch.delenv("NAME")
    assert gate("--build-arg", "NAME", "--build-arg=TAG=3.0", "args").code == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["X=scratch", "X"], "--build-arg X is given with a value, then without one"),
        (["BUILDX_BUILDER"], "--build-arg BUILDX_BUILDER: docker or its builder gets another"),
        (["DEBUG=0", "DEBUG"], "--build-arg DEBUG: docker or its builder gets another"),
    ],
)
def test_t098_an_argument_that_builders_may_have_otherwise_judges_nothing(
    gate, place, monkeypatch, given, told
) -> None:
    text = "ARG X=evil.example/x\nARG BUILDX_BUILDER\nFROM ${X}\n"
    (place / "args").write_text(text)
    for more in ([], ["--write"]):
        ran = gate(*more, *(f"--build-arg={one}" for one in given), "args")
        assert (ran.code, ran.out) == (2, "")
        assert told in ran.err
        assert (place / "args").read_text() == text
    monkeypatch.setenv("X", "scratch")
    assert gate("--build-arg=X=scratch", "--build-arg=X", "args").code == 0


def test_stages_behind_the_target_are_left_out(gate, place) -> None:
    (place / "stages").write_text(f"FROM {GUN}:3.0 AS x\nFROM {GUN}:9.9\n")
    assert gate("--target", "x", "stages").code == 0
    assert gate("stages").code == 1
    assert gate("--target", "x", "--write", "stages").code == 0
    assert (place / "stages").read_text() == f"FROM {PINNED} AS x\nFROM {GUN}:9.9\n"


def test_the_platform_is_taken_where_a_name_depends_on_it(gate, place) -> None:
    (place / "arch").write_text(f"FROM {GUN}:${{TARGETARCH/arm64/3.0}}\n")
    assert "say --platform" in gate("arch").err
    assert gate("--platform", "linux/arm64", "arch").code == 0


def test_a_context_is_checked_in_place_of_the_name(gate, place) -> None:
    (place / "base").write_text("FROM base\n")
    ran = gate("-o", "json", f"--build-context=base=docker-image://{GUN}:3.0", "base")
    result, unasked = json.loads(ran.out)["results"]
    assert unasked["message"] == UNASKED
    assert (ran.code, result["what"], result["decision"]["pinned"]) == (
        0,
        "--build-context base",
        PINNED,
    )
    assert gate(f"--build-context=base=docker-image://{GUN}:9.9", "base").code == 1


def test_t098_what_is_not_covered_is_told(gate, place) -> None:
    (place / "add").write_text(f"FROM {GUN}:3.0\nADD https://example.com/x /y\n")
    ran = gate("add")
    assert ran.code == 0
    assert ran.err == (
        f"note: add:1: {UNASKED}\n"
        "note: add:2: ADD fetches https://example.com/x, which no signature of an image covers\n"
    )


def test_annotations_end_where_the_name_ends(gate, place) -> None:
    (place / "two").write_text(f"FROM {GUN}:9\\\n.9\n")
    ran = gate("--format", "sarif", "two")
    (result,) = json.loads(ran.out)["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"]) == (1, 6)
    assert (region["endLine"], region["endColumn"]) == (2, 3)


def test_a_folder_that_cannot_be_written_is_told(gate, place, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("contenttrust.gate.replaced_file.prepared", full)
    ran = gate("--write", "Dockerfile")
    assert ran.code == 2
    assert "Dockerfile: No space left on device" in ran.err


def test_t100_a_file_that_changed_meanwhile_is_not_written(gate, place, monkeypatch) -> None:
    from contenttrust.cli.gate import outcome

    read = outcome.read

    def swapped(name: str) -> bytes:
        data = read(name)
        (place / "Dockerfile").write_text("FROM evil\n")
        return data

    monkeypatch.setattr(outcome, "read", swapped)
    ran = gate("--write", "Dockerfile")
    assert ran.code == 1
    assert "changed while it was checked" in ran.err
    assert (place / "Dockerfile").read_text() == "FROM evil\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Dockerfile", "Dockerfile"], "named twice"),
        (["--write", "-", "Dockerfile"], "name it alone"),
        (["--write", "-o", "json", "-"], "takes the report"),
        (["--build-arg", "=x", "Dockerfile"], "has no name"),
        (["--build-context", "x", "Dockerfile"], "is not NAME=VALUE"),
        (["--build-context", "A/B=./x", "Dockerfile"], "invalid reference format"),
        (["--platform", "a", "--platform", "b", "Dockerfile"], "twice"),
        (["--platform", ",", "Dockerfile"], "--platform: nothing is named"),
        (["--platform= , ", "Dockerfile"], "--platform: nothing is named"),
        (["nowhere"], "No such file"),
    ],
)
def test_a_command_line_that_is_wrong_judges_nothing(gate, arguments, reason, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(GOOD)))
    ran = gate(*arguments)
    assert ran.code == 2
    assert reason in ran.out + ran.err
    assert "FROM" not in ran.out


def test_t100_an_option_that_is_a_file_is_refused(gate, place) -> None:
    text = f"FROM {GUN}:3.0\n"
    (place / "--target=x.Dockerfile").write_text(text)
    ran = gate("--target=x.Dockerfile", "Dockerfile")
    assert ran.code == 2
    assert "--target=x.Dockerfile is an option, and there is a file of that name" in ran.err
    assert gate("--", "--target=x.Dockerfile", "Dockerfile").code == 0
    assert gate("./--target=x.Dockerfile").code == 0


def test_t100_the_file_that_is_built_is_the_one_that_is_checked(gate, place) -> None:
    (place / "deep" / "er").mkdir(parents=True)
    (place / "deep" / "Dockerfile").write_text("FROM scratch\n")
    (place / "link").symlink_to("deep/er")
    (place / "Dockerfile").write_text(f"FROM {GUN}:9.9\n")
    ran = gate("link/../Dockerfile")
    assert (ran.code, f"refused: Dockerfile:1:6: {GUN}:9.9: " in ran.err) == (1, True)
    (place / "Dockerfile").write_text(f"FROM {GUN}:3.0\n")
    assert gate("--write", "link/../Dockerfile").code == 0
    assert (place / "Dockerfile").read_text() == f"FROM {PINNED}\n"
    assert (place / "deep" / "Dockerfile").read_text() == "FROM scratch\n"


def test_t100_a_dockerfile_that_is_a_link_is_refused_and_not_written(gate, place) -> None:
    (place / "linked.Dockerfile").symlink_to("./Dockerfile")
    ran = gate("--write", "linked.Dockerfile")
    assert (ran.code, ran.out) == (1, "")
    assert "refused: linked.Dockerfile:1: it is a link, which BuildKit follows within" in ran.err
    assert "name what it leads to, here and to the build" in ran.err
    assert (place / "Dockerfile").read_bytes() == GOOD


def test_t100_a_policy_of_buildx_beside_the_file_is_refused_and_nothing_is_written(
    gate, place
) -> None:
    (place / "Dockerfile.rego").write_text("allow\n")
    ran = gate("--write", "Dockerfile")
    assert (ran.code, ran.out) == (1, "")
    assert "refused: Dockerfile:1: Dockerfile.rego lies beside it: docker buildx 0.31" in ran.err
    assert (place / "Dockerfile").read_bytes() == GOOD


def test_beside_standard_input_nothing_is_looked_for(gate, place, monkeypatch) -> None:
    (place / "Dockerfile.rego").write_text("allow\n")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(GOOD)))
    assert gate("-").code == 0


def test_a_link_to_a_file_beside_it_stays_one_and_the_file_is_written_once(gate, place) -> None:
    (place / "Dockerfile").write_text(f"FROM {GUN}:3.0\n")
    (place / "Dockerfile.prod").symlink_to("Dockerfile")
    assert gate("--write", "Dockerfile", "Dockerfile.prod").code == 0
    assert (place / "Dockerfile").read_text() == f"FROM {PINNED}\n"
    assert (place / "Dockerfile.prod").is_symlink()


def test_t099_a_variable_that_means_a_digest_leaves_no_default_behind(gate, place) -> None:
    (place / "Dockerfile").write_text(f"ARG IMG=evil\nFROM ${{IMG}}\nFROM {PINNED}\n")

    assert gate("--write", "--build-arg", f"IMG={PINNED}", "Dockerfile").code == 0
    written = f"ARG IMG=evil\nFROM {PINNED}\nFROM {PINNED}\n"
    assert (place / "Dockerfile").read_text() == written


def test_t099_an_argument_that_hides_an_image_is_not_written(gate, place) -> None:
    text = f"ARG IMG=evil\nFROM {GUN}:3.0 AS stage\nFROM ${{IMG}}\n"
    (place / "Dockerfile").write_text(text)
    ran = gate("--write", "--build-arg=IMG=stage", "Dockerfile")

    assert ran.code == 1
    assert "refused: Dockerfile:3: without --build-arg, this file names another image" in ran.err
    assert (place / "Dockerfile").read_text() == text
