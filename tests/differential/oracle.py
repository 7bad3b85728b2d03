"""The program that asks the notary Go library: built once, outside the tree, asked in a stream."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

from differential.draft import Draft

SOURCE = Path(__file__).parent / "oracle"
OLDEST_GO = (1, 21)


class Missing(Exception):  # noqa: N818 - a reason to skip
    """What is needed to build the program is not there."""


@cache
def go() -> str:
    """The path of a Go toolchain that is new enough.

    Raises:
        Missing: There is none.
    """
    for place in (*os.get_exec_path(), "/usr/local/go/bin"):
        tool = Path(place, "go")
        if not os.access(tool, os.X_OK):
            continue
        told = subprocess.run([tool, "version"], check=False, capture_output=True, text=True)
        version = re.search(r"go(\d+)\.(\d+)", told.stdout)
        if version and (int(version[1]), int(version[2])) >= OLDEST_GO:
            return str(tool)
    raise Missing(f"no Go toolchain of {'.'.join(map(str, OLDEST_GO))} or newer")


@cache
def program() -> Path:
    """The built program, from the cache of this user where nothing has changed.

    Raises:
        Missing: No toolchain, or its modules cannot be had.
    """
    tool = go()
    sources = sorted(path for path in SOURCE.iterdir() if path.is_file())
    version = subprocess.run([tool, "version"], check=True, capture_output=True).stdout
    fingerprint = hashlib.sha256(version + b"".join(path.read_bytes() for path in sources))
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = home / "contenttrust-tests" / f"oracle-{fingerprint.hexdigest()[:16]}"
    if built.is_file():
        return built
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as scratch:
        # A copy: the build writes to go.mod and go.sum where it likes.
        for path in sources:
            shutil.copy(path, scratch)
        made = subprocess.run(
            [tool, "build", "-mod=mod", "-buildvcs=false", "-trimpath", "-o", "oracle", "."],
            cwd=scratch,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "", "GOTOOLCHAIN": "local"},
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise Missing(f"the notary library could not be built: {made.stderr.strip()[-300:]}")
        Path(scratch, "oracle").replace(built)
    return built


class Oracle:
    """A running program."""

    def __init__(self, questions: IO[bytes], answers: IO[bytes]) -> None:
        self._questions = questions
        self._answers = answers

    def ask(self, drafts: Sequence[Draft]) -> Iterator[dict[str, Any]]:
        """The answers to many questions, in order, as they come; to be read to the end."""
        writer = threading.Thread(target=self._write, args=(drafts,))
        writer.start()
        for _ in drafts:
            yield json.loads(self._answers.readline())
        writer.join()

    def _write(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            files = {name: base64.b64encode(data).decode() for name, data in draft.files.items()}
            line = json.dumps({"gun": draft.gun, "files": files})
            self._questions.write(line.encode() + b"\n")
        self._questions.flush()


@contextmanager
def running() -> Iterator[Oracle]:
    """The program, ended with the block."""
    process = subprocess.Popen(
        [program()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "GOMAXPROCS": "1", "TZ": "UTC"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Oracle(process.stdin, process.stdout)
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()
