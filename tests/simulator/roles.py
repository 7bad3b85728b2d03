"""The roles of a repository: what each says, who signs it, and where a test interferes."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.canonical import canonical, encoded, served
from simulator.keys import Key
from simulator.signatures import Signing

Edit = Callable[[dict[str, Any]], Any]


def b64(data: bytes) -> str:
    """Standard base64 as text."""
    return base64.b64encode(data).decode()


def image(label: str) -> dict[str, Any]:
    """The file meta of an image manifest that stands for `label`."""
    manifest = f"the manifest of {label}".encode()
    return {"hashes": {"sha256": b64(hashlib.sha256(manifest).digest())}, "length": len(manifest)}


def digest_of(label: str) -> str:
    """The digest that `image(label)` names, as image references write it."""
    return "sha256:" + hashlib.sha256(f"the manifest of {label}".encode()).hexdigest()


def file_meta(document: bytes) -> dict[str, Any]:
    """The file meta of a metadata file, as snapshot and timestamp carry it."""
    return {
        "hashes": {
            "sha256": b64(hashlib.sha256(document).digest()),
            "sha512": b64(hashlib.sha512(document).digest()),
        },
        "length": len(document),
    }


@dataclass
class Role:
    """One role. Everything in it may be changed between two publications."""

    name: str
    type: str
    expires: Any
    keys: list[Key]
    threshold: Any = 1
    version: Any = 1
    signers: Sequence[Key | Signing] | None = None
    """Who signs; `None`: every key of the role, in Notary's way."""
    edits: list[Edit] = field(default_factory=list)
    """Applied to the signed part before it is signed."""
    signature_edits: list[Callable[[list[Any]], Any]] = field(default_factory=list)
    """Applied to the signatures; what an edit returns (unless `None`) takes their place."""
    file_edits: list[Callable[[bytes], bytes]] = field(default_factory=list)
    """Applied to the whole file before its parent takes its hash."""
    omitted: bool = False
    """The file is not served, though it is listed."""

    def edit(self, change: Edit) -> None:
        """Have `change` applied to the signed part before it is signed."""
        self.edits.append(change)

    def say(self, member: str, value: Any) -> None:
        """Have the signed part say `value` (any JSON value or `Raw` text) as its `member`."""
        self.edit(lambda signed: signed.__setitem__(member, value))

    def forget(self, member: str) -> None:
        """Have the signed part lack `member`."""
        self.edit(lambda signed: signed.pop(member))

    def edit_signatures(self, change: Callable[[list[Any]], Any]) -> None:
        """Have `change` applied to the list of signatures; a result takes its place."""
        self.signature_edits.append(change)

    def edit_file(self, change: Callable[[bytes], bytes]) -> None:
        """Have `change` applied to the file; its parents name the hash of the result."""
        self.file_edits.append(change)

    def body(self) -> dict[str, Any]:
        """The members that only this kind of role has."""
        return {}

    def document(self, body: dict[str, Any], signers: Sequence[Key | Signing] = ()) -> bytes:
        """The signed file. `signers`: who signs besides, unless a test named the signers."""
        signed: Any = {"_type": self.type, "expires": self.expires, "version": self.version, **body}
        for edit in self.edits:
            replaced = edit(signed)
            signed = replaced if isinstance(replaced, Replacement) else signed
        text = canonical(signed.value if isinstance(signed, Replacement) else signed)
        entries: Any = self.sign(encoded(text), signers)
        for change in self.signature_edits:
            result = change(entries)
            entries = entries if result is None else result
        document = encoded(f'{{"signed":{served(text)},"signatures":{canonical(entries)}}}')
        for edit_file in self.file_edits:
            document = edit_file(document)
        return document

    def sign(self, message: bytes, more: Sequence[Key | Signing]) -> list[dict[str, Any]]:
        """The entries of `signatures` over `message`."""
        chosen = self.signers if self.signers is not None else [*self.keys, *more]
        signings = (signer if isinstance(signer, Signing) else Signing(signer) for signer in chosen)
        return [signing.entry(message) for signing in signings]


@dataclass(frozen=True)
class Replacement:
    """What an edit returns to put any value in the place of the whole signed part."""

    value: Any


@dataclass
class TargetsRole(Role):
    """`targets` or a delegation: the tags it lists and the roles it delegates to."""

    targets: dict[str, Any] = field(default_factory=dict)
    children: list[TargetsRole] = field(default_factory=list)
    paths: list[str] | None = None
    """What the delegator lets this role speak of."""
    published: bool = True
    """Whether the snapshot lists the role and its file is served."""

    def body(self) -> dict[str, Any]:
        """Targets and delegations."""
        keys = {key.id: key.json for child in self.children for key in child.keys}
        return {
            "delegations": {"keys": keys, "roles": [child.entry() for child in self.children]},
            "targets": dict(self.targets),
        }

    def entry(self) -> dict[str, Any]:
        """How the delegator lists this role."""
        entry = {
            "keyids": [key.id for key in self.keys],
            "name": self.name,
            "threshold": self.threshold,
        }
        return entry if self.paths is None else entry | {"paths": list(self.paths)}

    def descendants(self) -> list[TargetsRole]:
        """Every role below this one, each before those below it."""
        return [role for child in self.children for role in (child, *child.descendants())]
