"""The program that asks the notary Go library, asked in a stream."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from differential.draft import Draft
from go_program import built

SOURCE = Path(__file__).parent / "oracle"


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
        [built(SOURCE)],
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
