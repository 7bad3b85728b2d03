"""Docker's flag grammar: what a command line means, and the same meaning written without doubt.

Source: spf13/pflag v1.0.6 and v1.0.10 ``parseArgs``, ``parseLongArg``, ``parseSingleShortArg``.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class CommandLineError(ValueError):
    """Docker would not understand the command line, or may understand it otherwise than we do."""


class Flags:
    """The flags of one command.

    Attributes:
        names: The long names. To each belongs what it means without a value: ``true`` for a
            switch, None where a value must follow.
        letters: The long name of each letter.
    """

    __slots__ = ("letters", "names")

    def __init__(self, *lines: str) -> None:
        """Read a table.

        Args:
            lines: Words such as ``a/attach=`` with a value, ``d/detach`` without, ``sbom?min``
                where a value is optional and ``min`` if it is left out.
        """
        self.names: dict[str, str | None] = {}
        self.letters: dict[str, str] = {}
        for word in " ".join(lines).split():
            letter, slash, rest = word.rpartition("/")
            name, optional, default = rest.partition("?")
            if name.endswith("="):
                name = name[:-1]
                self.names[name] = None
            else:
                self.names[name] = default if optional else "true"
            if slash:
                self.letters[letter] = name


class CommandLine:
    """What a command line means.

    Attributes:
        flags: Long names with their values, in the order in which docker sets them.
        operands: What is no flag.
    """

    __slots__ = ("flags", "operands")

    def __init__(self, flags: Sequence[tuple[str, str]], operands: Sequence[str]) -> None:
        self.flags = list(flags)
        self.operands = list(operands)

    def values(self, name: str) -> list[str]:
        """The values that a flag is given, one for each time that it stands there."""
        return [value for flag, value in self.flags if flag == name]

    def last(self, name: str, default: str = "") -> str:
        """The value of a flag that counts: the last one."""
        return next((value for flag, value in reversed(self.flags) if flag == name), default)

    def switch(self, name: str, *, default: bool = False) -> bool:
        """Whether a switch is on.

        Raises:
            CommandLineError: One of its values is none.
        """
        on = default
        for value in self.values(name):
            if value not in _TRUE | _FALSE:
                raise CommandLineError(
                    f'invalid argument "{value}" for "--{name}" flag: it is no truth value'
                )
            on = value in _TRUE
        return on

    def without(self, *names: str) -> CommandLine:
        """The same without some flags."""
        return CommandLine([flag for flag in self.flags if flag[0] not in names], self.operands)

    def words(self) -> list[str]:
        """Arguments that mean the same in one way only: no clusters, every value behind ``=``."""
        return [f"--{name}={value}" for name, value in self.flags]


def parse(arguments: Sequence[str], known: Flags, *, interspersed: bool = True) -> CommandLine:
    """Read arguments as docker does.

    Args:
        arguments: Behind the command.
        known: The flags that it has.
        interspersed: Whether flags may stand behind the first operand.

    Raises:
        CommandLineError: A flag is none of these, or lacks its value.
    """
    flags: list[tuple[str, str]] = []
    operands: list[str] = []
    rest = list(reversed(arguments))
    while rest:
        word = rest.pop()
        if word == "--":
            operands += reversed(rest)
            break
        if word.startswith("--"):
            flags.append(_long(word, known, rest))
        elif word.startswith("-") and word != "-":
            flags += _cluster(word, known, rest)
        elif interspersed:
            operands.append(word)
        else:
            operands += [word, *reversed(rest)]
            break
    return CommandLine(flags, operands)


def _long(word: str, known: Flags, rest: list[str]) -> tuple[str, str]:
    name, equals, value = word[2:].partition("=")
    if not name or name.startswith("-"):
        raise CommandLineError(f"bad flag syntax: {word}")
    if name not in known.names:
        raise CommandLineError(f"unknown flag: --{name}")
    if equals:
        return name, value
    return name, _value(known.names[name], rest, f"--{name}")


def _cluster(word: str, known: Flags, rest: list[str]) -> Iterable[tuple[str, str]]:
    letters = word[1:]
    found: list[tuple[str, str]] = []
    while letters:
        letter, behind = letters[0], letters[1:]
        if letter not in known.letters:
            raise CommandLineError(f"unknown shorthand flag: '{letter}' in {word}")
        name = known.letters[letter]
        without = known.names[name]
        letters = ""
        if len(behind) > 1 and behind[0] == "=":
            value = behind[1:]
        elif without is not None:
            value, letters = without, behind
        elif behind:
            value = behind
        else:
            value = _value(None, rest, f"'{letter}' in {word}")
        found.append((name, value))
    return found


def _value(without: str | None, rest: list[str], flag: str) -> str:
    if without is not None:
        return without
    if not rest:
        raise CommandLineError(f"flag needs an argument: {flag}")
    return rest.pop()
