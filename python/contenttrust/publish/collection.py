"""One collection being edited: changes are staged, then published together."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from contenttrust.errors import PublishError, StagedChangeError
from contenttrust.publish import initialisation, rotation
from contenttrust.publish.asking import check_gone, check_server
from contenttrust.publish.contained import are_contained, check_not_taken
from contenttrust.publish.current import Judge
from contenttrust.publish.draft import Targets
from contenttrust.publish.look import shown_to
from contenttrust.publish.metadata import TARGETS
from contenttrust.publish.publication import Publication
from contenttrust.publish.renewal import Renewal
from contenttrust.publish.sent_changes import SentChanges
from contenttrust.publish.sign import Keyring
from contenttrust.publish.staging import EVERY_PATH, Staging, check_text, stays
from contenttrust.publish.uploads import Uploads
from contenttrust.publish.witnessed import refuse_broken

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from contenttrust._core import Anchor, PublicKey
    from contenttrust.keys.store import KeyStore
    from contenttrust.publish.asking import Server
    from contenttrust.publish.changelist import Change
    from contenttrust.publish.draft import Step
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.publication import Published
    from contenttrust.publish.request import SigningRequest
    from contenttrust.publish.witnessed import Witnessed


class Collection(Staging):
    """A collection and what is staged for it, in a trust directory that docker and notary share.

    Changes may be staged while another process publishes; publishing itself is done by one process
    at a time.
    """

    def __init__(  # noqa: PLR0913 - the contract's keywords
        self,
        gun: str,
        *,
        keys: KeyStore,
        sink: Server | None,
        trust_dir: str | os.PathLike[str] | None = None,
        anchor: Anchor | None = None,
        now: datetime | None = None,
    ) -> None:
        """Edit a collection.

        Args:
            gun: Globally unique name, taken literally.
            keys: The private keys.
            sink: The trust server; None where only staging is wanted.
            trust_dir: Docker's trust directory. Default: where Docker has it.
            anchor: Why a first root is believed, as for `contenttrust.load`.
            now: Moment to sign at and to judge expiry by, timezone-aware. Default: the system
                clock.

        Raises:
            MalformedError: Nothing can be kept under that name in a trust directory.
            TypeError: The name is no text, or the sink no trust server.
        """
        super().__init__(gun, trust_dir=trust_dir, now=now)
        check_server(sink)
        self.keys = keys
        self.anchor = anchor
        self._sink = sink
        self._sent = SentChanges(self.trust_dir, gun)

    def __repr__(self) -> str:
        return f"Collection({self.gun!r})"

    @property
    def sink(self) -> Server:
        """The trust server.

        Raises:
            PublishError: None was given.
        """
        if self._sink is None:
            raise PublishError(f"no trust server was named for {self.gun}", gun=self.gun)
        return self._sink

    # --- publishing -----------------------------------------------------------

    def publish(
        self,
        *,
        more: Sequence[Step] = (),
        confirm: Callable[[Sequence[Witnessed]], None] = refuse_broken,
    ) -> Published:
        """Publish what is staged, and see that the server serves it.

        The changes are applied to what the server has at that moment. Only when it serves the
        result are they taken from the changelist. Those that a run before this one had published
        when it was interrupted are taken from it and not applied again.

        Args:
            more: What else is changed, without having been staged.
            confirm: Is given what the roles list that are witnessed, if any are, before anything is
                signed; what it raises ends the publication. Default: a broken role is refused.

        Raises:
            StagedChangeError: A change cannot be read or applied.
            KeyStoreError: A key is not here, or cannot be opened.
            PublishError: The server refused, or others were faster every time; a role that is
                witnessed is broken, or not what was shown any more; or what was staged here was
                taken from the changelist by somebody else, and is not in what was published; or
                it is not clear whether an interrupted run has published what is staged.
            VerificationError: What the server has is not what it should be.
            FetchError: The server did not answer, or the trust directory cannot be used.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            staged = self._settled()
        with stays(staged):
            as_shown = shown_to(confirm, self, staged, more)
        with self.trust_dir.locked(self.gun, "publish"):
            staged, own = self._settled(), self._own
            uploads = Uploads(self.sink, note=lambda upload, _: self._sent.note(staged, upload))
            with stays(staged, uploads):
                done = self.publication(uploads).run([*staged, *more, as_shown])
                self._cleared([one.file for one in staged])
        self._own = self._own[len(own) :]  # what was staged meanwhile is for the next time
        check_not_taken(own, staged, done)
        return done

    def _settled(self) -> tuple[Change, ...]:
        """What is staged, without what is published already; for who holds the lock."""
        left, taken = self._sent.settle(self._changelist, judge=self.judge(), server=self.sink)
        self._own = tuple(one for one in self._own if one.file not in taken)
        return left

    def _cleared(self, names: Sequence[str]) -> None:
        """Take from the changelist what is published; for who holds the lock."""
        self._changelist.remove(names, now=self.moment)
        self._sent.forget(self._changelist.names())

    def publish_targets(
        self, targets: Iterable[tuple[str, Document]], *, roles: Sequence[str] = (TARGETS,)
    ) -> Published:
        """Publish many targets at once, with whatever is staged.

        Args:
            targets: Names, each with what `target_meta` gives.
            roles: Who lists them.

        Raises:
            ContentTrustError: As for `publish`.
        """
        metas = dict(targets)
        return self.publish(more=[Targets(role, metas) for role in roles])

    def publish_steps(self, steps: Sequence[Step]) -> Published:
        """Publish some steps and nothing that is staged, which stays as it is.

        Args:
            steps: What changes the collection, in order.

        Raises:
            ContentTrustError: As for `publish`.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            return self.publication().run(steps)

    def renew(self, *, days: int = 182, roles: Sequence[str] | None = None) -> Published:
        """Sign anew what has expired or soon will, as far as the keys are here.

        Args:
            days: What counts as soon.
            roles: Only these. Default: all.

        Raises:
            ContentTrustError: As for `publish`.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            renewal = Renewal(days, roles, self.moment, Keyring(self.keys))
            return self.publication(renews=True).run([renewal])

    # --- signed by several people, or elsewhere -------------------------------

    def prepare(
        self, *, confirm: Callable[[Sequence[Witnessed]], None] = refuse_broken
    ) -> SigningRequest:
        """What is staged, as documents that others are to sign; nothing is published.

        Args:
            confirm: As for `publish`: keys that are here sign at once.

        Raises:
            ContentTrustError: As for `publish`, but for keys that are not here.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            staged = self._settled()
        as_shown = shown_to(confirm, self, staged)
        with self.trust_dir.locked(self.gun, "publish"):
            staged = self._settled()
            names = [one.file for one in staged]
            return self.publication().prepare([*staged, as_shown], staged=names)

    def prepare_initialization(
        self,
        root_certificates: Sequence[PublicKey],
        *,
        threshold: int = 1,
        server_managed: Sequence[str] = ("timestamp", "snapshot"),
    ) -> SigningRequest:
        """A new collection whose root keys are elsewhere; nothing is written or published.

        Args:
            root_certificates: Of the root keys.
            threshold: How many of them must sign.
            server_managed: As for `initialize`.

        Raises:
            ContentTrustError: As for `initialize`.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            return initialisation.prepare(
                self, root_certificates, threshold=threshold, server_managed=server_managed
            )

    def prepare_rotation(  # noqa: D417 - see `rotate_key`
        self,
        role: str,
        keys: Sequence[PublicKey] = (),
        *,
        threshold: int = 0,
        legacy: int = 0,
        server_managed: bool = False,
    ) -> SigningRequest:
        """Other keys for a top-level role, and how many must sign; nothing is published.

        Args:
            role: `root`, `targets`, `snapshot` or `timestamp`.
            keys: All keys of the role from then on; those of root in their certificates.
            threshold: How many of them must sign, of root and targets; 0 leaves that as it is.
            legacy, server_managed: As for `rotate_key`; the server is asked for its key at once.

        Raises:
            ContentTrustError: As for `publish`, but for keys that are not here.
            TypeError: The role is no text.
        """
        check_text(role, "a role")
        return rotation.prepare(
            self, role, keys, threshold=threshold, legacy=legacy, server_managed=server_managed
        )

    def publish_request(self, request: SigningRequest) -> Published:
        """Publish what enough keys have signed, and see that the server serves it.

        Args:
            request: Of this collection, complete. Where the server serves it already nothing is
                sent, and `versions` is empty.

        Raises:
            NoKeyError: Not enough keys have signed; says who must.
            ContentTrustError: As for `publish`; or others have published since it was prepared,
                or the collection does not authorise who signed it.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            uploads = Uploads(self.sink, note=partial(self._note_request, request))
            done = self.publication(uploads).finish(request)
            here = [name for name in self._changelist.names() if name in request.staged]
            if here and not self._are_contained(here, done.documents, request):
                note = (
                    "the request names staged changes that are not in what was published, or "
                    "that others come before: all of them are still staged; look at them with "
                    "`contenttrust status`"
                )
                return replace(done, notes=(*done.notes, note))
            with stays(here, uploads):
                self._cleared(here)
            self._own = tuple(one for one in self._own if one.file not in here)
            return done

    def _note_request(
        self, request: SigningRequest, upload: Mapping[str, bytes], after: Mapping[str, bytes]
    ) -> None:
        here = [name for name in self._changelist.names() if name in request.staged]
        if here and self._are_contained(here, after, request):
            self._sent.note([one for one in self.changes() if one.file in here], upload)

    def _are_contained(
        self, names: Sequence[str], documents: Mapping[str, bytes], request: SigningRequest
    ) -> bool:
        anew = {*request.files, *(part.role for part in request.parts)}
        try:
            return are_contained(names, self.changes(), self.gun, documents, anew)
        except StagedChangeError:  # what cannot be read is in nothing
            return False

    # --- keys and the whole ---------------------------------------------------

    def initialize(
        self,
        *,
        root_key_ids: Sequence[str] = (),
        root_certificate: PublicKey | None = None,
        server_managed: Sequence[str] = ("timestamp", "snapshot"),
    ) -> None:
        """Make the collection in the trust directory; nothing is published yet.

        Args:
            root_key_ids: Canonical ids of the root keys. Default: the root key that is here, else
                a new one.
            root_certificate: Certificate of the root key. Default: a self-signed one.
            server_managed: Whose keys the server holds: `timestamp`, and perhaps `snapshot`.

        Raises:
            ContentTrustError: It exists already, a key cannot be had, or something cannot be
                written.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            initialisation.initialize(
                self,
                root_key_ids=root_key_ids,
                root_certificate=root_certificate,
                server_managed=server_managed,
            )

    def rotate_key(
        self,
        role: str,
        *,
        server_managed: bool = False,
        key_ids: Sequence[str] = (),
        legacy: int = 0,
    ) -> Published:
        """Give a top-level role other keys, and publish that at once; nothing else is published.

        Args:
            role: `root`, `targets`, `snapshot` or `timestamp`.
            server_managed: Whether the server makes and holds the key: for `timestamp` always.
            key_ids: Canonical ids of the new keys. Default: a new one is made.
            legacy: Number of roots before the last whose keys sign a new root too, for clients
                that know only those.

        Raises:
            ContentTrustError: As for `publish`; or the role's keys cannot be rotated so.
            TypeError: The role is no text.
        """
        check_text(role, "a role")
        return rotation.rotate(
            self, role, server_managed=server_managed, key_ids=key_ids, legacy=legacy
        )

    def delete(self, *, remote: bool = False) -> None:
        """Forget the collection and what is staged; the keys stay.

        Args:
            remote: Whether the trust server is to forget it too.

        Raises:
            ContentTrustError: Something could not be removed.
        """
        with self.trust_dir.locked(self.gun, "publish"):
            if remote:
                self.sink.delete(self.gun)
                check_gone(self.sink, self.gun)
            initialisation.forget(self.trust_dir, self.gun)
            self._own = ()

    # --- for the modules beside -----------------------------------------------

    def judge(self, *, renews: bool = False) -> Judge:
        """Who says what the server has; see `Judge` for `renews`."""
        return Judge(
            self.gun,
            source=self.sink,
            trust_dir=self.trust_dir,
            anchor=self.anchor,
            now=self._now,
            renews=renews,
        )

    def publication(self, uploads: Uploads | None = None, *, renews: bool = False) -> Publication:
        """A publication of this collection, for who holds the lock; see `Judge` for `renews`."""
        return Publication(
            self.gun,
            keyring=Keyring(self.keys),
            uploads=uploads or Uploads(self.sink),
            judge=self.judge(renews=renews),
            now=self.moment,
            local=lambda: initialisation.local_files(self.trust_dir, self.gun),
            verified=lambda: self.trust_dir.cached(self.gun),
        )


__all__ = ["EVERY_PATH", "Collection"]
