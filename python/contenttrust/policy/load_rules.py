"""The rules, pins and exceptions of a policy file."""

from __future__ import annotations

from contenttrust.policy.exemption import Exemption
from contenttrust.policy.patterns import Pattern, PatternError, TagPattern
from contenttrust.policy.pins import KINDS, Pin
from contenttrust.policy.rules import MODES, Remap, Rule
from contenttrust.policy.settings import Freshness

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.policy.fields import Field
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


def rule(field: Field, requirements: Requirements, freshness: Freshness) -> Rule:
    """One rule."""
    members = field.members(RULE, required=("match",), unsupported={"platforms": _UNSUPPORTED})
    match = pattern(members["match"])
    local_build = "local-build" in members
    if local_build:
        members["local-build"].choice("allow")
        for name in ("require", "tags", "identity", "freshness", "formats", "rewrite"):
            if name in members:
                members[name].fail(f"{name} does not go with local-build: of what is built here "
                                   "nothing else can be required", at_key=True)  # fmt: skip
    elif "require" not in members:
        field.fail(f"{field.name} has no require: write whose signatures the images need")
    if "formats" in members:
        formats(members["formats"])
    if "rewrite" in members:
        members["rewrite"].choice("digest")
    made = None
    if "freshness" in members:
        made = tightened(members["freshness"], freshness)
    try:
        return Rule(
            match,
            requirements.read(members["require"]) if not local_build else None,
            mode=members["mode"].choice(*MODES) if "mode" in members else "enforce",
            tags=_tags(members["tags"]) if "tags" in members else (),
            freshness=made,
            remap=_remap(members["identity"]) if "identity" in members else None,
            local_build=local_build,
        )
    except ValueError as error:
        field.fail(str(error))


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


def exception(field: Field) -> Exemption:
    """One exception."""
    why = "an exception never sets aside a rollback or a pin"
    members = field.members(
        EXCEPTION,
        required=("id", "match", "owner", "reason", "expires"),
        unsupported={"break-glass": why, "approved-by": _UNSUPPORTED},
    )
    try:
        match, tag, digest = Exemption.target(members["match"].text())
    except PatternError as error:
        members["match"].fail(str(error))
    expires = members["expires"].moment()
    created = members["created"].moment() if "created" in members else None
    if created is not None and created >= expires:
        members["expires"].fail(f"{members['expires'].name} is not after created")
    return Exemption(
        id=members["id"].text(),
        pattern=match,
        tag=tag,
        digest=digest,
        owner=members["owner"].text(),
        reason=members["reason"].text(),
        expires=expires,
        created=created,
        ticket=members["ticket"].text() if "ticket" in members else "",
    )
