"""What must be signed by whom: small values that combine, with any Python callable beside them.

>>> from contenttrust.policy.people import Person, Team
>>> from contenttrust.policy.quorum import AllOf
>>> alice, carol = Person.of("alice", 64 * "a"), Person.of("carol", 64 * "c")
>>> four_eyes = AllOf(SignedByTeam(Team.of("qa", [alice])), SignedBy(carol), distinct=True)
>>> four_eyes.describe()
{'all': [{'team': 'qa'}, {'person': 'carol'}], 'distinct': True}
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from dataclasses import dataclass

from contenttrust.errors import shown
from contenttrust.policy.people import as_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contenttrust.policy.evidence import Evidence
    from contenttrust.policy.facts import Facts
    from contenttrust.policy.people import Key, Person, Team

MOST_PARTS = 64
"""Parts of one `AllOf`, `AnyOf` or `AtLeast`."""


class Requirement(abc.ABC):
    """Something that the signatures on a tag satisfy or not. Immutable."""

    @abc.abstractmethod
    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing, as sentences; nothing where the requirement is satisfied.

        Args:
            evidence: Who signed.
            denied: Whether a signature is looked for in order to refuse it: then all of them
                count, those that only release a tag too.
        """

    @abc.abstractmethod
    def describe(self) -> object:
        """The requirement as a policy file writes it."""

    def all_parts(self) -> Iterator[Requirement]:
        """The requirement itself and whatever it is made of."""
        yield self
        for part in (*getattr(self, "parts", ()), *filter(None, [getattr(self, "part", None)])):
            yield from part.all_parts()


class Place(Requirement):
    """A requirement that one signature satisfies, so that several can be told apart."""

    @abc.abstractmethod
    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """Canonical ids of the keys that signed and satisfy it, each alone."""

    @abc.abstractmethod
    def missing(self) -> str:
        """What is said where none does."""

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing; see `Requirement.unmet`."""
        return () if self.keys(evidence, denied=denied) else (self.missing(),)


def _counted(evidence: Evidence, *, denied: bool) -> tuple[str, ...]:
    return evidence.every_key() if denied else evidence.keys()


@dataclass(frozen=True, slots=True)
class Signed(Place):
    """Signed at all: it does not matter by whom."""

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        return _counted(evidence, denied=denied)

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:  # noqa: ARG002
        """What is missing; see `Requirement.unmet`."""
        return () if evidence.facts.tag is not None else (self.missing(),)

    def missing(self) -> str:
        """What is said where nobody signed."""
        return "nobody signed it"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"signed": "any"}


@dataclass(frozen=True, slots=True)
class SignedByKnownPerson(Place):
    """Signed by anybody whom the policy knows."""

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        signed = _counted(evidence, denied=denied)
        return tuple(one for one in signed if evidence.person_of(one))

    def missing(self) -> str:
        """What is said where nobody known signed."""
        return "nobody whom the policy knows signed it"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"signed": "any-known-person"}


@dataclass(frozen=True, slots=True)
class SignedBy(Place):
    """Signed with a key of a person."""

    person: Person

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        return evidence.among(self.person.keys, _counted(evidence, denied=denied))

    def missing(self) -> str:
        """What is said where the person did not sign."""
        return f"it is signed with no key that the policy has of {shown(self.person.name)}"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"person": self.person.name}


@dataclass(frozen=True, slots=True)
class SignedByTeam(Place):
    """Signed with a key of any member of a team."""

    team: Team

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        keys = [key for person in self.team.members for key in person.keys]
        return evidence.among(keys, _counted(evidence, denied=denied))

    def missing(self) -> str:
        """What is said where no member signed."""
        members = ", ".join(shown(person.name) for person in self.team.members)
        return f"no member of team {shown(self.team.name)} ({members}) signed it"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"team": self.team.name}


@dataclass(frozen=True, slots=True)
class SignedWith(Place):
    """Signed with one key."""

    key: Key

    @staticmethod
    def of(key: Key | str) -> SignedWith:
        """From a key or its name; see `Key.parse`."""
        return SignedWith(as_key(key))

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        return evidence.among((self.key,), _counted(evidence, denied=denied))

    def missing(self) -> str:
        """What is said where the key did not sign."""
        return f"it is not signed with the key {self.key.shown}"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"key": str(self.key)}


@dataclass(frozen=True, slots=True)
class SignedInRole(Place):
    """Listed, with this digest, by a role of the collection: ``targets/alice``, ``targets``."""

    role: str

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        return evidence.keys_of_role(self.role, denied=denied)

    def missing(self) -> str:
        """What is said where the role does not list it."""
        return f"the role {shown(self.role)} does not list it with this digest"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"role": self.role}


@dataclass(frozen=True, slots=True)
class SignedAs(Place):
    """Signed by a signer of the collection; whose keys those are is the publisher's word."""

    signer: str

    def keys(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """The keys that fill this place."""
        return evidence.keys_of_signer(self.signer, denied=denied)

    def missing(self) -> str:
        """What is said where the signer did not sign."""
        return f"the signer {shown(self.signer)} did not sign it"

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"signer": self.signer}


@dataclass(frozen=True, slots=True, init=False)
class AnyOf(Requirement):
    """At least one of several."""

    parts: tuple[Requirement, ...]

    def __init__(self, *parts: RequirementLike) -> None:
        """Combine.

        Raises:
            ValueError: There is none, or there are too many.
        """
        object.__setattr__(self, "parts", checked_parts(parts))

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing; see `Requirement.unmet`."""
        missing = [part.unmet(evidence, denied=denied) for part in self.parts]
        if not all(missing):
            return ()
        return ("none of these holds: " + "; ".join(_flat(missing)),)

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"any": [part.describe() for part in self.parts]}


@dataclass(frozen=True, slots=True)
class Not(Requirement):
    """The opposite, to deny keys or people: every signature counts, releasing ones too."""

    part: Requirement

    def __post_init__(self) -> None:
        if any(hasattr(part, "function") for part in self.all_parts()):
            raise ValueError("a callable says itself what it does not want: one that fails under "
                             "'not' would pass")  # fmt: skip

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing; see `Requirement.unmet`."""
        if self.part.unmet(evidence, denied=not denied):
            return ()
        return (f"it must not hold that {_told(self.part.describe())}, and it does",)

    def describe(self) -> object:
        """As a policy file writes it."""
        return {"not": self.part.describe()}


RequirementLike = Requirement | Callable[["Facts"], "bool | str"]


def as_requirement(part: RequirementLike) -> Requirement:
    """A requirement, or a callable as one.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(part, Requirement):
        return part
    if not callable(part):
        raise TypeError(f"a requirement or a callable is wanted, not {type(part).__name__}")
    from contenttrust.policy.condition import Condition  # noqa: PLC0415 - it is a requirement

    return Condition.of(part)


def checked_parts(parts: Sequence[RequirementLike]) -> tuple[Requirement, ...]:
    """What is combined, as requirements.

    Raises:
        TypeError: Something is neither a requirement nor a callable.
        ValueError: There is none, or there are too many.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise ValueError(f"1 to {MOST_PARTS} requirements are combined, not {len(parts)}")
    return tuple(as_requirement(part) for part in parts)


def _flat(reasons: Sequence[Sequence[str]]) -> list[str]:
    return list(dict.fromkeys(one for several in reasons for one in several))


def _told(description: object) -> str:
    """A requirement in few words: ``person: alice``."""
    if isinstance(description, dict):
        return ", ".join(f"{name}: {_told(value)}" for name, value in description.items())
    if isinstance(description, list):
        return "[" + "; ".join(_told(value) for value in description) + "]"
    return shown(str(description))
