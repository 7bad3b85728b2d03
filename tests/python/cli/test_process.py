"""What only a process of its own shows: pipes, signals, encodings, what is imported."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contenttrust import _core

_COMMAND = [sys.executable, "-m", "contenttrust"]


def _run(arguments, **settings):
    environment = os.environ | settings.pop("env", {})
    return subprocess.run(
        [*_COMMAND, *arguments],
        check=False, capture_output=True, timeout=60, env=environment, **settings,
    )  # fmt: skip


def test_a_closed_pipe_is_quiet(case):
    repository = case("good-large-20000")
    command = [*_COMMAND, "list", *repository.options, repository.gun]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        code = process.wait(timeout=60)
    assert b"Broken" not in err
    assert b"Traceback" not in err
    assert code == 141


def test_an_interrupt_is_quiet_and_exits_with_130(tmp_path):
    silent = socket.create_server(("127.0.0.1", 0))
    server = f"https://127.0.0.1:{silent.getsockname()[1]}"
    command = [*_COMMAND, "verify", "--server", server, "--trust-dir", str(tmp_path), "alpine"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # A connection is there once the program waits for the answer that never comes.
    with process, silent, silent.accept()[0]:
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_output_that_cannot_be_written_is_not_success(case):
    repository = case("good-one-tag")
    arguments = ["verify", *repository.options, f"{repository.gun}:1.0"]
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [*_COMMAND, *arguments], check=False, stdout=full, stderr=subprocess.PIPE, timeout=60
        )
    assert ran.returncode == 3
    assert b"Traceback" not in ran.stderr
    assert b"No space left" in ran.stderr


_GOOD, _UNSIGNED, _WRONG = ("1.0", 0), ("9.9", 1), ("UPPER CASE", 2)
_SILENT_ERRORS = ["2>&-", "2>/dev/full", ">/dev/null 2>&-", "2>&- <&-"]
_NO_OUTPUT = [">&-", ">/dev/full", ">&- 2>&-", ">/dev/full 2>/dev/full", ">&- <&-"]


def _run_redirected(arguments, redirections):
    # `env` in between: a shell that replaces itself may say something about the redirection.
    script = f'exec env "$@" {redirections}'
    return subprocess.run(
        ["sh", "-c", script, "sh", *_COMMAND, *arguments],
        check=False, capture_output=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("redirections", _SILENT_ERRORS)
@pytest.mark.parametrize(("tag", "code"), [_GOOD, _UNSIGNED, _WRONG])
@pytest.mark.parametrize("options", [[], ["--json"], ["-v"]])
def test_without_standard_error_the_verdict_stays(case, redirections, tag, code, options):
    repository = case("good-one-tag")
    arguments = ["verify", *options, *repository.options, f"{repository.gun}:{tag}"]
    ran = _run_redirected(arguments, redirections)
    assert ran.returncode == code
    assert ran.stderr == b""
    if ">/dev/null" not in redirections and (options == ["--json"] or code == 0):
        assert ran.stdout


@pytest.mark.parametrize("redirections", _NO_OUTPUT)
@pytest.mark.parametrize(
    "verb", [["verify"], ["verify", "--json"], ["list"], ["inspect"], ["explain"], ["--help"]]
)
def test_output_that_is_closed_or_full_is_not_success(case, redirections, verb):
    repository = case("good-one-tag")
    name = repository.gun if "list" in verb else f"{repository.gun}:1.0"
    ran = _run_redirected([*verb, *repository.options, name], redirections)
    assert ran.returncode == 3
    assert b"Traceback" not in ran.stderr
    assert (b"cannot write the output" in ran.stderr) == ("2>" not in redirections)


@pytest.mark.parametrize("redirections", _NO_OUTPUT)
def test_a_verdict_that_needs_no_output_stands_without_it(case, redirections):
    repository = case("good-one-tag")
    for tag, code in (_GOOD, _UNSIGNED, _WRONG):
        arguments = ["verify", "-q", *repository.options, f"{repository.gun}:{tag}"]
        assert _run_redirected(arguments, redirections).returncode == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_names_outside_the_encoding_are_shown_escaped(case, encoding):
    repository = case("good-name-escapes")
    for options in ([], ["--json"]):
        ran = _run(
            ["list", "-q", *options, *repository.options, repository.gun],
            env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        )
        assert ran.returncode == 0, ran.stderr
        if options:
            names = [tag["name"] for tag in json.loads(ran.stdout.decode(encoding))["tags"]]
            assert names == sorted(repository.expected["tags"])


def test_optimised_bytecode_changes_no_verdict(case):
    repository = case("bad-threshold-same-key-two-ids")
    ran = _run(
        ["verify", *repository.options, f"{repository.gun}:1.0"], env={"PYTHONOPTIMIZE": "2"}
    )
    assert ran.returncode == 1


def test_a_verb_imports_only_what_it_uses(case):
    repository = case("good-one-tag")
    arguments = ["verify", *repository.options, f"{repository.gun}:1.0"]
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"import contenttrust; contenttrust.__path__.append({str(Path(_core.__file__).parent)!r})\n"
        "from contenttrust.cli.main import main\n"
        f"code = main({arguments!r})\n"
        "print(code, *sorted(set(sys.modules) - before), file=sys.stderr)\n"
    )
    # -I and -S: what an environment imports at start-up for itself does not count.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program],
        check=False, capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip
    code, *modules = ran.stderr.splitlines()[-1].split()
    assert code == "0"
    unwanted = {"json", "dataclasses", "ssl", "socket", "asyncio", "pathlib", "inspect", "rich"}
    assert not unwanted & set(modules)
    verbs = {"list", "lookup", "inspect", "explain", "document"}
    assert not {f"contenttrust.cli.{verb}" for verb in verbs} & set(modules)


def _unbuffered(case):
    """A command with 1.5 MB of output, whose stream Python does not buffer, and that output."""
    repository = case("good-large-20000")
    command = [*_COMMAND, "list", "-q", *repository.options, repository.gun]
    whole = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
    return command, os.environ | {"PYTHONUNBUFFERED": "1"}, whole


def test_without_a_buffer_output_is_whole(case):
    command, environment, whole = _unbuffered(case)
    ran = subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment)
    assert ran.stdout == whole


def test_without_a_buffer_a_disk_that_fills_up_is_not_success(case, tmp_path):
    command, environment, whole = _unbuffered(case)
    # In blocks of 512 bytes: only the last write is cut, after which nothing would be noticed.
    script = f'ulimit -f {(len(whole) - 1) // 512}; exec "$@" >{tmp_path}/out'
    ran = subprocess.run(
        ["sh", "-c", script, "sh", *command],
        check=False, capture_output=True, timeout=60, env=environment,
    )  # fmt: skip
    assert 0 < (tmp_path / "out").stat().st_size < len(whole)
    assert ran.returncode == 3
    assert b"cannot write the output" in ran.stderr
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_pipe_that_is_full_and_does_not_wait_is_not_success(case, buffered):
    command, environment, _ = _unbuffered(case)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        ran = subprocess.run(
            command, check=False, stdout=writing, stderr=subprocess.PIPE, timeout=60,
            env=environment | {"PYTHONUNBUFFERED": buffered},
        )  # fmt: skip
    finally:
        os.close(reading)
        os.close(writing)
    assert ran.returncode == 3
    assert b"cannot write the output" in ran.stderr


@pytest.mark.parametrize(("redirections", "why"), [("<&-", "it is closed"), ("0>out", "Bad file")])
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["gate", "dockerfile", "-"], 2),
        (["gate", "kubernetes", "-"], 2),
        (["docker", "--", "build", "-"], 125),
        (["docker", "--", "build", "-f", "-", "."], 125),
    ],
)
def test_standard_input_that_cannot_be_read_is_said(
    tmp_path, monkeypatch, *, words, code, redirections, why
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONTENTTRUST_DOCKER", "/bin/false")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    ran = _run_redirected(words, redirections)
    told = f"contenttrust: standard input: {why}".encode()
    assert (ran.returncode, ran.stderr.startswith(told)) == (code, True), ran.stderr
    assert ran.stderr.count(b"\n") == 1
