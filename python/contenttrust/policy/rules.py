"""A policy as values: what is asked of which image, whom to ask, why a root is believed.

Everything is immutable and checked when it is made; nothing here reads a file or a clock.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TypeVar

from contenttrust.policy.evidence import check_owners
from contenttrust.policy.patterns import Pattern, TagPattern, tie
from contenttrust.policy.pins import Pin
from contenttrust.policy.requirements import Requirement, Signed, as_requirement
from contenttrust.policy.settings import (
    DockerSettings,
    Freshness,
    Limits,
    Server,
)
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contenttrust.model import Anchor
    from contenttrust.policy.exemption import Exemption
    from contenttrust.policy.people import Person, Team
    from contenttrust.policy.requirements import RequirementLike

MODES = ("enforce", "warn", "audit")
MOST_RULES = 1000
_MOST_FOUND = 1000

_T = TypeVar("_T")

# As long as `verify` waits: Docker sets itself no end, and a slow server is no refusal of its own.
_AS_LONG_AS_VERIFY = timedelta(minutes=2)


class PolicyConflictError(ValueError):
    """Two parts of a policy contradict each other.

    Attributes:
        what: ``rules``, ``pins``, ``people``, ``teams`` or ``exceptions``.
        second: Pattern, name or id of the second one of two.
    """

    def __init__(self, message: str, what: str, second: str) -> None:
        super().__init__(message)
        self.what = what
        self.second = second


@dataclass(frozen=True, slots=True)
class Remap:
    """Names that begin with one text are judged by the trust data of those with another."""

    source: str
    target: str

    def __post_init__(self) -> None:
        if not (self.source.endswith("/") and self.target.endswith("/")):
            raise ValueError(
                "both sides of a remap end with '/': whole parts of names are replaced"
            )

    def __call__(self, gun: str) -> str:
        """Name of the collection that speaks for `gun`."""
        if not gun.startswith(self.source):
            return gun
        name = self.target + gun.removeprefix(self.source)
        try:
            return Reference.parse(name).gun
        except InvalidReferenceError:
            return name  # which no trust server has


@dataclass(frozen=True, slots=True, init=False)
class Rule:
    """What is asked of the images that a pattern matches. Immutable.

    Attributes:
        match: Which images.
        require: Whose signatures they need.
        mode: ``enforce``; ``warn`` and ``audit`` let through what they would refuse, and say so.
        tags: Which tags may be used; all where there are no patterns.
        freshness: How old trust data may be; the policy's where it is None.
        remap: Whose trust data speak for them, or None.
        local_build: Whether they are made here and need no signature.
    """

    match: Pattern
    require: Requirement
    mode: str
    tags: tuple[TagPattern, ...]
    freshness: Freshness | None
    remap: Remap | None
    local_build: bool

    def __init__(  # noqa: PLR0913 - one keyword a field
        self,
        match: str | Pattern,
        require: RequirementLike | None = None,
        *,
        mode: str = "enforce",
        tags: Sequence[str | TagPattern] = (),
        freshness: Freshness | None = None,
        remap: Remap | None = None,
        local_build: bool = False,
    ) -> None:
        """Make a rule.

        Args:
            match: A pattern over normalised names.
            require: A requirement, or a callable that takes `Facts`; default: any signature.
            mode: ``enforce``, ``warn`` or ``audit``.
            tags: Patterns of the tags that may be used.
            freshness: In place of the policy's.
            remap: For mirrors.
            local_build: For images that are built here; then nothing is required of them.

        Raises:
            PatternError: A pattern is none, or can match nothing.
            ValueError: Something contradicts something else.
        """
        pattern = match if isinstance(match, Pattern) else Pattern.parse(match)
        if mode not in MODES:
            raise ValueError(f"a mode is {', '.join(MODES)}, not {mode[:40]!a}")
        if local_build and (require is not None or tags or remap):
            raise ValueError("of what is built here nothing else can be required")
        if remap is not None and not pattern.starts_with(remap.source):
            raise ValueError(f"{pattern.text!a} matches names that do not begin with what is "
                             f"remapped, {remap.source!a}")  # fmt: skip
        made = tuple(t if isinstance(t, TagPattern) else TagPattern.parse(t) for t in tags)
        values = {
            "match": pattern,
            "require": Signed() if require is None else as_requirement(require),
            "mode": mode,
            "tags": made,
            "freshness": freshness,
            "remap": remap,
            "local_build": local_build,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "match": self.match.text,
            "require": self.require.describe(),
            "mode": self.mode,
            "tags": [tag.text for tag in self.tags],
            "freshness": None if self.freshness is None else self.freshness.describe(),
            "remap": None if self.remap is None else [self.remap.source, self.remap.target],
            "local-build": self.local_build,
        }


@dataclass(frozen=True, slots=True)
class Default:
    """What happens to an image that no rule matches.

    Attributes:
        verdict: ``deny``, ``warn`` or ``allow``.
        reason: Why it is not ``deny``; goes into every such decision.
    """

    verdict: str = "deny"
    reason: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in {"deny", "warn", "allow"}:
            raise ValueError(f"deny, warn or allow, not {self.verdict[:40]!a}")
        if self.verdict == "allow" and not self.reason.strip():
            raise ValueError("who allows what no rule matches gives a reason")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What an organisation asks of its images. Immutable.

    Attributes:
        name: What it is called.
        version: A number that only rises; who gates by it remembers the highest.
        rules: Of which the most specific one applies.
        default: What happens where none does.
        pins: Why the first root of a collection is believed, by pattern over its name.
        servers: Trust servers by prefix of a collection's name.
        people: Who is known.
        teams: Of them.
        freshness: How old trust data may be.
        exceptions: What is let through for a while.
        limits: Of exceptions and of time.
        docker: What the gates of docker do beyond a verdict.
        implied_pin: Where no pattern of `pins` matches.
    """

    rules: tuple[Rule, ...] = ()
    name: str = ""
    version: int = 0
    default: Default = field(default_factory=Default)
    pins: Mapping[Pattern, Pin] | Mapping[str, Pin] = field(default_factory=dict)
    servers: Mapping[str, Server] = field(default_factory=dict)
    people: tuple[Person, ...] = ()
    teams: tuple[Team, ...] = ()
    freshness: Freshness = field(default_factory=Freshness)
    exceptions: tuple[Exemption, ...] = ()
    limits: Limits = field(default_factory=Limits)
    docker: DockerSettings = field(default_factory=DockerSettings)
    implied_pin: Pin = field(default_factory=lambda: Pin.first_use("forbid"))

    def __post_init__(self) -> None:
        object.__setattr__(self, "rules", tuple(self.rules))
        for name in ("people", "teams", "exceptions"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("pins", "servers"):  # what the caller does to its own later must not matter
            object.__setattr__(self, name, dict(getattr(self, name)))
        if len(self.rules) > MOST_RULES or len(self.pins) > MOST_RULES:
            raise ValueError(f"a policy has at most {MOST_RULES} rules and as many pins")
        _check_ties([rule.match for rule in self.rules], "rules")
        _check_ties(list(self.pin_patterns), "pins")
        people, teams = _named(self.people, self.teams, self.rules)
        object.__setattr__(self, "people", people)
        object.__setattr__(self, "teams", teams)
        _check_exceptions(self.exceptions, self.limits)

    @staticmethod
    def docker_content_trust() -> Policy:
        """What ``DOCKER_CONTENT_TRUST=1`` alone means: any signed image, trust on first use."""
        return Policy(
            name="DOCKER_CONTENT_TRUST",
            rules=(Rule("**", Signed()),),
            implied_pin=Pin.first_use("once"),
            limits=Limits(deadline=_AS_LONG_AS_VERIFY),
        )

    @functools.cached_property
    def pin_patterns(self) -> Mapping[Pattern, Pin]:
        """The same as `pins`, with patterns that were read."""
        return {_pattern(text): pin for text, pin in self.pins.items()}

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256 over all of the policy, keys included, in hexadecimal digits."""
        text = json.dumps(self.describe(), sort_keys=True, separators=(",", ":"))
        return sha256(text.encode()).hexdigest()

    @functools.cached_property
    def needs_spki(self) -> bool:
        """Whether keys are named by the SHA-256 of their SubjectPublicKeyInfo; see `Facts.spki`."""
        return '"spki:' in json.dumps(self.describe())

    @functools.cached_property
    def needs_certificates(self) -> bool:
        """Whether dates of certificates of delegation keys count somewhere; see `Facts.lapsed`."""
        rules = [rule.freshness for rule in self.rules if rule.freshness is not None]
        return any(one.cert_expiry == "enforce" for one in (self.freshness, *rules))

    @functools.cached_property
    def _rules_found(self) -> dict[str, Rule | None]:
        """Rules by the names that were asked about; no name is longer than 255 characters."""
        return {}

    def rule_for(self, reference: Reference) -> Rule | None:
        """The most specific rule that matches an image, or None."""
        gun, found = reference.gun, self._rules_found
        try:
            return found[gun]
        except KeyError:
            rule = _most_specific(((rule.match, rule) for rule in self.rules), gun)
        if len(found) >= _MOST_FOUND:
            found.clear()
        found[gun] = rule
        return rule

    def remap(self, reference: Reference) -> str:
        """Name of the collection whose trust data speak for an image."""
        rule = self.rule_for(reference)
        return reference.gun if rule is None or rule.remap is None else rule.remap(reference.gun)

    def freshness_for(self, reference: Reference) -> Freshness:
        """How old the trust data of an image may be."""
        rule = self.rule_for(reference)
        return self.freshness if rule is None or rule.freshness is None else rule.freshness

    def server_for(self, gun: str) -> Server | None:
        """The trust server of a collection; None where the policy leaves that to Docker's rule."""
        fits = (
            key for key in self.servers if gun == key or (key[-1:] == "/" and gun.startswith(key))
        )
        longest = max(fits, key=len, default=None)
        return None if longest is None else self.servers[longest]

    def pin_for(self, gun: str) -> Pin:
        """Why the first root of a collection is believed: that of the most specific pattern."""
        return _most_specific(self.pin_patterns.items(), gun) or self.implied_pin

    def anchor_for(self, gun: str) -> Anchor:
        """The same as the engine takes it."""
        return self.pin_for(gun).anchor()

    def exceptions_for(
        self, reference: Reference, tag: str | None, digest: str | None
    ) -> tuple[Exemption, ...]:
        """What might let an image through, whether in force or not.

        Args:
            reference: The image.
            tag: Its tag, or None.
            digest: The digest that it is asked for or signed with, or None.
        """
        return tuple(e for e in self.exceptions if e.matches(reference.gun, tag, digest))

    @property
    def deadline(self) -> timedelta:
        """How long a gate may take for one image before that is a refusal."""
        return self.limits.deadline

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "name": self.name,
            "version": self.version,
            "default": [self.default.verdict, self.default.reason],
            "servers": {key: server.describe() for key, server in self.servers.items()},
            "people": {p.name: [p.robot, *map(str, p.keys)] for p in self.people},
            "teams": {team.name: [one.name for one in team.members] for team in self.teams},
            "pins": {str(key): pin.describe() for key, pin in self.pins.items()},
            "implied-pin": self.implied_pin.describe(),
            "freshness": self.freshness.describe(),
            "rules": [rule.describe() for rule in self.rules],
            "exceptions": [one.describe() for one in self.exceptions],
            "limits": self.limits.describe(),
            "docker": self.docker.describe(),
        }


def _named(
    people: Iterable[Person], teams: Iterable[Team], rules: Iterable[Rule]
) -> tuple[tuple[Person, ...], tuple[Team, ...]]:
    """Everybody and every team of a policy, those that only a requirement names too."""
    all_people, all_teams = list(people), list(teams)
    for rule in rules:
        for part in rule.require.all_parts():
            all_people += filter(None, [getattr(part, "person", None)])
            all_teams += filter(None, [getattr(part, "team", None)])
    all_people += [person for team in all_teams for person in team.members]
    for what, several in (("people", all_people), ("teams", all_teams)):
        named: dict[str, object] = {}
        for one in several:
            if named.setdefault(one.name, one) != one:
                raise PolicyConflictError(f"two {what} are called {one.name!a}", what, one.name)
    check_owners(all_people)
    return tuple(dict.fromkeys(all_people)), tuple(dict.fromkeys(all_teams))


def _pattern(text: str | Pattern) -> Pattern:
    return text if isinstance(text, Pattern) else Pattern.parse(text)


def _most_specific(items: Iterable[tuple[Pattern, _T]], gun: str) -> _T | None:
    found = ((pattern.specificity(gun), value) for pattern, value in items)
    fitting = [(specificity, value) for specificity, value in found if specificity is not None]
    return max(fitting, key=lambda one: one[0])[1] if fitting else None


def _check_ties(patterns: Sequence[Pattern], what: str) -> None:
    found = tie(patterns)
    if found is not None:
        first, second = found
        raise PolicyConflictError(
            f"two {what} are equally specific and may match one image: {first.text!a} and "
            f"{second.text!a}",
            what,
            second.text,
        )


def _check_exceptions(exceptions: Sequence[Exemption], limits: Limits) -> None:
    ids: set[str] = set()
    for one in exceptions:
        if one.id in ids:
            raise PolicyConflictError(f"two exceptions are called {one.id!a}", "exceptions", one.id)
        ids.add(one.id)
        if one.created is not None and one.expires - one.created > limits.exception_max:
            raise PolicyConflictError(
                f"the exception {one.id!a} lasts longer than {limits.exception_max}",
                "exceptions",
                one.id,
            )
