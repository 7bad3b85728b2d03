"""Who signed a tag, as a policy counts it: keys that really signed, each once, and whose."""

from __future__ import annotations

from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contenttrust.model import Signer
    from contenttrust.policy.facts import Facts
    from contenttrust.policy.people import Key, Person

RELEASES = "targets/releases"
_DELEGATED = "targets/"
_REPOSITORY = "Repo Admin"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The signatures on one tag, seen with the people of one policy. Immutable.

    Whoever signs any tag last signs `targets/releases` for all tags in it. So its signatures say
    that the tag is released, not who vouches for it: they count where that role is asked for, and
    where a key is denied.

    Attributes:
        facts: What is known of the image.
        people: Whom the policy knows.
        lapsed: By role, the keys that signed and count for nothing, except where they are denied.
    """

    facts: Facts
    people: tuple[Person, ...] = ()
    lapsed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def keys(self) -> tuple[str, ...]:
        """Canonical ids of the keys that vouch for the tag, each once, in order."""
        return self._once(s for s in self.facts.signatures if not is_releases(s.role))

    def every_key(self) -> tuple[str, ...]:
        """Canonical ids of all keys that signed anything that lists the tag."""
        return self._once(self.facts.signatures, denied=True)

    def keys_of_role(self, role: str, *, denied: bool = False) -> tuple[str, ...]:
        """Canonical ids of the keys that signed a role."""
        return self._once((s for s in self.facts.signatures if s.role == role), denied=denied)

    def keys_of_signer(self, name: str, *, denied: bool = False) -> tuple[str, ...]:
        """Canonical ids of the keys that signed the role of a signer."""
        return self.keys_of_role(_DELEGATED + name, denied=denied)

    def _once(self, signers: Iterable[Signer], *, denied: bool = False) -> tuple[str, ...]:
        lapsed = {} if denied else self.lapsed
        keys = (
            key for one in signers for key in one.key_ids if key not in lapsed.get(one.role, ())
        )
        return tuple(dict.fromkeys(keys))

    def among(self, keys: Iterable[Key], ids: Iterable[str]) -> tuple[str, ...]:
        """Those ids that belong to one of the keys."""
        known = tuple(keys)
        return tuple(one for one in ids if any(key.is_id(one, self) for key in known))

    def person_of(self, key_id: str) -> str:
        """Name of the person whose key it is; empty where nobody known has it."""
        for person in self.people:
            if any(key.is_id(key_id, self) for key in person.keys):
                return person.name
        return ""

    def names(self) -> tuple[str, ...]:
        """Names of the signers, as Docker shows them: the delegations, else `Repo Admin`."""
        if self.facts.tag is None:
            return ()
        roles = [s.role for s in self.facts.signatures if not is_releases(s.role)]
        names = [role.removeprefix(_DELEGATED) for role in roles if role.startswith(_DELEGATED)]
        return tuple(dict.fromkeys(names)) or (_REPOSITORY,)


def is_releases(role: str) -> bool:
    """Whether a role only releases what others vouch for."""
    return role == RELEASES or role.startswith(RELEASES + "/")


class SharedKeyError(ValueError):
    """Two people have one key: who signs with it would be both.

    Attributes:
        name: The second one's.
    """

    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


def check_owners(people: Iterable[Person]) -> None:
    """See that every key belongs to one person.

    Raises:
        SharedKeyError: One does not.
    """
    found: dict[str, str] = {}
    for person in people:
        names = [f"{kind}:{text}" for key in person.keys
                 for kind, text in (("sha256", key.id), ("spki", key.spki)) if text]  # fmt: skip
        for name in names:
            other = found.setdefault(name, person.name)
            if other != person.name:
                raise SharedKeyError(
                    f"{other!a} and {person.name!a} have one key, {name[:19]}…: a key belongs to "
                    "one person",
                    person.name,
                )
