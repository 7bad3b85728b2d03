"""Files of several keys: all is known of each before one is kept, and what is kept is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from contenttrust._core import PrivateKey, Secret
from contenttrust.errors import KeyFileError, KeyStoreError, PassphraseError
from contenttrust.keys import KeyStore, PassphraseRequest
from contenttrust.keys.importing import import_file, load_file
from contenttrust.transport import remark
from keyholder import PASSPHRASE, ROUNDS, Holder, store_in

NOBODY_KNOWS = b"what nobody knows"


def plain(role: str) -> bytes:
    """A key as openssl writes it, with its role in a header."""
    made = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    first, _, rest = made.partition("\n")
    return f"{first}\nrole: {role}\n\n{rest}".encode()


def sealed(role: str, *, path: str = "") -> bytes:
    """A key under a passphrase that nobody here has."""
    secret = Secret(NOBODY_KNOWS)
    return PrivateKey.generate("ecdsa").encode(secret, role=role, path=path, rounds=ROUNDS)


@pytest.fixture
def file(tmp_path: Path):
    """Makes a file of some blocks."""

    def make(*blocks: bytes) -> Path:
        path = tmp_path / "alice.pem"
        path.write_bytes(b"".join(blocks))
        path.chmod(0o600)
        return path

    return make


@pytest.mark.parametrize("at", [1, 2])
def test_a_block_that_cannot_be_opened_is_passed_over_and_told(
    trust_dir: Path, file, at: int
) -> None:
    blocks = [plain("dave")]
    blocks.insert(at - 1, sealed("alice"))
    done = import_file(store_in(trust_dir), file(*blocks))
    assert [entry.role for entry in done.entries] == ["dave"]
    [reason] = done.skipped
    assert reason.startswith(f"block {at} (ENCRYPTED PRIVATE KEY): password invalid")


def test_where_no_block_can_be_opened_that_is_an_error(trust_dir: Path, file) -> None:
    with pytest.raises(KeyStoreError, match=r"failed to import all keys: block 1 .*; block 2"):
        import_file(store_in(trust_dir), file(sealed("alice"), sealed("bob")))
    assert not trust_dir.exists()


def test_a_signers_file_is_loaded_as_a_whole(trust_dir: Path, file) -> None:
    path = file(plain("release"), sealed("bob"))
    with pytest.raises(PassphraseError, match=r"^block 2 .*; no key of the file was imported.$"):
        load_file(store_in(trust_dir), path)
    assert not trust_dir.exists()


def test_a_file_whose_roles_are_looked_at_is_imported_as_a_whole(trust_dir: Path, file) -> None:
    with pytest.raises(PassphraseError, match="no key of the file was imported"):
        import_file(store_in(trust_dir), file(plain("root"), sealed("root")), check=lambda *_: None)
    assert not trust_dir.exists()


def test_a_key_that_is_here_and_differs_is_passed_over_and_told(store: KeyStore, file) -> None:
    """A lost root key comes back from an export although another passphrase has changed since."""
    here = store.generate(role="alice")
    root = PrivateKey.generate("ecdsa")
    path = file(
        root.encode(Secret(PASSPHRASE), role="root", path=root.key_id, rounds=ROUNDS),
        sealed("alice", path=here.key_id),
    )
    done = import_file(store, path)
    assert [(entry.key_id, entry.role) for entry in done.entries] == [(root.key_id, "root")]
    [reason] = done.skipped
    assert reason.startswith("block 2 (ENCRYPTED PRIVATE KEY): ")
    assert f"{here.key_id}.key is here already and differs" in reason
    assert store.find(here.key_id) == here


def test_t102_a_key_that_is_here_and_differs_ends_it_where_the_file_is_taken_as_a_whole(
    store: KeyStore, file
) -> None:
    """No root key comes in beside what is refused."""
    here = store.generate(role="alice")
    theirs = store.open(here.key_id).encode(
        Secret(PASSPHRASE), role="alice", path=here.key_id, rounds=ROUNDS
    )
    with pytest.raises(KeyStoreError, match=r"^block 2 .* and differs: .*; no key of the file was"):
        import_file(store, file(plain("root"), theirs), check=lambda *_: None)
    assert store.entries() == (here,)


@pytest.mark.parametrize("name", ["root", "alice"])
def test_a_damaged_key_file_that_is_here_ends_it_and_is_named(
    store: KeyStore, file, name: str
) -> None:
    """It is no damage of the file that is imported."""
    key = PrivateKey.generate("ecdsa")
    here = Path(store.add(key, role=name).path)
    here.write_bytes(b"garbage")
    path = key.key_id if name == "root" else ""
    same = key.encode(Secret(PASSPHRASE), role=name, path=path, rounds=ROUNDS)
    with pytest.raises(KeyStoreError, match=f"^{here}, which is in the key store already") as told:
        import_file(store, file(plain("dave"), same))
    assert "Move it away, then import again" in told.value.message
    assert [entry.key_id for entry in store.entries()] == [key.key_id]


def test_what_would_not_be_written_over_a_damaged_key_file_names_that(store: KeyStore) -> None:
    key = PrivateKey.generate("ecdsa")
    here = Path(store.add(key, role="root").path)
    here.write_bytes(b"garbage")
    with pytest.raises(KeyStoreError, match=f"^{here}, which is here already: "):
        store.add(key, role="root")


def test_t102_what_a_path_says_is_proved_where_a_file_is_taken_as_a_whole(
    trust_dir: Path, file
) -> None:
    """A key that nobody here can open is not kept for a root key, nor for a signer's."""
    one = "7" * 64
    with pytest.raises(PassphraseError, match="password invalid"):
        import_file(store_in(trust_dir), file(sealed("root", path=one)), check=lambda *_: None)
    with pytest.raises(PassphraseError, match="password invalid"):
        load_file(store_in(trust_dir), file(sealed("alice", path=one)))
    key = PrivateKey.generate("ecdsa")
    false = key.encode(Secret(PASSPHRASE), role="alice", path=one, rounds=ROUNDS)
    with pytest.raises(KeyFileError, match=f"another key than its path header says: {key.key_id}"):
        load_file(store_in(trust_dir), file(false))
    assert not trust_dir.exists()


def test_a_key_that_was_opened_to_be_kept_as_it_is_is_asked_for_once(trust_dir: Path, file) -> None:
    key = PrivateKey.generate("ecdsa")
    path = file(key.encode(Secret(PASSPHRASE), role="root", path=key.key_id, rounds=ROUNDS))
    holder = Holder()
    store = store_in(trust_dir, passphrases=holder)
    [entry] = import_file(store, path, check=lambda *_: None).entries
    assert store.open(entry.key_id).key_id == key.key_id
    [asked] = holder.requests
    assert (asked.role, asked.key_id, asked.is_new) == ("root", key.key_id, False)


def test_t102_a_key_that_is_here_for_another_role_ends_it_before_one_is_kept(
    store: KeyStore, file
) -> None:
    key = PrivateKey.generate("ecdsa")
    here = store.add(key, role="alice")
    theirs = key.encode(Secret(PASSPHRASE), role="root", rounds=ROUNDS)
    with pytest.raises(KeyStoreError, match="kept for alice: it is not kept for root"):
        import_file(store, file(plain("dave"), theirs))
    assert store.entries() == (here,)


def test_t102_a_key_that_comes_twice_has_one_role(trust_dir: Path, file) -> None:
    key = PrivateKey.generate("ecdsa")
    one, other = (
        key.encode(Secret(PASSPHRASE), role=role, rounds=ROUNDS) for role in ("root", "al")
    )
    with pytest.raises(KeyStoreError, match=f"the key {key.key_id} twice and not alike, for root"):
        import_file(store_in(trust_dir), file(one, other))
    assert not trust_dir.exists()
    [entry] = import_file(store_in(trust_dir), file(one, one)).entries
    assert (entry.key_id, entry.role) == (key.key_id, "root")


class _Gives:
    """Gives new passphrases for some roles, and for others fails as it is told to."""

    def __init__(self, role: str, error: BaseException) -> None:
        self._role, self._error = role, error

    def give(self, request: PassphraseRequest) -> Secret:
        if request.role == self._role:
            raise self._error
        return Secret(PASSPHRASE)


def test_what_fails_while_keys_are_kept_names_those_that_are(trust_dir: Path, file) -> None:
    path = file(plain("root"), plain("dave"))
    store = store_in(trust_dir, passphrases=_Gives("dave", PassphraseError("not that one")))
    with pytest.raises(PassphraseError, match="not that one") as failed:
        import_file(store, path)
    [entry] = store.entries()
    assert failed.value.message.endswith(f"; in the key store now: {entry.key_id} for root")


def test_who_interrupts_it_is_told_what_is_kept(trust_dir: Path, file, monkeypatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(remark, "tell", told.append)
    store = store_in(trust_dir, passphrases=_Gives("dave", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        import_file(store, file(plain("root"), plain("dave")))
    [entry] = store.entries()
    assert told == [f"in the key store now: {entry.key_id} for root"]


def test_a_key_that_changes_hands_is_told_once(trust_dir: Path, file, monkeypatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(remark, "tell", told.append)
    store, path = store_in(trust_dir), file(plain("dave"))
    import_file(store, path)
    path.write_bytes(path.read_bytes().replace(b"role: dave", b"role: erin"))
    [entry] = import_file(store, path).entries
    assert entry.role == "erin"
    assert told == [f"the key {entry.key_id} is here already, kept for dave: now it is for erin"]


def test_a_key_that_stays_as_it_is_is_not_told_to_change_hands(
    trust_dir: Path, file, monkeypatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(remark, "tell", told.append)
    path = file(plain("dave"))
    [before] = import_file(store_in(trust_dir), path).entries
    path.write_bytes(path.read_bytes().replace(b"role: dave", b"role: erin"))
    for another in (store_in(trust_dir, b"another"), store_in(trust_dir, b"")):
        with pytest.raises(PassphraseError, match=r"under another passphrase|empty passphrase"):
            import_file(another, path)
    assert (told, store_in(trust_dir).entries()) == ([], (before,))
