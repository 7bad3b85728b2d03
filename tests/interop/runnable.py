"""Images that can be started: most print their label, and end with the code they are given."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

from interop.images import Image, packed
from interop.parts import skip

_PROGRAM = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "wait") == 0) for (;;) pause();
    char line[256];
    FILE *label = fopen("/label", "r");
    if (label == NULL || fgets(line, sizeof line, label) == NULL) return 99;
    fputs(line, stdout);
    return argc > 1 ? atoi(argv[1]) : 0;
}
"""


@cache
def program() -> bytes:
    """A static program that prints the first line of /label."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        skip("no C compiler to make a program for images with")
    with tempfile.TemporaryDirectory(prefix="ct-program-") as place:
        source, made = Path(place, "label.c"), Path(place, "label")
        source.write_text(_PROGRAM)
        done = subprocess.run(
            [compiler, "-static", "-Os", "-s", "-o", made, source],
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            skip(f"no static program can be made: {done.stderr.strip()[-200:]}")
        return made.read_bytes()


@cache
def runnable(label: str, architecture: str = "amd64") -> Image:
    """The image with a label; other labels give other digests.

    Whatever processors it says it is for, its program is for those of this machine.
    """
    return packed(_layer(label), {"Entrypoint": ["/show"]}, architecture=architecture)


@cache
def waiting() -> Image:
    """An image that does nothing and does not end, as the one that holds a pod together."""
    return packed(_layer("waiting"), {"Entrypoint": ["/show", "wait"]})


def _layer(label: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in (("label", f"{label}\n".encode()), ("show", program())):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
