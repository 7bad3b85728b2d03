"""What is built from: the bytes of one Dockerfile, read once, and a folder of this machine.

Source: docker CLI 28 `cli/command/image/build/context.go` (``DetectContextType``,
``GetContextFromLocalDir``); buildx 0.29.1 `build/opt.go` (``loadInputs``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from contenttrust.errors import shown
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.gate.dockerfile.file_name import policy_beside
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.gate.docker.grammar import CommandLine

LARGEST = 4 * 1024 * 1024
"""Bytes of a Dockerfile; larger ones are refused."""
_STDIN = "-"
_USUAL = "Dockerfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildContext:
    """What is built from.

    Attributes:
        dockerfile: Its bytes.
        name: What messages call it.
        folder: Absolute path of the context; empty where there is nothing but the Dockerfile.
        ignore: The ``.dockerignore`` of this Dockerfile alone, or None.
    """

    dockerfile: bytes
    name: str
    folder: str
    ignore: bytes | None = None

    def place(self, line: int) -> str:
        """Where in the Dockerfile, for messages; 0 is no line of it."""
        return f"{shown(self.name)}:{line}" if line else shown(self.name)


def read(line: CommandLine) -> BuildContext:
    """Read what a build is made of.

    Args:
        line: Of ``docker build``.

    Raises:
        RefusedError: Docker could not build that, or it cannot be looked into.
    """
    if len(line.operands) != 1:
        raise RefusedError('"docker build" requires 1 argument')
    [context] = line.operands
    file = line.last("file")
    if context == _STDIN:
        if file:
            raise RefusedError(
                "a context on standard input has its Dockerfile in it, where it cannot be checked: "
                "unpack it and build the folder"
            )
        return BuildContext(dockerfile=_of_stdin(), name="standard input", folder="")
    if not os.path.isdir(context):  # noqa: PTH112 - pathlib would say the same
        raise RefusedError(
            f"{shown(context)} is no folder of this machine: what a URL or a repository holds "
            "cannot be checked before docker fetches it; fetch it and build the folder"
        )
    folder = os.path.realpath(context)
    if file == _STDIN:
        return BuildContext(dockerfile=_of_stdin(), name="standard input", folder=folder)
    path = os.path.abspath(file) if file else _usual(folder)  # noqa: PTH100
    name = file or os.path.basename(path)  # noqa: PTH119
    data = _of_file(path, named=bool(file))
    if told := policy_beside(path):  # the builder gets a copy elsewhere, and would not see it
        raise RefusedError(f"{shown(name)}: {told}")
    return BuildContext(
        dockerfile=data,
        name=name,
        folder=folder,
        ignore=_of_file(f"{path}.dockerignore", missing=True) or None,
    )


def _usual(folder: str) -> str:
    usual = f"{folder}/{_USUAL}"
    lower = f"{folder}/{_USUAL.lower()}"
    return lower if not os.path.lexists(usual) and os.path.lexists(lower) else usual


def _of_file(path: str, *, named: bool = False, missing: bool = False) -> bytes:
    """The bytes of a file. Only one that is named may be a pipe, and is waited for as by docker."""
    try:
        return _of_pipe(path) if named else chosen_file.read(path, limit=LARGEST)
    except FileNotFoundError:
        if missing:
            return b""
        raise RefusedError(f"there is no Dockerfile {shown(path)}") from None
    except OSError as error:
        raise RefusedError(f"{shown(path)}: {error.strerror}") from None
    except chosen_file.ChosenFileError as error:
        raise RefusedError(f"{shown(path)}: {error}") from None


def _of_pipe(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise RefusedError(f"{shown(path)}: it is larger than {LARGEST:,} bytes")
    return data


def _of_stdin() -> bytes:
    try:
        data = chosen_file.read_stdin(limit=LARGEST)
    except OSError as error:
        raise RefusedError(f"standard input: {error.strerror}") from None
    except chosen_file.ChosenFileError as error:
        raise RefusedError(f"standard input: {error}") from None
    if b"\0" in data:
        raise RefusedError(
            "standard input holds no Dockerfile but an archive, which cannot be checked: unpack it "
            "and build the folder"
        )
    return data
