"""`contenttrust policy explain IMAGE`: which rule applies, what it asks, and what it says."""

from __future__ import annotations

import sys

from contenttrust.cli import exit_codes, report, text
from contenttrust.cli.gating import gate_of, policy_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from contenttrust.cli.request import Request
    from contenttrust.policy.decision import Decision
    from contenttrust.policy.exemption import Exemption
    from contenttrust.policy.rules import Policy
    from contenttrust.reference import Reference


def run(request: Request) -> int:
    """Explain what the policy wants of an image; unless offline, also what comes of it."""
    image = request.options.image
    reference = request.reference(image)
    policy = policy_of(request, remember=False)  # it may be a draft
    decision = None
    if not request.options.offline:
        decision = gate_of(request, "policy explain", policy).check(image)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        members = _members(policy, reference, decision)
        members["decision"] = None if decision is None else decision.to_json()
        document.write("contenttrust.policy-explain/1", {"image": image, **members})
    else:
        _tell(image, _members(policy, reference, decision), decision)
        if decision is not None:
            for remark in decision.warnings:
                report.remark(request, f"{decision.gun}: {remark}")
    return exit_codes.OK if decision is None else _code(decision)


def _code(decision: Decision) -> int:
    from contenttrust.errors import refusal  # noqa: PLC0415

    return exit_codes.OK if decision.allowed else exit_codes.of(refusal(decision.code))


def _members(policy: Policy, reference: Reference, decision: Decision | None) -> dict[str, Any]:
    rule = policy.rule_for(reference)
    others = [
        one.match.text
        for one in policy.rules
        if one is not rule and one.match.specificity(reference.gun) is not None
    ]
    gun = policy.remap(reference)
    server = policy.server_for(gun)
    freshness = policy.freshness_for(reference).describe()
    return {
        "reference": str(reference),
        "policy": {"name": policy.name, "version": policy.version, "digest": policy.digest},
        "rule": None if rule is None else rule.describe(),
        "less_specific": others,
        "default": policy.default.verdict,
        "gun": gun,
        "server": None if server is None else server.describe(),
        "pin": policy.pin_for(gun).describe(),
        "freshness": freshness,
        "exceptions": [one.describe() for one in _exceptions(policy, reference, decision)],
    }


def _exceptions(
    policy: Policy, reference: Reference, decision: Decision | None
) -> tuple[Exemption, ...]:
    """Those that may count. One for a tag does for a digest only where that is signed for it."""
    if decision is not None and decision.tag:
        return policy.exceptions_for(reference, decision.tag, decision.digest)
    tag = reference.tag if reference.digest is None else None
    return policy.exceptions_for(reference, tag, reference.digest)


def _tell(image: str, members: dict[str, Any], decision: Decision | None) -> None:
    rule, policy = members["rule"], members["policy"]
    rows = [
        ("image", members["reference"]),
        ("policy", f"{policy['name']}, version {policy['version']}, {policy['digest'][:12]}"),
    ]
    if rule is None:
        rows.append(("rule", f"none matches: the default is {members['default']}"))
    else:
        rows.append(("rule", rule["match"]))
        if members["less_specific"]:
            rows.append(("", "more specific than " + ", ".join(members["less_specific"])))
        rows.append(("mode", rule["mode"]))
        wanted = "nothing: it is made here" if rule["local-build"] else _words(rule["require"])
        rows.append(("requires", wanted))
        if rule["tags"]:
            rows.append(("tags", ", ".join(rule["tags"])))
    rows += [
        ("trust data of", members["gun"]),
        ("server", members["server"]["url"] if members["server"] else "as docker finds it"),
        ("root pinned by", _words(members["pin"])),
    ]
    rows += [("exception", f"{one['id']} until {one['expires']}") for one in members["exceptions"]]
    name = text.paint(text.safe(image), "bold", sys.stdout)
    cells = [(left, text.safe(right)) for left, right in rows]
    text.say(name, *(f"    {line}" for line in text.table(cells, padding=2)))
    if decision is None:
        return
    marked = text.mark(sys.stdout, passed=decision.allowed)
    text.say("", f"{marked} {decision.verdict} ({decision.code})")
    lines = [decision.although, *decision.reasons] if decision.although else decision.reasons
    text.say(*(f"    {line}" for line in dict.fromkeys(lines)))
    if decision.pinned:
        text.say(f"    use {text.safe(decision.pinned)}")


def _words(description: object) -> str:
    """A description in one line, with the words of a policy file."""
    if isinstance(description, dict):
        return ", ".join(f"{name}: {_words(value)}" for name, value in description.items())
    if isinstance(description, list):
        return "[" + "; ".join(_words(value) for value in description) + "]"
    return str(description).lower() if isinstance(description, bool) else str(description)
