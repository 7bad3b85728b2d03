"""BuildKit's own parser of Dockerfiles, asked through a small Go program; built once."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from interop.parts import skip

SOURCE = Path(__file__).parent / "dockerfile_oracle"


@cache
def program() -> Path:
    """The built program; the test is skipped where it cannot be built."""
    if shutil.which("go") is None:
        skip("no Go toolchain to build BuildKit's parser with")
    sources = sorted(path for path in SOURCE.iterdir() if path.is_file())
    version = subprocess.run(["go", "version"], check=True, capture_output=True).stdout
    fingerprint = hashlib.sha256(version + b"".join(path.read_bytes() for path in sources))
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    built = home / "contenttrust-tests" / f"dockerfile-{fingerprint.hexdigest()[:16]}"
    if built.is_file():
        return built
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as scratch:
        for path in sources:
            shutil.copy(path, scratch)
        made = subprocess.run(
            [
                "nice",
                "go",
                "build",
                "-mod=mod",
                "-buildvcs=false",
                "-trimpath",
                "-o",
                "oracle",
                ".",
            ],
            cwd=scratch,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": ""},
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            skip(f"BuildKit's parser cannot be built: {made.stderr.strip()[-300:]}")
        Path(scratch, "oracle").replace(built)
    return built


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
