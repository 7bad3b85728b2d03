"""One document of a signing request: what is signed, who is to sign it, who has."""

from __future__ import annotations

import base64
import contextlib
import json
from dataclasses import dataclass, field

from contenttrust import _core
from contenttrust.errors import MalformedError, PublicKeyError
from contenttrust.publish.delegations import Authority
from contenttrust.publish.metadata import ends, envelope, message_of, public_key, signed_part
from contenttrust.publish.strict_json import exactly, list_of, members, object_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from contenttrust._core import Instant
    from contenttrust.publish.metadata import Document

_MOST_SIGNATURES = 64
_OF_FILE = frozenset({"signed", "signatures"})
_MEMBERS = frozenset({"role", "document", "authorities", "optional", "signatures"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Who must still sign.

    Attributes:
        role: Whose keys they are; a new root needs those of the former root too.
        document: The role whose document they sign.
        is_former: Whether they are those of the root before the one that is signed.
        count: How many of the keys.
        key_ids: Canonical ids of those that have not signed.
    """

    role: str
    document: str
    count: int
    key_ids: tuple[str, ...]
    is_former: bool = False


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

    def to_value(self) -> Document:
        """The part as the file of a request has it."""
        return {
            "role": self.role,
            "authorities": [_authority(one) for one in self.authorities],
            "optional": [_authority(one) for one in self.optional],
            "signatures": self.signatures,
            "document": self.document,
        }

    @classmethod
    def of_value(cls, value: Document) -> Part:
        """Read such a part, which a stranger may have written.

        Raises:
            ValueError: It is none.
            TypeError: A member has the wrong type.
            MalformedError: A key is none, or the document has no canonical form.
        """
        exactly(value, _MEMBERS)
        part = cls(
            role=text_of(value["role"]),
            document=object_of(value["document"]),
            authorities=tuple(
                _read_authority(object_of(one)) for one in list_of(value["authorities"])
            ),
            optional=tuple(_read_authority(object_of(one)) for one in list_of(value["optional"])),
            signatures=_signatures(value["signatures"]),
        )
        if not part.authorities or any(one.threshold < 1 for one in part.authorities):
            raise ValueError("a document asks for nobody's signature")
        _ = part.message  # refuses what has no canonical form
        return part

    @classmethod
    def of_file(cls, role: str, file: bytes) -> Part:
        """What a metadata file holds; nobody is said to sign it.

        Raises:
            ValueError: It is none.
            TypeError: A member has the wrong type.
        """
        value = members(file)
        exactly(value, _OF_FILE)
        signatures = _signatures(value["signatures"])
        return cls(
            role=role, document=object_of(value["signed"]), authorities=(), signatures=signatures
        )

    @classmethod
    def of_served(cls, role: str, file: bytes) -> Part:
        """What a metadata file of a server holds, with the signatures that readers would look at.

        Whoever may sign a role writes its file, and readers pass over what is no signature, or is
        one that was there before.

        Raises:
            MalformedError: It is no metadata file.
        """
        return cls(
            role=role,
            document=signed_part(file),
            authorities=(),
            signatures=_served_signatures(json.loads(file).get("signatures")),
        )

    def has_expired(self, now: Instant) -> bool:
        """Whether the document is past its expiry."""
        return ends(self.document) <= now

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

    def drop_idle(self, authorities: Iterable[Authority]) -> None:
        """Drop the signatures that are wrong, or by keys of none of these."""
        keys = {key_id: key for one in authorities for key_id, key in one.keys.items()}
        message = self.message
        self.signatures = [
            one
            for one in self.signatures
            if one["keyid"] in keys and _is_right(keys[one["keyid"]], one, message)
        ]

    def missing(self) -> list[Missing]:
        """Who must still sign."""
        found = []
        for index, authority in enumerate(self.authorities):
            done = self.signed_by(authority)
            if len(done) < authority.threshold:
                left = {public_key(key).canonical_key_id for key in authority.keys.values()} - done
                found.append(
                    Missing(
                        role=authority.role,
                        document=self.role,
                        count=authority.threshold - len(done),
                        key_ids=tuple(sorted(left)),
                        is_former=index > 0,  # only a root has two
                    )
                )
        return found


def whose(missing: Missing) -> str:
    """Whose keys must still sign, in words."""
    return f"the {missing.role} before it" if missing.is_former else missing.role


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


def _signatures(value: object) -> list[Document]:
    found = [_signature(object_of(one)) for one in list_of(value)]
    if len({one["keyid"] for one in found}) != len(found) or len(found) > _MOST_SIGNATURES:
        raise ValueError("it has a signature twice, or too many")
    return found


def _served_signatures(value: object) -> list[Document]:
    found: dict[str, Document] = {}
    for one in value if isinstance(value, list) else []:
        with contextlib.suppress(KeyError, TypeError):
            given = {name: text_of(one[name]) for name in ("keyid", "method", "sig")}
            found["\0".join(given.values())] = given
    return list(found.values())


def _signature(value: Document) -> Document:
    exactly(value, frozenset({"keyid", "method", "sig"}))
    return {name: text_of(value[name]) for name in ("keyid", "method", "sig")}


def _is_right(key: Document, signature: Document, message: bytes) -> bool:
    try:
        return _core.verify_signature(
            public_key(key).public, _bytes(signature["sig"]), message, signature["method"]
        )
    except (ValueError, MalformedError, PublicKeyError):
        return False


def _bytes(text: object) -> bytes:
    data = base64.b64decode(text_of(text), validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("a signature is not written as a server would write it again")
    return data
