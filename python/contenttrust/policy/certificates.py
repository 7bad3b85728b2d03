"""Certificates of delegation keys: which signatures rest on none that is valid at a moment.

Notary has the key of a delegation in a certificate where its owner gave one, and looks at no date
of it: what ends is the role. A policy may ask for more (``cert-expiry: enforce``).
"""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from contenttrust._core import PublicKey
from contenttrust.errors import MalformedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from contenttrust.model import Signer

    Span = tuple[int, int]
    """Seconds of the first and the last moment at which a certificate is valid."""

_ALWAYS = (-(2**63), 2**63)  # of a key that is in no certificate
_AHEAD = int(timedelta(days=1).total_seconds())
_TOP = "targets"


class _Role(NamedTuple):
    threshold: int
    keys: dict[str, list[Span]]


class Certificates:
    """The certificates of the delegations of one collection. Immutable."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        """Read them.

        Args:
            documents: Files that were verified and accepted, by role, as `Verification.documents`
                has them.
        """
        self._roles = dict(_delegated(documents))

    def lapsed(self, signers: Sequence[Signer], now: datetime) -> dict[str, tuple[str, ...]]:
        """What `Facts.lapsed` holds: by role, the keys whose signatures count no more.

        A key counts while its role has it bare, or in any certificate that is valid. As of root
        certificates, the first day may be tomorrow. Where fewer keys are left than must sign, none
        counts; nor does any in a role below one that has a key in a lapsed certificate, as nobody
        tells here which of its keys signed.

        Args:
            signers: Roles and the keys that really signed.
            now: The moment to judge by.

        Source: Notary 0.7.0 `tuf/utils/x509.go` (``ValidateCertificate``), for the days.
        """
        found = {}
        for signer in signers:
            if signer.role == _TOP:
                continue
            role = self._roles.get(signer.role, _Role(1, {}))
            held = [key for key in signer.key_ids if _is_valid(role.keys.get(key, ()), now)]
            if len(held) < role.threshold or not all(self._above(signer.role, now)):
                held = []
            gone = tuple(key for key in signer.key_ids if key not in held)
            if gone:
                found[signer.role] = gone
        return found

    def valid_until(self, now: datetime) -> datetime | None:
        """The first moment after `now` at which one of them ends; None where none does."""
        spans = (s for role in self._roles.values() for spans in role.keys.values() for s in spans)
        ends = [end for _, end in spans if now.timestamp() <= end < _ALWAYS[1]]
        return datetime.fromtimestamp(min(ends), timezone.utc) if ends else None

    def _above(self, name: str, now: datetime) -> Iterator[bool]:
        """Whether all keys of the delegations above a role are valid, one by one."""
        while (name := name.rpartition("/")[0]) != _TOP:
            role = self._roles.get(name)
            yield role is not None and all(_is_valid(one, now) for one in role.keys.values())


def _is_valid(spans: Sequence[Span], now: datetime) -> bool:
    return any(begin <= now.timestamp() <= end for begin, end in spans)


def _delegated(documents: Mapping[str, bytes]) -> Iterator[tuple[str, _Role]]:
    for above, document in documents.items():
        delegations = json.loads(document)["signed"].get("delegations") or {}
        keys = delegations.get("keys") or {}
        for entry in delegations.get("roles") or ():
            if entry["name"].rpartition("/")[0] != above:
                continue
            spans: dict[str, list[Span]] = {}
            for key in (_read(keys[one]) for one in entry["keyids"] or () if one in keys):
                if key is not None:
                    spans.setdefault(key.canonical_key_id, []).append(_span(key))
            yield entry["name"], _Role(entry["threshold"], spans)


def _read(key: dict[str, Any]) -> PublicKey | None:
    """A key of a file; None where it is none that could verify anything."""
    try:
        return PublicKey.of(
            key["keytype"], base64.b64decode(key["keyval"]["public"], validate=True)
        )
    except (MalformedError, ValueError):
        return None


def _span(key: PublicKey) -> Span:
    if key.not_before is None or key.not_after is None:
        return _ALWAYS
    return key.not_before.seconds - _AHEAD, key.not_after.seconds
