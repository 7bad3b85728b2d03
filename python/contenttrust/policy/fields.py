"""A value of a policy file with its place: whoever finds it wrong can say where it stands."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TypeVar

from contenttrust.errors import PolicyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any, NoReturn

    from contenttrust.yaml_nodes import Document, Path

_T = TypeVar("_T")

MOST_FAULTS = 1000
"""How many faults are kept; the next one ends the reading."""
_LONGEST_TEXT = 1024
_SPAN = re.compile(r"(0|[1-9][0-9]{0,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SIZE = re.compile(r"([1-9][0-9]{0,8})(B|kB|MB|KiB|MiB)")
_SIZES = {"B": 1, "kB": 1000, "MB": 1_000_000, "KiB": 1024, "MiB": 1_048_576}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(Z|z|[+-][0-9]{2}:[0-9]{2})"
)


class PolicyFileError(PolicyError):
    """A policy file does not say clearly what is wanted: nothing is decided by it.

    Attributes:
        file: Its name, as it was given.
        line: Where, from 1.
        column: Where in this line, from 1.
        problem: What is wrong there.
    """

    code = "policy"

    def __init__(self, problem: str, *, file: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(f"{shown(file)}:{line}:{column}: {shown(problem)}")
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem

    def __str__(self) -> str:
        return self.message

    def explain(self) -> str:
        """What is wrong, and what to do."""
        return (
            f"{self.message}. Correct the file; contenttrust policy lint finds every fault in it."
        )


class Faults:
    """What to do with a fault: raise it, or go on and keep it for a list of all."""

    def __init__(self, *, keep: bool) -> None:
        """Decide."""
        self.found: list[PolicyFileError] = []
        self._keep = keep
        self._unread: dict[tuple[str, str], PolicyFileError] = {}
        self._noted: list[PolicyFileError] = []

    @contextlib.contextmanager
    def noted(self, kind: str = "", name: str = "") -> Iterator[None]:
        """Where a fault ends no more than the part of the file that it is in.

        Args:
            kind: Of what is read, where the rest of the file names such: person or team.
            name: Of what is read.
        """
        try:
            yield
        except PolicyFileError as error:
            if not self._keep or len(self.found) >= MOST_FAULTS:
                raise
            if error not in self.found:
                self.found.append(error)
            self._noted.append(error)
            self._unread[kind, name] = error

    @contextlib.contextmanager
    def whole(self) -> Iterator[None]:
        """Where something is made of parts: all of them are read, and with a fault none is made.

        Raises:
            PolicyFileError: A fault that was noted within; it is not found twice.
        """
        before = len(self._noted)
        yield
        if len(self._noted) > before:
            raise self._noted[-1]

    def check_read(self, kind: str, name: str = "") -> None:
        """Raise the fault of what is named, if it has one: whoever names it is not to blame.

        Args:
            kind: As for `noted`.
            name: As for `noted`; empty: any of that kind.
        """
        for of, called in [(kind, name)] if name else list(self._unread):
            if of == kind and (of, called) in self._unread:
                raise self._unread[of, called]


_RAISED = Faults(keep=False)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a policy file, and the way to it."""

    document: Document
    path: Path
    value: object
    faults: Faults = field(default=_RAISED, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The way to it as people write it: ``rules[0].match``."""
        steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return "".join(steps).removeprefix(".") or "the policy"

    def fail(self, problem: str, *, at_key: bool = False) -> NoReturn:
        """Refuse the value.

        Args:
            problem: What is wrong with it.
            at_key: Whether its key is what is wrong.

        Raises:
            PolicyFileError: Always.
        """
        place = self.document.key(self.path) if at_key else self.document.scalar(self.path)
        raise PolicyFileError(
            problem, file=self.document.file, line=place.line, column=place.column
        )

    def below(self, step: str | int, value: object) -> Field:
        """A value in this one."""
        return Field(self.document, (*self.path, step), value, self.faults)

    def members(
        self,
        known: Sequence[str] | None = None,
        *,
        required: Sequence[str] = (),
        unsupported: Mapping[str, str] | None = None,
    ) -> dict[str, Field]:
        """What a mapping holds, by key.

        Args:
            known: The keys that there may be; None: any.
            required: Those that there must be.
            unsupported: Why keys are refused that another program or a later version knows.
        """
        if not isinstance(self.value, dict):
            self.fail(f"{self.name} is {_kind(self.value)}, and a mapping is wanted")
        found: dict[str, Field] = {}
        for key, value in self.value.items():
            one = self.below(key, value)
            with self.faults.noted():
                if unsupported and key in unsupported:
                    one.fail(f"{key}: {unsupported[key]}", at_key=True)
                if known is not None and key not in known:
                    one.fail(f"the field {key[:80]!r} is unknown in {self.name}; known are "
                             + ", ".join(known), at_key=True)  # fmt: skip
                found[key] = one
        for key in required:
            if key not in found and len(found) < len(self.value):
                raise self.faults.found[-1]  # a word that is misspelt is missing, too: one fault
            if key not in found:
                self.fail(f"{self.name} has no {key}")
        return found

    def items(self, *, least: int = 1) -> list[Field]:
        """What a list holds."""
        if not isinstance(self.value, list):
            self.fail(f"{self.name} is {_kind(self.value)}, and a list is wanted")
        if len(self.value) < least:
            self.fail(f"{self.name} is empty")
        return [self.below(index, value) for index, value in enumerate(self.value)]

    def read(
        self,
        readers: Mapping[str, Callable[[Field], Any]],
        *,
        required: Sequence[str] = (),
        unsupported: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """What each member of a mapping says, by key; see `Faults.whole`.

        Args:
            readers: Of the keys that there may be.
            required: As for `members`.
            unsupported: As for `members`.
        """
        made: dict[str, Any] = {}
        with self.faults.whole():
            found = self.members(tuple(readers), required=required, unsupported=unsupported)
            for key, one in found.items():
                with self.faults.noted():
                    made[key] = readers[key](one)
        return made

    def each(self, reader: Callable[[Field], _T]) -> list[_T]:
        """What each entry of a list says; see `Faults.whole`."""
        made: list[_T] = []
        with self.faults.whole():
            for one in self.items():
                with self.faults.noted():
                    made.append(reader(one))
        return made

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str):
            self.fail(f"{self.name} is {_kind(self.value)}, and a text is wanted")
        if not self.value.strip():
            self.fail(f"{self.name} is empty")
        if len(self.value) > _LONGEST_TEXT:
            self.fail(f"{self.name} is longer than {_LONGEST_TEXT} characters")
        return self.value

    def choice(self, *words: str, unsupported: Mapping[str, str] | None = None) -> str:
        """One of several words."""
        word = self.text()
        if unsupported and word in unsupported:
            self.fail(f"{self.name}: {word}: {unsupported[word]}")
        if word not in words:
            self.fail(f"{self.name} is {word[:80]!r}, and {' or '.join(words)} is wanted")
        return word

    def integer(self, *, least: int = 1, most: int = 2**53 - 1) -> int:
        """A whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self.fail(f"{self.name} is {_kind(self.value)}, and a whole number is wanted")
        if not least <= self.value <= most:
            self.fail(f"{self.name} is {self.value}, and {least} to {most} is wanted")
        return self.value

    def truth(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail(f"{self.name} is {_kind(self.value)}, and true or false is wanted")
        return self.value

    def span(self) -> timedelta:
        """A span of time, such as ``14d``."""
        match = _SPAN.fullmatch(self.text())
        if match is None:
            self.fail(f"{self.name} is no span of time: write a number and s, m, h or d, as in 14d")
        try:
            return timedelta(**{_UNITS[match[2]]: int(match[1])})
        except OverflowError:
            self.fail(f"{self.name} is too long a span of time")

    def size(self) -> int:
        """A number of bytes, such as ``5MB``."""
        match = _SIZE.fullmatch(self.text())
        if match is None:
            self.fail(f"{self.name} is no size: write a number and B, kB, MB, KiB or MiB")
        return int(match[1]) * _SIZES[match[2]]

    def moment(self) -> datetime:
        """A day, which begins at midnight UTC, or a time with its zone by RFC 3339."""
        text = self.text()
        match = _MOMENT.fullmatch(text)
        try:
            if _DAY.fullmatch(text):
                return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
            zone = "+00:00" if match is None or match[2] in "Zz" else match[2]
            time = "" if match is None else match[1].upper()  # which is no time
            return datetime.fromisoformat(time + zone).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            self.fail(
                f"{self.name} is no day and no time: write 2026-12-01 or 2026-12-01T08:00:00Z"
            )


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false",
             int: "a whole number", float: "a fraction"}  # fmt: skip
    return "empty" if value is None else names.get(type(value), "something else")
