"""Make the sdist and a wheel for each interpreter that is found, check and try them, keep them.

The sdist is made from the tree, every wheel from the sdist, outside of any checkout. One more wheel
is made from the tree itself: both must hold the same.

Usage: python -m wheels (with `tests` on PYTHONPATH); the archives are kept in `dist/`
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from wheels import archives, bill_of_materials, interpreters
from wheels.interpreters import Interpreter
from wheels.trial import try_wheel

ROOT = Path(__file__).resolve().parents[2]
PIP = (sys.executable, "-m", "pip")


def say(text: str) -> None:
    """Tell how far it is, before what the tools print next."""
    print(f"wheels: {text}", flush=True)


def warn(outdated: list[str]) -> None:
    """Say, last and not to be overlooked, that these wheels are none to be published."""
    say("WARNING: DO NOT PUBLISH THESE WHEELS: they hold libraries older than the distribution's")
    for sentence in outdated:
        say(f"WARNING: {sentence}")
    say("WARNING: 'apt-get install --only-upgrade PACKAGE…' first, then ./dev wheel again")


def require_none(found: list[str], what: str) -> None:
    """End if there is anything to complain of."""
    if found:
        sys.exit("\n  ".join([f"wheels: {what}:", *found]))


def make_sdist(folder: Path) -> Path:
    """Make the sdist of the tree."""
    command = (sys.executable, "-m", "build", "--sdist", "--no-isolation", "--outdir", folder, ROOT)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tar.gz")
    require_none(archives.sdist_surplus(archive), f"{archive.name} holds what nobody builds with")
    return archive


def make_wheel(source: Path, interpreter: Interpreter, folder: Path) -> Path:
    """Build a wheel of a tree or an sdist, with build requirements of its own."""
    pip = (
        *PIP,
        "--python",
        interpreter.executable,
        "--quiet",
        "wheel",
        "--no-deps",
        "--no-cache-dir",
    )
    subprocess.run([*pip, "--wheel-dir", folder, source], check=True, cwd=folder.parent)
    (wheel,) = folder.glob("*.whl")
    return wheel


def repair(plain: Path, folder: Path, requirements: list[str]) -> tuple[Path, list[str]]:
    """Graft the shared libraries of a wheel, complete its bill of materials, check both.

    Returns:
        The wheel, and what is outdated in it.
    """
    grafted, unpacked, packed = (folder / name for name in ("grafted", "unpacked", "packed"))
    auditwheel = (sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", grafted, plain)
    subprocess.run(auditwheel, check=True, stderr=subprocess.DEVNULL)
    (wheel,) = grafted.glob("*.whl")
    tool = (sys.executable, "-m", "wheel")
    subprocess.run([*tool, "unpack", "--dest", unpacked, wheel], check=True, capture_output=True)
    (files,) = unpacked.iterdir()
    bill_of_materials.complete(files)
    require_none(bill_of_materials.check(files, requirements), f"bill of materials of {wheel.name}")
    packed.mkdir()
    subprocess.run([*tool, "pack", "--dest-dir", packed, files], check=True, capture_output=True)
    return packed / wheel.name, bill_of_materials.outdated(files)


def compare_with_tree(plain: Path, interpreter: Interpreter, folder: Path) -> None:
    """Hold a wheel of the sdist against one of the tree, and both against the package's folder."""
    folder.mkdir()
    of_tree = make_wheel(ROOT, interpreter, folder / "plain")
    require_none(archives.differences(plain, of_tree), "the sdist's wheel is not the tree's")
    package = ROOT / "python" / "contenttrust"
    require_none(archives.missing_modules(plain, package), "the wheel lacks modules of the tree")
    equal = "in every byte" if archives.same_code(plain, of_tree) else "but for the compiled code"
    say(f"{plain.name}: the same from the tree and from the sdist, {equal}")


def main() -> None:
    """Make, check and keep all of them."""
    found = interpreters.find()
    if not found:
        sys.exit(
            "wheels: no CPython 3.10 to 3.13 with its headers on PATH, in pyenv or in /usr/bin"
        )
    for interpreter in found:
        say(f"{interpreter.tag}: {interpreter.executable}")
    if len(found) == 1:
        say("only one interpreter is here: one wheel")
    os.environ.pop("PYTHONPATH", None)  # our tests are no business of what is started from here
    requirements = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        sdist = make_sdist(scratch / "sdist")
        kept = [sdist]
        outdated: dict[str, None] = {}
        for interpreter in found:
            began = time.monotonic()
            folder = scratch / interpreter.tag
            folder.mkdir()
            plain = make_wheel(sdist, interpreter, folder / "plain")
            if interpreter is found[0]:
                compare_with_tree(plain, interpreter, folder / "tree")
            wheel, old = repair(plain, folder, requirements)
            outdated.update(dict.fromkeys(old))
            try_wheel(wheel, interpreter, folder / "fresh")
            say(f"{wheel.name}: built and tried in {time.monotonic() - began:.0f} s")
            kept.append(wheel)
        dist = ROOT / "dist"
        dist.mkdir(exist_ok=True)
        for archive in kept:
            shutil.copy(archive, dist)
            say(f"kept {os.path.relpath(dist / archive.name)}")
    if outdated:
        warn([*outdated])


if __name__ == "__main__":
    main()
