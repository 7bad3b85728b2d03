"""Ctrl-C, at any moment: the end is quiet, its code is 130, and what was said before stays said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from servers.answers import silent
from simulator import NOW, Repository, image

_COMMAND = [sys.executable, "-m", "contenttrust"]
_BEFORE_LOADING = """
import signal, sys
module = sys.argv.pop(1)
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
from contenttrust.cli.program import run
run()
"""


def _published(server, gun):
    repository = Repository(gun)
    repository.targets["1"] = image("1")
    server.publish(gun, repository.publish())


def _asked(server, path):
    for _ in range(600):
        if any(path in seen.path for seen in server.requests):
            return
        time.sleep(0.05)
    pytest.fail(f"nobody asked for {path}")


def _interrupted(server, authority, trust_dir, *, is_read):
    """A command whose second image is interrupted; what it printed is in its buffer until then."""
    _published(server, "a.example/first")
    for name in ("root", "timestamp"):
        server.answer(f"/v2/a.example/second/_trust/tuf/{name}.json", silent())
    options = ["--server", server.url, "--tls-ca", authority.ca_file]
    options += ["--trust-dir", str(trust_dir), "--at", NOW.isoformat().replace("+00:00", "Z")]
    process = subprocess.Popen(
        [*_COMMAND, "verify", *options, "a.example/first:1", "a.example/second:1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )  # fmt: skip
    with process:
        if not is_read:
            process.stdout.close()
        _asked(server, "a.example/second")
        process.send_signal(signal.SIGINT)
        out = process.stdout.read() if is_read else b""
        err = process.stderr.read()
        return process.wait(timeout=30), out, err


def test_t143_verdicts_that_were_reached_stay_when_the_next_is_interrupted(
    server, authority, tmp_path
):
    code, out, err = _interrupted(server, authority, tmp_path, is_read=True)
    assert code == 130
    assert b"a.example/first:1" in out
    assert b"digest" in out
    assert b"second" not in out + err
    assert b"Traceback" not in err


def test_t143_an_interrupt_is_quiet_though_nobody_reads_what_was_said(server, authority, tmp_path):
    code, _, err = _interrupted(server, authority, tmp_path, is_read=False)
    assert code == 130
    assert b"Traceback" not in err
    assert b"Exception" not in err


@pytest.mark.parametrize(
    "module",
    [
        "contenttrust.cli.main",
        "contenttrust.cli.options",
        "contenttrust.cli.parser",
        "contenttrust.cli.verify",
        "contenttrust.verification",
        "contenttrust._core",
        "argparse",
    ],
)
def test_t143_an_interrupt_while_modules_load_is_quiet(module):
    arguments = [module, "verify", "--offline", "--trust-dir", "/nowhere", "alpine"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-c", _BEFORE_LOADING, *arguments],
        check=False, capture_output=True, timeout=60, env=environment,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"")
