"""The people and teams of a policy file."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.policy.evidence import SharedKeyError, check_owners
from contenttrust.policy.people import Person, Team

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
    _check_name(field, name)
    parts = field.members(("keys", "kind"), required=("keys",))
    listed = parts["keys"].items()
    if len(listed) > _MOST_KEYS:
        parts["keys"].fail(f"{name[:80]!a} has more than {_MOST_KEYS} keys")
    robot = "kind" in parts and parts["kind"].choice("human", "robot") == "robot"
    return Person.of(name, *dict.fromkeys(map(keys.key, listed)), robot=robot)


def teams(field: Field | None, known: Mapping[str, Person], faults: Faults) -> dict[str, Team]:
    """The teams, by name."""
    found: dict[str, Team] = {}
    for name, one in ({} if field is None else field.members()).items():
        with faults.noted("team", name):
            _check_name(one, name)
            found[name] = _team(one, name, known)
    return found


def _team(field: Field, name: str, known: Mapping[str, Person]) -> Team:
    members: dict[str, Person] = {}
    for member in field.members(("members",), required=("members",))["members"].items():
        who = member.text()
        member.faults.check_read("person", who)
        if who not in known:
            member.fail(f"the person {who!a} is not among the people of the policy")
        if who in members:
            member.fail(f"{who!a} is there twice")
        members[who] = known[who]
    return Team.of(name, members.values())


def _check_name(field: Field, name: str) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or name != shown(name):
        field.fail(f"{name[:80]!a} is no name", at_key=True)
