"""Keys in an HSM (PKCS#11) or with a cloud's KMS, through the library `securesystemslib`.

Addresses are that library's own: ``hsm:2?label=release`` is the key with id 2 on the token
``release`` of the PKCS#11 library that ``PYKCS11LIB`` names; ``awskms:<key id>``,
``gcpkms:<key name>`` and ``azurekms:<vault>/<key>`` are keys of Amazon's, Google's and
Microsoft's. Notary knows ECDSA over SHA-256 and RSA-PSS only, so that such keys are P-256 or RSA.
The private half stays where it is; each signature is verified before it is used.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
from dataclasses import dataclass, field

from contenttrust._core import PublicKey
from contenttrust.errors import ContentTrustError, KeyStoreError, PassphraseError, shown
from contenttrust.keys.passphrase import PIN, TRIES, PassphraseRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

    from contenttrust._core import Secret
    from contenttrust.keys.passphrase import Passphrases
    from contenttrust.keys.signer import Signer

_METHODS = {
    "ecdsa-sha2-nistp256": "ecdsa",
    "rsassa-pss-sha256": "rsapss",
    "ed25519": "eddsa",
}
_HALF = 32  # bytes of r and of s over P-256
_EXTRAS = {
    "awskms": "securesystemslib[awskms]",
    "gcpkms": "securesystemslib[gcpkms]",
    "azurekms": "securesystemslib[azurekms]",
}
_INSTALL = "install the extra contenttrust[hsm] (docs/reference/installation.md)"


@dataclass(slots=True)
class _Token:
    """What a token has made of PINs, for as long as the process lives."""

    refused: list[Secret] = field(default_factory=list)
    taken: Secret | None = None


_tokens: dict[str, _Token] = {}  # by label; one without a label is the only one that is there
_turn = threading.RLock()
"""Tokens are used in turn: a session logs in for the whole process, and out for it, too."""
_ON_THE_TOKEN = frozenset({
    *("AnotherUserAlreadyLoggedIn", "DeviceMemory", "DeviceRemoved", "HostMemory"),
    *("SessionCount", "TokenNotPresent", "UserAlreadyLoggedIn"),
})  # fmt: skip
"""What drivers say that tells nothing of a PIN."""


class TokenPin:
    """The PIN of a token. One that it has refused is not sent again: after a few it closes."""

    def __init__(self, address: str, passphrases: Passphrases) -> None:
        """Ask for it when the library does.

        Args:
            address: Of a key on the token.
            passphrases: Who is asked.
        """
        self._address = address
        self._passphrases = passphrases
        self._label = _named(address)[1] or ""
        self._token = _tokens.setdefault(self._label, _Token())
        self._sent: Secret | None = None

    def give(self, _: str) -> str:
        """Ask for the PIN; the library wants a str, which nobody can wipe.

        Raises:
            InputNeededError: Nobody can be asked.
            PassphraseError: All that was given was refused before.
            KeyStoreError: What was given is no text.
        """
        for attempt in range(TRIES):
            request = PassphraseRequest(role="", key_id=self._address, what=PIN, attempt=attempt)
            secret = self._passphrases.give(request)
            if not self._is_refused(secret):
                break
        else:
            raise PassphraseError(
                f"{request}: all {TRIES} that were given were refused, and none is sent again"
            )
        try:
            text = secret.reveal().decode()
        except UnicodeDecodeError:
            self._token.refused.append(secret)
            raise KeyStoreError(f"what was given for {request} is no text in UTF-8") from None
        self._sent = secret
        return text

    def _is_refused(self, secret: Secret) -> bool:
        return any(
            secret in token.refused
            for label, token in _tokens.items()
            if "" in {label, self._label} or label == self._label
        )

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Use the token alone, and remember what it makes of a PIN that is asked for meanwhile."""
        with _turn:
            try:
                yield
            except ValueError:  # of the library, which found no token, or no key behind the PIN
                raise
            except Exception as error:
                # What a driver calls a wrong PIN nobody knows; one that was right once is so yet.
                told = type(error).__name__
                is_doubt = self._sent != self._token.taken and told not in _ON_THE_TOKEN
                if self._sent is not None and (is_doubt or told.startswith("Pin")):
                    self._token.refused.append(self._sent)
                raise
            else:
                if self._sent is not None:
                    self._token.taken = self._sent
            finally:
                self._sent = None


class SecureSystemsSigner:
    """A signer of `securesystemslib` as a signer of ours."""

    def __init__(
        self,
        signer: Any,  # noqa: ANN401 - that library may be absent
        pin: TokenPin | None = None,
    ) -> None:
        """Adapt a signer.

        Args:
            signer: A ``securesystemslib.signer.Signer`` for P-256, RSA-PSS or Ed25519.
            pin: Which it asks for, if it does.

        Raises:
            KeyStoreError: Notary knows no such signatures, or the public key is not usable.
        """
        self._signer = signer
        self._pin = pin
        scheme = signer.public_key.scheme
        if scheme not in _METHODS:
            raise KeyStoreError(
                f"Notary knows no signatures of the kind {shown(scheme)}: use a P-256 or RSA key"
            )
        self.method = _METHODS[scheme]
        key = PublicKey.read(_pem_of(signer.public_key))
        self.key_type = key.key_type
        self.public = key.public
        self.key_id = key.key_id

    def __repr__(self) -> str:
        return f"SecureSystemsSigner({self.key_id[:12]})"

    def sign(self, message: bytes) -> bytes:
        """Sign; see `contenttrust.keys.Signer`."""
        try:
            with self._pin.used() if self._pin else contextlib.nullcontext():
                signature = bytes.fromhex(self._signer.sign(message).signature)
        except ContentTrustError:
            raise
        except Exception as error:  # drivers raise whatever they like
            raise _failed(self.key_id, error) from error
        return _r_and_s(signature) if self.method == "ecdsa" else signature


def make(address: str, passphrases: Passphrases) -> Signer:
    """The signer at an address; the entry points of ``contenttrust.signers`` lead here.

    Args:
        address: Such as ``hsm:2?label=release``.
        passphrases: Asked for the PIN.

    Raises:
        KeyStoreError: The library is not installed, or the key cannot be had.
        InputNeededError: The PIN is needed, and nobody can be asked.
    """
    try:
        library = importlib.import_module("securesystemslib.signer")  # optional, and slow
    except ImportError as error:
        raise KeyStoreError(
            f"{shown(address)} needs the library securesystemslib: {_INSTALL}"
        ) from error

    try:
        pin = TokenPin(address, passphrases)
        with pin.used():
            uri, public = _public_half(library, address, pin)
        signer = library.Signer.from_priv_key_uri(uri, public, pin.give)
        return SecureSystemsSigner(signer, pin if address.startswith("hsm:") else None)
    except ContentTrustError:
        raise
    except Exception as error:  # drivers raise whatever they like
        if type(error).__name__ == "UnsupportedLibraryError":
            raise _lacking(address) from error
        raise _failed(address, error) from error


def _public_half(
    library: ModuleType,
    address: str,
    pin: TokenPin,
) -> tuple[str, Any]:
    """The library's own address of a key, and its public half."""
    scheme, _, rest = address.partition(":")
    if scheme == "hsm":
        number, label = _named(address)
        key_id = int(number) if number else None
        found: tuple[str, Any] = library.HSMSigner.import_(key_id, label, pin.give)
    elif scheme == "azurekms":
        found = library.AzureSigner.import_(*rest.split("/", 1))
    else:
        found = {"awskms": library.AWSSigner, "gcpkms": library.GCPSigner}[scheme].import_(rest)
    return found


def _named(address: str) -> tuple[str, str | None]:
    """The key and the label of its token that an address names, as far as it does."""
    from urllib.parse import parse_qs, urlsplit  # noqa: PLC0415 - only here

    parts = urlsplit(address)
    return parts.path, parse_qs(parts.query).get("label", [None])[0]


def _pem_of(key: Any) -> bytes:  # noqa: ANN401
    """The public key as PEM; of Ed25519 keys the library keeps the bare 32 bytes in hexadecimal."""
    text: str = key.keyval["public"]
    if "-----BEGIN" in text:
        return text.encode()
    from contenttrust.keys.pem import public_key_pem  # noqa: PLC0415 - rarely needed

    return public_key_pem(bytes.fromhex(text), "")


def _r_and_s(signature: bytes) -> bytes:
    """An ECDSA signature as metadata has it, from DER."""
    # What every signer of that library needs itself.
    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415 - optional
        decode_dss_signature,
    )

    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
    except (ValueError, OverflowError) as error:
        raise KeyStoreError("the signer returned something that is no ECDSA signature") from error


def _lacking(address: str) -> KeyStoreError:
    extra = _EXTRAS.get(address.partition(":")[0])
    what = f"pip install '{extra}' beside contenttrust" if extra else _INSTALL
    return KeyStoreError(f"a package that {shown(address)} needs is not installed: {what}")


def _failed(name: str, error: Exception) -> KeyStoreError:
    cause = shown(str(error)) or type(error).__name__
    return KeyStoreError(f"the signer {shown(name)} failed: {cause}")
