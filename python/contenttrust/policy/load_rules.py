"""The rules, pins and exceptions of a policy file."""

from __future__ import annotations

from contenttrust.policy.exemption import Exemption
from contenttrust.policy.fields import Field
from contenttrust.policy.patterns import Pattern, PatternError, TagPattern
from contenttrust.policy.pins import KINDS, Pin
from contenttrust.policy.rules import MODES, Remap, Rule
from contenttrust.policy.settings import Freshness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from contenttrust.policy.key_files import KeyFiles
    from contenttrust.policy.load_requirements import Requirements

RULE = (
    "match", "mode", "require", "tags", "formats", "freshness", "identity", "local-build",
    "rewrite",
)  # fmt: skip
EXCEPTION = ("id", "match", "owner", "reason", "expires", "created", "ticket")
_FRESHNESS = ("expiry", "grace", "max-age", "rollback")
_ROLES = ("root", "targets", "snapshot", "timestamp")
_MOST_TAGS = 256
_UNSUPPORTED = "not supported: it would be passed over"


def pattern(field: Field) -> Pattern:
    """A pattern over normalised names."""
    try:
        return Pattern.parse(field.text())
    except PatternError as error:
        field.fail(str(error))


def rule(field: Field, requirements: Requirements, freshness: Freshness) -> Rule | None:
    """One rule; None where a fault in it was kept."""
    members = field.members(RULE, required=("match",), unsupported={"platforms": _UNSUPPORTED})
    local_build = "local-build" in members
    if local_build:
        for name in ("require", "tags", "identity", "freshness", "formats", "rewrite"):
            if name in members:
                members[name].fail(f"{name} does not go with local-build: of what is built here "
                                   "nothing else can be required", at_key=True)  # fmt: skip
    readers: dict[str, Callable[[Field], Any]] = {
        "match": pattern,
        "mode": lambda one: one.choice(*MODES),
        "require": requirements.read,
        "tags": _tags,
        "formats": formats,
        "freshness": lambda one: tightened(one, freshness),
        "identity": _remap,
        "local-build": lambda one: one.choice("allow"),
        "rewrite": lambda one: one.choice("digest"),
    }
    made = _read(field, members, readers)
    if made is None:
        return None
    if not local_build and "require" not in members:
        field.fail(f"{field.name} has no require: write whose signatures the images need")
    try:
        return Rule(
            made["match"],
            made.get("require"),
            mode=made.get("mode", "enforce"),
            tags=made.get("tags", ()),
            freshness=made.get("freshness"),
            remap=made.get("identity"),
            local_build=local_build,
        )
    except ValueError as error:
        field.fail(str(error))


def _read(
    field: Field, members: Mapping[str, Field], readers: Mapping[str, Callable[[Field], Any]]
) -> dict[str, Any] | None:
    """What the members of a mapping say, by key; None where one of them is noted as a fault."""
    made: dict[str, Any] = {}
    for name, one in members.items():
        with field.faults.noted():
            made[name] = readers[name](one)
    return made if len(made) == len(field.members()) else None


def formats(field: Field) -> None:
    """Which kinds of signatures are asked for: Docker Content Trust, and nothing beside it."""
    members = field.members(("all", "any"))
    if len(members) != 1:
        field.fail(f"{field.name} has all or any")
    for one in next(iter(members.values())).items():
        if one.text() != "dct":
            one.fail(f"the format {one.text()[:40]!r} is not supported; what is: dct")


def _tags(field: Field) -> tuple[TagPattern, ...]:
    items = field.items()
    if len(items) > _MOST_TAGS:
        field.fail(f"{field.name} has more than {_MOST_TAGS} patterns")
    return tuple(_tag(item) for item in items)


def _tag(field: Field) -> TagPattern:
    try:
        return TagPattern.parse(field.text())
    except PatternError as error:
        field.fail(str(error))


def _remap(field: Field) -> Remap:
    members = field.members(("remap",), required=("remap",))["remap"].members(
        ("from", "to"), required=("from", "to")
    )
    for side in members.values():
        text = side.text()
        if not text.endswith("/"):
            side.fail(f"{side.name} ends with '/': whole parts of names are replaced")
        try:
            Pattern.parse(text + "**")
        except PatternError as error:
            side.fail(str(error))
    return Remap(members["from"].text(), members["to"].text())


def freshness(field: Field) -> Freshness:
    """How old trust data may be."""
    members = field.members(_FRESHNESS)
    if "expiry" in members:
        members["expiry"].choice("enforce", unsupported={
            "ignore": "what has expired is never just accepted; write grace, such as "
                      "{timestamp: 3d}, for cached data",
            "grace": "write grace, such as {timestamp: 3d}, for cached data; beyond it expiry is "
                     "enforced",
        })  # fmt: skip
    if "rollback" in members:
        members["rollback"].choice("enforce")
    grace = {}
    if "grace" in members:
        grace = {role: one.span() for role, one in members["grace"].members(_ROLES).items()}
    max_age = None
    if "max-age" in members:
        ages = members["max-age"].members(("timestamp",), required=("timestamp",))
        max_age = ages["timestamp"].span()
    return Freshness(grace=grace, max_age=max_age)


def tightened(field: Field, base: Freshness) -> Freshness:
    """The freshness of a rule, which may ask for more than the policy, never for less."""
    own = freshness(field)
    members = field.members()
    if base.max_age is not None and own.max_age is not None and own.max_age > base.max_age:
        members["max-age"].fail("a rule may not allow older data than the policy does")
    for role, span in own.grace.items():
        if span > base.grace.get(role, span * 0):
            members["grace"].fail("a rule may not give a longer grace than the policy does")
    grace = dict(own.grace) if "grace" in members else dict(base.grace)
    return Freshness(grace=grace, max_age=base.max_age if own.max_age is None else own.max_age)


def pin(field: Field, keys: KeyFiles) -> Pin:
    """Why a root is believed; of several kinds the strongest alone is used."""
    members = field.members(KINDS)
    made = {}
    if "root-keys" in members:
        ids = [keys.root_key(one) for one in members["root-keys"].items()]
        made["root-keys"] = Pin.root_keys(*ids)
    if "certs" in members:
        ids = [keys.certificate(one) for one in members["certs"].items()]
        made["certs"] = Pin.certificates(*ids)
    if "ca" in members:
        made["ca"] = Pin.authority(keys.authority(members["ca"]))
    if "tofu" in members:
        prompt = {"prompt": "a gate can ask nobody; write once or forbid"}
        made["tofu"] = Pin.first_use(members["tofu"].choice("forbid", "once", unsupported=prompt))
    if not made:
        field.fail(f"{field.name} pins nothing: write {', '.join(KINDS)}")
    return next(made[kind] for kind in KINDS if kind in made)


def exception(field: Field) -> Exemption | None:
    """One exception; None where a fault in it was kept."""
    why = "an exception never sets aside a rollback or a pin"
    members = field.members(
        EXCEPTION,
        required=("id", "match", "owner", "reason", "expires"),
        unsupported={"break-glass": why, "approved-by": _UNSUPPORTED},
    )
    readers: dict[str, Callable[[Field], Any]] = {
        **dict.fromkeys(EXCEPTION, Field.text),
        "match": _target,
        "expires": Field.moment,
        "created": Field.moment,
    }
    made = _read(field, members, readers)
    if made is None:
        return None
    created = made.get("created")
    if created is not None and created >= made["expires"]:
        members["expires"].fail(f"{members['expires'].name} is not after created")
    match, tag, digest = made["match"]
    return Exemption(
        id=made["id"],
        pattern=match,
        tag=tag,
        digest=digest,
        owner=made["owner"],
        reason=made["reason"],
        expires=made["expires"],
        created=created,
        ticket=made.get("ticket", ""),
    )


def _target(field: Field) -> tuple[Pattern, TagPattern | None, str]:
    try:
        return Exemption.target(field.text())
    except PatternError as error:
        field.fail(str(error))
