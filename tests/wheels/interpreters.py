"""Which interpreters wheels are built for: one CPython of each supported minor version.

The first that can compile an extension wins: along PATH, then pyenv's versions from new to old,
then the distribution's. A virtual environment stands for the interpreter that it was made with.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MINORS = (10, 11, 12, 13)
PROBE = """if True:
    import json, os, sys, sysconfig
    header = os.path.join(sysconfig.get_path("include"), "Python.h")
    print(json.dumps({
        "implementation": sys.implementation.name,
        "version": sys.version_info[:3],
        "final": sys.version_info.releaselevel == "final",
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "executable": getattr(sys, "_base_executable", sys.executable),
        "headers": os.path.isfile(header),
    }))
"""


@dataclass(frozen=True, order=True)
class Interpreter:
    """A CPython that extensions can be built for."""

    version: tuple[int, int, int]
    executable: Path

    @property
    def tag(self) -> str:
        """As file names of wheels have it: ``cp312``."""
        return f"cp{self.version[0]}{self.version[1]}"


def pyenv_root(environment: Mapping[str, str]) -> Path:
    """Where pyenv keeps its versions."""
    home = Path(environment.get("HOME") or os.sep)
    return Path(environment.get("PYENV_ROOT") or home / ".pyenv")


def version_numbers(folder: Path) -> tuple[int, ...]:
    """The version that a folder of pyenv is named after; others come last."""
    parts = folder.name.split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else ()


def candidates(minor: int, environment: Mapping[str, str]) -> Iterator[Path]:
    """Programs that may be the interpreter of a minor version, the preferred ones first."""
    name = f"python3.{minor}"
    path = environment.get("PATH", os.defpath).split(os.pathsep)
    versions = (pyenv_root(environment) / "versions").glob(f"3.{minor}.*")
    folders = [
        *(Path(folder) for folder in path if folder),
        *(folder / "bin" for folder in sorted(versions, key=version_numbers, reverse=True)),
        Path("/usr/bin"),
    ]
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            yield folder / name


def probe(program: Path, minor: int) -> Interpreter | None:
    """The interpreter behind a program; None if it does not run or cannot build extensions."""
    try:
        shown = subprocess.run(
            [program, "-I", "-c", PROBE], check=True, capture_output=True, timeout=60
        )
        found = json.loads(shown.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    version = tuple(found["version"])
    usable = found["implementation"] == "cpython" and found["final"] and found["headers"]
    if not usable or found["free_threaded"] or version[:2] != (3, minor):
        return None
    return Interpreter(version, Path(found["executable"]))


def find(environment: Mapping[str, str] = os.environ) -> list[Interpreter]:
    """One interpreter of each supported minor version that is found, in order."""
    found = []
    for minor in MINORS:
        for program in candidates(minor, environment):
            if (interpreter := probe(program, minor)) is not None:
                found.append(interpreter)
                break
    return found
