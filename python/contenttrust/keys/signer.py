"""Who signs: a key of a file, or whoever keeps a key where it never leaves, as an HSM does.

A signer from elsewhere is found through the entry point group ``contenttrust.signers``: its name
is the scheme of an address such as ``pkcs11:…``, its object is called with that address and with
`Passphrases` for the PIN, and returns a `Signer`.
"""

from __future__ import annotations

from typing import Protocol

from contenttrust import crypto
from contenttrust.errors import KeyStoreError, NoKeyError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.metadata import EntryPoint

    from contenttrust.keys.passphrase import Passphrases

GROUP = "contenttrust.signers"
"""Entry point group of whoever makes signers from addresses."""


class Signer(Protocol):
    """One key that can sign."""

    @property
    def key_type(self) -> str:
        """``ecdsa``, ``rsa`` or ``ed25519``, as metadata has it."""
        ...

    @property
    def public(self) -> bytes:
        """Public key: DER SubjectPublicKeyInfo, or the 32 bytes of an Ed25519 key."""
        ...

    @property
    def key_id(self) -> str:
        """Canonical key id."""
        ...

    @property
    def method(self) -> str:
        """``ecdsa``, ``rsapss`` or ``eddsa``."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign, in the form that metadata has: r and s one after the other, not DER.

        Raises:
            KeyStoreError: It cannot, or will not.
        """
        ...


def signers_from_entry_points() -> Mapping[str, Callable[[str, Passphrases], Signer]]:
    """Who makes signers, by scheme of the address."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - takes milliseconds

    return {point.name: _Loaded(point) for point in entry_points(group=GROUP)}


def signer_at(address: str, passphrases: Passphrases) -> Signer:
    """The signer at an address, whose signatures are checked before anybody uses them.

    Args:
        address: Such as ``pkcs11:token=release;object=root``.
        passphrases: Asked for what opens it, as a PIN.

    Raises:
        NoKeyError: Nobody knows the address.
        KeyStoreError: The signer cannot be had.
    """
    scheme = address.partition(":")[0]
    makers = signers_from_entry_points()
    if scheme not in makers:
        known = ", ".join(sorted(makers)) or "none is installed"
        raise NoKeyError(
            f"nobody here signs for {shown(address)}: the schemes known are: {known} "
            "(the extra contenttrust[hsm] brings those of securesystemslib)",
            subject=address,
        )
    return CheckedSigner(makers[scheme](address, passphrases))


class CheckedSigner:
    """A signer from elsewhere, of whom every signature is verified before it is used."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self.key_type = signer.key_type
        self.public = signer.public
        self.key_id = signer.key_id
        self.method = signer.method

    def __repr__(self) -> str:
        return f"CheckedSigner({self.key_id[:12]})"

    def sign(self, message: bytes) -> bytes:
        """Sign; see `Signer`."""
        signature = self._signer.sign(message)
        if not crypto.verify(self.public, signature, message, self.method):
            raise KeyStoreError(
                f"the signer of key {self.key_id} returned a signature that its public key does "
                "not verify: the key is another one, or what keeps it is broken"
            )
        return signature


class _Loaded:
    """An entry point that is imported when it is first needed."""

    def __init__(self, point: EntryPoint) -> None:
        self._point = point

    def __call__(self, address: str, passphrases: Passphrases) -> Signer:
        make: Callable[[str, Passphrases], Signer] = self._point.load()
        return make(address, passphrases)
