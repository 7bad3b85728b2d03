"""From a policy and the facts of one image to a decision. Pure: no file, no clock, no network."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contenttrust.errors import PolicyError, shown
from contenttrust.policy.decision import OK, Decision
from contenttrust.policy.evidence import RELEASES, Evidence
from contenttrust.policy.spelling import other_spelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

    from contenttrust.policy.decision import Verdict
    from contenttrust.policy.exemption import Exemption
    from contenttrust.policy.facts import Facts
    from contenttrust.policy.rules import Policy, Rule

_POLICY = "policy"
_UNSIGNED = frozenset({"no_trust_data", "not_signed", "tag_unusable"})
_NO_ANCHOR = frozenset({"anchor_mismatch"})


@dataclass(frozen=True, slots=True)
class _Refusal:
    """One reason to refuse."""

    code: str
    reason: str


def evaluate(policy: Policy, facts: Facts, *, image: str) -> Decision:
    """Decide on one image.

    Every check runs, so that all reasons are known at once; the first one gives the code.

    Args:
        policy: What is asked.
        facts: What was found.
        image: The name as it was written.

    Returns:
        The decision; it never raises for what the facts are.

    Source: Docker UCP "Run only the images you trust", whose words are used where it had some.
    """
    rule = policy.rule_for(facts.reference)
    other = other_spelling(policy, facts.reference)
    if other:
        named = facts.reference.domain
        reason = (f"the host {named} is another spelling of one that the policy has another rule "
                  f"or pin for: write {other}")  # fmt: skip
        return _made(policy, facts, image, rule, "deny", code=_POLICY, reasons=(reason,))
    if rule is None:
        return _by_default(policy, facts, image)
    if rule.local_build:  # what is here is used as it is, whatever anybody signs under its name
        unsigned = replace(facts, tag=None, signatures=(), error=facts.error or PolicyError(""))
        return _made(policy, unsigned, image, rule, "allow", although="made here: the rule "
                     f"{rule.match.text} asks for no signature")  # fmt: skip
    refusals, notes = _refusals(policy, rule, facts)
    if not refusals:
        return _made(policy, facts, image, rule, "allow", although="; ".join(notes))
    return _refused(policy, rule, facts, image, refusals)


def _refused(
    policy: Policy, rule: Rule, facts: Facts, image: str, refusals: list[_Refusal]
) -> Decision:
    """Refused, unless an exception or the mode of the rule lets it through."""
    told = "; ".join(f"{one.code}: {one.reason}" for one in refusals)
    exception, remarks = _exception(policy, facts, refusals)
    if exception is not None:
        until = f"{exception.expires:%Y-%m-%d %H:%M} UTC"
        although = (
            f"exception {exception.id} of {exception.owner}, until {until} "
            f"({exception.reason}): {told}"
        )
        return _made(policy, facts, image, rule, "allow", although=although,
                     reasons=(although,), exception=exception.id,
                     digest=exception.digest)  # fmt: skip
    reasons = (*(one.reason for one in refusals), *remarks)
    code = refusals[0].code
    if rule.mode == "enforce":
        return _made(policy, facts, image, rule, "deny", code=code, reasons=reasons)
    although = f"the rule {rule.match.text} has the mode {rule.mode}: {told}"
    return _made(policy, facts, image, rule, "warn", code=code, reasons=reasons, although=although)


def _by_default(policy: Policy, facts: Facts, image: str) -> Decision:
    reason = f"no rule of the policy matches {facts.reference.gun}"
    default = policy.default
    if default.verdict == "deny":
        return _made(policy, facts, image, None, "deny", code=_POLICY, reasons=(reason,))
    although = ": ".join(filter(None, [f"{reason}, and its default is {default.verdict}",
                                       default.reason]))  # fmt: skip
    verdict: Verdict = "allow" if default.verdict == "allow" else "warn"
    code = OK if verdict == "allow" else _POLICY
    return _made(policy, facts, image, None, verdict, code=code, reasons=(although,),
                 although=although)  # fmt: skip


def _refusals(policy: Policy, rule: Rule, facts: Facts) -> tuple[list[_Refusal], list[str]]:
    """Every reason to refuse, and what was let pass all the same."""
    notes: list[str] = []
    refusals = list(_of_the_collection(policy, facts))
    if facts.error is not None:
        refusals += _of_the_error(policy, facts)
    refusals += _of_the_age(policy, facts, notes)
    if facts.tag is not None:
        refusals += _of_the_tag(rule, facts)
        refusals += _of_the_signatures(policy, rule, facts)
    return refusals, notes


def _of_the_collection(policy: Policy, facts: Facts) -> Iterator[_Refusal]:
    """Facts of another image must not decide on this one."""
    wanted = policy.remap(facts.reference)
    tag = facts.tag
    for gun in filter(None, [facts.gun, tag.gun if tag is not None else ""]):
        if gun != wanted:
            yield _Refusal(_POLICY, f"the trust data are those of {gun}, not those of {wanted}")
    if tag is None:
        return
    if facts.reference.tag not in {None, tag.name}:
        yield _Refusal(_POLICY, f"the trust data are of tag {tag.name}, not {facts.reference.tag}")
    if facts.reference.digest not in {None, tag.digest}:
        yield _Refusal("digest_mismatch", f"the digest {facts.reference.digest} is asked for, and "
                       f"{tag.digest} is signed")  # fmt: skip
    if tag.role not in {"targets", RELEASES}:
        yield _Refusal(_POLICY, f"{tag.name} is signed in {tag.role}, but not released")


def _of_the_error(policy: Policy, facts: Facts) -> Iterator[_Refusal]:
    error = facts.error
    assert error is not None  # noqa: S101 - for the type checker
    code = error.code or "malformed"
    if code in _UNSIGNED:
        yield _Refusal(code, f"image or trust data does not exist for {facts.reference}")
    if code in _NO_ANCHOR and policy.pin_for(facts.gun).missing:
        yield _Refusal(code, f"the policy has no pin for {facts.gun} and forbids trust on first "
                       "use: add its root key or its authority to pins")  # fmt: skip
    yield _Refusal(code, str(error))


def _of_the_age(policy: Policy, facts: Facts, notes: list[str]) -> Iterator[_Refusal]:
    freshness = policy.freshness_for(facts.reference)
    for role, end in sorted(facts.expires.items()):
        late = facts.now - end
        if late.total_seconds() < 0:
            continue
        grace = freshness.grace.get(role)
        if facts.cached_for > 0 and grace is not None and late <= grace:
            notes.append(f"{role} has expired {_span(late)} ago, within the grace of "
                         f"{_span(grace)} for cached data")  # fmt: skip
        else:
            yield _Refusal("expired", f"{role} has expired on {end:%Y-%m-%d %H:%M} UTC")
    longest = freshness.max_age
    if longest is not None and not facts.cached_for <= longest.total_seconds():  # NaN is neither
        yield _Refusal("too_old", f"the trust server was last asked longer than {_span(longest)} "
                       "ago, which is as old as the policy allows")  # fmt: skip


def _of_the_tag(rule: Rule, facts: Facts) -> Iterator[_Refusal]:
    tag = facts.tag
    if tag is not None and rule.tags and not any(one.matches(tag.name) for one in rule.tags):
        allowed = ", ".join(one.text for one in rule.tags)
        yield _Refusal(_POLICY, f"the tag {tag.name} is none of those allowed: {allowed}")


def _of_the_signatures(policy: Policy, rule: Rule, facts: Facts) -> Iterator[_Refusal]:
    lapsed: Mapping[str, tuple[str, ...]] = {}
    if policy.freshness_for(facts.reference).cert_expiry == "enforce":
        if facts.lapsed is None:
            yield _Refusal("expired", "nobody has looked at the certificates of its signers")
        lapsed = facts.lapsed or {}
    evidence = Evidence(facts, policy.people, lapsed)
    yield from _of_the_certificates(facts, evidence)
    unknown = [key for key in evidence.every_key() if key not in facts.spki]
    missing = rule.require.unmet(evidence)
    if policy.needs_spki and unknown:
        names = "names by their SubjectPublicKeyInfo"
        missing = (f"the key {unknown[0][:12]} cannot be compared with those the policy {names}",)
    if missing:
        yield _Refusal(_POLICY, f"{facts.reference}: image did not meet required signing policy")
    for reason in missing:
        yield _Refusal(_POLICY, reason)
    if missing and lapsed:
        named = ", ".join(f"{key[:12]} of {role}" for role, keys in lapsed.items() for key in keys)
        yield _Refusal(_POLICY, "keys whose certificates are not valid at present count only "
                       f"against an image: {named}")  # fmt: skip


def _of_the_certificates(facts: Facts, evidence: Evidence) -> Iterator[_Refusal]:
    """Whether anybody is left who releases the tag: what is signed at all needs that."""
    role = "" if facts.tag is None else facts.tag.role
    if role in evidence.lapsed and not evidence.keys_of_role(role):
        yield _Refusal("expired", f"{role}, which releases the tag, is signed with keys whose "
                       "certificates are not valid at present, and cert-expiry is enforced: its "
                       "signers must sign with keys that are valid")  # fmt: skip


def _exception(
    policy: Policy, facts: Facts, refusals: list[_Refusal]
) -> tuple[Exemption | None, tuple[str, ...]]:
    """An exception that sets every refusal aside, and what is to be said of those that do not."""
    digest = facts.tag.digest if facts.tag is not None else facts.reference.digest
    tag = facts.tag.name if facts.tag is not None else facts.reference.tag
    remarks: list[str] = []
    if facts.tag is None and facts.reference.digest is not None:
        # A name with a digest is that digest, whatever tag is written beside it: nobody signed it
        # for the tag, and who excepts a tag has not looked at whatever a requester writes.
        remarks += [f"the exception {one.id} is for a tag: it does not count for a digest that is "
                    "not signed for it"
                    for one in policy.exceptions_for(facts.reference, tag, None)]  # fmt: skip
        tag = None
    for one in policy.exceptions_for(facts.reference, tag, digest):
        why = one.out_of_force(facts.now, policy.limits.exception_max)
        if why:
            remarks.append(why)
            continue
        kept = next((r.code for r in refusals if not one.sets_aside(r.code)), "")
        if not kept:
            return one, ()
        remarks.append(f"the exception {one.id} cannot set aside {kept}")
    return None, tuple(remarks)


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size} {word}"
    days, rest = divmod(seconds, 86_400)
    return f"{days} d {rest // 3600} h" if days else f"{rest} s"


def _made(  # noqa: PLR0913 - one keyword a fact
    policy: Policy,
    facts: Facts,
    image: str,
    rule: Rule | None,
    verdict: Verdict,
    *,
    code: str = OK,
    reasons: tuple[str, ...] = (),
    although: str = "",
    exception: str = "",
    digest: str = "",
) -> Decision:
    tag = facts.tag
    wanted = digest if tag is None else tag.digest
    pinned = f"{facts.reference.gun}@{wanted}" if wanted and verdict != "deny" else ""
    return Decision(
        image=image,
        reference=facts.reference,
        verdict=verdict,
        code=code,
        reasons=tuple(shown(reason) for reason in dict.fromkeys(reasons)),
        digest=wanted,
        size=None if tag is None else tag.size,
        pinned=pinned,
        signers=tuple(shown(name) for name in Evidence(facts).names()),
        rule="default" if rule is None else rule.match.text,
        mode="enforce" if rule is None else rule.mode,
        exception=exception,
        policy=policy.name,
        policy_digest=policy.digest,
        gun=facts.gun,
        role="" if tag is None else tag.role,
        tag="" if tag is None else tag.name,
        although=shown(although),
    )
