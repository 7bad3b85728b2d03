"""BuildKit's own parser of Dockerfiles, asked through a small Go program; built once."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from go_program import NotBuiltError, built
from interop.parts import skip

SOURCE = Path(__file__).parent / "dockerfile_oracle"


def program() -> Path:
    """The built program; the test is skipped where it cannot be built."""
    try:
        return built(SOURCE)
    except NotBuiltError as reason:
        skip(str(reason))


def answers(questions: Sequence[tuple[bytes, Mapping[str, str]]]) -> Iterator[dict[str, Any]]:
    """What the parser finds in each file with its build arguments, in order."""
    lines = [
        json.dumps({"text": base64.b64encode(text).decode(), "build_args": dict(arguments)})
        for text, arguments in questions
    ]
    with subprocess.Popen(
        [program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pipe = process.stdin

        def write() -> None:
            pipe.write("".join(line + "\n" for line in lines).encode())
            pipe.close()

        writer = threading.Thread(target=write)
        writer.start()
        for _ in lines:
            yield json.loads(process.stdout.readline())
        writer.join()
