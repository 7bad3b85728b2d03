"""The settings of a policy beside its rules: trust servers, ages, limits, docker's gates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?(/|$)")
_ROLES = frozenset({"root", "targets", "snapshot", "timestamp"})


@dataclass(frozen=True, slots=True)
class Server:
    """A trust server.

    Attributes:
        url: Where it is.
        ca: Path of a file of the authorities that its certificate may come from; empty: the
            system's.
        auth: Where credentials come from: ``docker-config``, or ``none``.
    """

    url: str
    ca: str = ""
    auth: str = "docker-config"

    def __post_init__(self) -> None:
        scheme, _, rest = self.url.partition("://")
        if scheme not in {"https", "http"} or not rest or any(c.isspace() for c in self.url):
            raise ValueError(
                f"a trust server is named by its URL, https://…, not {self.url[:80]!a}"
            )
        if scheme == "http" and not _LOOPBACK.match(rest):
            raise ValueError("a trust server is asked over https; http is for loopback alone")
        if "@" in self.url:
            raise ValueError("a URL holds no user and no password: credentials are docker's")
        if self.auth not in {"docker-config", "none"}:
            raise ValueError(f"docker-config or none, not {self.auth[:40]!a}")

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {"url": self.url, "ca": self.ca, "auth": self.auth}


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old trust data may be.

    Attributes:
        grace: How long after its end the metadata of a role still count, where they come from a
            cache; by role. Nothing: what has expired is refused.
        max_age: How long ago the trust server may have been asked last; None: as long as nothing
            has expired.
        cert_expiry: ``ignore``: of the certificates of delegation keys no date is looked at, as in
            Notary; ``enforce``: what was signed with a key in one that is not valid does not count.
    """

    grace: Mapping[str, timedelta] = field(default_factory=dict, hash=False)
    max_age: timedelta | None = None
    cert_expiry: str = "ignore"

    def __post_init__(self) -> None:
        object.__setattr__(self, "grace", dict(self.grace))
        if self.cert_expiry not in {"enforce", "ignore"}:
            raise ValueError(f"enforce or ignore, not {self.cert_expiry[:40]!a}")
        unknown = sorted(set(self.grace) - _ROLES)
        if unknown:
            raise ValueError(f"grace is for {', '.join(sorted(_ROLES))}, not {unknown[0][:40]!a}")
        spans = [*self.grace.values(), *filter(None, [self.max_age])]
        if any(span < timedelta(0) for span in spans):
            raise ValueError("a span of time is not negative")

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "grace": {role: span.total_seconds() for role, span in sorted(self.grace.items())},
            "max-age": None if self.max_age is None else self.max_age.total_seconds(),
            "cert-expiry": self.cert_expiry,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is bounded.

    Attributes:
        exception_max: How long an exception may last.
        exceptions_per_rule: How many may be written for the images of one rule.
        deadline: How long a gate may take for one image.
        max_metadata: Bytes of one metadata file; 0: the engine's own limit.
    """

    exception_max: timedelta = timedelta(days=90)
    exceptions_per_rule: int = 20
    deadline: timedelta = timedelta(seconds=10)
    max_metadata: int = 0

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "exception-max": self.exception_max.total_seconds(),
            "exceptions-per-rule": self.exceptions_per_rule,
            "deadline": self.deadline.total_seconds(),
            "max-metadata": self.max_metadata,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerSettings:
    """What docker's gates do where there is no verdict.

    Attributes:
        disable_content_trust: ``allow``: the option of that name lets a command pass, and that is
            logged; ``forbid``: it is refused.
        uncovered: What happens to what the gate does not cover: ``warn`` or ``refuse``.
    """

    disable_content_trust: str = "allow"
    uncovered: str = "warn"

    def __post_init__(self) -> None:
        choices = {
            "disable_content_trust": ("allow", "forbid"),
            "uncovered": ("warn", "refuse"),
        }
        for name, words in choices.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} is {' or '.join(words)}")

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        return {
            "disable-content-trust": self.disable_content_trust,
            "uncovered": self.uncovered,
        }
