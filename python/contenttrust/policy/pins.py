"""Why the first root of a collection is believed, as a policy says it."""

from __future__ import annotations

from dataclasses import dataclass

from contenttrust.model import Anchor

KINDS = ("root-keys", "certs", "ca", "tofu")
"""From the strongest on: of several kinds in one place only the first is used, as Notary does."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One reason to believe a root; its failure is final, no other kind is tried. Immutable.

    Attributes:
        kind: ``root-keys``, ``certs``, ``ca`` or ``tofu``.
        ids: Canonical ids of root keys, or ids of root certificates.
        ca: PEM text of an authority's certificates.
        tofu: ``forbid``: only what is remembered; ``once``: trust on first use.
    """

    kind: str
    ids: tuple[str, ...] = ()
    ca: bytes = b""
    tofu: str = ""

    def __post_init__(self) -> None:
        wanted = {
            "root-keys": bool(self.ids),
            "certs": bool(self.ids),
            "ca": bool(self.ca.strip()),
            "tofu": self.tofu in {"forbid", "once"},
        }
        if not wanted.get(self.kind, False):
            raise ValueError(f"a pin of kind {self.kind[:40]!a} that pins nothing")

    @staticmethod
    def root_keys(*ids: str) -> Pin:
        """One of these keys, by canonical id, must have signed the root."""
        return Pin("root-keys", tuple(id_.removeprefix("sha256:") for id_ in ids))

    @staticmethod
    def certificates(*ids: str) -> Pin:
        """One of these root certificates must be in the root."""
        return Pin("certs", tuple(id_.removeprefix("sha256:") for id_ in ids))

    @staticmethod
    def authority(pem: bytes) -> Pin:
        """The root's certificate must come from this authority."""
        return Pin("ca", ca=pem)

    @staticmethod
    def first_use(tofu: str) -> Pin:
        """Whether the first root that is seen is believed: ``once`` or ``forbid``."""
        return Pin("tofu", tofu=tofu)

    @property
    def missing(self) -> bool:
        """Whether nothing is pinned, and the first use is not to be trusted."""
        return self.tofu == "forbid"

    def anchor(self) -> Anchor:
        """As the engine takes it."""
        if self.kind == "root-keys":
            return Anchor.keys(self.ids)
        if self.kind == "certs":
            return Anchor.certificates(self.ids)
        if self.kind == "ca":
            return Anchor.ca(self.ca)
        return Anchor.first_use() if self.tofu == "once" else Anchor.remembered()

    def describe(self) -> dict[str, object]:
        """All of it, as values that JSON has."""
        if self.kind == "tofu":
            return {"tofu": self.tofu}
        return {self.kind: list(self.ids) or self.ca.decode(errors="backslashreplace")}
