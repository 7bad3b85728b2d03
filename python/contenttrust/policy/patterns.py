"""Patterns over normalised names: anchored, in time linear in the name, the most specific first.

``*`` stands for any text without ``/``, ``**`` for any text, ``?`` for one character other than
``/``, ``{a,b}`` for either. A pattern is compared with the whole name, never with a part of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from contenttrust.policy.glob import Glob, GlobError, expanded
from contenttrust.reference import InvalidReferenceError, Reference

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST = 512
"""Characters of a pattern."""

_LONGEST_NAME = 4096
_OFFICIAL = "docker.io/library/"
_NAME_TEXT = re.compile(r"[A-Za-z0-9._:/\[\]*?-]*")
_PATH_TEXT = re.compile(r"[a-z0-9._*?-]*")
_TAG_TEXT = re.compile(r"[A-Za-z0-9_.*?-]*")
_WILD = frozenset("*?")


class PatternError(ValueError):
    """A text is no pattern, or one that no normalised name could ever match."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern over names of collections, such as ``registry.example.com/team/*``. Immutable."""

    text: str
    _globs: tuple[Glob, ...]

    @staticmethod
    def parse(text: str) -> Pattern:
        """Read a pattern.

        Args:
            text: The pattern, with its domain: ``docker.io/library/alpine``, not ``alpine``.

        Raises:
            PatternError: It is none, or can match no normalised name.
        """
        globs = _globs(text, _NAME_TEXT)
        for glob in globs:
            _check_possible(glob.text)
        return Pattern(text, globs)

    def specificity(self, name: str) -> tuple[int, int] | None:
        """How specific the pattern is where it matches a name; None where it does not.

        Args:
            name: A normalised name without tag and digest.

        Returns:
            The number of components without wildcards, then the length of the text before the first
            wildcard. Of two patterns the greater one is more specific.
        """
        if len(name) > _LONGEST_NAME:
            return None
        return max((g.specificity for g in self._globs if g.matches(name)), default=None)

    def meets(self, other: Pattern) -> bool:
        """Whether some text matches both."""
        return any(mine.meets(theirs) for mine in self._globs for theirs in other._globs)

    def starts_with(self, prefix: str) -> bool:
        """Whether whatever matches begins with this text."""
        return all(glob.literal_prefix.startswith(prefix) for glob in self._globs)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that are written out in full, with their ports."""
        starts = (glob.literal_prefix.partition("/") for glob in self._globs)
        return frozenset(host for host, slash, _ in starts if slash)

    def __str__(self) -> str:
        return self.text


def tie(patterns: Sequence[Pattern]) -> tuple[Pattern, Pattern] | None:
    """Two patterns of which neither is more specific where one name matches both, or None."""
    by_specificity: dict[tuple[int, int], list[tuple[int, Glob]]] = {}
    for index, pattern in enumerate(patterns):
        for glob in pattern._globs:  # noqa: SLF001 - a pattern's own
            alike = by_specificity.setdefault(glob.specificity, [])
            for other, theirs in alike:
                if other != index and glob.meets(theirs):
                    return patterns[other], pattern
            alike.append((index, glob))
    return None


@dataclass(frozen=True, slots=True)
class TagPattern:
    """A pattern over tags, such as ``3.*``. Immutable."""

    text: str
    _globs: tuple[Glob, ...]

    @staticmethod
    def parse(text: str) -> TagPattern:
        """Read a pattern.

        Raises:
            PatternError: It is none.
        """
        return TagPattern(text, _globs(text, _TAG_TEXT))

    def matches(self, tag: str) -> bool:
        """Whether the whole tag matches."""
        return len(tag) <= _LONGEST_NAME and any(glob.matches(tag) for glob in self._globs)

    def __str__(self) -> str:
        return self.text


def _globs(text: str, allowed: re.Pattern[str]) -> tuple[Glob, ...]:
    if not isinstance(text, str):
        raise PatternError(f"a pattern is a text, not {type(text).__name__}")
    if not text:
        raise PatternError("an empty pattern matches nothing")
    if len(text) > LONGEST:
        raise PatternError(f"a pattern has at most {LONGEST} characters")
    try:
        alternatives = expanded(text)
        for alternative in alternatives:
            if not allowed.fullmatch(alternative):
                wrong = next(c for c in alternative if not allowed.fullmatch(c))
                raise PatternError(f"{text!a}: no name has the character {wrong!a}")
        return tuple(Glob.parse(alternative) for alternative in alternatives)
    except GlobError as error:
        raise PatternError(f"{text!a}: {error}") from None


def _check_possible(text: str) -> None:
    """Refuse what no normalised name can match: it would be a rule that is never used."""
    domain, slash, path = text.partition("/")
    if not slash and "**" not in text:
        raise _never(text, "a normalised name has a domain and a path")
    if not slash:
        return
    if not _WILD & set(domain):
        _check_domain(text, domain)
    if domain == "docker.io" and "/" not in path and "**" not in path:
        raise _never(text, "names of Docker Hub have two parts, as in docker.io/library/alpine")
    for component in path.split("/"):
        if not component:
            raise _never(text, "an empty part between slashes")
        if ":" in component:
            raise PatternError(f"{text!a}: tags are not matched here")
        if not _PATH_TEXT.fullmatch(component):
            raise _never(text, "a repository name is lower case")
    if not _WILD & set(text):
        try:
            normalised = Reference.parse(text).gun
        except InvalidReferenceError as error:
            raise PatternError(f"{text!a} can never match: {error}") from None
        if normalised != text:
            raise _never(text, "it is not in normal form")


def _check_domain(text: str, domain: str) -> None:
    if domain == "index.docker.io":
        raise _never(text, "Docker's name for that registry is docker.io")
    if domain != "localhost" and not set(domain) & set(".:") and domain.lower() == domain:
        raise _never(text, f"{domain!a} is no host name: it has no '.', no ':' and no port")


def _never(text: str, reason: str) -> PatternError:
    return PatternError(f"{text!a} can never match: {reason}{_suggestion(text)}")


def _suggestion(text: str) -> str:
    if text == "*":
        return "; for every name write '**'"
    if not _WILD & set(text):
        try:
            normalised = Reference.parse(text.lower()).gun
        except InvalidReferenceError:
            return ""
        return f"; write {normalised!a}" if normalised != text else ""
    if "/" not in text:
        return f"; write {_OFFICIAL + text!a}"
    domain, _, path = text.partition("/")
    if domain in {"docker.io", "index.docker.io"}:
        return f"; write {(_OFFICIAL if '/' not in path else 'docker.io/') + path!a}"
    return f"; write {'docker.io/' + text!a}" if text == text.lower() and "//" not in text else ""
