"""What is wrong with a policy file, and what is right but hardly meant."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import NamedTuple

from contenttrust.errors import shown
from contenttrust.policy import load
from contenttrust.policy.patterns import Pattern
from contenttrust.policy.pins import KINDS
from contenttrust.policy.requirements import (
    SignedAs,
    SignedBy,
    SignedByKnownPerson,
    SignedByTeam,
    SignedWith,
)
from contenttrust.reference import InvalidReferenceError, Reference
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from contenttrust.policy.fields import Field
    from contenttrust.policy.rules import Policy, Rule

ERROR, WARNING = "error", "warning"

_BY_KEYS = (SignedAs, SignedBy, SignedByKnownPerson, SignedByTeam, SignedWith)
_ENDED = "notary.docker.io"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that is to be corrected, or looked at again.

    Attributes:
        line: Where, from 1.
        column: Where in this line, from 1.
        level: ``error``: no gate should start with it; ``warning``: it is allowed.
        message: A sentence; it may be printed as it is.
    """

    line: int
    column: int
    level: str
    message: str


def lint_file(
    path: str | os.PathLike[str], *, now: datetime, names: Sequence[str] = ()
) -> tuple[Policy | None, list[Finding]]:
    """Look at a policy file.

    Args:
        path: Of the file.
        now: Moment to judge exceptions by, timezone-aware.
        names: Image names that the policy is meant for: what matches none of them is told.

    Returns:
        The policy, where it has no fault that keeps it from loading; what was found, in the order
        of the file.
    """
    name = os.fspath(path)
    try:
        data = chosen_file.read(path, limit=load.LARGEST)
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else "") or str(error)
        return None, [Finding(1, 1, ERROR, shown(why))]
    folder = os.path.dirname(os.path.abspath(name))  # noqa: PTH100, PTH120
    return lint(data, name=name, folder=folder, now=now, names=names)


def lint(
    text: bytes | str,
    *,
    name: str = "policy",
    folder: str | os.PathLike[str] | None = None,
    now: datetime,
    names: Sequence[str] = (),
) -> tuple[Policy | None, list[Finding]]:
    """Look at a policy's text; see `lint_file`."""
    policy, top, faults = load.examine(text, name=name, folder=folder)
    if policy is None or top is None:
        return None, [Finding(f.line, f.column, ERROR, shown(f.problem)) for f in faults]
    remarks = (
        *_of_rules(policy, top),
        *_of_pins(top),
        *_of_servers(policy, top),
        *_of_people(policy, top),
        *_of_exceptions(policy, top, now),
        *_without_a_name(policy, top, names),
    )
    return policy, sorted(remark.finding() for remark in remarks)


class _Remark(NamedTuple):
    """Something to be said of a value, or of its key."""

    field: Field
    message: str
    at_key: bool = False
    level: str = WARNING

    def finding(self) -> Finding:
        document, path = self.field.document, self.field.path
        place = document.key(path) if self.at_key else document.scalar(path)
        return Finding(place.line, place.column, self.level, shown(self.message))


def _section(top: Field, name: str) -> dict[str, Field]:
    field = top.members().get(name)
    return {} if field is None else field.members()


def _of_rules(policy: Policy, top: Field) -> Iterator[_Remark]:
    members = top.members()
    if not policy.rules:
        yield _Remark(members["rules"], "there is no rule: the default is all there is")
    if policy.default.verdict != "deny":
        word = policy.default.verdict
        yield _Remark(members["default"], f"what no rule matches is let through: it says {word}")
    for rule, field in zip(policy.rules, members["rules"].items(least=0), strict=True):
        match = field.members()["match"]
        if rule.mode != "enforce":
            message = f"the mode {rule.mode} stops nothing: it says what enforce would stop"
            yield _Remark(field.members()["mode"], message)
        if not rule.local_build:
            yield from _unpinned(policy, rule, match)
        elif not rule.match.starts_with("localhost/"):
            yield _Remark(match, "whoever can push there makes images of which nothing is required")


def _unpinned(policy: Policy, rule: Rule, field: Field) -> Iterator[_Remark]:
    """What is to be said of why the first root of a rule's collections is believed."""
    text, remap = rule.match.text, rule.remap
    collections = rule.match if remap is None else Pattern.parse(f"{remap.target}**")
    pins = [pin for pattern, pin in policy.pin_patterns.items() if pattern.meets(collections)]
    by_keys = any(isinstance(part, _BY_KEYS) for part in rule.require.all_parts())
    if not pins:
        message = (
            f"no pin covers {text}, and without one trust on first use is forbidden: add to pins "
            "its root key, its authority, or {tofu: once}"
        )
        yield _Remark(field, message, level=ERROR)
    elif all(pin.missing for pin in pins):
        message = (
            f"the pins for {text} forbid trust on first use: only collections that this machine "
            "remembers can pass"
        )
        yield _Remark(field, message)
    elif any(pin.tofu == "once" for pin in pins) and not by_keys:
        message = f"{text} asks for no key and trusts on first use: who answers first is believed"
        yield _Remark(field, message)


def _of_pins(top: Field) -> Iterator[_Remark]:
    for text, field in _section(top, "pins").items():
        kinds = [kind for kind in KINDS if kind in field.members()]
        if len(kinds) > 1:
            message = f"of the pins for {text} only {kinds[0]} is used, not {', '.join(kinds[1:])}"
            yield _Remark(field, message, at_key=True)


def _of_servers(policy: Policy, top: Field) -> Iterator[_Remark]:
    for prefix, field in _section(top, "servers").items():
        if f"//{_ENDED}" in policy.servers[prefix].url:
            yield _Remark(field.members()["url"], f"the trust server {_ENDED} ends on 2026-12-08")


def _of_people(policy: Policy, top: Field) -> Iterator[_Remark]:
    """Who could sign for nothing: most often a name that was misspelt elsewhere."""
    asked = set(_named(top.members()["rules"].value))
    anybody = ("signed", "any-known-person") in asked
    in_teams = {one.name for team in policy.teams for one in team.members}
    for name, field in _section(top, "teams").items():
        if ("team", name) not in asked:
            yield _Remark(field, f"no rule asks for the team {name}", at_key=True)
    for name, field in _section(top, "people").items():
        if not anybody and name not in in_teams and ("person", name) not in asked:
            yield _Remark(field, f"no rule and no team asks for {name}", at_key=True)


def _named(value: object) -> Iterator[tuple[str, str]]:
    """Every ``team: qa`` and the like, however deep."""
    if isinstance(value, dict):
        yield from ((key, text) for key, text in value.items() if isinstance(text, str))
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in below:
        yield from _named(one)


def _of_exceptions(policy: Policy, top: Field, now: datetime) -> Iterator[_Remark]:
    members = top.members()
    fields = members["exceptions"].items(least=0) if "exceptions" in members else []
    for one, field in zip(policy.exceptions, fields, strict=True):
        parts = field.members()
        why = one.out_of_force(now, policy.limits.exception_max)
        if why:
            yield _Remark(parts["expires"], why)
        if not any(rule.match.meets(one.pattern) for rule in policy.rules):
            yield _Remark(parts["match"], f"no rule is for what {one.id} lets through")


def _without_a_name(policy: Policy, top: Field, names: Iterable[str]) -> Iterator[_Remark]:
    """Patterns that match none of the images that the policy is meant for."""
    references = list(filter(None, map(_reference, names)))
    if not references:
        return
    guns = {reference.gun for reference in references}
    asked = guns | {policy.remap(reference) for reference in references}
    rules = top.members()["rules"].items(least=0)
    for rule, field in zip(policy.rules, rules, strict=True):
        if not any(rule.match.specificity(gun) for gun in guns):
            yield _Remark(field.members()["match"], _nothing(rule.match.text))
    for pattern, field in zip(policy.pin_patterns, _section(top, "pins").values(), strict=True):
        if not any(pattern.specificity(gun) for gun in asked):
            yield _Remark(field, _nothing(pattern.text), at_key=True)


def _nothing(pattern: str) -> str:
    return f"{pattern} matches none of the images that were given"


def _reference(name: str) -> Reference | None:
    try:
        return Reference.parse(name.strip())
    except InvalidReferenceError:
        return None
