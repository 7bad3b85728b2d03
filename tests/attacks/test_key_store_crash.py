"""A key store whose change is killed, or whose disk fails, at any step: no key lost, none torn."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from attacks.key_crashes import ARCHIVE, CHANGES, NEW, Fate, fates, make
from contenttrust._core import PrivateKey, Secret, unseal
from contenttrust.errors import PassphraseError
from contenttrust.keys.backup import backup
from keyholder import GUN, PASSPHRASE, Holder, paths_in, store_in

PLAIN = Path(__file__).parents[1] / "vectors/keys/import/ec-sec1.key"


class Change:
    """A change of a key store with three keys, and what may be found after an accident."""

    def __init__(self, name: str, tmp_path: Path) -> None:
        self.name, self.tmp_path = name, tmp_path
        self.start = tmp_path / "start"
        store = store_in(self.start)
        self.keys = [
            store.generate(role="root").key_id,
            store.generate(role="targets", gun=GUN).key_id,
            store.generate(role="alice").key_id,
        ]
        self.changed, self.stay = self.keys[0], self.keys[1:]
        self.material = tmp_path / "material"
        if name in {"add", "import"}:
            self.material = PLAIN
            self.changed = PrivateKey.decode(PLAIN.read_bytes()).key_id
            self.stay = self.keys
        elif name == "restore":
            archive = backup(store, passphrases=Holder(ARCHIVE))
            self.material.write_bytes(unseal(archive, Secret(ARCHIVE)))
            for key_id in self.keys[:2]:
                store.remove(key_id)
            self.stay = self.keys[2:]
        else:
            self.material.write_text(self.changed)
        self.before = self.content(self.start)
        finished = tmp_path / "finished"
        shutil.copytree(self.start, finished)
        assert make(name, finished, self.material) == "ok"
        self.after = set(paths_in(finished))

    def content(self, trust_dir: Path) -> dict[str, bytes]:
        return {name: (trust_dir / name).read_bytes() for name in paths_in(trust_dir)}

    def fates(self, error: int = 0) -> list[Fate]:
        met = fates(self.name, self.tmp_path / "copies", self.start, self.material, error)
        assert not met[-1].call
        assert met[-1].outcome == "ok"
        assert set(paths_in(met[-1].trust_dir)) == self.after
        return met[:-1]

    def stands(self, trust_dir: Path) -> bool:
        """Whether the change was made; the store must be usable, and the change made again."""
        store = store_in(trust_dir)
        assert [entry for entry in store.entries() if entry.problem] == []
        for key_id in self.stay:
            assert store.open(key_id).key_id == key_id
        done = self.is_done(trust_dir)
        again = make(self.name, trust_dir, self.material)
        if done and self.name == "passwd":  # the old passphrase is gone
            assert again == "PassphraseError"
        elif done and self.name == "remove":
            assert again == "NoKeyError"
        else:
            assert again == "ok"
        assert set(paths_in(trust_dir)) == self.after  # and no litter
        assert self.is_done(trust_dir)
        return done

    def is_done(self, trust_dir: Path) -> bool:
        """Whether the key that changes is in its new state; it must be in its old one else."""
        store = store_in(trust_dir)
        here = store.find(self.changed) is not None
        if self.name == "remove":
            return not here
        if self.name == "passwd":
            assert here
            try:
                assert store.open(self.changed)
            except PassphraseError:
                assert store_in(trust_dir, NEW).open(self.changed)
                return True
            return False
        if self.name == "restore":
            found = [key_id for key_id in self.keys if store.find(key_id) is not None]
            assert all(store.open(key_id) for key_id in found)
            return len(found) == len(self.keys)
        if here:
            assert store.open(self.changed).key_id == self.changed
        return here


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest, tmp_path: Path) -> Change:
    return Change(request.param, tmp_path)


def test_t102_a_kill_at_any_call_loses_no_key(change: Change) -> None:
    met = change.fates()
    assert {fate.call for fate in met} == {"killed"}
    done = [change.stands(fate.trust_dir) for fate in met]
    assert done == sorted(done)  # once made, it stays made
    assert len(done) > 5
    assert not done[0]


@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
@pytest.mark.parametrize("name", ["add", "passwd", "remove"])
def test_t102_a_disk_that_fails_at_any_call_is_told(tmp_path: Path, name: str, error: str) -> None:
    change = Change(name, tmp_path)
    for fate in change.fates(getattr(errno, error)):
        # A folder that cannot be read is told of each key, as a key that cannot be opened.
        assert fate.outcome in {"ok", "KeyStoreError", "KeyFileError"}, fate
        left = [name for name in paths_in(fate.trust_dir) if "/." in name]
        assert not left or fate.call == "unlink", fate
        done = change.is_done(fate.trust_dir)
        assert done or fate.outcome != "ok", fate
        assert not done or fate.outcome == "ok" or fate.call in {"fsync", "open"}, fate
        change.stands(fate.trust_dir)
        shutil.rmtree(fate.trust_dir)


def test_t102_what_a_killed_writer_left_is_encrypted_and_cleared(tmp_path: Path) -> None:
    change = Change("add", tmp_path)
    litter = 0
    for fate in change.fates():
        for name in paths_in(fate.trust_dir):
            if "/." in name:
                litter += 1
                contents = (fate.trust_dir / name).read_bytes()
                assert not contents or b"ENCRYPTED" in contents
                assert PASSPHRASE not in contents
        store_in(fate.trust_dir).generate(role="bob")  # another key's writer clears it
        assert not [name for name in paths_in(fate.trust_dir) if "/." in name]
    assert litter > 2
