"""A wheel in an environment that holds nothing else: no compiler on PATH, no pip, no tools."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

from wheels.interpreters import Interpreter

INSTALLED = Path(__file__).parent / "installed"
VECTORS = Path(__file__).parents[1] / "vectors"
SHOW = "import contenttrust; print(*contenttrust.build_info().items(), sep='\\n')"
BOTH = ("contenttrust._core", "cryptography.hazmat.bindings._rust")


class Environment:
    """A virtual environment whose programs see nothing but its own on PATH."""

    def __init__(self, interpreter: Interpreter, folder: Path) -> None:
        """Make it, without pip: the pip that runs this program installs into it."""
        venv = (interpreter.executable, "-I", "-m", "venv", "--without-pip", folder)
        subprocess.run(venv, check=True)
        self.folder = folder
        self.programs = folder / "bin"
        self.python = self.programs / "python"

    def install(self, *requirements: str | Path) -> None:
        """Install what needs no building; anything else is an error."""
        pip = (sys.executable, "-m", "pip", "--python", self.python, "--quiet", "install")
        subprocess.run([*pip, "--only-binary=:all:", *requirements], check=True)

    def run(self, program: str, *arguments: str | Path) -> None:
        """Run a program of the environment in its folder; it must end with 0."""
        environment = {"PATH": str(self.programs), "HOME": str(self.folder), "LANG": "C.UTF-8"}
        environment |= {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
        command = [self.programs / program, *arguments]
        subprocess.run(command, check=True, cwd=self.folder, env=environment)


def try_wheel(wheel: Path, interpreter: Interpreter, folder: Path) -> None:
    """Install a wheel and use it, alone and then beside `cryptography`.

    Raises:
        subprocess.CalledProcessError: A step failed; what it printed says why.
    """
    environment = Environment(interpreter, folder)
    environment.install(wheel)
    environment.run("contenttrust", "--version")
    environment.run("python", "-I", "-c", SHOW)
    environment.run("python", "-I", INSTALLED / "corpus.py", VECTORS)
    environment.install("cryptography")
    for order in permutations(BOTH):
        environment.run("python", "-I", INSTALLED / "beside_cryptography.py", *order)
