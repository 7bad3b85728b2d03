"""Which collections a trust directory knows: from Docker's cache, and from our records."""

from __future__ import annotations

import contextlib
import hashlib
import os

from contenttrust.doctor.finding import Finding
from contenttrust.errors import ContentTrustError, shown
from contenttrust.model import State
from contenttrust.transport import files
from contenttrust.transport.docker_cache import cached_collections

TYPE_CHECKING = False

_RECORD_LIMIT = 64 * 1024 * 1024


class Known:
    """What a trust directory knows.

    Attributes:
        cached: Names of the collections that Docker's cache holds, sorted.
        recorded: Names of those that our records remember, sorted.
        findings: About records that cannot be read.
    """

    def __init__(self, cached: list[str], recorded: list[str], findings: list[Finding]) -> None:
        self.cached = cached
        self.recorded = recorded
        self.findings = findings

    @property
    def guns(self) -> list[str]:
        """Names of all of them, sorted."""
        return sorted({*self.cached, *self.recorded})


def known(trust_dir: str) -> Known:
    """Find the collections of a trust directory; what cannot be read is left out or reported."""
    cached = sorted(cached_collections(trust_dir))
    names = {_record_name(gun): gun for gun in cached}
    recorded: list[str] = []
    findings: list[Finding] = []
    for name in _record_names(trust_dir):
        state = _state(trust_dir, name)
        if isinstance(state, State) and f"{_record_name(state.gun)}.json" == name:
            recorded.append(state.gun)
            continue
        if isinstance(state, State):
            cause = f"it speaks of {shown(state.gun)} under another one's name"
        else:
            cause = state
        findings.append(_damaged(names.get(name.removesuffix(".json")), trust_dir, name, cause))
    return Known(cached, sorted(recorded), findings)


def _record_names(trust_dir: str) -> list[str]:
    with contextlib.suppress(OSError), os.scandir(f"{trust_dir}/contenttrust") as entries:
        return sorted(
            entry.name
            for entry in entries
            if entry.name.endswith(".json") and not entry.name.startswith(".")
        )
    return []


def _state(trust_dir: str, name: str) -> State | str:
    """A record, or why it cannot be used."""
    try:
        with (
            files.opened(files.open_directory(trust_dir)) as top,
            files.opened(files.open_below(top, ["contenttrust"])) as records,
        ):
            return State.from_json(files.read(records, name, _RECORD_LIMIT).decode())
    except OSError as error:
        return f"it cannot be read: {error.strerror or error}"
    except ContentTrustError as error:
        return error.message
    except ValueError:
        return "it is no text"


def _record_name(gun: str) -> str:
    return hashlib.sha256(gun.encode(errors="surrogateescape")).hexdigest()


def _damaged(gun: str | None, trust_dir: str, name: str, cause: str) -> Finding:
    return Finding(
        check="cache",
        subject=gun or f"{trust_dir}/contenttrust/{name}",
        level="failure",
        message=f"the record of what was trusted before is damaged: {cause}",
        advice="Restore it from a backup; without it an older version or another root goes unseen, "
        "so do not simply delete it",
        code="malformed",
    )
