"""What was agreed when the removal of a signer began, kept until it has come to its end.

A removal may take two publications, and whoever is interrupted between them leaves
`targets/releases` without the signatures that it needs. The next run finds here what was shown, and
signs that: not what the signer has published last.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from contenttrust.errors import MalformedError, PublishError, shown
from contenttrust.publish.metadata import message_of
from contenttrust.publish.record_file import RecordFile
from contenttrust.publish.strict_json import exactly, list_of, members, object_of, text_of
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory

_START, _END = ".removal_of_", ".json"
_MEMBERS = frozenset({"begun", "document", "key_ids", "known_as", "lost", "unvouched"})
_OF_TARGETS = frozenset({"_type", "delegations", "expires", "targets", "version"})
_OF_DELEGATION = frozenset({"keyids", "name", "paths", "threshold"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A removal that was begun.

    Attributes:
        begun: When, as metadata writes moments.
        key_ids: Canonical ids of the keys that go.
        known_as: The ids that metadata has for them.
        lost: Digests of the tags that lose the signer's signature, by tag.
        document: What `targets/releases` is to list; None where there is no such role.
        unvouched: Digests of the tags among these that nobody else listed, by tag.
    """

    begun: str
    key_ids: tuple[str, ...]
    known_as: tuple[str, ...] = ()
    lost: Mapping[str, str]
    document: Document | None
    unvouched: Mapping[str, str] = field(default_factory=dict)


class RemovalRecord:
    """The record of one signer of one collection, in a hidden file beside its changelist."""

    def __init__(self, trust_dir: TrustDirectory, gun: str, signer: str) -> None:
        """Use the record; nothing is read or written yet.

        Args:
            trust_dir: Where it lies.
            gun: The collection.
            signer: A name that a signer can have.
        """
        self._gun = gun
        self._file = RecordFile(
            trust_dir, gun, f"{_START}{signer}{_END}", what="the record of the removal"
        )
        self.path = self._file.path

    def read(self) -> Begun | None:
        """What was agreed; None where no removal has begun, or it has come to its end.

        Raises:
            PublishError: The record is damaged.
            TrustDirectoryError: It cannot be read, or others may have written it.
        """
        data = self._file.read()
        if data is None:
            return None
        try:
            return _begun(members(data))
        except (ValueError, TypeError, MalformedError) as error:
            cause = error.message if isinstance(error, MalformedError) else str(error)
            raise PublishError(
                f"{shown(self.path)}, which says what was agreed when the removal began, is "
                f"damaged: {shown(cause)}. Move it away; then a signer who stays must sign "
                "again what is to be released",
                gun=self._gun,
            ) from error

    def write(self, begun: Begun) -> None:
        """Note what was agreed, before anything is published.

        Raises:
            TrustDirectoryError: It cannot be written.
        """
        values = {name: getattr(begun, name) for name in sorted(_MEMBERS)}
        self._file.write(json.dumps(values).encode())

    def forget(self) -> None:
        """The removal has come to its end.

        Raises:
            TrustDirectoryError: The record cannot be removed.
        """
        self._file.forget()


def _begun(value: Document) -> Begun:
    exactly(value, _MEMBERS)
    document = value["document"]
    if document is not None:
        _check_targets(object_of(document))
    return Begun(
        begun=text_of(value["begun"]),
        key_ids=_texts(value["key_ids"]),
        known_as=_texts(value["known_as"]),
        lost=_digests(value["lost"]),
        document=document,
        unvouched=_digests(value["unvouched"]),
    )


def _check_targets(document: Document) -> None:
    """Refuse what no targets document is, as far as anything looks into it."""
    exactly(document, _OF_TARGETS)
    _number(document["version"])
    for meta in object_of(document["targets"]).values():
        object_of(meta)
    given = object_of(document["delegations"])
    exactly(given, frozenset({"keys", "roles"}))
    object_of(given["keys"])
    for one in list_of(given["roles"]):
        entry = object_of(one)
        exactly({**entry, "paths": None}, _OF_DELEGATION)
        text_of(entry["name"])
        _number(entry["threshold"])
        _texts(entry["keyids"] or [])
        _texts(entry.get("paths", []))
    message_of(document)


def _digests(value: object) -> dict[str, str]:
    return {tag: text_of(digest) for tag, digest in object_of(value).items()}


def _texts(value: object) -> tuple[str, ...]:
    return tuple(text_of(one) for one in list_of(value))


def _number(value: object) -> None:
    if type(value) is not int:
        raise TypeError("something is no number")


def forget_all(folder: int) -> None:
    """Remove the records of every signer of a collection.

    Args:
        folder: Descriptor of the collection's folder.
    """
    for name, is_directory in files.names(folder):
        if name.startswith(_START) and name.endswith(_END) and not is_directory:
            os.unlink(name, dir_fd=folder)
