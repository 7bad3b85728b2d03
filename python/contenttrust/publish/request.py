"""A signing request: documents that several people sign in turns, or on a machine without network.

A server refuses what is not signed by enough keys, so the signatures are gathered in a file that is
passed on. Who has the file can read what will be published and add signatures of the keys he
holds; nothing in it is secret. What is published in the end was judged like everything else.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from contenttrust import clock
from contenttrust.errors import MalformedError, NoKeyError, PublishError, shown
from contenttrust.publish import signable
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import is_delegation
from contenttrust.publish.metadata import ROOT, TARGETS, ends
from contenttrust.publish.part import Part, whose
from contenttrust.publish.strict_json import exactly, list_of, members, object_of, text_of
from contenttrust.publish.tags import enumerated, named
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust._core import Instant
    from contenttrust.publish.metadata import Document
    from contenttrust.publish.part import Missing
    from contenttrust.publish.sign import Keyring

SCHEMA = "contenttrust.signing-request/1"
LIMIT = 64 * 1024 * 1024
"""The largest file that is read, in bytes: two hundred thousand targets."""
_MEMBERS = frozenset({"schema", "gun", "base", "staged", "files", "parts"})


@dataclass(slots=True, kw_only=True)
class SigningRequest:
    """What is to be published once enough keys have signed it.

    Attributes:
        gun: Name of the collection.
        base: SHA-256 of the files that it was made from, by role; empty for a new collection.
        staged: The staged changes that it contains, by the names of their files.
        files: Files that need no further signature, by role.
        parts: Documents to be signed.
        notes: What whoever prepared it should know of what was not done; the file has none.
    """

    gun: str
    base: Mapping[str, str]
    staged: tuple[str, ...]
    files: Mapping[str, bytes]
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()

    def missing(self) -> list[Missing]:
        """Who must still sign; empty when it can be published."""
        return [one for part in self.parts for one in part.missing()]

    def ready(self) -> tuple[Part, ...]:
        """What the files that need no further signature hold."""
        return tuple(Part.of_file(role, file) for role, file in self.files.items())

    def check_current(self, now: Instant) -> None:
        """Refuse a request of what has expired: who signs or publishes it does no good with it.

        Args:
            now: The present moment where it is to be signed or published.

        Raises:
            PublishError: A document has expired.
        """
        for part in (*self.parts, *self.ready()):
            if part.has_expired(now):
                ended = ends(part.document)
                raise PublishError(
                    f"{part.role} of this request expired at {ended.datetime}: look at this "
                    "machine's clock; if it is right, have the request prepared anew",
                    gun=self.gun,
                    role=part.role,
                    expected=f"later than {now.datetime}",
                    found=f"{ended.datetime}",
                )

    def check_readable(self) -> None:
        """Refuse a request that no verb would read again, before anybody signs it.

        What it is made of may have been published by other programs, in a form that readers accept
        and in which nothing is signed in turns.

        Raises:
            PublishError: It is one; names what must go first, with the way.
        """
        for part in self.parts:
            odd = {} if part.role == ROOT else signable.odd_targets(part.document)
            if odd:
                raise self._odd(part.role, odd)
        try:
            SigningRequest.from_bytes(self.to_bytes())
        except PublishError as error:
            error.message = f"no request of {self.gun} was prepared: {error.message}"
            error.gun = self.gun
            raise

    def _odd(self, role: str, odd: Mapping[str, str]) -> PublishError:
        names = sorted(odd)
        told = enumerated([f"{named(name)} ({shown(odd[name])})" for name in names])
        remove = command("remove", "-r", role, self.gun, "--", names[0])
        remove = remove or f"contenttrust remove -r {role} {self.gun} NAME"
        return PublishError(
            f"no request of {self.gun} was prepared, for nobody could read it: {role} lists what "
            f"is not signed in turns: {told}. Stage that it goes, then prepare the request again: "
            f"{remove}",
            gun=self.gun,
            role=role,
            subject=names[0],
            found=told,
        )

    def sign(self, keyring: Keyring, *, now: Instant | None = None) -> list[tuple[str, str]]:
        """Sign every document with every key that is here and has not signed it.

        Args:
            keyring: The keys.
            now: The present moment. Default: the system clock.

        Returns:
            For each new signature the document's role and the canonical id of the key.

        Raises:
            PublishError: A document has expired.
            NoKeyError: No key is here that may sign anything of it.
            PublishError: A key is kept here for another role or collection.
            KeyStoreError: A key cannot be opened.
        """
        self.check_current(clock.now() if now is None else now)
        self.check_ours(keyring)
        added: list[tuple[str, str]] = []
        for part in self.parts:
            everybody = (*part.authorities, *part.optional)
            part.drop_idle(everybody)  # nor do they keep others from adding theirs
            done = {key_id for authority in everybody for key_id in part.signed_by(authority)}
            for canonical, signature in keyring.signatures(part.message, everybody, without=done):
                part.signatures.append(signature)
                added.append((part.role, canonical))
        return added

    def check_ours(self, keyring: Keyring) -> None:
        """Refuse where no key is here that may sign; nobody is asked for a passphrase.

        Args:
            keyring: The keys.

        Raises:
            NoKeyError: No key is here that may sign anything of it.
            PublishError: A key is kept here for another role or collection.
        """
        everybody = [one for part in self.parts for one in (*part.authorities, *part.optional)]
        for authority in everybody:
            keyring.check_meant(authority, gun=self.gun)
        if not any(keyring.holds(authority) for authority in everybody):
            wanted = sorted({key_id for one in self.missing() for key_id in one.key_ids})
            raise NoKeyError(
                "none of the keys that may sign this request is here; these may: "
                + (", ".join(wanted) or "none, it is complete"),
                gun=self.gun,
                expected=", ".join(wanted),
            )

    def merge(self, other: SigningRequest) -> None:
        """Take over the signatures that somebody else gave meanwhile.

        Args:
            other: The same request, as it is now where it is kept.

        Raises:
            PublishError: It is another one.
        """
        ours, theirs = ([(one.role, one.document) for one in it.parts] for it in (self, other))
        if (self.gun, ours) != (other.gun, theirs):
            raise PublishError(
                "the signing request was changed while it was signed: look at it again, and sign "
                "it anew",
                gun=self.gun,
            )
        for part, same in zip(self.parts, other.parts, strict=True):
            known = {signature["keyid"] for signature in part.signatures}
            part.signatures += [one for one in same.signatures if one["keyid"] not in known]
            part.drop_idle((*part.authorities, *part.optional))

    def uploaded(self) -> dict[str, bytes]:
        """The files to publish, by role.

        Raises:
            NoKeyError: Not enough keys have signed; says who must.
        """
        missing = self.missing()
        if missing:
            told = "; ".join(
                f"{one.document}: {one.count} more of the keys of {whose(one)} "
                f"({', '.join(one.key_ids)})"
                for one in missing
            )
            raise NoKeyError(
                f"the request is not complete, and a server refuses incomplete signatures: {told}",
                gun=self.gun,
                role=missing[0].role,
                expected=", ".join(missing[0].key_ids),
            )
        for part in self.parts:
            part.drop_idle((*part.authorities, *part.optional))
        return {**self.files, **{part.role: part.file() for part in self.parts}}

    def to_bytes(self) -> bytes:
        """The file that is passed on: JSON, for people to read too."""
        value = {
            "schema": SCHEMA,
            "gun": self.gun,
            "base": dict(self.base),
            "staged": list(self.staged),
            "files": {role: _base64(file) for role, file in self.files.items()},
            "parts": [part.to_value() for part in self.parts],
        }
        return json.dumps(value, indent=2, ensure_ascii=True).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> SigningRequest:
        """Read such a file, which a stranger may have written.

        Raises:
            PublishError: It is none.
        """
        if len(data) > LIMIT:
            raise PublishError(f"the signing request is larger than {LIMIT} bytes")
        try:
            return cls._read(members(data))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            cause = shown(str(error)) or type(error).__name__
            raise PublishError(f"the signing request cannot be used: {cause}") from error
        except MalformedError as error:
            raise PublishError(f"the signing request cannot be used: {error.message}") from error

    @classmethod
    def _read(cls, value: Document) -> SigningRequest:
        if value.get("schema") != SCHEMA:
            raise ValueError(f"its schema is not {SCHEMA}")
        exactly(value, _MEMBERS)
        parts = tuple(Part.of_value(object_of(one)) for one in list_of(value["parts"]))
        files = {role: _bytes(text) for role, text in object_of(value["files"]).items()}
        roles = [*files, *(part.role for part in parts)]
        for role in roles:
            if role not in {ROOT, TARGETS} and not is_delegation(role):
                raise ValueError(f"{role!r} is no role that is signed in turns")
        if len(set(roles)) != len(roles) or not parts:
            raise ValueError("it has a role twice, or nothing to sign")
        if files and value["base"]:
            raise ValueError("files without a signature to come belong to a new collection only")
        base = {role: text_of(digest) for role, digest in object_of(value["base"]).items()}
        if any(role not in {ROOT, TARGETS} and not is_delegation(role) for role in base):
            raise ValueError("it was made from something that is no role")
        gun = text_of(value["gun"])
        if not gun or not gun.isascii() or not gun.isprintable():
            raise ValueError("no collection has such a name")
        for role, file in files.items():
            signable.check_document(role, Part.of_file(role, file).document, gun=gun)
        for part in parts:
            signable.check(part.role, part.document, part.authorities, part.optional, gun=gun)
        return cls(
            gun=gun,
            base=base,
            staged=tuple(text_of(name) for name in list_of(value["staged"])),
            files=files,
            parts=parts,
        )


def read_request(path: str) -> SigningRequest:
    """Read a signing request from a file.

    Raises:
        OSError: It cannot be read.
        PublishError: It is none.
    """
    try:
        data = chosen_file.read(path, limit=LIMIT)
    except chosen_file.ChosenFileError as error:
        raise PublishError(f"the signing request cannot be used: {error}") from error
    return SigningRequest.from_bytes(data)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    return base64.b64decode(text_of(text), validate=True)
