"""What the verbs that write ask of the library: passphrases, the key store, a collection."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import timedelta
from functools import partial
from typing import cast

from contenttrust.cli import confirm, exit_codes, report, text, witnessed
from contenttrust.cli.options import UsageError
from contenttrust.cli.repositories import CancelledError
from contenttrust.errors import ContentTrustError, MalformedError, shown
from contenttrust.transport import remark

SOON = 182
"""Days before its end that notary warns of a certificate, and root is renewed."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contenttrust._core import PublicKey
    from contenttrust.cli.request import Request
    from contenttrust.keys import KeyEntry, KeyStore, Passphrases, PassphraseSource
    from contenttrust.publish.asking import Server
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.publication import Published


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
    if request.passphrases is None:
        given = _given(options.passphrase_file, options.passphrase_fd, "--passphrase")
        request.passphrases = asked(request) if given is None else _only(given)
    return request.passphrases


def new_passphrases(request: Request) -> Passphrases:
    """Who is asked for a passphrase that takes the place of another.

    The environment is not: what it holds is the one that is to be replaced.
    """
    options = request.options
    file, descriptor = options.new_passphrase_file, options.new_passphrase_fd
    given = _given(file, descriptor, "--new-passphrase")
    if given is not None:
        return _only(given)
    return asked(request, quietly=False, option="--new-passphrase")


def asked(request: Request, *, quietly: bool = True, option: str = "--passphrase") -> Passphrases:
    """The environment and the keyring, then the terminal, unless --no-input.

    Args:
        request: Of this run.
        quietly: Whether the environment and the keyring may answer in somebody's place.
        option: What names a passphrase that is asked for here; see `PassphraseChain`.
    """
    from contenttrust.keys import (  # noqa: PLC0415 -- see `key_store`
        EnvironmentPassphrases,
        KeyringPassphrases,
        PassphraseChain,
    )
    from contenttrust.keys.terminal import TerminalPassphrases  # noqa: PLC0415

    terminal = None if request.options.no_input else TerminalPassphrases()
    sources = (EnvironmentPassphrases(), KeyringPassphrases()) if quietly else ()
    return PassphraseChain(sources, terminal=terminal, option=option)


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
    from contenttrust.transport import chosen_file  # noqa: PLC0415

    _core.forbid_dumps()
    if file is not None:
        with _named(file, otherwise=f"; a pipe is read by its descriptor: {option}-fd N"):
            chosen_file.check(file)
        return GivenPassphrase(passphrase_file.from_file(file), name=f"{option}-file")
    assert descriptor is not None  # noqa: S101 -- one of them is given
    return GivenPassphrase(passphrase_file.from_descriptor(descriptor), name=f"{option}-fd")


def collection(request: Request, gun: str, *, asks: bool = True) -> Collection:
    """A collection to be edited.

    Args:
        request: Of this run.
        gun: Name of the collection, taken literally.
        asks: Whether its trust server will be asked; else things are staged only.

    Raises:
        UsageError: No collection can have that name, or nobody may be asked.
    """
    options = request.options
    request.about = gun
    if asks and options.offline:
        raise UsageError("--offline: what is published goes to a trust server; leave it out")
    from contenttrust.publish.collection import Collection  # noqa: PLC0415 -- see `key_store`

    # One that has been shut down takes nothing, and says so when it is first read.
    sink = cast("Server", request.trust_server(gun)) if asks else None
    return Collection(
        request.gun(gun),
        keys=key_store(request),
        sink=sink,
        trust_dir=trust_dir(request),
        anchor=request.anchor(gun),
        now=options.at,
    )


def check_may_begin(request: Request, edited: Collection) -> None:
    """Where nobody can be asked, refuse to begin a collection that nobody asked for.

    A name with a typo, and a server that says it has nothing, look like a new collection; its root
    key would be made in a store that is perhaps thrown away. Who means it gives the passphrase of
    root keys by itself, or says `init`.

    Called where the trust server has said that it has none: it is not asked again, as another
    answer could be another one than what follows goes by.

    Raises:
        PublishError: Nobody asked for it.
    """
    options = request.options
    if not options.no_input and confirm.has_terminal():
        return
    from contenttrust.errors import PublishError  # noqa: PLC0415 -- see `key_store`
    from contenttrust.keys.passphrase import variables_for  # noqa: PLC0415
    from contenttrust.publish import initialisation  # noqa: PLC0415

    variables = variables_for("root")
    one_for_all = options.passphrase_file is not None or options.passphrase_fd is not None
    own = not one_for_all and any(os.environ.get(name) for name in variables)
    if own or initialisation.is_made(edited.trust_dir, edited.gun):
        return
    raise PublishError(
        f"{edited.gun} does not exist at the trust server, and where nobody is asked (--no-input, "
        "or no terminal) it is begun only where the passphrase of root keys is given by itself "
        f"({' or '.join(variables)}, without --passphrase-file and --passphrase-fd). Compare the "
        "name, and ask the server's keeper if it should be there. A new collection is begun at a "
        "terminal (leave out --no-input), or by "
        f"contenttrust init --server-managed -p {edited.gun}; nothing was made or published",
        gun=edited.gun,
        role="root",
    )


def tell_root_key(root: bytes) -> None:
    """Say which root key a new collection has, by its file."""
    from contenttrust.publish.delegations import authority_in  # noqa: PLC0415 -- see `key_store`
    from contenttrust.publish.metadata import public_key, signed_part  # noqa: PLC0415

    keys = authority_in(signed_part(root), "root").keys.values()
    ids = ", ".join(public_key(key).canonical_key_id for key in keys)
    text.complain(f"The root key is {ids}: keep a backup of it (contenttrust key backup)")


def staged(request: Request, edited: Collection) -> int:
    """End a verb that staged something: with -p it is published at once."""
    if not request.options.publish:
        return exit_codes.OK
    text.say(f"Auto-publishing changes to {text.safe(edited.gun)}")
    return publish(request, edited)


def publish(request: Request, edited: Collection) -> int:
    """Publish what is staged; what a role lists that is witnessed is shown before."""
    try:
        done = edited.publish(confirm=partial(witnessed.confirm, request, edited.gun))
    except CancelledError as cancelled:
        text.complain(text.safe(str(cancelled)))
        return exit_codes.REFUSED
    return published(request, done)


def published(request: Request, done: Published) -> int:
    """Say that a publication is done, and what was not."""
    report.warn(request, done.notes)
    request.tell("published", gun=done.gun, versions=dict(done.versions))
    text.say(f"Successfully published changes for repository {text.safe(done.gun)}")
    return exit_codes.OK


@contextlib.contextmanager
def usage() -> Iterator[None]:
    """What no value of an option can be is an error of the command line."""
    try:
        yield
    except ValueError as error:
        raise UsageError(str(error)) from None


def split(values: Iterable[str]) -> tuple[str, ...]:
    """Values of an option that takes several: repeated, or with commas between them."""
    return tuple(word for value in values for word in value.split(",") if word)


def is_key_id(word: str) -> bool:
    """Whether a key is named by its id, in letters of either case, and not by a file."""
    return re.fullmatch(r"[0-9a-fA-F]{64}", word) is not None


@contextlib.contextmanager
def named_keys(edited: Collection, words: Iterable[str], *, role: str) -> Iterator[tuple[str, ...]]:
    """Ids of keys that were named by id, or by a PEM file, which is imported.

    What fails while they are used says which keys of files are in the store then.

    Args:
        edited: Whose keys they are.
        words: As they were given.
        role: Of keys that are imported.

    Raises:
        PublishError: A file says that one of its keys is for another role or collection: none of
            it is imported.
    """
    from contenttrust.keys.importing import import_file, tell_kept  # noqa: PLC0415
    from contenttrust.publish.named_keys import check_given  # noqa: PLC0415 -- see `key_store`

    check = partial(check_given, edited, role=role)
    found: list[str] = []
    imported: list[KeyEntry] = []
    try:
        for word in words:
            if is_key_id(word):
                found.append(word.lower())
                continue
            check_file(word)
            with _told_with(word):
                done = import_file(edited.keys, word, role=role, gun=edited.gun, check=check)
            for reason in done.skipped:
                remark.warn(__name__, reason)
            imported += done.entries
            found += [entry.key_id for entry in done.entries]
        yield tuple(found)
    except BaseException as error:
        tell_kept(error, imported)
        raise


@contextlib.contextmanager
def _told_with(path: str) -> Iterator[None]:
    """Have what is wrong with a file told with its name."""
    try:
        yield
    except ContentTrustError as error:
        if path not in error.message:
            error.message = f"{shown(path)}: {error.message}"
        raise


def public_keys(request: Request, paths: Iterable[str]) -> tuple[PublicKey, ...]:
    """Public keys of files: certificates, or bare keys as `key generate` writes them.

    Raises:
        UsageError: A file holds none, or its certificate has expired or is not valid yet.
    """
    from contenttrust import clock  # noqa: PLC0415 -- see `key_store`
    from contenttrust._core import PublicKey  # noqa: PLC0415

    now = clock.moment_or_now(request.options.at)
    soon = clock.instant(now.datetime + timedelta(days=SOON))
    tomorrow = clock.instant(now.datetime + timedelta(days=1))  # other clocks may be behind
    found = []
    for path in paths:
        try:
            key = PublicKey.read(content(path))
        except ContentTrustError as error:
            raise UsageError(f"{path}: no valid public key found: {error.message}") from None
        if key.not_after is not None and key.not_after <= now:
            raise UsageError(f"{path}: the certificate of {key.common_name} has expired")
        if key.not_before is not None and key.not_before > tomorrow:
            begins = key.not_before.datetime
            raise UsageError(
                f"{path}: the certificate of {key.common_name} is not valid before {begins}"
            )
        if key.not_after is not None and key.not_after <= soon:
            report.warn(request, [f"certificate with CN {key.common_name} is near expiry"])
        found.append(key)
    return tuple(found)


def content(path: str, *, limit: int = 0) -> bytes:
    """The bytes of a file that was named.

    Args:
        path: Of the file.
        limit: Most bytes that it may have. Default: what is enough for most.

    Raises:
        UsageError: It cannot be read.
    """
    from contenttrust.transport import chosen_file  # noqa: PLC0415 -- see `key_store`

    with _named(path):
        return chosen_file.read(path, limit=limit or chosen_file.LIMIT)


@contextlib.contextmanager
def custom(path: str | None) -> Iterator[bytes | None]:
    """The custom data of a target, if their file was named; what is wrong with them names it.

    Raises:
        UsageError: The file cannot be read, or no target can have what it holds.
    """
    data = None if path is None else content(path)
    try:
        with usage():
            yield data
    except MalformedError as error:
        if path is None:
            raise
        raise UsageError(f"{path}: {error.message}") from None


def check_file(path: str) -> None:
    """Refuse the name of a file that is not there or cannot be read, before another reads it.

    Raises:
        UsageError: It cannot be read.
    """
    from contenttrust.transport import chosen_file  # noqa: PLC0415 -- see `key_store`

    with _named(path):
        chosen_file.check(path)


def check_new(path: str) -> None:
    """Refuse the name of a file that could not be made, before anybody types a passphrase for it.

    Raises:
        KeyStoreError: It exists, or its folder is not there or takes no file.
    """
    from contenttrust.keys.public_file import check_free  # noqa: PLC0415 -- see `key_store`

    check_free(path)


@contextlib.contextmanager
def _named(path: str, *, otherwise: str = "") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{path}: {error}{otherwise}") from None
