"""Image names by Docker's rules: `alpine` is `docker.io/library/alpine:latest`.

Source: github.com/distribution/reference, `normalize.go` and `regexp.go`. Two things are stricter:
an image digest is sha256, and an image id is refused, also where it could be read as a name.
"""

from __future__ import annotations

import functools
import re

_DEFAULT_DOMAIN = "docker.io"
_LEGACY_DEFAULT_DOMAIN = "index.docker.io"
_OFFICIAL = "library/"
_NAME_LIMIT = 255
_TAG_LIMIT = 128
_LENGTH_LIMIT = _NAME_LIMIT + len(":") + _TAG_LIMIT + len("@sha256:") + 64

# Each production has one way to match a text, so that no name can make the matching slow.
_DOMAIN_COMPONENT = r"[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*"
_DOMAIN_NAME = rf"{_DOMAIN_COMPONENT}(?:\.{_DOMAIN_COMPONENT})*"
_DOMAIN = rf"(?:{_DOMAIN_NAME}|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_PATH_COMPONENT}(?:/{_PATH_COMPONENT})*"
_TAG = rf"[A-Za-z0-9_][A-Za-z0-9_.-]{{0,{_TAG_LIMIT - 1}}}"
_ENCODED = r"[a-f0-9]{64}"


class InvalidReferenceError(ValueError):
    """A text that is no image name by Docker's rules."""


class Reference:
    """A normalised image name with its tag or digest. Immutable."""

    __slots__ = ("_digest", "_domain", "_path", "_tag")

    _domain: str
    _path: str
    _tag: str | None
    _digest: str | None

    def __init__(self, domain: str, path: str, *, tag: str | None, digest: str | None) -> None:
        self._domain = domain
        self._path = path
        self._tag = tag
        self._digest = digest

    @staticmethod
    def parse(text: str) -> Reference:
        """Read an image name as Docker does.

        Args:
            text: For example ``alpine``, ``host:5000/team/web:1.4`` or ``web@sha256:…``.

        Raises:
            TypeError: It is no text.
            InvalidReferenceError: Docker's grammar does not allow it, or it is an image id.

        Source: distribution/reference, ``ParseNormalizedNamed``.
        """
        if not isinstance(text, str):
            raise TypeError(f"an image name is a str or a Reference, not {type(text).__name__}")
        if len(text) > _LENGTH_LIMIT:
            raise _invalid(text[:64] + "…", f"longer than {_LENGTH_LIMIT} characters")
        if re.fullmatch(_ENCODED, text):
            raise _invalid(text, "64 hexadecimal digits are an image id, not a repository name")
        if re.fullmatch(f"sha256:{_ENCODED}", text):
            raise _invalid(text, "a digest alone names no repository; write <name>@<digest>")
        rest, at, digest = text.partition("@")
        domain, remainder = _split_domain(rest)
        path, colon, tag = remainder.partition(":")
        _check(text, domain, path, tag if colon else None, digest if at else None)
        return Reference(domain, path, tag=tag or None, digest=digest or None)

    @property
    def domain(self) -> str:
        """Host of the registry, with its port where one is written."""
        return self._domain

    @property
    def path(self) -> str:
        """Repository within the registry."""
        return self._path

    @property
    def gun(self) -> str:
        """Globally unique name of the collection that speaks of this repository."""
        return f"{self._domain}/{self._path}"

    @property
    def familiar(self) -> str:
        """The repository as Docker shows it: without `docker.io/` and `library/`."""
        if self._domain != _DEFAULT_DOMAIN:
            return self.gun
        short = self._path.removeprefix(_OFFICIAL)
        return self._path if "/" in short else short

    @property
    def tag(self) -> str | None:
        """The tag; `latest` where neither tag nor digest was written, None beside a bare digest."""
        return "latest" if self._tag is None and self._digest is None else self._tag

    @property
    def digest(self) -> str | None:
        """The digest as `sha256:` and 64 hexadecimal digits, where one was written."""
        return self._digest

    @property
    def name_only(self) -> bool:
        """Whether neither tag nor digest was written."""
        return self._tag is None and self._digest is None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self._digest}" if self._digest else ""
        return f"{self.gun}{tag}{digest}"

    def __repr__(self) -> str:
        return f"Reference({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, Reference) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def _split_domain(name: str) -> tuple[str, str]:
    """Domain and remainder; a first part without `.`, `:` or capitals is no domain."""
    first, slash, remainder = name.partition("/")
    if not slash:
        return _DEFAULT_DOMAIN, _OFFICIAL + name
    if first == _LEGACY_DEFAULT_DOMAIN:
        first = _DEFAULT_DOMAIN
    elif first != "localhost" and not set(first) & set(".:") and first.lower() == first:
        first, remainder = _DEFAULT_DOMAIN, name
    if first == _DEFAULT_DOMAIN and "/" not in remainder:
        remainder = _OFFICIAL + remainder
    return first, remainder


def _check(text: str, domain: str, path: str, tag: str | None, digest: str | None) -> None:
    """Hold the parts of a reference against the grammar."""
    if path.lower() != path:
        raise _invalid(text, "the repository name must be lowercase")
    if not _grammar(_DOMAIN).fullmatch(domain):
        raise _invalid(text, "the part before the first slash is no host name")
    if not _grammar(_PATH).fullmatch(path):
        raise _invalid(text, "the repository name breaks Docker's rules for names")
    if len(domain) + len("/") + len(path) > _NAME_LIMIT:
        raise _invalid(text, f"the repository name is longer than {_NAME_LIMIT} characters")
    if tag is not None and not _grammar(_TAG).fullmatch(tag):
        raise _invalid(text, f"a tag is 1 to {_TAG_LIMIT} letters, digits, '_', '.' or '-'")
    if digest is not None and not _grammar(f"sha256:{_ENCODED}").fullmatch(digest):
        raise _invalid(text, "a digest is 'sha256:' and 64 lower-case hexadecimal digits")


@functools.cache
def _grammar(production: str) -> re.Pattern[str]:
    return re.compile(production)


def _invalid(text: str, reason: str) -> InvalidReferenceError:
    # ASCII only: a letter that looks like another one must not look right in the message.
    return InvalidReferenceError(f"invalid reference format: {text!a}: {reason}")
