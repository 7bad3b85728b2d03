"""A signing request: documents that several people sign in turns, or on a machine without network.

A server refuses what is not signed by enough keys, so the signatures are gathered in a file that is
passed on. Who has the file can read what will be published and add signatures of the keys he
holds; nothing in it is secret. What is published in the end was judged like everything else.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from contenttrust import _core
from contenttrust.errors import MalformedError, NoKeyError, PublicKeyError, PublishError, shown
from contenttrust.publish import signable
from contenttrust.publish.delegations import Authority, is_delegation
from contenttrust.publish.metadata import (
    ROOT,
    TARGETS,
    envelope,
    message_of,
    public_key,
    signed_part,
)
from contenttrust.publish.strict_json import exactly, list_of, members, object_of, text_of
from contenttrust.transport import chosen_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.publish.metadata import Document
    from contenttrust.publish.sign import Keyring

SCHEMA = "contenttrust.signing-request/1"
LIMIT = 64 * 1024 * 1024
"""The largest file that is read, in bytes: two hundred thousand targets."""
_MOST_SIGNATURES = 64
_MEMBERS = frozenset({"schema", "gun", "base", "staged", "files", "parts"})
_OF_PART = frozenset({"role", "document", "authorities", "optional", "signatures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Who must still sign.

    Attributes:
        role: Whose keys they are; a new root needs those of the former root too.
        document: The role whose document they sign.
        count: How many of the keys.
        key_ids: Canonical ids of those that have not signed.
    """

    role: str
    document: str
    count: int
    key_ids: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Part:
    """One document to be signed.

    Attributes:
        role: Whose it is.
        document: Its signed part.
        authorities: Each of them must reach its threshold.
        optional: Keys that may sign too.
        signatures: Those that were given so far.
    """

    role: str
    document: Document
    authorities: tuple[Authority, ...]
    optional: tuple[Authority, ...] = ()
    signatures: list[Document] = field(default_factory=list)

    @property
    def message(self) -> bytes:
        """What is signed."""
        return message_of(self.document)

    def file(self) -> bytes:
        """The metadata file, with the signatures that are there."""
        return envelope(self.message, self.signatures)

    def signed_by(self, authority: Authority) -> set[str]:
        """Canonical ids of the keys of a role whose signatures are right."""
        message = self.message
        found = set()
        for signature in self.signatures:
            key = authority.keys.get(signature["keyid"])
            if key is not None and _is_right(key, signature, message):
                found.add(public_key(key).canonical_key_id)
        return found

    def missing(self) -> list[Missing]:
        """Who must still sign."""
        found = []
        for authority in self.authorities:
            done = self.signed_by(authority)
            if len(done) < authority.threshold:
                left = {public_key(key).canonical_key_id for key in authority.keys.values()} - done
                found.append(
                    Missing(
                        role=authority.role,
                        document=self.role,
                        count=authority.threshold - len(done),
                        key_ids=tuple(sorted(left)),
                    )
                )
        return found


@dataclass(slots=True, kw_only=True)
class SigningRequest:
    """What is to be published once enough keys have signed it.

    Attributes:
        gun: Name of the collection.
        base: SHA-256 of the files that it was made from, by role; empty for a new collection.
        staged: The staged changes that it contains, by the names of their files.
        files: Files that need no further signature, by role.
        parts: Documents to be signed.
    """

    gun: str
    base: Mapping[str, str]
    staged: tuple[str, ...]
    files: Mapping[str, bytes]
    parts: tuple[Part, ...]

    def missing(self) -> list[Missing]:
        """Who must still sign; empty when it can be published."""
        return [one for part in self.parts for one in part.missing()]

    def sign(self, keyring: Keyring) -> list[tuple[str, str]]:
        """Sign every document with every key that is here and has not signed it.

        Args:
            keyring: The keys.

        Returns:
            For each new signature the document's role and the canonical id of the key.

        Raises:
            NoKeyError: No key is here that may sign anything of it.
            PublishError: A key is kept here for another role or collection.
            KeyStoreError: A key cannot be opened.
        """
        added: list[tuple[str, str]] = []
        is_ours = False
        for part in self.parts:
            everybody = (*part.authorities, *part.optional)
            for authority in everybody:
                keyring.check_meant(authority, gun=self.gun)
            is_ours = is_ours or any(keyring.holds(authority) for authority in everybody)
            done = {key_id for authority in everybody for key_id in part.signed_by(authority)}
            for canonical, signature in keyring.signatures(part.message, everybody, without=done):
                # A signature that was there under the same key id was not right.
                part.signatures = [
                    one for one in part.signatures if one["keyid"] != signature["keyid"]
                ]
                part.signatures.append(signature)
                added.append((part.role, canonical))
        if not is_ours:
            wanted = sorted({key_id for one in self.missing() for key_id in one.key_ids})
            raise NoKeyError(
                "none of the keys that may sign this request is here; these may: "
                + (", ".join(wanted) or "none, it is complete"),
                gun=self.gun,
                expected=", ".join(wanted),
            )
        return added

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

    def uploaded(self) -> dict[str, bytes]:
        """The files to publish, by role.

        Raises:
            NoKeyError: Not enough keys have signed; says who must.
        """
        missing = self.missing()
        if missing:
            told = "; ".join(
                f"{one.document}: {one.count} more of the keys of {one.role} "
                f"({', '.join(one.key_ids)})"
                for one in missing
            )
            raise NoKeyError(
                f"the request is not complete, and a server refuses incomplete signatures: {told}",
                gun=self.gun,
                role=missing[0].role,
                expected=", ".join(missing[0].key_ids),
            )
        return {**self.files, **{part.role: part.file() for part in self.parts}}

    def to_bytes(self) -> bytes:
        """The file that is passed on: JSON, for people to read too."""
        value = {
            "schema": SCHEMA,
            "gun": self.gun,
            "base": dict(self.base),
            "staged": list(self.staged),
            "files": {role: _base64(file) for role, file in self.files.items()},
            "parts": [
                {
                    "role": part.role,
                    "authorities": [_authority(one) for one in part.authorities],
                    "optional": [_authority(one) for one in part.optional],
                    "signatures": part.signatures,
                    "document": part.document,
                }
                for part in self.parts
            ],
        }
        return json.dumps(value, indent=2, ensure_ascii=True).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> SigningRequest:
        """Read such a file, which a stranger may have written.

        Raises:
            PublishError: It is none.
        """
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
        parts = tuple(_part(object_of(one)) for one in list_of(value["parts"]))
        files = {role: _bytes(text) for role, text in object_of(value["files"]).items()}
        roles = [*files, *(part.role for part in parts)]
        for role in roles:
            if role not in {ROOT, TARGETS} and not is_delegation(role):
                raise ValueError(f"{role!r} is no role that is signed in turns")
        if len(set(roles)) != len(roles) or not parts:
            raise ValueError("it has a role twice, or nothing to sign")
        if files and value["base"]:
            raise ValueError("files without a signature to come belong to a new collection only")
        for role, file in files.items():
            signable.check_document(role, signed_part(file))
        gun = text_of(value["gun"])
        if not gun or not gun.isascii() or not gun.isprintable():
            raise ValueError("no collection has such a name")
        for part in parts:
            signable.check(part.role, part.document, part.authorities, part.optional, gun=gun)
        return cls(
            gun=gun,
            base={role: text_of(digest) for role, digest in object_of(value["base"]).items()},
            staged=tuple(text_of(name) for name in list_of(value["staged"])),
            files=files,
            parts=parts,
        )


def read(path: str) -> SigningRequest:
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


def check_base(request: SigningRequest, documents: Mapping[str, bytes]) -> None:
    """Refuse a request that was made from something else than what the server has now.

    Args:
        request: To be published.
        documents: What the server has, verified; without what it signs itself.

    Raises:
        PublishError: Others have published since.
    """
    now = {role: _core.sha256(file) for role, file in documents.items()}
    if now != dict(request.base):
        differs = sorted(set(now.items()) ^ set(request.base.items()))
        raise PublishError(
            f"{request.gun} was published by others since the request was prepared: prepare it "
            "anew from what the server has now, and have that signed",
            gun=request.gun,
            role=differs[0][0],
        )


def _part(value: Document) -> Part:
    exactly(value, _OF_PART)
    part = Part(
        role=text_of(value["role"]),
        document=object_of(value["document"]),
        authorities=tuple(_read_authority(object_of(one)) for one in list_of(value["authorities"])),
        optional=tuple(_read_authority(object_of(one)) for one in list_of(value["optional"])),
        signatures=[_signature(object_of(one)) for one in list_of(value["signatures"])],
    )
    if not part.authorities or any(one.threshold < 1 for one in part.authorities):
        raise ValueError("a document asks for nobody's signature")
    ids = [signature["keyid"] for signature in part.signatures]
    if len(set(ids)) != len(ids) or len(ids) > _MOST_SIGNATURES:
        raise ValueError("it has a signature twice, or too many")
    _ = part.message  # refuses what has no canonical form
    return part


def _authority(authority: Authority) -> Document:
    return {
        "role": authority.role,
        "threshold": authority.threshold,
        "keys": dict(authority.keys),
    }


def _read_authority(value: Document) -> Authority:
    exactly(value, frozenset({"role", "threshold", "keys"}))
    threshold: object = value["threshold"]
    if isinstance(threshold, bool) or not isinstance(threshold, int):
        raise TypeError("a threshold is no number")
    keys = {text_of(key_id): object_of(key) for key_id, key in object_of(value["keys"]).items()}
    for key_id, key in keys.items():
        if public_key(key).key_id != key_id:
            raise ValueError("a key is filed under an id that is not its own")
    return Authority(text_of(value["role"]), keys, threshold)


def _signature(value: Document) -> Document:
    exactly(value, frozenset({"keyid", "method", "sig"}))
    return {name: text_of(value[name]) for name in ("keyid", "method", "sig")}


def _is_right(key: Document, signature: Document, message: bytes) -> bool:
    try:
        return _core.verify_signature(
            public_key(key).public, _bytes(signature["sig"]), message, signature["method"]
        )
    except (ValueError, PublicKeyError):
        return False


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: object) -> bytes:
    return base64.b64decode(text_of(text), validate=True)
