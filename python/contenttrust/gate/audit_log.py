"""The audit log: one JSON line a decision, and nobody's text can add a line or a colour to it."""

from __future__ import annotations

import json
import os
from hashlib import sha256

from contenttrust.errors import PolicyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from contenttrust.policy.decision import Decision

SCHEMA = "contenttrust.decision/1"
_LONGEST_IMAGE = 456
"""No image has a longer name, so who sends longer ones fills the log with nothing of use."""
_LONGEST_TEXT = 4096
"""No check says more; what is longer repeats what a stranger wrote."""
_ADVICE = "Give this process a file that it may append to, and room for it"
_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
_quoted = json.encoder.encode_basestring_ascii


def members(decision: Decision) -> str:
    """A decision as JSON: what its line has beside time and door, whenever it is written."""
    found = {name: _cut(value) for name, value in decision.to_json().items()}
    if len(decision.image) > _LONGEST_IMAGE:
        found["image"] = decision.image[:_LONGEST_IMAGE]
        found["image_cut"] = {
            "length": len(decision.image),
            "sha256": sha256(decision.image.encode("utf-8", "surrogatepass")).hexdigest(),
        }
    return _ENCODER.encode(found)


def _cut(value: object) -> object:
    """A text, or each one in a value, as long as a line may have it."""
    if isinstance(value, dict):
        return {name: _cut(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_cut(one) for one in value]
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]} (cut: {len(value)} characters)"
    return value


class AuditLogError(PolicyError):
    """A decision could not be written down, so it must not be acted on.

    It says nothing of an image or of its trust data. Its code is none of the engine's.
    """

    code = "audit_log"

    def __str__(self) -> str:
        return f"{self.message}: {_ADVICE}"

    def explain(self) -> str:
        """What happened, what it means and what to do."""
        return f"{self.message}. Whatever is asked is refused until it can be. {_ADVICE}."


class AuditLog:
    """Decisions appended to a file, by as many processes as like.

    Every decision is written, those to allow as well; what was allowed although a check would have
    refused says so in ``although``. Lines are ASCII: whatever else a name holds is escaped as JSON
    escapes it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the file; it is made, readable by its owner alone, when a decision is written."""
        self._path = os.fspath(path)

    @property
    def path(self) -> str:
        """The file."""
        return self._path

    def open_once(self) -> None:
        """Open the file for appending, and write nothing; it is made where it is not there.

        Raises:
            AuditLogError: No decision could be written there.
        """
        try:
            os.close(self._opened())
        except OSError as error:
            raise AuditLogError(
                f"the audit log {shown(self._path)} cannot be opened for appending: "
                f"{error.strerror or error}"
            ) from error

    def write(self, decision: Decision, *, door: str, at: datetime) -> None:
        """Append a decision.

        Args:
            decision: What was decided.
            door: Where, for example ``docker pull``.
            at: When, timezone-aware.

        Raises:
            AuditLogError: It is not written, or not as a whole.
        """
        self.write_all([members(decision)], door=door, at=at)

    def write_all(self, decisions: Sequence[str], *, door: str, at: datetime) -> None:
        """Append several decisions of one moment, all of them or none.

        Args:
            decisions: What `members` makes of each, which can be kept; at least one.
            door: Where.
            at: When, timezone-aware.

        Raises:
            AuditLogError: They are not written, or not as a whole.
        """
        # As the encoder would write it, which takes as long as the rest of an answer's line.
        head = f'{{"schema":"{SCHEMA}","time":"{at.isoformat()}","door":{_quoted(door)}}}'
        # The members of both objects in one.
        lines = [f"{head[:-1]},{one[1:]}\n" for one in decisions]
        try:
            self._append("".join(lines).encode())
        except OSError as error:
            raise AuditLogError(
                f"the decision cannot be written to the audit log {shown(self._path)}: "
                f"{error.strerror or error}"
            ) from error

    def _opened(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(self._path, flags, 0o600)

    def _append(self, lines: bytes) -> None:
        # One write at the end of the file: lines of two processes do not mix.
        file = self._opened()
        try:
            written = os.write(file, lines)
        finally:
            os.close(file)
        if written != len(lines):
            raise OSError(f"only {written} of {len(lines)} bytes were written")
