"""Which staged changes were sent, kept until they are gone from the changelist.

Who publishes may be killed when the server has accepted a publication and its changes are staged
still. The next publication would apply them again, over what others have corrected since. So before
anything is sent it is noted which changes are in it, and which files it is made of: a trust server
keeps all that it ever accepted, and is asked for these.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import asdict, dataclass

from contenttrust import _core
from contenttrust.errors import (
    ContentTrustError,
    FetchError,
    PublishError,
    TrustDirectoryError,
    shown,
)
from contenttrust.publish.asking import ask_all
from contenttrust.publish.current import version_in
from contenttrust.publish.record_file import RecordFile
from contenttrust.publish.staging import stays
from contenttrust.publish.strict_json import exactly, list_of, members, object_of, text_of
from contenttrust.transport import remark
from contenttrust.transport.source import is_metadata_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contenttrust.publish.asking import Server
    from contenttrust.publish.changelist import Change, Changelist
    from contenttrust.publish.current import Current, Judge
    from contenttrust.publish.metadata import Document
    from contenttrust.transport.cache import TrustDirectory

NAME = ".sent_changes.json"
_MOST = 8
"""Uploads that are remembered: more than one publication tries."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """One upload that was begun.

    Attributes:
        changes: The staged changes that are in it: SHA-256 of each by the name of its file.
        documents: SHA-256 of the files that it was made of, by role.
        lengths: Of these in bytes, by role.
    """

    changes: Mapping[str, str]
    documents: Mapping[str, str]
    lengths: Mapping[str, int]


class SentChanges:
    """The record of what was sent of one collection's changelist, for who holds its lock."""

    def __init__(self, trust_dir: TrustDirectory, gun: str) -> None:
        """Use the record; nothing is read or written yet.

        Args:
            trust_dir: Where it lies.
            gun: The collection.
        """
        self._gun = gun
        self._file = RecordFile(trust_dir, gun, NAME, what="the record of what was sent")

    def note(self, changes: Sequence[Change], upload: Mapping[str, bytes]) -> None:
        """Note what is about to be sent, and wait until storage has it.

        Args:
            changes: Staged ones that are in it.
            upload: The files, by role.

        Raises:
            PublishError: The record is damaged.
            TrustDirectoryError: It cannot be written; then nothing may be sent.
        """
        if not changes:
            return
        sent = _Sent(
            changes=dict(map(_digest, changes)),
            documents={role: _core.sha256(file) for role, file in upload.items()},
            lengths={role: len(file) for role, file in upload.items()},
        )
        # What was sent before may still be on its way.
        kept = [*self._read(), sent][-_MOST:]
        self._file.write(json.dumps({"sent": [asdict(one) for one in kept]}).encode())

    def settle(
        self, changelist: Changelist, *, judge: Judge, server: Server
    ) -> tuple[tuple[Change, ...], set[str]]:
        """Take from the changelist what the server has accepted already, and say so.

        Args:
            changelist: Of the collection.
            judge: Who says what the server has.
            server: Is asked for the files that were sent; nobody is, where nothing is in doubt.

        Returns:
            What is left in the changelist, and the names of the files that were taken from it.

        Raises:
            StagedChangeError: A change cannot be read.
            PublishError: The record is damaged, or the server has what was sent and serves
                something older: then nothing is taken.
            FetchError: The server did not answer, or the trust directory cannot be used.
        """
        staged = changelist.read()
        with stays(staged):
            accepted = self._accepted(staged, judge, server)
            if accepted:
                changelist.remove(accepted)
                taken = [change for change in staged if change.file in accepted]
                remark.warn(__name__, self._told(taken))
        return tuple(change for change in staged if change.file not in accepted), accepted

    def forget(self, staged: Iterable[str]) -> None:
        """Forget what was sent, unless some of it is staged still.

        Where that fails the record stays, and says nothing of what is staged later.

        Args:
            staged: Names of the files in the changelist.
        """
        names = set(staged)
        with contextlib.suppress(TrustDirectoryError, PublishError):
            if not names or not any(names & one.changes.keys() for one in self._read()):
                self._file.forget()

    def _accepted(self, staged: Sequence[Change], judge: Judge, server: Server) -> set[str]:
        """Names of the files of those changes that are in something that the server has."""
        noted = self._read() if staged else []
        here = set(map(_digest, staged)) if noted else set()
        return {
            name
            for one in noted
            if (changes := here & one.changes.items()) and self._is_accepted(one, judge, server)
            for name, _ in changes
        }

    def _is_accepted(self, sent: _Sent, judge: Judge, server: Server) -> bool:
        """Whether the server has every file of an upload, and serves it or what came later."""
        wanted = [(role, sha256, sent.lengths[role]) for role, sha256 in sent.documents.items()]
        try:
            answers = ask_all(server, self._gun, wanted)
        except FetchError as error:
            raise self._not_known(error) from error
        had = {}
        for (role, sha256, _), answer in zip(wanted, answers, strict=True):
            if isinstance(answer, ContentTrustError):
                continue
            # In place of what it does not have it may give what it has by that name.
            if answer is None or _core.sha256(answer) != sha256:
                return False
            had[role] = answer
        for answer in answers:
            if isinstance(answer, ContentTrustError):
                raise self._not_known(answer)
        self._check_served(had, judge.look())
        return True

    def _check_served(self, had: Mapping[str, bytes], served: Current | None) -> None:
        """See that what was accepted is served, or what others have built upon it."""
        for role, file in had.items():
            # What others have removed since is in nothing that is served.
            if served is not None and served.documents.get(role, file) == file:
                continue
            if served is None or served.version(role) <= version_in(file):
                raise PublishError(
                    "the server has what was sent to it before, and serves something older: look "
                    "again later whether it does. Nothing was sent this time",
                    gun=self._gun,
                    role=role,
                )

    def _not_known(self, error: ContentTrustError) -> ContentTrustError:
        error.message = (
            "what is staged was sent before, and whether it is published could not be found out: "
            f"{error.message}. Nothing was sent this time"
        )
        return error

    def _told(self, taken: Sequence[Change]) -> str:
        first, more = taken[0], len(taken) - 1
        return (
            f"{shown(self._gun)}: {first.action} {first.type} {shown(first.path or first.role)}"
            f"{f' and {more} more' if more else ''} had been published already by an earlier run, "
            "which did not come to its end: not applied again, and no longer staged"
        )

    def _read(self) -> list[_Sent]:
        data = self._file.read()
        try:
            return [] if data is None else _decoded(data)
        except (ValueError, TypeError) as error:
            raise PublishError(
                f"{shown(self._file.path)}, which says what was sent of the staged changes, is "
                f"damaged: {shown(str(error))}. Look at what the server serves, reset what is "
                "published already, and move the file away; nothing was sent this time",
                gun=self._gun,
            ) from error


def _digest(change: Change) -> tuple[str, str]:
    return change.file, _core.sha256(change.encoded())


def _decoded(data: bytes) -> list[_Sent]:
    value = members(data)
    exactly(value, frozenset({"sent"}))
    return [_sent(object_of(one)) for one in list_of(value["sent"])]


def _sent(value: Document) -> _Sent:
    exactly(value, frozenset({"changes", "documents", "lengths"}))
    documents = _digests(value["documents"])
    lengths = object_of(value["lengths"])
    if not documents or lengths.keys() != documents.keys():
        raise ValueError("it has no files, or not their lengths")
    if not all(map(is_metadata_name, documents)):
        raise ValueError("a file has a name that no role has")
    if any(type(length) is not int or length < 0 for length in lengths.values()):
        raise ValueError("a length is none")
    return _Sent(changes=_digests(value["changes"]), documents=documents, lengths=lengths)


def _digests(value: object) -> dict[str, str]:
    found = {name: text_of(sha256) for name, sha256 in object_of(value).items()}
    if not all(map(_SHA256.fullmatch, found.values())):
        raise ValueError("a digest is none")
    return found
