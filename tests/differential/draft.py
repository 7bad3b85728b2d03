"""A repository that is being changed: its files, and whoever can sign them again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from differential import keyring
from differential.notary_json import message
from simulator import Key, Signing
from simulator.canonical import canonical, encoded, served
from simulator.roles import file_meta

TOP = ("root", "targets", "snapshot", "timestamp")


class Unchanged(Exception):  # noqa: N818 - no error: this change has no place here
    """The change that was drawn cannot be made to this repository."""


def text_of(part: Any) -> str:
    """A signed part as Notary writes it.

    Raises:
        Unchanged: It holds what has no canonical form.
    """
    try:
        text = served(canonical(part))
        text.encode()
    except (TypeError, UnicodeEncodeError, RecursionError) as error:
        raise Unchanged from error
    return text


@dataclass(frozen=True)
class Collection:
    """A right repository, and an older publication of it."""

    name: str
    gun: str
    files: dict[str, bytes]
    older: dict[str, bytes]


@dataclass
class Draft:
    """A copy of a collection that changes are made to, one after the other."""

    gun: str
    files: dict[str, bytes]
    signers: dict[str, list[str]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, collection: Collection) -> Draft:
        """A draft that begins with the collection as it is."""
        draft = cls(collection.gun, dict(collection.files))
        for name, document in collection.files.items():
            entries = json.loads(document)["signatures"]
            draft.signers[name] = [entry["keyid"] for entry in entries]
        return draft

    def signed(self, name: str) -> dict[str, Any]:
        """The signed part of a file.

        Raises:
            Unchanged: An earlier change has made it unreadable.
        """
        try:
            part = json.loads(self.files[name])["signed"]
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise Unchanged from error
        if not isinstance(part, dict):
            raise Unchanged
        return part

    def keys_of(self, name: str) -> list[Key]:
        """Who signed the file at first, as far as we hold their keys."""
        held = (keyring.known(key_id) for key_id in self.signers.get(name, []))
        return [key for key in held if key is not None]

    def entries(self, name: str, text: str) -> list[dict[str, Any]]:
        """Signatures over the signed part `text`, by whoever signed the file at first.

        Raises:
            Unchanged: Nobody can sign this text.
        """
        try:
            covered = message(text)
        except ValueError as error:
            raise Unchanged from error
        return [Signing(key).entry(covered) for key in self.keys_of(name)]

    def put(self, name: str, text: str, entries: Any) -> None:
        """Put a file in place: the signed part `text` and its signatures."""
        self.files[name] = encoded(f'{{"signed":{text},"signatures":{canonical(entries)}}}')

    def change(
        self, name: str, edit: Callable[[dict[str, Any]], object], *more: Key, refit: bool = True
    ) -> None:
        """Change the signed part of a file, sign it again, and its parents with it.

        Args:
            more: Who signs besides.
        """
        part = self.signed(name)
        try:
            edit(part)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise Unchanged from error
        text = text_of(part)
        entries = self.entries(name, text)
        entries += [Signing(key).entry(message(text)) for key in more]
        self.put(name, text, entries)
        if refit:
            self.refit([name])

    def refit(self, names: Iterable[str]) -> None:
        """Have snapshot and timestamp name the files as they are, where they can be read."""
        changed = {name for name in names if name != "timestamp" and not name[0].isdigit()}
        try:
            if changed - {"snapshot"}:
                self._name_in("snapshot", changed - {"snapshot"})
            if changed:
                self._name_in("timestamp", {"snapshot"})
        except (Unchanged, TypeError, AttributeError):
            return

    def _name_in(self, parent: str, names: Iterable[str]) -> None:
        part = self.signed(parent)
        for name in names:
            if name in self.files and name in part.get("meta", {}):
                part["meta"][name] = file_meta(self.files[name])
        text = text_of(part)
        self.put(parent, text, self.entries(parent, text))
