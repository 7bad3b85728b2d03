"""A trust server in memory, for publishers: it judges uploads, and can lie in many ways.

It holds timestamp keys, and the snapshot keys that it is asked for. What is uploaded is judged by
our own engine, as strictly as a reader would.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from contenttrust import _core, clock
from contenttrust.errors import ContentTrustError, RejectedError, VerificationError
from simulator.canonical import canonical, encoded, served
from simulator.roles import file_meta

Files = dict[str, bytes]


class MemoryServer:
    """Collections by name, each with every file that was ever published."""

    url = "https://memory.example"

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.keys: dict[tuple[str, str], _core.PrivateKey] = {}
        self.key_ids: set[str] = set()
        """Of every key that it has ever made."""
        self.files: dict[str, Files] = {}
        self.history: dict[str, set[bytes]] = {}
        self.uploads: list[Files] = []
        self.before_publish: list[Callable[[], object]] = []
        """Each is done once, right before an upload is judged: what others publish meanwhile."""
        self.after_publish: list[Callable[[], object]] = []
        """Each is done once, after an upload was stored; what it raises is the answer."""
        self.instead: list[Callable[[str, Files], object]] = []
        """Each takes one upload's place."""

    # --- Source ---------------------------------------------------------------

    def fetch(self, gun: str, files: Sequence[Any]) -> list[bytes | ContentTrustError | None]:
        return [self.file(gun, file.name, file.sha256) for file in files]

    def file(self, gun: str, name: str, sha256: str | None) -> bytes | None:
        """A file by its name, or whatever has that hash."""
        stored = self.files.get(gun, {})
        if sha256 is not None:
            known = self.history.get(gun, set())
            return next((one for one in known if hashlib.sha256(one).hexdigest() == sha256), None)
        return stored.get(name)

    # --- Sink -----------------------------------------------------------------

    def publish(self, gun: str, files: Mapping[str, bytes]) -> None:
        if self.instead:
            self.instead.pop(0)(gun, dict(files))
            return
        if self.before_publish:
            self.before_publish.pop(0)()
        self.store(gun, files)
        if self.after_publish:
            self.after_publish.pop(0)()

    def public_key(self, gun: str, role: str) -> bytes:
        if (gun, role) not in self.keys:
            return self.rotate_key(gun, role)
        return json.dumps(self._key(gun, role)).encode()

    def rotate_key(self, gun: str, role: str) -> bytes:
        key = self.keys[gun, role] = _core.PrivateKey.generate("ecdsa")
        self.key_ids.add(key.key_id)
        return json.dumps(self._key(gun, role)).encode()

    def delete(self, gun: str) -> None:
        self.files.pop(gun, None)
        self.history.pop(gun, None)

    # --- inside ---------------------------------------------------------------

    def signed(self, gun: str, role: str) -> Any:
        """The signed part of what is served."""
        return json.loads(self.files[gun][role])["signed"]

    def renew(self, gun: str) -> None:
        """Sign what the server signs anew, as it does with what has expired."""
        before = self.files[gun]
        root = json.loads(before["root"])["signed"]
        after = dict(before)
        if self._holds(gun, "snapshot", root):
            after["snapshot"] = self._snapshot(gun, before, {}, root)
        after["timestamp"] = self._timestamp(gun, before, after)
        self.files[gun] = after
        self.history[gun].update(after.values())

    def store(self, gun: str, files: Mapping[str, bytes], *, judged: bool = True) -> None:
        """Judge an upload and store it.

        Raises:
            RejectedError: As a Notary server would say.
        """
        self.uploads.append(dict(files))
        before = self.files.get(gun, {})
        for role, file in files.items():
            if judged and role in before and _version(file) <= _version(before[role]):
                raise RejectedError(f"{role} is no newer version", role=role, found="VERSION")
        after = {**before, **files}
        root = json.loads(after["root"])["signed"]
        after[f"{root['version']}.root"] = after["root"]
        if "snapshot" not in files:
            after["snapshot"] = self._snapshot(gun, before, files, root)
        after["timestamp"] = self._timestamp(gun, before, after)
        if judged:
            self._judge(gun, before, after)
        self.files[gun] = after
        self.history.setdefault(gun, set()).update(after.values())

    def _judge(self, gun: str, before: Files, after: Files) -> None:
        root = after["root"] if "root" not in before else before["root"]
        update = _core.Update(gun, anchor=_core.Anchor.root(root), now=clock.instant(self.now))
        while wanted := update.wanted():
            for file in wanted:
                update.put(file.name, after.get(file.name))
        try:
            repository = update.repository()
        except VerificationError as error:
            raise RejectedError(str(error), role=error.role, found="INVALID_UPDATE") from error
        changed = {role for role in after if after[role] != before.get(role)}
        for notice in repository.degraded:
            if notice.role in changed:
                raise RejectedError(notice.message, role=notice.role, found="INVALID_UPDATE")

    def _key(self, gun: str, role: str) -> dict[str, Any]:
        key = self.keys[gun, role]
        public = base64.b64encode(key.public).decode()
        return {"keytype": key.key_type, "keyval": {"public": public, "private": None}}

    def _snapshot(self, gun: str, before: Files, files: Mapping[str, bytes], root: Any) -> bytes:
        held = self._holds(gun, "snapshot", root)
        if not held:
            raise RejectedError("no snapshot was included", role="snapshot", found="INVALID_UPDATE")
        old = json.loads(before["snapshot"])["signed"] if "snapshot" in before else None
        meta = {} if old is None else dict(old["meta"])
        meta.update({role: file_meta(_as_written_again(file)) for role, file in files.items()})
        version = 1 if old is None else old["version"] + 1
        return self._sign(gun, "snapshot", "Snapshot", version, meta, days=1095)

    def _timestamp(self, gun: str, before: Files, after: Files) -> bytes:
        version = _version(before["timestamp"]) + 1 if "timestamp" in before else 1
        meta = {"snapshot": file_meta(after["snapshot"])}
        return self._sign(gun, "timestamp", "Timestamp", version, meta, days=14)

    def _holds(self, gun: str, role: str, root: Any) -> bool:
        key = self.keys.get((gun, role))
        return key is not None and key.key_id in root["roles"][role]["keyids"]

    def _sign(self, gun: str, role: str, kind: str, version: int, meta: Any, *, days: int) -> bytes:
        expires = (self.now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        signed = {"_type": kind, "expires": expires, "meta": meta, "version": version}
        text = canonical(signed)
        key = self.keys[gun, role]
        signature = base64.b64encode(key.sign(encoded(text))).decode()
        entry = {"keyid": key.key_id, "method": key.method, "sig": signature}
        return encoded(f'{{"signed":{served(text)},"signatures":{canonical([entry])}}}')


def _version(file: bytes) -> int:
    version: int = json.loads(file)["signed"]["version"]
    return version


def _as_written_again(file: bytes) -> bytes:
    """What a Notary server hashes: its own spelling of the file."""
    document = json.loads(file)
    signatures = [
        {name: entry[name] for name in ("keyid", "method", "sig")}
        for entry in document["signatures"]
    ]
    text = served(canonical(document["signed"]))
    return encoded(f'{{"signed":{text},"signatures":{canonical(signatures)}}}')
