"""Several requirements at once: all of them, or some number, by distinct keys or distinct people.

Who counts is who fills a place, and nobody fills two: it is an assignment of keys or people to
places, not a count of signatures.
"""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.errors import shown
from contenttrust.policy.condition import Condition
from contenttrust.policy.requirements import (
    AnyOf,
    Place,
    Requirement,
    checked_parts,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.policy.evidence import Evidence
    from contenttrust.policy.requirements import RequirementLike


@dataclass(frozen=True, slots=True, init=False)
class AllOf(Requirement):
    """All of several; one person may satisfy more than one of them, unless told otherwise."""

    parts: tuple[Requirement, ...]
    distinct: bool

    def __init__(self, *parts: RequirementLike, distinct: bool = False) -> None:
        """Combine.

        Args:
            parts: What must hold.
            distinct: Whether each must be satisfied by another person whom the policy knows.

        Raises:
            ValueError: There is none, there are too many, or `distinct` is asked for what no single
                signature satisfies.
        """
        made = checked_parts(parts)
        if distinct:
            _check_places(made)
        object.__setattr__(self, "parts", made)
        object.__setattr__(self, "distinct", distinct)

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing; see `Requirement.unmet`."""
        missing = [part.unmet(evidence, denied=denied) for part in self.parts]
        reasons = tuple(dict.fromkeys(one for several in missing for one in several))
        if reasons or not self.distinct:
            return reasons
        places = [part for part in self.parts if not isinstance(part, Condition)]
        filled = _filled(places, evidence, people=True, denied=denied)
        if filled == len(places):
            return ()
        return (_too_few(filled, len(places), len(places), people=True),)

    def describe(self) -> object:
        """As a policy file writes it."""
        all_of: dict[str, object] = {"all": [part.describe() for part in self.parts]}
        return {**all_of, "distinct": True} if self.distinct else all_of


@dataclass(frozen=True, slots=True, init=False)
class AtLeast(Requirement):
    """Some number of several, each satisfied by another key, or by another person."""

    number: int
    parts: tuple[Requirement, ...]
    distinct: bool

    def __init__(self, number: int, *parts: RequirementLike, distinct: bool = False) -> None:
        """Combine.

        Args:
            number: How many must hold.
            parts: Of these. A callable counts as one more place, which needs no key.
            distinct: Whether people are counted whom the policy knows, not keys.

        Raises:
            ValueError: The number is less than 1 or more than there are, there are too many, or one
                is satisfied by no single signature.
        """
        made = checked_parts(parts)
        if isinstance(number, bool) or not isinstance(number, int):
            raise TypeError(f"a number is an int, not {type(number).__name__}")
        if not 1 <= number <= len(made):
            raise ValueError(f"at least {number} of {len(made)} can never hold or says nothing")
        _check_places(made)
        object.__setattr__(self, "number", number)
        object.__setattr__(self, "parts", made)
        object.__setattr__(self, "distinct", distinct)

    def unmet(self, evidence: Evidence, *, denied: bool = False) -> tuple[str, ...]:
        """What is missing; see `Requirement.unmet`."""
        conditions = [part for part in self.parts if isinstance(part, Condition)]
        places = [part for part in self.parts if not isinstance(part, Condition)]
        held = sum(1 for part in conditions if not part.unmet(evidence, denied=denied))
        filled = held + _filled(places, evidence, people=self.distinct, denied=denied)
        if filled >= self.number:
            return ()
        missing = [one for part in self.parts for one in part.unmet(evidence, denied=denied)]
        return (
            _too_few(filled, self.number, len(self.parts), people=self.distinct),
            *dict.fromkeys(missing),
        )

    def describe(self) -> object:
        """As a policy file writes it."""
        some: dict[str, object] = {
            "at-least": self.number,
            "of": [part.describe() for part in self.parts],
        }
        return {**some, "distinct": True} if self.distinct else some


def _check_places(parts: Sequence[Requirement]) -> None:
    """Refuse what several signatures satisfy together: they could count a second time beside it."""
    callables = [part for part in parts if isinstance(part, Condition)]
    if len(set(callables)) != len(callables):
        raise ValueError("one callable counts once")
    for part in parts:
        if not isinstance(part, Condition) and not _is_place(part):
            raise ValueError(
                "what is counted is satisfied by one signature: signed, signer, person, team, role "
                "or key, or any of these; not 'all', 'at-least' or 'not'"
            )


def _is_place(part: Requirement) -> bool:
    if isinstance(part, AnyOf):
        return all(_is_place(one) for one in part.parts)
    return isinstance(part, Place)


def _keys(part: Requirement, evidence: Evidence, *, denied: bool) -> tuple[str, ...]:
    if isinstance(part, AnyOf):
        found = (key for one in part.parts for key in _keys(one, evidence, denied=denied))
        return tuple(dict.fromkeys(found))
    return part.keys(evidence, denied=denied) if isinstance(part, Place) else ()


def _filled(
    places: Sequence[Requirement], evidence: Evidence, *, people: bool, denied: bool
) -> int:
    """How many places can be filled at once, by nobody twice: a maximum matching."""
    candidates = []
    for place in places:
        keys = _keys(place, evidence, denied=denied)
        who = [evidence.person_of(key) for key in keys] if people else keys
        candidates.append(tuple(dict.fromkeys(one for one in who if one)))
    holder: dict[str, int] = {}

    def fill(place: int, tried: set[str]) -> bool:
        for one in candidates[place]:
            if one in tried:
                continue
            tried.add(one)
            if one not in holder or fill(holder[one], tried):
                holder[one] = place
                return True
        return False

    return sum(1 for place in range(len(places)) if fill(place, set()))


def _too_few(filled: int, wanted: int, places: int, *, people: bool) -> str:
    what = "distinct people" if people else "distinct keys"
    return shown(f"{filled} of {places} places are filled by {what}, and {wanted} must be")
