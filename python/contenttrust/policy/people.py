"""Who signs: keys, people, teams. A name is a label, the key is the identity."""

from __future__ import annotations

import re
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust.policy.evidence import Evidence

_ID = re.compile(r"(?:(sha256|spki):)?([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A public key, whatever wrapping it came in. Immutable.

    Attributes:
        id: Its canonical id, 64 hexadecimal digits; empty where only `spki` is known.
        spki: SHA-256 of its SubjectPublicKeyInfo; empty where it is not known.
    """

    id: str
    spki: str = ""

    @staticmethod
    def parse(text: str) -> Key:
        """Read a key's name.

        Args:
            text: The canonical key id, with or without ``sha256:`` before it, or ``spki:`` and the
                SHA-256 of the key's DER SubjectPublicKeyInfo; all in lower-case hexadecimal digits.

        Raises:
            ValueError: It is neither.
        """
        match = _ID.fullmatch(text)
        if match is None:
            raise ValueError(
                f"{text[:80]!a} is no key: write 'sha256:' and the 64 digits of its canonical id, "
                "or 'spki:' and those of the SHA-256 of its SubjectPublicKeyInfo"
            )
        return Key("", match[2]) if match[1] == "spki" else Key(match[2])

    @property
    def shown(self) -> str:
        """As much of it as people compare."""
        return self.id[:12] if self.id else f"spki:{self.spki[:12]}"

    def is_id(self, key_id: str, evidence: Evidence) -> bool:
        """Whether a canonical id is that of this key."""
        if self.id:
            return key_id == self.id
        return bool(self.spki) and evidence.facts.spki.get(key_id) == self.spki

    def __str__(self) -> str:
        return f"sha256:{self.id}" if self.id else f"spki:{self.spki}"


def as_key(key: Key | str) -> Key:
    """A key that may be given by its name."""
    return key if isinstance(key, Key) else Key.parse(key)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, or some robot, who is known by keys alone. Immutable."""

    name: str
    keys: tuple[Key, ...]
    robot: bool = False

    @staticmethod
    def of(name: str, *keys: Key | str, robot: bool = False) -> Person:
        """A person with keys.

        Raises:
            ValueError: The name is empty, there is no key, or one is none.
        """
        if not name or not keys:
            raise ValueError("a person has a name and one key or more")
        return Person(name, tuple(as_key(key) for key in keys), robot)


@dataclass(frozen=True, slots=True)
class Team:
    """People any of whom may sign for all. Immutable."""

    name: str
    members: tuple[Person, ...]

    @staticmethod
    def of(name: str, members: Iterable[Person]) -> Team:
        """A team of people.

        Raises:
            ValueError: The name is empty, or nobody is in it: nothing could ever satisfy it.
        """
        people = tuple(members)
        if not name or not people:
            raise ValueError("a team has a name and one member or more")
        return Team(name, people)
