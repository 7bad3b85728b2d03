"""The people and teams of a policy file."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.policy.evidence import SharedKeyError, check_owners
from contenttrust.policy.people import Key, Person, Team

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.policy.fields import Faults, Field
    from contenttrust.policy.key_files import KeyFiles

_MOST_PEOPLE = 10_000
_MOST_KEYS = 64
_LONGEST_NAME = 128


def people(field: Field | None, keys: KeyFiles, faults: Faults) -> dict[str, Person]:
    """Who is known, by name."""
    found: dict[str, Person] = {}
    if field is None:
        return found
    members = field.members()
    if len(members) > _MOST_PEOPLE:
        field.fail(f"there are more than {_MOST_PEOPLE} people")
    for name, one in members.items():
        with faults.noted("person", name):
            found[name] = _person(one, name, keys)
    try:
        check_owners(found.values())
    except SharedKeyError as error:
        with faults.noted():
            members[error.name].fail(str(error), at_key=True)
    return found


def _person(field: Field, name: str, keys: KeyFiles) -> Person:
    def all_keys(listed: Field) -> list[Key]:
        if len(listed.items()) > _MOST_KEYS:
            listed.fail(f"{name[:80]!a} has more than {_MOST_KEYS} keys")
        return listed.each(keys.key)

    readers = {"keys": all_keys, "kind": lambda one: one.choice("human", "robot")}
    with field.faults.whole():
        with field.faults.noted():
            _check_name(field, name)
        said = field.read(readers, required=("keys",))
    return Person.of(name, *dict.fromkeys(said["keys"]), robot=said.get("kind") == "robot")


def teams(field: Field | None, known: Mapping[str, Person], faults: Faults) -> dict[str, Team]:
    """The teams, by name."""
    found: dict[str, Team] = {}
    for name, one in ({} if field is None else field.members()).items():
        with faults.noted("team", name):
            found[name] = _team(one, name, known)
    return found


def _team(field: Field, name: str, known: Mapping[str, Person]) -> Team:
    members: dict[str, Person] = {}

    def take(member: Field) -> None:
        who = member.text()
        member.faults.check_read("person", who)
        if who not in known:
            member.fail(f"the person {who!a} is not among the people of the policy")
        if who in members:
            member.fail(f"{who!a} is there twice")
        members[who] = known[who]

    with field.faults.whole():
        with field.faults.noted():
            _check_name(field, name)
        field.read({"members": lambda one: one.each(take)}, required=("members",))
    return Team.of(name, members.values())


def _check_name(field: Field, name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or name != shown(name):
        field.fail(f"{name[:80]!a} is no name", at_key=True)
