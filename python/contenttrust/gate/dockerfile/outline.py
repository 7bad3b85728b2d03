"""A Dockerfile cut into stages, and the flags of its instructions: what stands before any meaning.

Source: BuildKit 0.25 `frontend/dockerfile/instructions/parse.go`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from contenttrust.gate.dockerfile.directives import Dialect, syntax_of
from contenttrust.gate.dockerfile.instructions import Instruction, read
from contenttrust.gate.dockerfile.located import DockerfileError, Located, ascii_lower

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_FROM_WITH_NAME = 3
# Flags of BuildKit 0.25. One that is not known here might name an image.
_FLAGS = {
    "from": {"platform"},
    "copy": {"from", "chown", "chmod", "link", "exclude", "parents"},
    "add": {"chown", "chmod", "link", "exclude", "keep-git-dir", "checksum", "unpack"},
    "run": {"mount", "network", "security", "device"},
}
_SEVERAL = frozenset({"mount", "exclude", "device"})
_WITHOUT_VALUE = frozenset({"link", "parents", "keep-git-dir", "unpack"})


class Outline(NamedTuple):
    """A file cut into stages, as a builder does before it builds anything."""

    syntax: Located | None
    escape: str
    arguments: list[Instruction]
    stages: list[list[Instruction]]
    names: list[str]

    @staticmethod
    def of(text: str, dialect: Dialect) -> Outline:
        """Cut a file.

        Raises:
            DockerfileError: Builders refuse it.
        """
        syntax = syntax_of(text)
        document = read(text, dialect)
        arguments, stages = _by_stage(document.instructions)
        names = [_stage_name(stage[0]) for stage in stages]
        return Outline(syntax, document.escape, arguments, stages, names)


def _by_stage(
    instructions: Sequence[Instruction],
) -> tuple[list[Instruction], list[list[Instruction]]]:
    """The arguments before the first stage, and the instructions of each stage."""
    arguments: list[Instruction] = []
    stages: list[list[Instruction]] = []
    for instruction in instructions:
        if instruction.name == "from":
            checked_flags(instruction)
            stages.append([instruction])
        elif stages:
            stages[-1].append(instruction)
        elif instruction.name == "arg":
            arguments.append(instruction)
        else:
            told = f"{instruction.name.upper()} stands before the first FROM"
            raise DockerfileError(told, line=instruction.line)
    if not stages:
        raise DockerfileError("there is no FROM")
    return arguments, stages


def _stage_name(instruction: Instruction) -> str:
    words = instruction.arguments.words()
    if len(words) == 1 and words[0].text:
        return ""
    if len(words) != _FROM_WITH_NAME or ascii_lower(words[1].text) != "as":
        told = "FROM takes an image, or an image, AS and a name"
        raise DockerfileError(told, line=instruction.line)
    name = ascii_lower(words[2].text)
    if not _STAGE_NAME.fullmatch(name):
        raise DockerfileError(f"{words[2].text[:80]!r} can be no name", line=instruction.line)
    return name


def checked_flags(instruction: Instruction) -> dict[str, list[Located]]:
    """The values of an instruction's flags by their names.

    Raises:
        DockerfileError: One is not known, lacks its value, or comes twice.
    """
    known = _FLAGS.get(instruction.name)
    found: dict[str, list[Located]] = {}
    if known is None:
        return found
    for flag in instruction.flags:
        name, equals, _ = flag.text.partition("=")
        short = name[2:]
        if short not in known:
            told = f"{instruction.name.upper()} has no flag {name[:80]!r} that is known here"
            raise DockerfileError(told, line=instruction.line)
        if not equals and short not in _WITHOUT_VALUE:
            raise DockerfileError(f"the flag {name} has no value", line=instruction.line)
        if short in found and short not in _SEVERAL:
            raise DockerfileError(f"the flag {name} comes twice", line=instruction.line)
        found.setdefault(short, []).append(flag[len(name) + 1 :])
    return found
