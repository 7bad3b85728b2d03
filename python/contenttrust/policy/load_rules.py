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
    from collections.abc import Callable
    from typing import Any

    from contenttrust.policy.key_files import KeyFiles
    from contenttrust.policy.load_requirements import Requirements

_OF_SIGNATURES = ("require", "tags", "identity", "freshness", "formats", "rewrite")
"""Fields of a rule that say nothing about what is built here."""
_ROLES = ("root", "targets", "snapshot", "timestamp")
_MOST_TAGS = 256
_UNSUPPORTED = "not supported: it would be passed over"


def pattern(field: Field) -> Pattern:
    """A pattern over normalised names."""
    try:
        return Pattern.parse(field.text())
    except PatternError as error:
        field.fail(str(error))


def rule(field: Field, requirements: Requirements, freshness: Freshness) -> Rule:
    """One rule."""
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
    if isinstance(field.value, dict) and "local-build" in field.value:
        readers |= dict.fromkeys(_OF_SIGNATURES, _beside_local_build)
    made = field.read(readers, required=("match",), unsupported={"platforms": _UNSUPPORTED})
    local_build = "local-build" in made
    if not local_build and "require" not in made:
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


def _beside_local_build(field: Field) -> None:
    field.fail(f"{field.path[-1]} does not go with local-build: of what is built here nothing else "
               "can be required", at_key=True)  # fmt: skip


def formats(field: Field) -> None:
    """Which kinds of signatures are asked for: Docker Content Trust, and nothing beside it."""
    members = field.members(("all", "any"))
    if len(members) != 1:
        field.fail(f"{field.name} has all or any")
    next(iter(members.values())).each(_format)


def _format(field: Field) -> None:
    if field.text() != "dct":
        field.fail(f"the format {field.text()[:40]!r} is not supported; what is: dct")


def _tags(field: Field) -> tuple[TagPattern, ...]:
    if len(field.items()) > _MOST_TAGS:
        field.fail(f"{field.name} has more than {_MOST_TAGS} patterns")
    return tuple(field.each(_tag))


def _tag(field: Field) -> TagPattern:
    try:
        return TagPattern.parse(field.text())
    except PatternError as error:
        field.fail(str(error))


def _remap(field: Field) -> Remap:
    def sides(one: Field) -> Remap:
        said = one.read({"from": _side, "to": _side}, required=("from", "to"))
        return Remap(said["from"], said["to"])

    made: Remap = field.read({"remap": sides}, required=("remap",))["remap"]
    return made


def _side(field: Field) -> str:
    text = field.text()
    if not text.endswith("/"):
        field.fail(f"{field.name} ends with '/': whole parts of names are replaced")
    try:
        Pattern.parse(text + "**")
    except PatternError as error:
        field.fail(str(error))
    return text


def freshness(field: Field) -> Freshness:
    """How old trust data may be."""
    unsupported = {
        "ignore": "what has expired is never just accepted; write grace, such as {timestamp: 3d}, "
                  "for cached data",
        "grace": "write grace, such as {timestamp: 3d}, for cached data; beyond it expiry is "
                 "enforced",
    }  # fmt: skip
    said = field.read(
        {
            "expiry": lambda one: one.choice("enforce", unsupported=unsupported),
            "grace": lambda one: one.read(dict.fromkeys(_ROLES, Field.span)),
            "max-age": lambda one: one.read({"timestamp": Field.span}, required=("timestamp",)),
            "rollback": lambda one: one.choice("enforce"),
            "cert-expiry": lambda one: one.choice("enforce", "ignore"),
        }
    )
    max_age = said["max-age"]["timestamp"] if "max-age" in said else None
    return Freshness(
        grace=said.get("grace", {}),
        max_age=max_age,
        cert_expiry=said.get("cert-expiry", "ignore"),
    )


def tightened(field: Field, base: Freshness) -> Freshness:
    """The freshness of a rule, which may ask for more than the policy, never for less."""
    own = freshness(field)
    members = field.members()
    with field.faults.whole():
        with field.faults.noted():
            if base.max_age is not None and own.max_age is not None and own.max_age > base.max_age:
                members["max-age"].fail("a rule may not allow older data than the policy does")
        with field.faults.noted():
            if any(span > base.grace.get(role, span * 0) for role, span in own.grace.items()):
                members["grace"].fail("a rule may not give a longer grace than the policy does")
        if "cert-expiry" in members and base.cert_expiry == "enforce" != own.cert_expiry:
            members["cert-expiry"].fail("a rule may not ignore what the policy enforces")
    return Freshness(
        grace=own.grace if "grace" in members else base.grace,
        max_age=base.max_age if own.max_age is None else own.max_age,
        cert_expiry=own.cert_expiry if "cert-expiry" in members else base.cert_expiry,
    )


def pin(field: Field, keys: KeyFiles) -> Pin:
    """Why a root is believed; of several kinds the strongest alone is used."""
    prompt = {"prompt": "a gate can ask nobody; write once or forbid"}
    made: dict[str, Pin] = field.read(
        {
            "root-keys": lambda one: Pin.root_keys(*one.each(keys.root_key)),
            "certs": lambda one: Pin.certificates(*one.each(keys.certificate)),
            "ca": lambda one: Pin.authority(keys.authority(one)),
            "tofu": lambda one: Pin.first_use(one.choice("forbid", "once", unsupported=prompt)),
        }
    )
    if not made:
        field.fail(f"{field.name} pins nothing: write {', '.join(KINDS)}")
    return next(made[kind] for kind in KINDS if kind in made)


def exception(field: Field) -> Exemption:
    """One exception."""
    why = "an exception never sets aside a rollback or a pin"
    readers: dict[str, Callable[[Field], Any]] = {
        **dict.fromkeys(("id", "owner", "reason", "ticket"), Field.text),
        "match": _target,
        "expires": Field.moment,
        "created": Field.moment,
    }
    made = field.read(
        readers,
        required=("id", "match", "owner", "reason", "expires"),
        unsupported={"break-glass": why, "approved-by": _UNSUPPORTED},
    )
    created = made.get("created")
    if created is not None and created >= made["expires"]:
        expires = field.members()["expires"]
        expires.fail(f"{expires.name} is not after created")
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
