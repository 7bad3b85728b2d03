"""Cases that a policy is held against: who signed what, and what it must say of it; no network."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from contenttrust import _core, errors
from contenttrust.errors import shown
from contenttrust.policy import load
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.evidence import RELEASES
from contenttrust.policy.facts import Facts
from contenttrust.policy.people import Key
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.errors import ContentTrustError
    from contenttrust.policy.decision import Decision
    from contenttrust.policy.fields import Field
    from contenttrust.policy.rules import Policy

KIND = "TrustPolicyTest"

_TOP = ("apiVersion", "kind", "policy", "now", "cases")
_CASE = (
    "name", "image", "now", "released", "digest", "error", "signatures", "cached-for", "expires",
    "expect",
)  # fmt: skip
_EXPECT = ("verdict", "code", "exception", "rule")
_USUAL_DIGEST = "sha256:" + 64 * "1"
_WITHOUT = {"error": ("signatures", "released", "digest")}


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody who signed a digest for the tag."""

    role: str
    key: Key
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case.

    Attributes:
        name: What it is called.
        image: The image that is asked for.
        now: The moment.
        expect: What the decision must say, by the names of its members.
        released: The role that the tag is resolved from; empty: it is not released.
        digest: The digest that it is released with.
        error: Reason code of a verification that failed, or empty.
        signatures: Who signed which digest.
        cached_for: How long ago the trust server was asked.
        expires: When roles end.
        line: Where the case stands.
    """

    name: str
    image: Reference
    now: datetime
    expect: Mapping[str, str]
    released: str = RELEASES
    digest: str = _USUAL_DIGEST
    error: str = ""
    signatures: tuple[Signature, ...] = ()
    cached_for: timedelta = timedelta(0)
    expires: Mapping[str, datetime] = field(default_factory=dict)
    line: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy said of a case.

    Attributes:
        case: The case.
        decision: What was decided.
        differences: What was to be said and was not, as sentences; nothing where all was right.
    """

    case: Case
    decision: Decision
    differences: tuple[str, ...]


def load_cases(
    path: str | os.PathLike[str], *, policy: str = "", now: datetime | None = None
) -> tuple[Policy, list[Case]]:
    """Read a file of cases and the policy that it is about.

    Args:
        path: Of the file.
        policy: Path of the policy in place of the one that the file names, relative to its folder.
        now: The moment of cases that name none, where the file names none either.

    Raises:
        PolicyFileError: Something in one of the two files is wrong.
    """
    name = os.fspath(path)
    top = load.top_of(path)
    members = top.members(_TOP, required=("apiVersion", "kind", "cases"))
    members["apiVersion"].choice(load.API_VERSION)
    members["kind"].choice(KIND)
    if not policy and "policy" not in members:
        top.fail("the cases name no policy, and none is given")
    folder = os.path.dirname(os.path.abspath(name))  # noqa: PTH100, PTH120
    made = load.load(policy or os.path.join(folder, members["policy"].text()))  # noqa: PTH118
    if "now" in members:
        now = members["now"].moment()
    moment = now or datetime.now(timezone.utc)
    return made, [_case(one, made, moment) for one in members["cases"].items()]


def run(policy: Policy, case: Case) -> Outcome:
    """Hold a policy against a case."""
    decision = evaluate(policy, _facts(policy, case), image=str(case.image))
    said = {name: str(getattr(decision, name)) for name in case.expect}
    differences = tuple(
        shown(f"{name} is {said[name] or 'empty'}, and {wanted} was expected")
        for name, wanted in case.expect.items()
        if said[name] != wanted
    )
    return Outcome(case, decision, differences)


def _case(one: Field, policy: Policy, now: datetime) -> Case:
    members = one.members(_CASE, required=("image", "expect"))
    for name in _WITHOUT["error"] if "error" in members else ():
        if name in members:
            members[name].fail(f"{name} does not go with error", at_key=True)
    try:
        image = Reference.parse(members["image"].text())
    except InvalidReferenceError as error:
        members["image"].fail(str(error))
    expect = members["expect"].members(_EXPECT, required=("verdict",))
    expect["verdict"].choice("allow", "warn", "deny")
    digest = _digest(members["digest"]) if "digest" in members else image.digest or _USUAL_DIGEST
    released = members["released"].text() if "released" in members else RELEASES
    spans = members["expires"].members() if "expires" in members else {}
    listed = members["signatures"].items(least=0) if "signatures" in members else []
    unsigned = "signatures" not in members and "released" not in members
    return Case(
        name=members["name"].text() if "name" in members else str(image),
        image=image,
        now=members["now"].moment() if "now" in members else now,
        expect={name: value.text() for name, value in expect.items()},
        released="" if unsigned or released == "nowhere" else released,
        digest=digest,
        error=_code(members["error"]) if "error" in members else "",
        signatures=tuple(_signature(item, policy, digest) for item in listed),
        cached_for=members["cached-for"].span() if "cached-for" in members else timedelta(0),
        expires={role: end.moment() for role, end in spans.items()},
        line=one.document.scalar(one.path).line,
    )


def _signature(item: Field, policy: Policy, digest: str) -> Signature:
    members = item.members(("person", "key", "role", "digest"))
    if ("person" in members) == ("key" in members):
        item.fail("a signature is of a person or of a key")
    if "person" in members:
        name = members["person"].text()
        keys = next((person.keys for person in policy.people if person.name == name), ())
        if not keys:
            members["person"].fail(f"the person {name!a} is not among the people of the policy")
        key = keys[0]
    else:
        try:
            name, key = "stranger", Key.parse(members["key"].text())
        except ValueError as error:
            members["key"].fail(str(error))
    role = members["role"].text() if "role" in members else f"targets/{name}"
    return Signature(role, key, _digest(members["digest"]) if "digest" in members else digest)


def _digest(item: Field) -> str:
    text = item.text()
    try:
        return str(Reference.parse(f"a/b@{text}").digest)
    except InvalidReferenceError:
        item.fail(f"{text[:80]!a} is no digest: 'sha256:' and 64 hexadecimal digits")


def _code(item: Field) -> str:
    return item.choice(*(str(code) for code in errors.ErrorCode))


def _facts(policy: Policy, case: Case) -> Facts:
    gun = policy.remap(case.image)
    counted = [one for one in case.signatures if one.digest == case.digest]
    signers = tuple(
        _core.signer(role.removeprefix("targets/"), role, [_id(one.key) for one in several])
        for role, several in _by_role(counted)
    )
    tag = None
    error: ContentTrustError | None = None
    if case.error:
        error = errors.refusal(case.error, gun=gun, message="as the case says")
    elif not case.released:
        error = errors.NotSignedError(gun=gun, subject=case.image.tag or case.image.digest or "")
    else:
        tag = _core.signed_tag(
            gun, case.image.tag or "latest", case.released, case.digest, 1, b"", signers
        )
    return Facts(
        reference=case.image,
        gun=gun,
        tag=tag,
        error=error,
        signatures=signers,
        expires=dict(case.expires),
        cached_for=case.cached_for.total_seconds(),
        now=case.now,
        spki={_id(one.key): one.key.spki for one in case.signatures},
        lapsed={},
    )


def _by_role(signatures: list[Signature]) -> Iterator[tuple[str, list[Signature]]]:
    for role in dict.fromkeys(one.role for one in signatures):
        yield role, [one for one in signatures if one.role == role]


def _id(key: Key) -> str:
    """Its canonical id; of a key that is known otherwise one that stands for it."""
    return key.id or sha256(f"spki:{key.spki}".encode()).hexdigest()
