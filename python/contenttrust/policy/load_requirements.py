"""The requirements of a policy file: who must sign, from the words of the file."""

from __future__ import annotations

from contenttrust.policy.quorum import AllOf, AtLeast
from contenttrust.policy.requirements import (
    MOST_PARTS,
    AnyOf,
    Not,
    Requirement,
    Signed,
    SignedAs,
    SignedBy,
    SignedByKnownPerson,
    SignedByTeam,
    SignedInRole,
    SignedWith,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.policy.fields import Field
    from contenttrust.policy.key_files import KeyFiles
    from contenttrust.policy.people import Person, Team

_KINDS = ("signed", "signer", "person", "team", "role", "key", "all", "any", "at-least", "not")
_FIELDS = (*_KINDS, "of", "distinct")
_WITH = {"at-least": {"of", "distinct"}, "all": {"distinct"}}
_DEEPEST = 8


class Requirements:
    """Reads requirements that name the people and teams of one policy."""

    def __init__(
        self, people: Mapping[str, Person], teams: Mapping[str, Team], keys: KeyFiles
    ) -> None:
        """Remember who there is."""
        self._people = people
        self._teams = teams
        self._keys = keys

    def read(self, field: Field, *, depth: int = 0) -> Requirement:
        """One requirement."""
        if depth > _DEEPEST:
            field.fail(f"requirements are nested more than {_DEEPEST} deep")
        with field.faults.whole():
            members = field.members(_FIELDS)
            kinds = [kind for kind in _KINDS if kind in members]
            if len(kinds) != 1:
                what = " and ".join(kinds) if kinds else "none"
                field.fail(f"a requirement has one of {', '.join(_KINDS)}; here is {what}")
            kind = kinds[0]
            for name in members:
                with field.faults.noted():
                    if name != kind and name not in _WITH.get(kind, ()):
                        members[name].fail(f"{name} does not go with {kind}", at_key=True)
            try:
                return self._of_kind(kind, members, field, depth)
            except ValueError as error:
                field.fail(str(error))

    def _of_kind(
        self, kind: str, members: Mapping[str, Field], field: Field, depth: int
    ) -> Requirement:
        value = members[kind]
        if kind in {"all", "any", "at-least", "not"}:
            return self._combined(kind, members, field, depth)
        if kind == "signed":
            word = value.choice("any", "any-known-person")
            if word == "any-known-person" and not self._people:
                value.faults.check_read("person")
                value.fail("the policy knows nobody: it has no people")
            return Signed() if word == "any" else SignedByKnownPerson()
        if kind == "person":
            return SignedBy(self.person(value))
        if kind == "team":
            return SignedByTeam(self._team(value))
        if kind == "key":
            return SignedWith(self._keys.key(value))
        return SignedAs(_signer(value)) if kind == "signer" else SignedInRole(_role(value))

    def _combined(
        self, kind: str, members: Mapping[str, Field], field: Field, depth: int
    ) -> Requirement:
        if kind == "not":
            return Not(self.read(members["not"], depth=depth + 1))
        if kind == "at-least" and "of" not in members:
            field.fail("at-least has no of: at-least what?")
        distinct, least = False, 0
        with field.faults.whole():
            with field.faults.noted():
                distinct = "distinct" in members and members["distinct"].truth()
            with field.faults.noted():
                least = members["at-least"].integer() if kind == "at-least" else 0
            parts = self._parts(members["of" if kind == "at-least" else kind], kind, depth)
        if kind == "any":
            return AnyOf(*parts)
        if kind == "all":
            return AllOf(*parts, distinct=distinct)
        return AtLeast(least, *parts, distinct=distinct)

    def _parts(self, field: Field, kind: str, depth: int) -> list[Requirement]:
        if kind == "at-least" and isinstance(field.value, dict):
            # {team: qa} stands for its members, each of whom fills one place.
            team = field.read({"team": self._team}, required=("team",))["team"]
            return [SignedBy(person) for person in team.members]
        if len(field.items()) > MOST_PARTS:
            field.fail(f"{field.name} has more than {MOST_PARTS} parts")
        return field.each(lambda one: self.read(one, depth=depth + 1))

    def person(self, field: Field) -> Person:
        """Somebody of the policy's people."""
        name = field.text()
        field.faults.check_read("person", name)
        if name not in self._people:
            field.fail(f"the person {name!a} is not among the people of the policy")
        return self._people[name]

    def _team(self, field: Field) -> Team:
        name = field.text()
        field.faults.check_read("team", name)
        if name not in self._teams:
            field.fail(f"the team {name!a} is not among the teams of the policy")
        return self._teams[name]


def _signer(field: Field) -> str:
    name = field.text()
    if "/" in name or any(c.isspace() for c in name):
        field.fail(f"{name!a} is no signer: write alice for the role targets/alice")
    if name == "releases":
        field.fail("releases is no signer: whoever signs a tag last signs it; write "
                   "role: targets/releases")  # fmt: skip
    return name


def _role(field: Field) -> str:
    name = field.text()
    parts = name.split("/")
    if parts[0] != "targets" or not all(parts) or any(c.isspace() for c in name):
        field.fail(f"{name!a} lists no tags: write targets, targets/releases or targets/alice")
    return name
