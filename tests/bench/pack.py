"""Repositories in one file, which every program of the benchmarks reads: ours, the floor, peers.

A pack is a row of repositories. Numbers are little-endian; a text is its length in 4 bytes, then
UTF-8:

    repository  text GUN, number of files (4 bytes), then each file
    file        text role, length (8 bytes), the bytes as a server would give them out
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

Repository = tuple[str, dict[str, bytes]]

_TEXT = struct.Struct("<I")
_FILE = struct.Struct("<Q")


def write(path: Path, repositories: Iterable[tuple[str, Mapping[str, bytes]]]) -> None:
    """Write a pack; it appears under its name only when it is whole."""
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        for gun, files in repositories:
            _write_text(file, gun)
            file.write(_TEXT.pack(len(files)))
            for role, document in files.items():
                _write_text(file, role)
                file.write(_FILE.pack(len(document)))
                file.write(document)
    unfinished.rename(path)


def read(path: Path) -> Iterator[Repository]:
    """The repositories of a pack, each as its GUN and its files by role."""
    with path.open("rb") as file:
        while length := file.read(_TEXT.size):
            gun = file.read(*_TEXT.unpack(length)).decode()
            (count,) = _TEXT.unpack(file.read(_TEXT.size))
            yield gun, dict(_read_file(file) for _ in range(count))


def _read_file(file: BinaryIO) -> tuple[str, bytes]:
    role = file.read(*_TEXT.unpack(file.read(_TEXT.size))).decode()
    return role, file.read(*_FILE.unpack(file.read(_FILE.size)))


def _write_text(file: BinaryIO, text: str) -> None:
    encoded = text.encode()
    file.write(_TEXT.pack(len(encoded)) + encoded)
