"""The key store: listed as notary lists, opened once, never written over by a different key."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from contenttrust import crypto
from contenttrust._core import KeyFile, PrivateKey
from contenttrust.errors import (
    InputNeededError,
    KeyFileError,
    KeyStoreError,
    NoKeyError,
    PassphraseError,
)
from contenttrust.keys import KeyStore
from contenttrust.transport import remark
from keyholder import GUN, PASSPHRASE, ROUNDS, Holder, Nobody, paths_in, store_in


def write(trust_dir: Path, name: str, contents: bytes) -> Path:
    path = trust_dir / "private" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("algorithm", ["ecdsa", "ecdsa-p384", "rsa", "ed25519"])
def test_a_generated_key_is_found_opened_and_signs(store: KeyStore, algorithm: str) -> None:
    entry = store.generate(algorithm, role="targets", gun=GUN)
    assert (entry.role, entry.gun, entry.is_encrypted, entry.rounds) == (
        "targets",
        GUN,
        True,
        ROUNDS,
    )
    assert entry.problem == ""
    assert entry.findings == ()
    again = store_in(Path(store.folder.path).parent)
    assert again.find(entry.key_id) == entry
    signer = again.open(entry.key_id)
    assert signer.key_id == entry.key_id
    assert crypto.verify(signer.public, signer.sign(b"message"), b"message", signer.method)
    assert again.open(entry.key_id) is signer


def test_files_are_laid_out_as_docker_does(store: KeyStore, trust_dir: Path) -> None:
    root = store.generate(role="root", gun=GUN)
    targets = store.generate(role="targets", gun=GUN)
    assert paths_in(trust_dir) == sorted(f"private/{e.key_id}.key" for e in (root, targets))
    contents = Path(targets.path).read_bytes()
    assert contents.splitlines()[:4] == [
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----",
        f"gun: {GUN}".encode(),
        b"role: targets",
        b"",
    ]
    assert KeyFile.parse(Path(root.path).read_bytes()).headers == {"role": "root"}


def test_what_is_written_by_default_is_harder_to_guess_than_dockers(trust_dir: Path) -> None:
    store = KeyStore(trust_dir, passphrases=Holder())
    assert store.generate(role="root").rounds == 600_000


@pytest.mark.parametrize(("trust_dir", "error"), [("", ValueError), (b"x", TypeError)])
def test_a_trust_directory_has_a_name_that_is_text(trust_dir: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="directory is named"):
        KeyStore(trust_dir, passphrases=Nobody())


def test_keys_are_listed_in_notarys_order(store: KeyStore) -> None:
    for role, gun in [
        ("targets", "b/b"),
        ("delegation", ""),
        ("snapshot", "a/a"),
        ("root", ""),
        ("targets", "a/a"),
        ("root", ""),
    ]:
        store.generate(role=role, gun=gun)
    entries = store.entries()
    assert [(entry.role, entry.gun) for entry in entries] == [
        ("root", ""),
        ("root", ""),
        ("delegation", ""),
        ("snapshot", "a/a"),
        ("targets", "a/a"),
        ("targets", "b/b"),
    ]
    assert entries[0].key_id < entries[1].key_id


def test_an_empty_place_has_no_keys_and_stays_empty(store: KeyStore, trust_dir: Path) -> None:
    assert store.entries() == ()
    assert store.find("0" * 64) is None
    with pytest.raises(NoKeyError):
        store.open("0" * 64)
    assert not trust_dir.exists()


@pytest.mark.parametrize("text", ["", "0" * 63, "A" * 64, "../" + "0" * 61])
def test_what_is_no_key_id_is_said_to_be_none(store: KeyStore, text: str) -> None:
    with pytest.raises(NoKeyError, match="invalid key ID provided"):
        store.find(text)


def test_a_damaged_file_is_listed_with_its_problem(store: KeyStore, trust_dir: Path) -> None:
    good = store.generate(role="root")
    write(trust_dir, f"{'1' * 64}.key", b"no key at all")
    write(trust_dir, f"{'2' * 64}.key", b"x" * 300_000)
    (trust_dir / "private" / f"{'3' * 64}.key").symlink_to(good.path)
    write(trust_dir, "notes.txt", b"no key")
    by_id = {entry.key_id: entry for entry in store.entries()}
    assert len(by_id) == 4
    assert by_id[good.key_id] == good
    assert all(by_id[digit * 64].problem for digit in "123")
    assert "larger than" in by_id["2" * 64].problem
    assert "link" in by_id["3" * 64].problem
    for digit in "123":
        with pytest.raises(KeyFileError):
            store.open(digit * 64)


def test_files_that_others_may_read_are_used_and_told(store: KeyStore) -> None:
    entry = store.generate(role="root")
    Path(entry.path).chmod(0o644)
    found = store.find(entry.key_id)
    assert found is not None
    assert found.findings == ("readable or writable by others (mode 0644)",)
    assert store_in(Path(store.folder.path).parent).open(entry.key_id)


def test_a_key_without_encryption_opens_and_is_told(
    store: KeyStore, trust_dir: Path, originals: Path
) -> None:
    contents = (originals / "ec-pkcs8-role.key").read_bytes()
    key_id = PrivateKey.decode(contents).key_id
    write(trust_dir, f"{key_id}.key", contents)
    quiet = KeyStore(trust_dir, passphrases=Nobody())
    found = quiet.find(key_id)
    assert found is not None
    assert not found.is_encrypted
    assert found.findings == ("not encrypted: whoever reads the file has the key",)
    assert quiet.open(key_id).key_id == key_id


def test_a_passphrase_is_asked_for_three_times_and_then_no_more(store: KeyStore) -> None:
    entry = store.generate(role="targets", gun=GUN)
    wrong = Holder(b"wrong")
    again = KeyStore(Path(store.folder.path).parent, passphrases=wrong)
    with pytest.raises(PassphraseError) as caught:
        again.open(entry.key_id)
    assert [request.attempt for request in wrong.requests] == [0, 1, 2]
    assert {request.key_id for request in wrong.requests} == {entry.key_id}
    assert "password invalid, operation has failed" in caught.value.message
    assert (caught.value.role, caught.value.gun) == ("targets", GUN)


def test_the_third_passphrase_may_be_the_right_one(store: KeyStore) -> None:
    entry = store.generate(role="root")
    holder = Holder(b"wrong", b"wrong too", PASSPHRASE)
    again = KeyStore(Path(store.folder.path).parent, passphrases=holder)
    assert again.open(entry.key_id).key_id == entry.key_id


def test_an_empty_passphrase_protects_no_new_key(trust_dir: Path) -> None:
    store = store_in(trust_dir, b"")
    with pytest.raises(PassphraseError, match="empty passphrase"):
        store.generate(role="root")
    assert paths_in(trust_dir) == [] if trust_dir.exists() else True


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_some_roles_keys_need_a_collection(store: KeyStore, role: str) -> None:
    with pytest.raises(KeyStoreError, match="belongs to one collection"):
        store.generate(role=role)


def test_a_key_needs_a_role(store: KeyStore) -> None:
    with pytest.raises(KeyStoreError, match="needs a role"):
        store.generate(role="")


@pytest.mark.parametrize("text", ["\udc80", "a\nrole: root", "a\r", "a\0b"])
def test_a_key_is_named_by_text_of_one_line(store: KeyStore, text: str, trust_dir: Path) -> None:
    for names in ({"role": text}, {"role": "targets", "gun": text}):
        with pytest.raises((KeyStoreError, ValueError)):
            store.generate(**names)
    assert not trust_dir.exists()


def test_there_are_only_some_algorithms(store: KeyStore) -> None:
    with pytest.raises(ValueError, match="no algorithm 'dsa'"):
        store.generate("dsa", role="root")


def test_ed25519_comes_with_a_warning(store: KeyStore, caplog: pytest.LogCaptureFixture) -> None:
    store.generate(role="root")
    assert not caplog.records
    store.generate("ed25519", role="root")
    assert "docker and notary take no Ed25519 key" in caplog.text
    told: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remark, "tell", told.append)  # as a program does, which says it in its words
        store.generate("ed25519", role="root")
    assert len(told) == 1


def test_adding_a_key_twice_changes_nothing(store: KeyStore) -> None:
    key = PrivateKey.generate("ecdsa")
    first = store.add(key, role="alice")
    contents = Path(first.path).read_bytes()
    assert store.add(key, role="alice") == first
    assert Path(first.path).read_bytes() == contents


def test_adding_a_key_under_another_role_changes_the_header_alone(store: KeyStore, caplog) -> None:
    key = PrivateKey.generate("ecdsa")
    store.add(key, role="alice")
    assert not caplog.records
    entry = store.add(key, role="bob")
    assert entry.role == "bob"
    assert f"{key.key_id} is here already, kept for alice: now it is for bob" in caplog.text
    assert store_in(Path(store.folder.path).parent).open(key.key_id).key_id == key.key_id


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"role": "root"}, {"role": "alice"}),
        ({"role": "root"}, {"role": "delegation"}),
        ({"role": "targets", "gun": GUN}, {"role": "alice"}),
        ({"role": "targets", "gun": GUN}, {"role": "targets", "gun": f"{GUN}/other"}),
        ({"role": "alice"}, {"role": "root"}),
        ({"role": "alice"}, {"role": "snapshot", "gun": GUN}),
    ],
)
def test_what_root_names_does_not_change_hands(store: KeyStore, before, after) -> None:
    """A root key that is gone is missed, and another is made in its place."""
    key = PrivateKey.generate("ecdsa")
    entry = store.add(key, **before)
    contents = Path(entry.path).read_bytes()
    quiet = KeyStore(Path(store.folder.path).parent, passphrases=Nobody(), rounds=ROUNDS)
    with pytest.raises(KeyStoreError, match="is not kept for") as refused:
        quiet.add(key, **after)
    assert f"contenttrust key remove {key.key_id}" in refused.value.message
    assert (refused.value.role, Path(entry.path).read_bytes()) == (before["role"], contents)


def test_a_key_that_nobody_named_a_role_for_gets_one(store: KeyStore, caplog) -> None:
    key = PrivateKey.generate("ecdsa")
    store.add(key, role="delegation")
    assert store.add(key, role="targets", gun=GUN).role == "targets"
    assert f"kept for delegation: now it is for targets of {GUN}" in caplog.text


def test_adding_a_key_never_takes_another_passphrases_place(store: KeyStore) -> None:
    key = PrivateKey.generate("ecdsa")
    entry = store.add(key, role="alice")
    contents = Path(entry.path).read_bytes()
    other = store_in(Path(store.folder.path).parent, b"another passphrase")
    with pytest.raises(PassphraseError, match="under another passphrase"):
        other.add(key, role="alice")
    assert Path(entry.path).read_bytes() == contents


def test_a_passphrase_is_changed(store: KeyStore, trust_dir: Path) -> None:
    entry = store.generate(role="targets", gun=GUN)
    new = b"another passphrase"
    changed = store.change_passphrase(entry.key_id, passphrases=Holder(new), rounds=4096)
    assert (changed.key_id, changed.role, changed.gun) == (entry.key_id, "targets", GUN)
    assert changed.rounds == 4096
    assert store_in(trust_dir, new).open(entry.key_id)
    with pytest.raises(PassphraseError):
        store_in(trust_dir).open(entry.key_id)
    assert stat.S_IMODE(Path(entry.path).stat().st_mode) == 0o600


def test_a_passphrase_is_not_changed_without_the_old_one(store: KeyStore, trust_dir: Path) -> None:
    entry = store.generate(role="root")
    contents = Path(entry.path).read_bytes()
    other = store_in(trust_dir, b"wrong")
    with pytest.raises(PassphraseError):
        other.change_passphrase(entry.key_id, passphrases=Holder())
    with pytest.raises(PassphraseError, match="empty"):
        store.change_passphrase(entry.key_id, passphrases=Holder(b""))
    assert Path(entry.path).read_bytes() == contents


def test_a_file_that_changed_meanwhile_is_left_alone(store: KeyStore) -> None:
    entry = store.generate(role="root")

    class Meddler(Holder):
        def give(self, request):
            Path(entry.path).write_bytes(b"somebody else's")
            return super().give(request)

    with pytest.raises(KeyStoreError, match="changed by somebody else"):
        store.change_passphrase(entry.key_id, passphrases=Meddler())
    assert Path(entry.path).read_bytes() == b"somebody else's"


def test_a_removed_key_is_gone(store: KeyStore, trust_dir: Path) -> None:
    entry = store.generate(role="root")
    assert store.remove(entry.key_id) == entry
    assert store.entries() == ()
    for action in (store.remove, store.open, store.change_passphrase):
        with pytest.raises(NoKeyError, match=f"No key with ID {entry.key_id} found"):
            action(entry.key_id)
    assert paths_in(trust_dir) == []


def test_folders_of_older_notaries_are_read(store: KeyStore, trust_dir: Path) -> None:
    root = store.generate(role="root")
    targets = store.generate(role="targets", gun=GUN)
    private = trust_dir / "private"
    for entry, place in (
        (root, f"root_keys/{root.key_id}_root.key"),
        (targets, f"tuf_keys/{GUN}/{targets.key_id}_targets.key"),
    ):
        bare = Path(entry.path).read_bytes().split(b"\n\n")[1]
        write(trust_dir, place, b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + bare)
        Path(entry.path).unlink()
    again = store_in(trust_dir)
    assert [(e.key_id, e.role, e.gun) for e in again.entries()] == [
        (root.key_id, "root", ""),
        (targets.key_id, "targets", GUN),
    ]
    assert again.open(targets.key_id).key_id == targets.key_id
    changed = again.change_passphrase(targets.key_id, passphrases=Holder(b"new passphrase"))
    assert changed.path == str(private / f"tuf_keys/{GUN}/{targets.key_id}_targets.key")
    assert KeyFile.parse(Path(changed.path).read_bytes()).headers == {"gun": GUN, "role": "targets"}
    again.remove(root.key_id)
    assert [e.key_id for e in again.entries()] == [targets.key_id]


def test_the_folder_may_be_on_another_drive(
    store: KeyStore, trust_dir: Path, tmp_path: Path
) -> None:
    entry = store.generate(role="root")
    shutil.move(trust_dir / "private", tmp_path / "drive")
    (trust_dir / "private").symlink_to(tmp_path / "drive")
    again = store_in(trust_dir)
    assert again.open(entry.key_id)
    assert Path(again.generate(role="root").path).resolve().parent == tmp_path / "drive"


def test_a_signer_from_elsewhere_counts_among_the_keys(store: KeyStore) -> None:
    key = PrivateKey.generate("ecdsa")
    entry = store.attach(key, role="root", gun=GUN, where="hsm:2")
    assert (entry.key_id, entry.role, entry.gun, entry.path) == (key.key_id, "root", "", "hsm:2")
    assert store.find(key.key_id) == entry
    assert store.open(key.key_id) is key
    assert store.entries() == (entry,)


def test_where_nobody_may_be_asked_the_key_is_named(store: KeyStore, trust_dir: Path) -> None:
    entry = store.generate(role="targets", gun=GUN)
    with pytest.raises(InputNeededError, match=entry.key_id):
        KeyStore(trust_dir, passphrases=Nobody()).open(entry.key_id)


def test_nothing_secret_is_shown(store: KeyStore) -> None:
    entry = store.generate(role="root")
    shown = repr(store) + repr(entry) + repr(store.open(entry.key_id))
    assert PASSPHRASE.decode() not in shown
    assert repr(store) == f"KeyStore({store.folder.path!r})"


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_folder_that_cannot_be_read_is_told(store: KeyStore, trust_dir: Path) -> None:
    store.generate(role="root")
    (trust_dir / "private").chmod(0)
    with pytest.raises(KeyStoreError, match="Permission denied"):
        store.entries()
    (trust_dir / "private").chmod(0o700)
