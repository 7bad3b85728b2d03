"""The archives: what is in an sdist and in a wheel, and whether two wheels hold the same."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path, PurePosixPath

SDIST_ROOT = {
    "CMakeLists.txt", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "cpp", "pyproject.toml",
    "python",
}  # fmt: skip
"""What builds the package and says what it is."""
BUILT = (".so", "/RECORD", "/WHEEL")
"""Endings of files that a second build may write differently: code, digests, the builder's mark."""


def sdist_surplus(archive: Path) -> list[str]:
    """Names of an sdist that do not belong there: other folders, caches, compiled files."""
    surplus = []
    with tarfile.open(archive) as opened:
        for name in opened.getnames():
            parts = PurePosixPath(name).parts[1:]
            hidden = any(part.startswith((".", "__pycache__")) for part in parts)
            if parts and (parts[0] not in SDIST_ROOT or hidden or name.endswith((".so", ".pyc"))):
                surplus.append(name)
    return surplus


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel."""
    with zipfile.ZipFile(wheel) as opened:
        return {info.filename: opened.read(info) for info in opened.infolist() if not info.is_dir()}


def differences(one: Path, other: Path) -> list[str]:
    """Files that only one of two wheels has, and those that say something else in each."""
    first, second = contents(one), contents(other)
    found = [f"{name}: only in one of both" for name in sorted(first.keys() ^ second.keys())]
    return found + [
        f"{name}: not the same"
        for name in sorted(first.keys() & second.keys())
        if not name.endswith(BUILT) and first[name] != second[name]
    ]


def same_code(one: Path, other: Path) -> bool:
    """Whether the compiled files of two wheels are the same in every byte."""
    first, second = contents(one), contents(other)
    return all(first[name] == second.get(name) for name in first if name.endswith(".so"))


def missing_modules(wheel: Path, package: Path) -> list[str]:
    """Python files of the package's folder that a wheel lacks or has otherwise."""
    held = contents(wheel)
    return [
        path.relative_to(package.parent).as_posix()
        for path in sorted([*package.rglob("*.py"), *package.rglob("*.pyi"), package / "py.typed"])
        if held.get(path.relative_to(package.parent).as_posix()) != path.read_bytes()
    ]
