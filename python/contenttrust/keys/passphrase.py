"""Where passphrases come from: a file, a descriptor, the environment, a keyring, the terminal.

Asked in that order. A file or a descriptor was named for this run, so it is the only one asked; a
wrong passphrase from the environment is final too, as for docker and notary, which would otherwise
ask at a terminal where nobody sits. Passphrases live in `Secret`, in memory that is guarded and
wiped; what the environment holds cannot be wiped, and whoever may trace the process can read it.

Source: notary 0.7.0 `passphrase/passphrase.go` and `cmd/notary/main.go`, docker CLI 28.2.2
`cli/trust/trust.go`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Protocol

from contenttrust._core import Secret
from contenttrust.errors import InputNeededError, PassphraseError, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TRIES = 3
"""How often somebody may mistype the passphrase of a key."""

PIN = "PIN"
"""What is asked for where a token keeps the key."""

_BASE_ROLES = ("root", "targets", "snapshot", "timestamp")
_DOCKER = "DOCKER_CONTENT_TRUST_{}_PASSPHRASE"
_NOTARY = "NOTARY_{}_PASSPHRASE"
_KEYRING_SERVICE = "contenttrust"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassphraseRequest:
    """What a passphrase is wanted for.

    Attributes:
        role: Role of the key, a signer's name, or empty where nobody knows.
        gun: Collection that the key belongs to, or empty.
        key_id: Canonical id of the key, or empty where nobody knows yet.
        is_new: Whether it will protect a key from now on, instead of opening one.
        attempt: How many passphrases for this key were wrong before.
        what: What it is for where that is no key: ``backup``, or ``PIN`` of the token that keeps
            a key; the key id is its address then.
    """

    role: str
    gun: str = ""
    key_id: str = ""
    is_new: bool = False
    attempt: int = 0
    what: str = "key"

    def __str__(self) -> str:
        """In words, such as ``the targets key 0123456789ab of docker.io/library/alpine``."""
        if self.what == PIN:
            return shown(f"the PIN of {self.key_id}")
        words = ["the", *(["new"] if self.is_new else []), *([self.role] if self.role else [])]
        words += [self.what, *([self.key_id] if self.key_id else [])]
        return shown(" ".join(words) + (f" of {self.gun}" if self.gun else ""))


class Passphrases(Protocol):
    """Who is asked for passphrases."""

    def give(self, request: PassphraseRequest) -> Secret:
        """Give a passphrase.

        Raises:
            InputNeededError: There is none, and nobody may or can be asked.
            PassphraseError: The one that there is was wrong already, or may not be used.
        """
        ...


class PassphraseSource(Protocol):
    """One place where passphrases may be found without asking anybody."""

    @property
    def name(self) -> str:
        """What to call it in a message."""
        ...

    def find(self, request: PassphraseRequest) -> Sequence[Secret]:
        """The passphrases that may be meant, likeliest first.

        Raises:
            KeyStoreError: It is broken, or not to be trusted.
        """
        ...


class PassphraseChain:
    """Quiet sources, asked in their order, and then somebody at a terminal."""

    def __init__(
        self,
        sources: Sequence[PassphraseSource] = (),
        *,
        terminal: Passphrases | None = None,
        is_final: bool = False,
        option: str = "--passphrase",
    ) -> None:
        """Ask these.

        Args:
            sources: Asked first.
            terminal: Who is asked where no source knows; None: nobody (``--no-input``).
            is_final: Whether nobody is asked where the sources know nothing, although they could.
            option: What those of the command line begin with that name a file or descriptor in the
                terminal's place; empty: none does. For the message where nobody can be asked.
        """
        self._sources = tuple(sources)
        self._option = option
        self._terminal = None if is_final else terminal

    def give(self, request: PassphraseRequest) -> Secret:
        """Give a passphrase; see `Passphrases`."""
        known: list[Secret] = []
        names: list[str] = []
        for source in self._sources:
            found = source.find(request)
            known += found
            names += [source.name] if found else []
        if request.attempt < len(known):
            return _fit_for(request, known[request.attempt], " or ".join(names))
        if known:
            given = " and ".join(names)
            cause = (
                f"{request}: what {given} gave was refused, or the token failed with it, and it is "
                "not sent again"
                if request.what == PIN
                else f"password invalid, operation has failed. What {given} gave does not open "
                f"{request}, or its file is damaged"
            )
            raise PassphraseError(cause, gun=request.gun, role=request.role)
        try:
            if self._terminal is None:
                raise input_needed(request, "nobody may be asked for it")
            return self._terminal.give(request)
        except InputNeededError as error:
            ways = ", or ".join(self._ways(request))
            error.message += f": {ways}" if ways else ""
            raise

    def _ways(self, request: PassphraseRequest) -> list[str]:
        """How it can be given where nobody can be asked."""
        looks = any(isinstance(one, EnvironmentPassphrases) for one in self._sources)
        ways = []
        if looks and request.what == "key":  # the environment says nothing of others
            ways.append(f"set {' or '.join(variables_for(request.role))}")
        if self._option:
            ways.append(f"use {self._option}-file or {self._option}-fd")
        return ways


def wanted(request: PassphraseRequest) -> str:
    """What is asked for, in words."""
    return str(request) if request.what == PIN else f"the passphrase of {request}"


def input_needed(request: PassphraseRequest, why: str) -> InputNeededError:
    """The refusal of a passphrase that is not to be had."""
    return InputNeededError(
        f"{wanted(request)} is needed, and {why}",
        gun=request.gun,
        role=request.role,
        expected=request.key_id,
    )


def variables_for(role: str) -> tuple[str, ...]:
    """The environment variables that may hold the passphrase of a role's keys, in their order."""
    docker = _DOCKER.format("ROOT" if role == "root" else "REPOSITORY")
    if role == "timestamp":
        return (docker,)  # notary has no variable for it
    return docker, _NOTARY.format(role.upper() if role in _BASE_ROLES else "DELEGATION")


class EnvironmentPassphrases:
    """Docker's and notary's environment variables, each with the meaning it has there.

    ``DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE`` is for root keys and
    ``DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE`` for all others; ``NOTARY_ROOT_PASSPHRASE``,
    ``NOTARY_TARGETS_PASSPHRASE`` and ``NOTARY_SNAPSHOT_PASSPHRASE`` for these roles and
    ``NOTARY_DELEGATION_PASSPHRASE`` for everybody else's keys. An empty one counts as unset.
    Docker's comes first; where it does not open a key, notary's is tried.
    """

    def __init__(self, env: Mapping[bytes, bytes] | None = None) -> None:
        """Look there.

        Args:
            env: Environment variables as bytes; default: the process's own.
        """
        self._env = os.environb if env is None else env
        self.name = "the environment"

    def find(self, request: PassphraseRequest) -> Sequence[Secret]:
        """The passphrases that may be meant."""
        if request.what != "key":
            return ()
        values = (self._env.get(name.encode(), b"") for name in variables_for(request.role))
        return [Secret(value) for value in dict.fromkeys(values) if value]


class GivenPassphrase:
    """One passphrase for everything, from a file or a descriptor that was named for this run."""

    def __init__(self, secret: Secret, *, name: str) -> None:
        """Give this one."""
        self._secret = secret
        self.name = name

    def find(self, request: PassphraseRequest) -> Sequence[Secret]:  # noqa: ARG002
        """The passphrase."""
        return (self._secret,)


class KeyringPassphrases:
    """The system's keyring, through the library `keyring` where that is installed.

    A passphrase stands under the service ``contenttrust`` and the key id as user name. It is
    taken for keys that exist, never for new ones.
    """

    name = "the system keyring"

    def find(self, request: PassphraseRequest) -> Sequence[Secret]:
        """The passphrase of the key, if the keyring has one and answers."""
        if request.is_new or not request.key_id:
            return ()
        try:
            import keyring  # type: ignore[import-not-found,unused-ignore] # noqa: PLC0415 - optional
        except ImportError:
            return ()
        try:
            found = keyring.get_password(_KEYRING_SERVICE, request.key_id)
        except Exception:  # noqa: BLE001 - of dozens of backends, none may end a signing
            return ()
        return [Secret(bytearray(found, "utf-8"))] if found else ()


def _fit_for(request: PassphraseRequest, secret: Secret, name: str) -> Secret:
    if request.is_new and not len(secret):
        raise PassphraseError(
            f"the passphrase from {name} is empty, which would not protect {request}",
            gun=request.gun,
            role=request.role,
        )
    return secret
