"""The package as users have it: a wheel, installed in an environment of its own.

An editable installation starts slower, and the interpreter counts as much as the package: the one
that the distribution ships is taken, as docker's client is taken as it is shipped.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTION = "/usr/bin/python3"


def interpreter() -> str:
    """The distribution's interpreter if one build of the engine serves both, else this one."""
    show = "import sysconfig; print(sysconfig.get_config_var('SOABI'))"
    try:
        shown = subprocess.run([DISTRIBUTION, "-c", show], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return sys.executable
    same = shown.stdout.decode().strip() == sysconfig.get_config_var("SOABI")
    return DISTRIBUTION if same else sys.executable


def install(folder: Path, python: str) -> Path:
    """Build a wheel of this tree and install it below `folder`; the environment's programs.

    Args:
        folder: An empty directory.
        python: The interpreter of the environment.
    """
    pip = (sys.executable, "-m", "pip", "--quiet")
    build = ROOT / "build" / f"bench-{sysconfig.get_config_var('SOABI')}"
    settings = ("--no-build-isolation", f"--config-settings=build-dir={build}")
    wheels = folder / "wheels"
    subprocess.run([*pip, "wheel", "--no-deps", *settings, "--wheel-dir", wheels, ROOT], check=True)
    (wheel,) = wheels.glob("*.whl")
    fresh = folder / "fresh"
    subprocess.run([python, "-m", "venv", "--without-pip", fresh], check=True)
    programs = fresh / "bin"
    subprocess.run([*pip, "--python", programs / "python", "install", wheel], check=True)
    return programs
