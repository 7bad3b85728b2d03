"""What the verbs that use keys ask of the library: who gives passphrases, and the key store."""

from __future__ import annotations

import os

from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyStore, Passphrases, PassphraseSource


def trust_dir(request: Request) -> str:
    """The trust directory of this run."""
    named = request.options.trust_dir
    if named is not None:
        if not named:
            raise UsageError("--trust-dir: no directory is named")
        return named
    from contenttrust.transport.cache import TrustDirectory  # noqa: PLC0415 -- where none is named

    return os.fspath(TrustDirectory.default())


def key_store(request: Request) -> KeyStore:
    """The key store of the trust directory; this process leaves no core image from then on."""
    from contenttrust.keys import KeyStore  # noqa: PLC0415 -- after the options have been checked

    asked = passphrases(request)
    return KeyStore(trust_dir(request), passphrases=asked, forbid_dumps=True)


def passphrases(request: Request) -> Passphrases:
    """Who is asked for passphrases: what was named for this run and nobody else, or everybody."""
    options = request.options
    given = _given(options.passphrase_file, options.passphrase_fd, "--passphrase")
    return asked(request) if given is None else _only(given)


def new_passphrases(request: Request) -> Passphrases:
    """Who is asked for a passphrase that takes the place of another.

    The environment is not: what it holds is the one that is to be replaced.
    """
    options = request.options
    file, descriptor = options.new_passphrase_file, options.new_passphrase_fd
    given = _given(file, descriptor, "--new-passphrase")
    return asked(request, quietly=False) if given is None else _only(given)


def asked(request: Request, *, quietly: bool = True) -> Passphrases:
    """The environment and the keyring, then the terminal, unless --no-input.

    Args:
        request: Of this run.
        quietly: Whether the environment and the keyring may answer in somebody's place.
    """
    from contenttrust.keys import (  # noqa: PLC0415 -- see `key_store`
        EnvironmentPassphrases,
        KeyringPassphrases,
        PassphraseChain,
    )
    from contenttrust.keys.terminal import TerminalPassphrases  # noqa: PLC0415

    terminal = None if request.options.no_input else TerminalPassphrases()
    sources = (EnvironmentPassphrases(), KeyringPassphrases()) if quietly else ()
    return PassphraseChain(sources, terminal=terminal)


def _only(given: PassphraseSource) -> Passphrases:
    from contenttrust.keys import PassphraseChain  # noqa: PLC0415 -- see `key_store`

    return PassphraseChain([given], is_final=True)


def _given(file: str | None, descriptor: int | None, option: str) -> PassphraseSource | None:
    """The one passphrase of a file or descriptor that was named for this run."""
    if file is None and descriptor is None:
        return None
    if file is not None and descriptor is not None:
        raise UsageError(f"{option}-file and {option}-fd: leave out one of them")
    from contenttrust import _core  # noqa: PLC0415 -- see `key_store`
    from contenttrust.keys import GivenPassphrase, passphrase_file  # noqa: PLC0415

    _core.forbid_dumps()
    if file is not None:
        return GivenPassphrase(passphrase_file.from_file(file), name=f"{option}-file")
    assert descriptor is not None  # noqa: S101 -- one of them is given
    return GivenPassphrase(passphrase_file.from_descriptor(descriptor), name=f"{option}-fd")
