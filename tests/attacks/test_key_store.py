"""The key store's folder: modes, links, pipes, strangers, and keys under false names."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from contenttrust._core import PrivateKey, Secret
from contenttrust.errors import ContentTrustError, KeyFileError, KeyStoreError, PassphraseError
from contenttrust.keys import KeyStore
from contenttrust.keys.backup import backup, restore
from contenttrust.keys.importing import import_file
from contenttrust.transport import files
from keyholder import GUN, PASSPHRASE, ROUNDS, Holder, Nobody, paths_in, run_in_python, store_in

STRANGER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def trust_dir(tmp_path: Path) -> Path:
    """A trust directory that does not exist yet, in a home that does not either."""
    return tmp_path / "home" / ".docker" / "trust"


@pytest.fixture
def store(trust_dir: Path) -> KeyStore:
    """A key store; every key in it has the same passphrase."""
    return store_in(trust_dir)


def encoded(key: PrivateKey, role: str = "root") -> bytes:
    return key.encode(Secret(PASSPHRASE), role=role, rounds=ROUNDS)


def put(trust_dir: Path, name: str, contents: bytes, mode: int = 0o600) -> Path:
    path = trust_dir / "private" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("umask", [0, 0o777, 0o022, 0o277])
def test_t102_files_are_ours_alone_whatever_the_umask(trust_dir: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = store_in(trust_dir)
        entry = store.generate(role="targets", gun=GUN)
        store.change_passphrase(entry.key_id, passphrases=Holder(b"new passphrase"))
    finally:
        os.umask(before)
    for path in (trust_dir, trust_dir / "private"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (trust_dir / "private").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_t102_a_file_is_ours_alone_before_a_byte_is_in_it(store: KeyStore, monkeypatch) -> None:
    seen: list[tuple[int, int]] = []
    original = os.fchmod

    def look(descriptor: int, mode: int) -> None:
        status = os.fstat(descriptor)
        if str(Path(f"/proc/self/fd/{descriptor}").readlink()).endswith(".key.new"):
            seen.append((stat.S_IMODE(status.st_mode) & 0o177, status.st_size))
        original(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", look)
    before = os.umask(0)
    try:
        store.generate(role="root")
    finally:
        os.umask(before)
    assert seen == [(0, 0)]


def test_t102_a_link_in_the_place_of_a_new_file_is_not_followed(
    store: KeyStore, trust_dir: Path, tmp_path: Path
) -> None:
    key = PrivateKey.generate("ecdsa")
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    private = trust_dir / "private"
    private.mkdir(parents=True)
    (private / f"{key.key_id}.key").symlink_to(victim)
    with pytest.raises(KeyStoreError, match="a symbolic link"):
        store.add(key, role="root")
    (private / f"{key.key_id}.key").unlink()
    (private / f".{key.key_id}.key.new").symlink_to(victim)
    assert not Path(store.add(key, role="root").path).is_symlink()
    assert victim.read_bytes() == b"precious"
    assert paths_in(private) == [f"{key.key_id}.key"]


def test_t102_a_link_to_a_key_is_no_key(store: KeyStore, trust_dir: Path, tmp_path: Path) -> None:
    key = PrivateKey.generate("ecdsa")
    (tmp_path / "elsewhere").write_bytes(encoded(key))
    put(trust_dir, "x", b"").unlink()
    (trust_dir / "private" / f"{key.key_id}.key").symlink_to(tmp_path / "elsewhere")
    (entry,) = store.entries()
    assert "a symbolic link" in entry.problem
    with pytest.raises(KeyFileError, match="a symbolic link"):
        store.open(key.key_id)


def test_t102_a_pipe_in_a_keys_place_is_not_waited_for(store: KeyStore, trust_dir: Path) -> None:
    key = PrivateKey.generate("ecdsa")
    put(trust_dir, "x", b"").unlink()
    os.mkfifo(trust_dir / "private" / f"{key.key_id}.key", 0o600)
    (entry,) = store.entries()
    assert "not a regular file" in entry.problem
    with pytest.raises(KeyStoreError, match="not a regular file"):
        store.add(key, role="root")
    with pytest.raises(KeyStoreError, match="not a regular file"):
        store.open(key.key_id)


def test_t102_a_folder_in_a_keys_place_is_no_key(store: KeyStore, trust_dir: Path) -> None:
    key = PrivateKey.generate("ecdsa")
    (trust_dir / "private" / f"{key.key_id}.key").mkdir(parents=True)
    assert store.entries() == ()
    with pytest.raises(KeyStoreError):
        store.add(key, role="root")


def test_t102_another_key_under_a_keys_name_is_neither_used_nor_written_over(
    store: KeyStore, trust_dir: Path
) -> None:
    mine, other = PrivateKey.generate("ecdsa"), PrivateKey.generate("ecdsa")
    path = put(trust_dir, f"{mine.key_id}.key", encoded(other))
    for action in (
        lambda: store.open(mine.key_id),
        lambda: store.add(mine, role="root"),
        lambda: store.change_passphrase(mine.key_id, passphrases=Holder(b"new passphrase")),
    ):
        with pytest.raises(KeyFileError, match="holds another key than its name says") as caught:
            action()
        assert caught.value.found == other.key_id
    assert PrivateKey.decode(path.read_bytes(), Secret(PASSPHRASE)).key_id == other.key_id


def test_t102_what_is_no_key_is_not_written_over(store: KeyStore, trust_dir: Path) -> None:
    key = PrivateKey.generate("ecdsa")
    path = put(trust_dir, f"{key.key_id}.key", b"a will, perhaps")
    with pytest.raises(KeyFileError):
        store.add(key, role="root")
    assert path.read_bytes() == b"a will, perhaps"


@needs_root
def test_t102_a_strangers_file_is_no_key_of_ours(store: KeyStore, trust_dir: Path) -> None:
    key = PrivateKey.generate("ecdsa")
    path = put(trust_dir, f"{key.key_id}.key", encoded(key))
    os.chown(path, STRANGER, STRANGER)
    (entry,) = store.entries()
    assert entry.problem == f"owned by another user ({STRANGER})"
    with pytest.raises(KeyFileError, match="owned by another user"):
        store.open(key.key_id)


@needs_root
def test_t102_nothing_is_written_into_a_strangers_folder(store: KeyStore, trust_dir: Path) -> None:
    store.generate(role="root")
    os.chown(trust_dir / "private", STRANGER, STRANGER)
    with pytest.raises(KeyStoreError, match="owned by another user"):
        store.generate(role="root")


@pytest.mark.parametrize("where", [".", "private"])
def test_t102_a_folder_that_everybody_may_change_is_refused(
    store: KeyStore, trust_dir: Path, where: str
) -> None:
    entry = store.generate(role="root")
    (trust_dir / where).chmod(0o777)
    fresh = store_in(trust_dir)
    for action in (
        fresh.entries,
        lambda: fresh.open(entry.key_id),
        lambda: fresh.generate(role="root"),
    ):
        with pytest.raises(KeyStoreError, match="writable by everybody"):
            action()


def test_t102_a_second_name_of_a_key_file_is_told(store: KeyStore, tmp_path: Path) -> None:
    entry = store.generate(role="root")
    os.link(entry.path, tmp_path / "second")
    found = store.find(entry.key_id)
    assert found is not None
    assert found.findings == ("a hard link: it has another name too",)
    assert store.change_passphrase(entry.key_id).findings == ()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data.replace(b"-----END", b"-----OND"),
        lambda data: data[:150] + bytes([data[150] ^ 1]) + data[151:],
        lambda data: bytes(len(data)),
        lambda data: data + data,
        lambda data: b"\xff" * 100,
    ],
)
def test_t104_a_torn_file_is_told_and_never_opens(store: KeyStore, damage, trust_dir: Path) -> None:
    entry = store.generate(role="root")
    other = store.generate(role="alice")
    contents = Path(entry.path).read_bytes()
    Path(entry.path).write_bytes(damage(contents))
    fresh = store_in(trust_dir)
    assert {found.key_id for found in fresh.entries()} == {entry.key_id, other.key_id}
    assert fresh.open(other.key_id)
    try:
        assert fresh.open(entry.key_id).key_id == entry.key_id  # only a line's end was missing
        assert damage(contents) == contents[:-1]
    except (KeyFileError, PassphraseError):
        pass


@pytest.mark.parametrize("rounds", [0, 2047, 10_000_001])
def test_t104_no_file_is_written_that_would_be_refused_or_easily_guessed(
    trust_dir: Path, rounds: int
) -> None:
    with pytest.raises((ContentTrustError, ValueError)):
        store_in(trust_dir, rounds=rounds).generate(role="root")
    assert not trust_dir.exists()


def test_t102_two_who_make_keys_at_once_lose_none(trust_dir: Path) -> None:
    made: list[str] = []

    def make() -> None:
        store = store_in(trust_dir)
        made.extend(store.generate(role="root").key_id for _ in range(5))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(entry.key_id for entry in store_in(trust_dir).entries()) == sorted(made)
    assert len(paths_in(trust_dir)) == 20


def test_t102_what_cannot_be_opened_again_takes_no_place(store: KeyStore, monkeypatch) -> None:
    entry = store.generate(role="root")
    contents = Path(entry.path).read_bytes()
    original = files.open_regular

    def broken(directory: int, name: str, **options) -> int:
        if name.endswith(".new"):  # a disk that stores something else
            descriptor = os.open(name, os.O_RDWR, dir_fd=directory)
            os.pwrite(descriptor, b"AAAA", 200)
            os.close(descriptor)
        return original(directory, name, **options)

    monkeypatch.setattr(files, "open_regular", broken)
    with pytest.raises((KeyStoreError, KeyFileError)):
        store.change_passphrase(entry.key_id, passphrases=Holder(b"new passphrase"))
    with pytest.raises((KeyStoreError, KeyFileError)):
        store.generate(role="root")
    monkeypatch.undo()
    assert Path(entry.path).read_bytes() == contents
    assert len(store.entries()) == 1


def test_t101_the_first_key_that_is_opened_forbids_dumps(trust_dir: Path) -> None:
    entry = store_in(trust_dir).generate(role="root")
    code = """
import os, resource, sys
from contenttrust._core import Secret
from contenttrust.keys import GivenPassphrase, KeyStore, PassphraseChain
asked = PassphraseChain([GivenPassphrase(Secret(sys.argv[3].encode()), name="x")])
for forbid in (False, True):
    store = KeyStore(sys.argv[1], passphrases=asked, forbid_dumps=forbid)
    store.entries()
    before = os.stat("/proc/self/mem").st_uid, resource.getrlimit(resource.RLIMIT_CORE)[0]
    store.open(sys.argv[2])
    print(before, resource.getrlimit(resource.RLIMIT_CORE)[0] == 0)
"""
    done = run_in_python(code, str(trust_dir), entry.key_id, PASSPHRASE.decode())
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].endswith(b"True")


def test_t102_an_import_or_a_backup_takes_no_place(
    store: KeyStore, trust_dir: Path, tmp_path: Path
) -> None:
    mine, other = PrivateKey.generate("ecdsa"), PrivateKey.generate("ecdsa")
    path = put(trust_dir, f"{mine.key_id}.key", encoded(other))
    (tmp_path / "in.key").write_bytes(
        mine.encode(Secret(PASSPHRASE), role="root", path=mine.key_id, rounds=ROUNDS)
    )
    with pytest.raises(KeyStoreError, match="is here already and differs"):
        import_file(store, tmp_path / "in.key")
    source = store_in(tmp_path / "source")
    source.add(mine, role="root")
    archive = backup(source, passphrases=Holder(b"archive"))
    with pytest.raises(KeyStoreError, match="nothing was restored"):
        restore(store, archive, passphrases=Holder(b"archive"))
    assert PrivateKey.decode(path.read_bytes(), Secret(PASSPHRASE)).key_id == other.key_id
    assert KeyStore(trust_dir, passphrases=Nobody()).find(mine.key_id) is not None
