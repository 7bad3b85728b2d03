"""What is signed of a draft: which documents, by whom, and the snapshot that goes with them."""

from __future__ import annotations

from contenttrust.errors import NoKeyError
from contenttrust.publish import delegations
from contenttrust.publish.commands import command, renewing_root
from contenttrust.publish.delegations import authority_in, authority_of
from contenttrust.publish.metadata import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    file_meta,
    is_soon,
    new_snapshot,
    renewed,
    signed_part,
)
from contenttrust.publish.part import Part
from contenttrust.publish.sign import root_authorities

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contenttrust._core import Instant
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring


class Composition:
    """Makes the files that are uploaded."""

    def __init__(self, keyring: Keyring, now: Instant) -> None:
        """Sign at one moment.

        Args:
            keyring: Who signs.
            now: The present moment.
        """
        self._keyring = keyring
        self._now = now

    def files(
        self,
        draft: Draft,
        files: Mapping[str, bytes],
        legacy: Callable[[int], Sequence[Authority]],
    ) -> dict[str, bytes]:
        """The files to be uploaded."""
        parts, upload = self.parts(draft, files, legacy)
        try:
            for part in parts:
                upload[part.role] = self._keyring.signed(
                    part.document, part.authorities, optional=part.optional
                )
        except NoKeyError as error:
            if error.role in draft.purged:
                error.message += f". {_purged_without(draft.gun, error.role)}"
            raise
        return self.with_snapshot(draft, files, upload)

    def parts(
        self,
        draft: Draft,
        files: Mapping[str, bytes],
        legacy: Callable[[int], Sequence[Authority]],
    ) -> tuple[list[Part], dict[str, bytes]]:
        """The documents to be signed, but for the snapshot, and files that go with them."""
        parts: list[Part] = []
        upload: dict[str, bytes] = {}
        if ROOT in draft.changed or (not draft.is_new and self._root_ends_soon(draft)):
            root = renewed(draft.root, ROOT, self._now)
            parts.append(
                Part(
                    role=ROOT,
                    document=root,
                    authorities=tuple(root_authorities(root, signed_part(files[ROOT]))),
                    optional=tuple(legacy(root["version"])),
                )
            )
        elif draft.is_new:
            upload[ROOT] = files[ROOT]
        for role in sorted(draft.changed - {ROOT, SNAPSHOT}):
            signed = renewed(draft.roles[role], role, self._now)
            authority = authority_of(draft, role)
            parts.append(Part(role=role, document=signed, authorities=(authority,)))
        if draft.is_new:
            for role in sorted(set(draft.roles) - {part.role for part in parts}):
                upload[role] = files[role]
        return parts, upload

    def with_snapshot(
        self, draft: Draft, files: Mapping[str, bytes], upload: dict[str, bytes]
    ) -> dict[str, bytes]:
        """The same with a new snapshot, if anything is new and its key is here."""
        authority = authority_in(draft.root, SNAPSHOT)
        if (upload or SNAPSHOT in draft.changed) and self._keyring.holds(authority):
            snapshot = self._snapshot(draft, files, upload)
            upload[SNAPSHOT] = self._keyring.signed(snapshot, [authority])
        return upload

    def _root_ends_soon(self, draft: Draft) -> bool:
        if not is_soon(draft.root, self._now):
            return False
        authority = authority_in(draft.root, ROOT)
        if len(self._keyring.held(authority)) >= authority.threshold:
            return True
        draft.notes.append(
            "root expires within six months, and too few keys are here to renew it: "
            f"{renewing_root(draft.gun)}"
        )
        return False

    def _snapshot(
        self, draft: Draft, files: Mapping[str, bytes], upload: Mapping[str, bytes]
    ) -> Document:
        """The next snapshot: what was listed and still exists, what is new, and what comes back.

        Readers who verified a role before refuse a snapshot that leaves it out.
        """
        before = draft.snapshot or new_snapshot()
        exists = {ROOT, TARGETS, *delegations.below(draft)}
        # What a broken role delegates to is not known, and counts again when the role does.
        broken = exists & draft.broken.keys() - draft.roles.keys()
        unknown = tuple(f"{role}/" for role in broken)
        meta = {
            role: value
            for role, value in before["meta"].items()
            if role in exists or role.startswith(unknown)
        }
        for role in exists.intersection((ROOT, *draft.roles)):
            file = upload.get(role) or files.get(role)
            if file is not None:
                meta[role] = file_meta(file)
        meta |= {role: file_meta(file) for role, file in draft.returning.items()}
        return renewed({**before, "meta": meta}, SNAPSHOT, self._now)


def _purged_without(gun: str, role: str) -> str:
    """How a key goes where it can where a role that delegates to it is not signed.

    Whoever signs one may name a key of others there, to keep it from being purged.
    """
    prepare = command("signing-request", "prepare", gun, "FILE")
    reset = command("reset", "--all", gun)
    one = command("delegation", "remove", gun, "ROLE", "ID")
    remove = command("delegation", "remove", "-p", gun, role)
    also = "" if role == TARGETS else f", or remove {role} as well ({remove})"
    return (
        f"{role} delegates to a key that is purged: have it signed in turns ({prepare}){also}, or "
        f"forget what is staged ({reset}) and take the key out of one delegation after the other "
        f"({one})"
    )
