"""The image that makes the SBOM of a build, in every form in which a build is asked for one.

Source: buildx 0.29.1 `util/buildflags` (``CanonicalizeAttest``, ``ParseAttest``); BuildKit 0.25
`frontend/attestations/parse.go` (types in small letters, ``BUILDKIT_ATTEST_…``).
"""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.gate.docker import fields as flag_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

ARGUMENT = "BUILDKIT_ATTEST_"
"""What the names of build arguments begin with that ask for one; the type stands behind."""
SCANNER = "docker/buildkit-syft-scanner:stable-1"
"""What BuildKit runs for an SBOM where nobody names another."""
_SBOM = "sbom"
_KINDS = frozenset({_SBOM, "provenance"})
_ON = frozenset({"1", "t", "T", "true", "TRUE", "True"})
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})


class Attestation:
    """One attestation that a build is asked for.

    Attributes:
        scanner: The image that is run for it; empty where none is.
        is_default: Whether nobody named that image.
    """

    __slots__ = ("_fields", "is_default", "scanner")

    def __init__(self, fields: Sequence[tuple[str, str]], scanner: str) -> None:
        named = dict(fields).get("generator", "")
        self._fields = list(fields)
        self.scanner = named or scanner
        self.is_default = bool(scanner) and not named

    def pinned(self, image: str) -> str:
        """The same, with another image to run."""
        kept = [field for field in self._fields if field[0] != "generator"]
        return ",".join(f"{key}={text}" for key, text in [*kept, ("generator", image)])


def of_flag(kind: str, value: str) -> Attestation:
    """What ``--sbom``, ``--provenance`` or ``--attest`` asks for.

    Args:
        kind: Its type where it names none; empty for ``--attest``.
        value: As it was written.

    Raises:
        ValueError: It is not understood.
    """
    if value in _OFF:
        return Attestation([], "")
    fields = [] if value in _ON else _fields_of(value)
    kinds = {text.lower() for key, text in fields if key == "type"} or {kind}
    if len(kinds) != 1 or not kinds <= _KINDS:
        raise ValueError(f"{shown(value)} is no attestation of one known type")
    if kinds != {_SBOM}:
        return Attestation([(k, v) for k, v in fields if k != "generator"], "")
    off = dict(fields).get("disabled", "false") in _ON
    return Attestation(fields, "" if off else SCANNER)


def of_argument(name: str, value: str) -> Attestation:
    """What a build argument asks for, whose name begins with `ARGUMENT`.

    Args:
        name: Its name.
        value: Its value; no value switches it off.

    Raises:
        ValueError: It is not understood.
    """
    kind = name.removeprefix(ARGUMENT).lower()
    if kind not in _KINDS:
        raise ValueError(f"{shown(name)} is no attestation of one known type")
    if kind != _SBOM:
        return Attestation([], "")
    return Attestation([] if value in _ON | _OFF else _fields_of(value), SCANNER)


def _fields_of(value: str) -> list[tuple[str, str]]:
    """What is asked of one. To BuildKit the key of a scanner is ``generator``, and no other."""
    found = [(one.key, one.text) for one in flag_fields.read(value, exact=True)]
    if any("," in word or '"' in word for pair in found for word in pair):
        raise ValueError(f"{shown(value)} is not understood")
    return found
