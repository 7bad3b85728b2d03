"""What a look at this machine finds, and which findings mean that no image is checked."""

from __future__ import annotations

from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Level: TypeAlias = Literal["ok", "note", "warning", "failure"]

CHECKS = ("docker", "server", "clock", "permissions", "keys", "expiry", "cache")
"""What is looked at, in the order in which it is told."""

LEVELS = ("ok", "note", "warning", "failure")
"""From the best to the worst. Only a failure keeps images from being verified as they should."""

_NO_ANSWER = {"unreachable", "server_error", "tls", "unauthorized", "service_ended"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What kind of thing, one of `CHECKS`.
        subject: Program, variable, server, path or collection that it is about.
        level: One of `LEVELS`.
        message: What was found.
        advice: What to do about it, or empty.
        code: Reason code where one fits, such as ``expired`` or ``tls``, or empty.
    """

    check: str
    subject: str
    level: Level
    message: str
    advice: str = ""
    code: str = ""

    @property
    def unanswered(self) -> bool:
        """Whether it says that a server could not be asked, rather than that something is wrong."""
        return self.level == "failure" and self.check == "server" and self.code in _NO_ANSWER
