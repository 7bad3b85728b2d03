"""Names that do not resolve for a long time, as behind dead resolvers (threats 57, 143)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RESOLVER = """
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** out) {
    for (unsigned left = 60; left != 0;) left = sleep(left);
    return EAI_AGAIN;
}
"""


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("g++")
    if compiler is None:
        pytest.skip("no compiler for a resolver that takes a minute")
    folder = tmp_path_factory.mktemp("resolver")
    source, library = folder / "slow.c", folder / "slow.so"
    source.write_text(RESOLVER)
    build = [compiler, "-shared", "-fPIC", "-x", "c", str(source), "-o", str(library)]
    subprocess.run(build, check=True)
    return library


def started(resolver: Path, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "contenttrust", "verify", "example.com/app:1"),
            *("--server", "https://slow.invalid", "--trust-dir", str(folder)),
        ],
        env={**os.environ, "LD_PRELOAD": str(resolver)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_t057_a_name_is_waited_for_no_longer_than_a_connection(
    resolver: Path, tmp_path: Path
) -> None:
    begin = time.monotonic()
    with started(resolver, tmp_path) as process:
        _, complaint = process.communicate(timeout=50)
    assert process.returncode == 3
    assert "Resolving timed out" in complaint
    assert time.monotonic() - begin < 30  # the resolver answers after 60


def test_t143_an_interrupt_does_not_wait_for_the_resolver(resolver: Path, tmp_path: Path) -> None:
    with started(resolver, tmp_path) as process:
        time.sleep(2)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, complaint = process.communicate(timeout=50)
    assert process.returncode == 130
    assert (output, complaint) == ("", "")
    assert time.monotonic() - begin < 20
