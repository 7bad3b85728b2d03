"""One publication: see what is there, apply the changes to it, sign, upload, and read it back.

The changes are applied again, to what others have published meanwhile, whenever the server serves
something else afterwards than what was sent: whether it said so, its answer was lost, or it let
another upload take the place of ours in silence.

Source: notary `client/client.go` (``publish``), `server/handlers/`; notary issue 1636.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contenttrust import _core
from contenttrust.errors import (
    ConflictError,
    ContentTrustError,
    FetchError,
    PublishError,
    RejectedError,
    shown,
)
from contenttrust.publish.asking import ask
from contenttrust.publish.authorised import (
    authorities,
    check_base,
    check_signatures,
    check_what_stays,
    is_published,
    tell_new_keys,
)
from contenttrust.publish.begun_anew import check_not_left_to_targets
from contenttrust.publish.composition import Composition
from contenttrust.publish.current import Current, broken_of, documents_of, upload_of
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import (
    ROOT,
    SNAPSHOT,
    signed_part,
)
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.returned import check_returned
from contenttrust.publish.returning import begin_anew, check_nothing_returns
from contenttrust.publish.uploads import SERVED, UNKNOWN
from contenttrust.transport.publishing import REFUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contenttrust._core import Instant, TrustedRepository
    from contenttrust.publish.current import Judge
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Step
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring
    from contenttrust.publish.uploads import Uploads

ATTEMPTS = 5
_OLD = "VERSION"
"""What a server calls an upload of which it has that version, or a newer one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication came to.

    Attributes:
        gun: Name of the collection.
        versions: Of what was uploaded, by role; empty where nothing had to be.
        attempts: How often it was tried, because others published too.
        notes: What the publisher should know of what was not done.
        repository: The collection as it was read back.
        documents: The verified files by role, as they were read back.
        replaced: Canonical ids of the keys that a rotation replaced and that are here still.
        recertified: Canonical ids of the keys that a rotation kept, in new certificates.
        still_in: Canonical ids of keys that a rotation replaced, by the roles that name them still.
    """

    gun: str
    versions: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 1
    notes: tuple[str, ...] = ()
    repository: TrustedRepository
    documents: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    replaced: tuple[str, ...] = ()
    recertified: tuple[str, ...] = ()
    still_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Publication:
    """Publishes changes of one collection, whose trust directory its caller has locked."""

    def __init__(  # noqa: PLR0913 - one keyword a part
        self,
        gun: str,
        *,
        keyring: Keyring,
        uploads: Uploads,
        judge: Judge,
        now: Instant,
        local: Callable[[], Mapping[str, bytes]],
        verified: Callable[[], Mapping[str, bytes]] = dict,
    ) -> None:
        """Prepare a publication.

        Args:
            gun: Name of the collection.
            keyring: Who signs.
            uploads: Where it goes.
            judge: Who says what the server has.
            now: The present moment.
            local: Gives the files of a collection that the server does not have yet.
            verified: Gives the files that were verified here last, by role.
        """
        self._gun, self._now = gun, now
        self._keyring, self._local, self._verified = keyring, local, verified
        self._composition = Composition(keyring, now)
        self._uploads, self._judge = uploads, judge

    def run(
        self, steps: Sequence[Step], *, legacy: Callable[[int], Sequence[Authority]] = lambda _: ()
    ) -> Published:
        """Publish the result of some steps.

        Args:
            steps: What changes the collection, in order; applied as often as needed.
            legacy: Gives, for the version of a new root, older root keys that sign it too.

        Raises:
            StagedChangeError: A change cannot be applied.
            NoKeyError: A role cannot be signed with the keys that are here.
            RejectedError: The server refused, and not because others were faster.
            ConflictError: Others were faster each time.
            VerificationError: What the server has is not what it should be.
            FetchError: The server did not answer, and what was sent is not there; or nobody knows.
        """
        with self._uploads.told(self._gun):
            return self._run(steps, legacy)

    def _run(
        self, steps: Sequence[Step], legacy: Callable[[int], Sequence[Authority]]
    ) -> Published:
        current = self._judge.look()
        for attempt in range(1, ATTEMPTS + 1):
            draft, files, before = self._changed(current, steps)
            upload = self._composition.files(draft, files, legacy)
            check_what_stays(draft, before, files, upload)
            if not upload:
                return self._published(current, {}, attempt, draft)
            failure = self._send(upload, current)
            served = self._look_again(failure, current)
            if served is not None and self._arrived(upload, served):
                check_returned(draft, before, upload, served.documents)
                return self._published(served, upload, attempt, draft)
            if upload_of(served) == upload_of(current):
                if failure is not None:
                    raise failure
                raise PublishError(
                    "the server accepted what was published, and does not serve it: look again "
                    "later whether it does",
                    gun=self._gun,
                )
            current = served
        raise ConflictError(
            f"others published {self._gun} at the same time, {ATTEMPTS} times in a row: nothing "
            "was published; try again",
            gun=self._gun,
        )

    def prepare(
        self,
        steps: Sequence[Step],
        *,
        staged: Sequence[str] = (),
        legacy: Callable[[int], Sequence[Authority]] = lambda _: (),
    ) -> SigningRequest:
        """What `run` would sign, signed with the keys that are here, for others to go on.

        Args:
            steps: What changes the collection.
            staged: Names of the files of the staged changes among them.
            legacy: As for `run`.

        Raises:
            StagedChangeError: A change cannot be applied.
            PublishError: Nothing would be changed, or a role lists what is not signed in turns.
            VerificationError: What the server has is not what it should be.
            FetchError: The server did not answer.
        """
        current = self._judge.look()
        draft, files, before = self._changed(current, steps, in_turns=True)
        parts, ready = self._composition.parts(draft, files, legacy)
        if not parts:
            raise PublishError(f"nothing of {self._gun} is changed", gun=self._gun)
        check_what_stays(draft, before, files, {*ready, *(part.role for part in parts)})
        request = SigningRequest(
            gun=self._gun,
            base={role: _core.sha256(file) for role, file in upload_of(current).items()},
            staged=tuple(staged),
            files=ready,
            parts=tuple(parts),
            notes=tuple(draft.notes),
        )
        request.check_readable()
        for part in parts:
            everybody = (*part.authorities, *part.optional)
            part.signatures += [
                signature for _, signature in self._keyring.signatures(part.message, everybody)
            ]
        return request

    def finish(self, request: SigningRequest) -> Published:
        """Publish a request that is complete, and see that the server serves it.

        It is judged before anything is signed for it: a stranger may have made it.

        Args:
            request: Of this collection. One that is published already is not sent again.

        Raises:
            NoKeyError: Not enough keys have signed.
            PublishError: It is of another collection or has expired, others have published since,
                other keys than those of the collection have signed, or its snapshot would be signed
                by a key that is kept here for something else.
            RejectedError: The server refused.
            VerificationError: What the server has is not what it should be.
            FetchError: The server did not answer.
        """
        with self._uploads.told(self._gun):
            return self._finish(request)

    def _finish(self, request: SigningRequest) -> Published:
        if request.gun != self._gun:
            raise PublishError(f"the request is of {shown(request.gun)}", gun=self._gun)
        request.check_current(self._now)
        upload = request.uploaded()
        current = self._judge.look()
        if current is not None and is_published(upload, current.documents):
            self._uploads.outcome = SERVED
            return self._published(current, {}, 0, self._draft(current)[0])
        check_base(request, upload_of(current))
        documents = {role: signed_part(file) for role, file in upload.items()}
        files: Mapping[str, bytes] = {} if current is None else current.documents
        before = {} if current is None else documents_of(current)
        broken = {} if current is None else broken_of(current)
        draft = self._new_draft(
            {**before, **documents},
            broken,
            files,
            is_new=current is None,
            unverified={} if current is None else current.unverified,
        )
        check_signatures(request, draft, before)
        check_what_stays(draft, {}, files, upload)
        known: Mapping[str, Authority] = {}
        if current is not None:
            known = authorities(self._draft(current)[0])
            check_nothing_returns(draft, known, upload, self._judge)
            check_not_left_to_targets(draft)
        self._check_snapshot_keys(draft, before)
        upload = self._composition.with_snapshot(draft, files, upload)
        failure = self._send(upload, current)
        served = self._look_again(failure, current)
        if served is not None and self._arrived(upload, served):
            check_returned(draft, known, upload, served.documents)
            return self._published(served, upload, 1, draft)
        if failure is not None:
            tell_new_keys(failure, draft.root, before.get(ROOT))
        raise failure or PublishError(
            "the server accepted what was published, and does not serve it", gun=self._gun
        )

    def _check_snapshot_keys(self, draft: Draft, before: Mapping[str, Document]) -> None:
        """Refuse to sign a snapshot with a key that only a stranger's root calls its key."""
        authority = authority_in(draft.root, SNAPSHOT)
        known = authority_in(before[ROOT], SNAPSHOT).keys if before else {}
        self._keyring.check_meant(authority, gun=self._gun, known=known)

    def _changed(
        self, current: Current | None, steps: Sequence[Step], *, in_turns: bool = False
    ) -> tuple[Draft, Mapping[str, bytes], Mapping[str, Authority]]:
        """The collection with some steps applied; its files, and who signed it, before."""
        draft, files = self._draft(current)
        before = authorities(draft)
        for step in steps:
            step.apply(draft)
        begin_anew(draft, before, self._judge, in_turns=in_turns)
        check_not_left_to_targets(draft)
        return draft, files, before

    def _draft(self, current: Current | None) -> tuple[Draft, Mapping[str, bytes]]:
        """The collection as it is now, and its files."""
        if current is None:
            files = self._local()
            documents = {role: signed_part(file) for role, file in files.items()}
            return self._new_draft(documents, {}, files, is_new=True), files
        documents, files = documents_of(current), current.documents
        draft = self._new_draft(
            documents, broken_of(current), files, is_new=False, unverified=current.unverified
        )
        return draft, files

    def _new_draft(
        self,
        documents: Mapping[str, Document],
        broken: Mapping[str, Document | None],
        files: Mapping[str, bytes],
        *,
        is_new: bool,
        unverified: Mapping[str, bytes] | None = None,
    ) -> Draft:
        return Draft(
            self._gun,
            documents,
            broken=broken,
            files=files,
            is_new=is_new,
            can_sign=self._keyring.holds,
            last_version=self._judge.last_version,
            verified=self._verified,
            unverified=unverified,
        )

    def _send(self, upload: Mapping[str, bytes], now: Current | None) -> ContentTrustError | None:
        if now is None:
            self._judge.check_first(upload[ROOT])
        self._uploads.note(upload, {**({} if now is None else now.documents), **upload})
        try:
            self._uploads.publish(self._gun, upload)
        except (RejectedError, FetchError) as error:
            return error
        return None

    def _look_again(
        self, failure: ContentTrustError | None, before: Current | None
    ) -> Current | None:
        try:
            served = self._judge.look()
        except FetchError as error:
            if failure is not None:
                if failure.upload != REFUSED:  # a refusal proves nothing, unless it never got there
                    self._uploads.outcome = UNKNOWN
                    failure.message += "; whether anything was published could not be found out"
                raise failure from error
            raise
        if failure is not None and failure.found == _OLD and upload_of(served) == upload_of(before):
            self._uploads.outcome = UNKNOWN  # it has what is newer: perhaps this, sent twice
        return served

    def _arrived(self, upload: Mapping[str, bytes], served: Current) -> bool:
        """Whether the server has what was sent: as it serves it, or as what others built upon."""
        for role, file in upload.items():
            if served.documents.get(role) == file:
                continue
            if served.version(role) <= signed_part(file)["version"]:
                return False
            digest = _core.sha256(file)
            if ask(self._uploads, self._gun, role, limit=len(file), sha256=digest) != file:
                return False
        self._uploads.outcome = SERVED
        return True

    def _published(
        self, served: Current | None, upload: Mapping[str, bytes], attempts: int, draft: Draft
    ) -> Published:
        if served is None:
            raise PublishError(f"nothing of {self._gun} is published", gun=self._gun)
        return Published(
            gun=self._gun,
            versions={role: signed_part(file)["version"] for role, file in upload.items()},
            attempts=attempts,
            notes=tuple(draft.notes),
            repository=served.repository,
            documents=served.documents,
        )
