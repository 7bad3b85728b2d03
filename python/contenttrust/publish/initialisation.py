"""Making a collection in the trust directory, and forgetting one; files as Notary has them.

Source: notary `client/client.go` (``initialize``, ``saveMetadata``, ``DeleteTrustData``).
"""

from __future__ import annotations

import contextlib
import errno
import os

from contenttrust import _core, clock
from contenttrust.errors import (
    ContentTrustError,
    MalformedError,
    NoKeyError,
    PublishError,
    ServerError,
    TrustDirectoryError,
    shown,
)
from contenttrust.publish import first_root, named_keys, removal_record, sent_changes, signable
from contenttrust.publish.asking import ROOT_LIMIT, ask
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.metadata import (
    DAY_S,
    LIFE_DAYS,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    file_meta,
    new_snapshot,
    new_targets,
    public_key,
    renewed,
)
from contenttrust.publish.part import Part
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring
from contenttrust.publish.strict_json import members
from contenttrust.transport import files, permissions
from contenttrust.transport.docker_cache import KEPT_BY_DOCKER
from contenttrust.transport.publishing import VERDICT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contenttrust._core import Instant, PublicKey
    from contenttrust.keys.signer import Signer
    from contenttrust.publish.asking import Server
    from contenttrust.publish.collection import Collection
    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory


def initialize(
    collection: Collection,
    *,
    root_key_ids: Sequence[str],
    root_certificate: PublicKey | None,
    server_managed: Sequence[str],
) -> None:
    """Make keys and first documents; see `Collection.initialize`.

    The server is asked for its keys first, so that no key of ours is made in vain.
    """
    _refuse_existing(collection)
    remote = _server_keys(collection, server_managed)
    roots = _root_keys(collection, root_key_ids, root_certificate)
    public = {**remote, **_local_keys(collection, remote)}
    root = renewed(first_root.document({ROOT: roots, **public}), ROOT, collection.moment)
    keyring = Keyring(collection.keys)
    documents = {ROOT: keyring.signed(root, [authority_in(root, ROOT)])}
    documents[TARGETS] = _first_targets(collection, root)
    if SNAPSHOT not in server_managed:
        meta = {role: file_meta(file) for role, file in documents.items()}
        snapshot = renewed({**new_snapshot(), "meta": meta}, SNAPSHOT, collection.moment)
        documents[SNAPSHOT] = keyring.signed(snapshot, [authority_in(root, SNAPSHOT)])
    _write(collection.trust_dir, collection.gun, documents)


def prepare(
    collection: Collection,
    certificates: Sequence[PublicKey],
    *,
    threshold: int,
    server_managed: Sequence[str],
) -> SigningRequest:
    """A first root for its keys, which are elsewhere, to sign; nothing is written here.

    Args:
        collection: To be made.
        certificates: Of the root keys.
        threshold: How many of them must sign.
        server_managed: As for `initialize`.

    Raises:
        ContentTrustError: As for `initialize`.
    """
    _refuse_existing(collection)
    check_certificates(certificates, threshold, gun=collection.gun)
    remote = _server_keys(collection, server_managed)
    public = {**remote, **_local_keys(collection, remote)}
    root = first_root.document({ROOT: certificates, **public})
    root["roles"][ROOT]["threshold"] = threshold
    root = renewed(root, ROOT, collection.moment)
    part = Part(role=ROOT, document=root, authorities=(authority_in(root, ROOT),))
    targets = _first_targets(collection, root)
    request = SigningRequest(
        gun=collection.gun, base={}, staged=(), files={TARGETS: targets}, parts=(part,)
    )
    request.check_readable()
    everybody = Keyring(collection.keys).signatures(part.message, part.authorities)
    part.signatures += [signature for _, signature in everybody]
    return request


def check_certificates(certificates: Sequence[PublicKey], threshold: int, *, gun: str) -> None:
    """Refuse what cannot be the keys of a root that is signed in turns.

    Raises:
        PublishError: One is no certificate, or of another collection; or there are fewer keys than
            must sign.
    """
    if any(not one.key_type.endswith("-x509") for one in certificates):
        raise PublishError("a root key is known by a certificate, not as a bare key", role=ROOT)
    try:
        for one in certificates:
            signable.check_certificate(one, gun)
    except ValueError as error:
        raise PublishError(str(error), gun=gun, role=ROOT) from error
    count = len({one.canonical_key_id for one in certificates})
    if not 1 <= threshold <= count:
        raise PublishError(
            f"of {count} root keys {threshold} cannot sign: choose a number from 1 to {count}",
            role=ROOT,
        )


def _server_keys(
    collection: Collection, server_managed: Sequence[str]
) -> dict[str, list[PublicKey]]:
    """The keys that the server holds, by role."""
    wrong = sorted(set(server_managed) - {TIMESTAMP, SNAPSHOT})
    if wrong:
        raise PublishError(
            f"notary does not permit the server managing the {wrong[0]} key", role=wrong[0]
        )
    gun, sink = collection.gun, collection.sink
    remote = sorted({TIMESTAMP, *server_managed})
    return {role: [server_key(sink.public_key(gun, role))] for role in remote}


def _local_keys(
    collection: Collection, remote: Mapping[str, Sequence[PublicKey]]
) -> dict[str, list[PublicKey]]:
    """New keys for what is signed here, by role."""
    made = {}
    for role in (TARGETS, SNAPSHOT):
        if role not in remote:
            key = collection.keys.generate("ecdsa", role=role, gun=collection.gun)
            signer = collection.keys.open(key.key_id)
            made[role] = [_core.PublicKey.of(signer.key_type, signer.public)]
    return made


def _first_targets(collection: Collection, root: Document) -> bytes:
    targets = renewed(new_targets(), TARGETS, collection.moment)
    return Keyring(collection.keys).signed(targets, [authority_in(root, TARGETS)])


def local_files(trust_dir: TrustDirectory, gun: str) -> Mapping[str, bytes]:
    """The files of a collection that the server does not have.

    They are ours: nobody else may have written them. What is made of them is judged by the server,
    and by us when it is read back; what is no document of its role is refused before.

    Raises:
        PublishError: There are none, one is damaged, or the collection was published once.
    """
    found = trust_dir.cached(gun)
    if ROOT not in found or TARGETS not in found:
        raise PublishError(
            f"there is no trust data of {gun}, here or at the server: compare the name, or "
            "initialise it first (contenttrust init)",
            gun=gun,
        )
    state = trust_dir.state(gun)
    if TIMESTAMP in found or (state is not None and TIMESTAMP in state.versions):
        # Every reader who remembers it would refuse what begins anew with lower versions.
        raise PublishError(
            f"the server has nothing of {gun}, which was published once: it has lost it, or hides "
            "it; have it restored. Made anew (contenttrust delete, then sign), it is refused as an "
            "attack by everybody who knew it, until each of them has the id of the new root key: "
            'docs/how-to/explain_refusal.md, "The collection was made anew"',
            gun=gun,
        )
    # A snapshot that is signed here keeps signers elsewhere from publishing anything.
    again = command("init", *(() if SNAPSHOT in found else ("--server-managed",)), gun)
    for role, file in found.items():
        _check_local(role, file, gun=gun, where=trust_dir.path, again=again)
    return found


def _check_local(role: str, file: bytes, *, gun: str, where: str, again: str) -> None:
    try:
        document = Part.of_file(role, file).document
        if role == SNAPSHOT:
            signable.check_snapshot(document)
        else:
            signable.check_document(role, document, gun=None)
    except (ValueError, TypeError, ContentTrustError) as error:
        cause = error.message if isinstance(error, ContentTrustError) else str(error)
        raise PublishError(
            f"{shown(role)}.json of {gun}, which was never published, is not as it was made in "
            f"{shown(where)}: {shown(cause)}. Put the file back, or begin the collection anew "
            f"({command('delete', gun)}, then {again}). Nothing was published",
            gun=gun,
            role=role,
        ) from error


def server_key(document: bytes) -> PublicKey:
    """The public key that a trust server gives out.

    Raises:
        ServerError: It is none.
    """
    try:
        return public_key(members(document))
    except (ValueError, MalformedError) as error:
        cause = error.message if isinstance(error, MalformedError) else str(error)
        raise ServerError(
            f"the key of the trust server cannot be used: {shown(cause)}", expected=VERDICT
        ) from error


def certified(signer: Signer, gun: str, now: Instant | None = None) -> PublicKey:
    """A root key in the certificate that metadata wants of it.

    Args:
        signer: Who holds the key.
        gun: Name of the collection, which the certificate is for alone.
        now: When the certificate begins. Default: the system clock.

    Raises:
        PublishError: Whoever keeps the key makes no certificates.
    """
    make = getattr(signer, "certificate", None)
    if make is None:
        raise PublishError(
            f"the key {signer.key_id} is kept elsewhere, and its keeper makes no certificates: "
            "give the certificate of the root key",
            gun=gun,
            role=ROOT,
        )
    now = clock.now() if now is None else now
    ends = _core.Instant(now.seconds + LIFE_DAYS[ROOT] * DAY_S, now.nanoseconds)
    return _core.PublicKey.read(make(gun, now, ends))


def forget(trust_dir: TrustDirectory, gun: str) -> None:
    """Remove metadata, staged changes and the records of a collection.

    Notary removes the whole folder, and with it the collections whose names begin with this one's.

    Raises:
        TrustDirectoryError: Something cannot be removed.
    """
    trust_dir.forget(gun)
    try:
        with (
            trust_dir.opened() as top,
            files.opened(files.open_below(top, ["tuf", *gun.split("/")], stays=True)) as folder,
        ):
            _remove_files(folder, "metadata", delegations=True)
            _remove_files(folder, "changelist", delegations=False)
            removal_record.forget_all(folder)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(sent_changes.NAME, dir_fd=folder)
    except FileNotFoundError:
        return
    except OSError as error:
        cause = shown(error.strerror or str(error))
        message = f"the trust data of {shown(gun)} in {shown(trust_dir.path)}: {cause}"
        wanted = permissions.lacking(error)
        raise TrustDirectoryError(message, gun=gun, expected=wanted) from error


def _refuse_existing(collection: Collection) -> None:
    gun, trust_dir = collection.gun, collection.trust_dir
    if ROOT in trust_dir.cached(gun):
        raise PublishError(f"{gun} has trust data in {shown(trust_dir.path)} already", gun=gun)
    if trust_dir.state(gun) is not None:
        raise PublishError(
            f"{shown(trust_dir.path)} remembers {gun}, which was published once: delete it here "
            "too before it is made anew",
            gun=gun,
        )
    if is_published(collection.sink, gun):
        raise PublishError(
            f"{gun} is published already, by somebody else: its keys are needed to go on", gun=gun
        )


def is_made(trust_dir: TrustDirectory, gun: str) -> bool:
    """Whether the trust directory has a collection that could be published.

    Raises:
        TrustDirectoryError: It cannot be read.
    """
    return {ROOT, TARGETS} <= trust_dir.cached(gun).keys()


def is_published(sink: Server, gun: str) -> bool:
    """Whether a server has a root of the collection, whatever it may be.

    Raises:
        FetchError: The server did not say.
    """
    answer = ask(sink, gun, ROOT, limit=ROOT_LIMIT)
    if isinstance(answer, ContentTrustError):
        raise answer
    return answer is not None


def _root_keys(
    collection: Collection, key_ids: Sequence[str], certificate: PublicKey | None
) -> list[PublicKey]:
    """The root keys in their certificates; a new one is made only if it may be believed."""
    chosen = list(key_ids)
    refusal = first_root.believes_any(collection)
    if certificate is None and not chosen:
        here = first_root.chosen(collection)
        if refusal is not None and not here:
            raise refusal
        chosen = [here or first_root.made(collection)]
    named_keys.check(collection, chosen, ROOT)
    if certificate is not None:
        found = [_checked(certificate, collection, chosen)]
    else:
        opened = map(collection.keys.open, chosen)
        found = [certified(one, collection.gun, collection.moment) for one in opened]
    if refusal is not None:
        first_root.check(collection, found)
    return found


def _checked(certificate: PublicKey, collection: Collection, key_ids: Sequence[str]) -> PublicKey:
    """A certificate that was given, if its key is here."""
    wanted = certificate.canonical_key_id
    if not certificate.key_type.endswith("-x509"):
        raise PublishError("a root key is known by a certificate, not as a bare key", role=ROOT)
    if (key_ids and list(key_ids) != [wanted]) or collection.keys.find(wanted) is None:
        raise NoKeyError(
            f"the certificate of the root belongs to the key {wanted}, which is not here",
            role=ROOT,
            expected=wanted,
        )
    named_keys.check(collection, [wanted], ROOT)
    return certificate


def _write(trust_dir: TrustDirectory, gun: str, documents: dict[str, bytes]) -> None:
    """Write first documents where Notary looks for them; root last, which makes the collection."""
    try:
        with (
            trust_dir.opened(make=True) as top,
            files.opened(
                files.open_below(top, ["tuf", *gun.split("/"), "metadata"], make=True, stays=True)
            ) as folder,
        ):
            for role in reversed(documents):
                files.replace(folder, f"{role}.json", documents[role])
    except OSError as error:
        cause = shown(error.strerror or str(error))
        message = f"the trust data of {shown(gun)} could not be written: {cause}"
        wanted = permissions.lacking(error)
        raise TrustDirectoryError(message, gun=gun, expected=wanted) from error


def _remove_files(folder: int, below: str, *, delegations: bool, inside: bool = False) -> None:
    """Remove the files of a folder, and those of delegations, which lie in folders named alike."""
    with contextlib.suppress(FileNotFoundError):
        with files.opened(files.open_below(folder, [below], stays=True)) as inner:
            for name, is_directory in files.names(inner):
                if not is_directory:
                    # No role is called so: it is a record of the collection `<gun>/metadata`.
                    if not (name.startswith(".") and name.endswith(".json")):
                        os.unlink(name, dir_fd=inner)
                elif delegations and (name == TARGETS or (inside and name not in KEPT_BY_DOCKER)):
                    _remove_files(inner, name, delegations=True, inside=True)
        try:
            os.rmdir(below, dir_fd=folder)
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:  # what is left there is another collection's
                raise
