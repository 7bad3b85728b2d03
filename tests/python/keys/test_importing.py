"""Keys from files, against what docker and notary did with the same files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from contenttrust._core import KeyFile, PrivateKey, Secret
from contenttrust.errors import (
    InputNeededError,
    KeyFileError,
    KeyStoreError,
    PassphraseError,
)
from contenttrust.keys import KeyStore
from contenttrust.keys.importing import import_file, load_file
from keyholder import GUN, PASSPHRASE, ROUNDS, Holder, Nobody, paths_in, store_in

THEIRS = b"import-pass"
REFERENCE = json.loads(
    (Path(__file__).parents[2] / "vectors/keys/import/reference.json").read_text()
)
FALSE_NAME = "7".rjust(64, "0")

# Where we do something else, and why that is better.
NEVER_VERIFIES = "notary keeps a key of 1024 bits, of which no client accepts a signature"
WE_KNOW_ED25519 = "notary opens encrypted Ed25519 keys, but no plain ones"
DOCKER_LOSES_IT = "docker says that it imported the key, and stores nothing"
WE_DECRYPT = "we open what docker cannot: other ciphers and key derivations"
A_SIGNERS_FILE_HOLDS_NONE = "docker loads a root key, and the next collection begins under it"
BETTER_IMPORT = {"rsa1024-pkcs1.key": NEVER_VERIFIES, "ed25519-pkcs8.key": WE_KNOW_ED25519}
BETTER_LOAD = {
    **BETTER_IMPORT,
    "ec-dek-aes256.key": DOCKER_LOSES_IT,
    "ec-pkcs8-pbes2-sha1.key": DOCKER_LOSES_IT,
    "ec-pkcs8-pbes2-sha1-role.key": DOCKER_LOSES_IT,
    "rsa2048-dek-aes128.key": DOCKER_LOSES_IT,
    "ec-pkcs8-pbes2-aes128.key": WE_DECRYPT,
    "ec-pkcs8-pbes2-sha256.key": WE_DECRYPT,
    "ec-pkcs8-pbes2-sha256-role.key": WE_DECRYPT,
    "ec-pkcs8-scrypt.key": WE_DECRYPT,
    "ec-export-legacy-path.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-export-legacy-root.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-export-path.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-pkcs8-gun-role.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-pkcs8-pbes2-sha1-gun-role.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-pkcs8-pbes2-sha256-gun-role.key": A_SIGNERS_FILE_HOLDS_NONE,
    "ec-sec1-gun-role.key": A_SIGNERS_FILE_HOLDS_NONE,
}


def heads(store: KeyStore) -> list[str]:
    """The store's files as the table has them: name, first line, headers."""
    lines = []
    for entry in store.entries():
        found = KeyFile.parse(Path(entry.path).read_bytes())
        headers = "|".join(f"{name}: {value}" for name, value in sorted(found.headers.items()))
        lines.append(f"{Path(entry.path).name}: -----BEGIN {found.label}-----|{headers}||")
    return sorted(lines)


def outcome(action, *arguments, **options) -> int:
    try:
        action(*arguments, **options)
    except KeyStoreError:
        return 1
    return 0


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["file"])
def test_import_does_what_notary_does(store: KeyStore, originals: Path, row) -> None:
    exit_code = outcome(import_file, store, originals / row["file"])
    theirs = row["notary_import"]
    if row["file"] in BETTER_IMPORT:
        assert exit_code != theirs["exit"], BETTER_IMPORT[row["file"]]
        return
    assert exit_code == theirs["exit"]
    assert heads(store) == sorted(filter(None, theirs["stored"].split("\n")))


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["file"])
def test_import_under_a_role_does_what_notary_does(store: KeyStore, originals: Path, row) -> None:
    exit_code = outcome(import_file, store, originals / row["file"], role="alice")
    theirs = row["notary_import_role_alice"]
    if row["file"] in BETTER_IMPORT:
        assert exit_code != theirs["exit"], BETTER_IMPORT[row["file"]]
        return
    assert exit_code == theirs["exit"]
    assert sorted(Path(e.path).name for e in store.entries()) == sorted(theirs["stored"].split())
    written = KeyFile.parse_all((originals / row["file"]).read_bytes())
    roles = sorted(found.role or "alice" for found in written)
    assert sorted(entry.role for entry in store.entries()) == (roles if exit_code == 0 else [])


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["file"])
def test_load_does_what_docker_does(trust_dir: Path, tmp_path: Path, originals: Path, row) -> None:
    path = tmp_path / row["file"]
    path.write_bytes((originals / row["file"]).read_bytes())
    path.chmod(0o600)
    store = store_in(trust_dir, passphrases=Holder(PASSPHRASE, roles={"encrypted": THEIRS}))
    exit_code = outcome(load_file, store, path)
    theirs = row["docker_key_load"]
    reason = BETTER_LOAD.get(row["file"])
    if reason is None:
        assert exit_code == theirs["exit"]
        names = sorted(Path(entry.path).name for entry in store.entries())
        assert names == sorted(theirs["stored"].split())
    elif reason == NEVER_VERIFIES:
        assert (exit_code, theirs["exit"]) == (1, 0)
    elif reason == A_SIGNERS_FILE_HOLDS_NONE:
        assert (exit_code, store.entries()) == (1, ())
    else:
        assert exit_code == 0
        assert theirs["exit"] == 1 or theirs["stored"] == ""
        (entry,) = store.entries()
        assert entry.role == (KeyFile.parse(path.read_bytes()).role or "signer")
    for entry in store.entries():
        if entry.key_id != FALSE_NAME:
            assert store_in(trust_dir).open(entry.key_id).key_id == entry.key_id


@pytest.mark.parametrize(
    ("file", "gun"),
    [("ec-export-path.key", GUN), ("ec-export-legacy-path.key", GUN)],
)
def test_an_exported_key_stays_encrypted_as_it_is(
    trust_dir: Path, originals: Path, file: str, gun: str
) -> None:
    store = store_in(trust_dir, passphrases=Nobody())
    (entry,) = import_file(store, originals / file).entries
    assert (entry.key_id, entry.role, entry.gun) == (FALSE_NAME, "targets", gun)
    contents = Path(entry.path).read_bytes()
    assert contents.split(b"\n\n")[1] == (originals / file).read_bytes().split(b"\n\n")[1]
    assert import_file(store, originals / file).entries == (entry,)  # and again: nothing changes
    # Notary takes the path's word for which key it is. We tell when it is opened.
    with pytest.raises(KeyFileError, match="holds another key than its name says"):
        store_in(trust_dir, THEIRS).open(FALSE_NAME)


def test_a_key_that_is_encrypted_in_the_old_way_stays_readable(
    trust_dir: Path, tmp_path: Path, originals: Path
) -> None:
    contents = (originals / "ec-dek-aes256.key").read_text()
    key_id = PrivateKey.decode(contents.encode(), Secret(THEIRS)).key_id
    path = tmp_path / "old.key"
    path.write_text(contents.replace("\n\n", f"\npath: tuf_keys/a/b/{key_id}\nrole: targets\n\n"))
    (entry,) = import_file(store_in(trust_dir, passphrases=Nobody()), path).entries
    assert (entry.key_id, entry.role, entry.gun) == (key_id, "targets", "a/b")
    lines = Path(entry.path).read_text().splitlines()
    assert [line.partition(":")[0] for line in lines[1:5]] == [
        "Proc-Type",
        "DEK-Info",
        "gun",
        "role",
    ]
    store = store_in(trust_dir, THEIRS)
    assert store.open(key_id).key_id == key_id
    assert store.change_passphrase(key_id).rounds == ROUNDS


def test_a_plain_key_goes_by_its_own_id_whatever_its_path_says(
    store: KeyStore, tmp_path: Path, originals: Path
) -> None:
    path = tmp_path / "plain.key"
    text = (originals / "ec-pkcs8-role.key").read_text()
    path.write_text(text.replace("role:", f"path: {FALSE_NAME}\nrole:"))
    (entry,) = import_file(store, path).entries
    assert entry.key_id == PrivateKey.decode(text.encode()).key_id
    assert (entry.role, entry.is_encrypted) == ("alice", True)


def test_a_false_path_takes_no_different_keys_place(
    trust_dir: Path, tmp_path: Path, originals: Path
) -> None:
    """T102: what an import claims to be does not destroy what is here."""
    store = store_in(trust_dir)
    entry = store.generate(role="targets", gun=GUN)
    contents = Path(entry.path).read_bytes()
    forged = tmp_path / "forged.key"
    text = (originals / "ec-export-path.key").read_text()
    forged.write_text(text.replace(FALSE_NAME, entry.key_id))
    with pytest.raises(KeyStoreError, match="is here already and differs"):
        import_file(store, forged)
    assert Path(entry.path).read_bytes() == contents


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "x", "a/b/c", "0" * 63, "tuf_keys/../../" + "z" * 64]
)
def test_a_path_that_is_no_key_id_is_refused(
    store: KeyStore, tmp_path: Path, originals: Path, path: str
) -> None:
    """T102: nothing is written but key ids."""
    odd = tmp_path / "odd.key"
    odd.write_text((originals / "ec-export-path.key").read_text().replace(FALSE_NAME, path))
    with pytest.raises(KeyFileError, match="ends in no key id"):
        import_file(store, odd)
    assert not Path(store.folder.path).exists()


def test_a_repositorys_key_without_a_collection_is_refused(
    store: KeyStore, originals: Path
) -> None:
    with pytest.raises(KeyFileError, match="name it with --gun"):
        import_file(store, originals / "ec-pkcs8.key", role="targets")
    (entry,) = import_file(store, originals / "ec-pkcs8.key", role="targets", gun=GUN).entries
    assert (entry.role, entry.gun) == ("targets", GUN)


def test_a_delegations_key_names_no_collection(store: KeyStore, originals: Path) -> None:
    (entry,) = import_file(store, originals / "ec-pkcs8.key", gun=GUN).entries
    assert (entry.role, entry.gun) == ("delegation", "")


def test_what_is_no_key_is_passed_over_and_told(
    store: KeyStore, tmp_path: Path, originals: Path
) -> None:
    mixed = tmp_path / "mixed.pem"
    nobodys = (
        (originals / "ec-pkcs8.key")
        .read_text()
        .replace("KEY-----\n", "KEY-----\nrole: targets\n\n", 1)
    )
    mixed.write_bytes(
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        + nobodys.encode()
        + (originals / "ec-sec1.key").read_bytes()
    )
    imported = import_file(store, mixed)
    assert len(imported.entries) == 1
    (reason,) = imported.skipped  # a certificate claims to be no key: nothing to tell
    assert "a targets key without a gun" in reason


@pytest.mark.parametrize("kind", ["ec-dek-aes256.key", "ec-pkcs8-pbes2-sha256.key"])
def test_import_asks_for_a_passphrase_where_notary_refuses(
    trust_dir: Path, originals: Path, kind: str
) -> None:
    store = store_in(trust_dir, passphrases=Holder(PASSPHRASE, roles={"encrypted": THEIRS}))
    (entry,) = import_file(store, originals / kind).entries
    assert store_in(trust_dir).open(entry.key_id)


def test_a_root_key_is_asked_for_under_its_role(trust_dir: Path, tmp_path: Path) -> None:
    """As it lies in a key store; the environment has its passphrase for root keys."""
    key = PrivateKey.generate("ecdsa")
    path = tmp_path / "root.key"
    path.write_bytes(key.encode(Secret(THEIRS), role="root", rounds=ROUNDS))
    holder = Holder(THEIRS, PASSPHRASE)
    (entry,) = import_file(store_in(trust_dir, passphrases=holder), path).entries
    assert (entry.key_id, entry.role) == (key.key_id, "root")
    assert [asked.role for asked in holder.requests] == ["root", "root"]


# What a file says that it is.


@pytest.fixture
def two(tmp_path: Path) -> Callable[[str], Path]:
    """Makes the key file of a signer with a second key in it, which has another role."""

    def make(role: str, *, secret: bytes = b"") -> Path:
        path = tmp_path / "dave (2).key"
        second = PrivateKey.generate("ecdsa")
        other = second.encode(Secret(secret or THEIRS), role=role, gun=GUN, rounds=ROUNDS)
        mine = PrivateKey.generate("ecdsa").encode(Secret(THEIRS), role="dave", rounds=ROUNDS)
        path.write_bytes(mine + other)
        path.chmod(0o600)
        return path

    return make


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_signers_key_file_plants_no_key_of_the_collection(
    trust_dir: Path, two: Callable[[str], Path], role: str
) -> None:
    """T102: who sends a signer's key does not send a root key with it."""
    path = two(role)
    with pytest.raises(KeyFileError, match=f"names itself a {role} key") as refused:
        load_file(store_in(trust_dir, THEIRS), path)
    assert refused.value.message.endswith(f"contenttrust key import '{path}'")
    assert not trust_dir.exists()
    entries = import_file(store_in(trust_dir, THEIRS), path).entries
    assert [entry.role for entry in entries] == ["dave", role]


def test_a_file_with_another_signer_s_key_is_loaded(
    trust_dir: Path, two: Callable[[str], Path]
) -> None:
    entries = load_file(store_in(trust_dir, THEIRS), two("erin")).entries
    assert [entry.role for entry in entries] == ["dave", "erin"]


def test_the_role_of_each_key_is_looked_at_before_one_is_kept(
    trust_dir: Path, two: Callable[[str], Path]
) -> None:
    seen: list[tuple[str, str]] = []

    def check(role: str, gun: str) -> None:
        seen.append((role, gun))
        if role == "root":
            raise KeyStoreError("not that")

    with pytest.raises(KeyStoreError, match="not that"):
        import_file(store_in(trust_dir, THEIRS), two("root"), gun=GUN, check=check)
    assert seen == [("dave", GUN), ("root", GUN)]
    assert not trust_dir.exists()


def test_the_parameters_that_openssl_writes_before_a_key_do_not_matter(
    store: KeyStore, tmp_path: Path, originals: Path
) -> None:
    path = tmp_path / "openssl.key"
    path.write_bytes(
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        + (originals / "ec-sec1.key").read_bytes()
    )
    path.chmod(0o600)
    assert len(import_file(store, path).entries) == 1
    assert len(load_file(store, path).entries) == 1


def test_keys_of_the_same_file_have_a_role_each(store: KeyStore, originals: Path) -> None:
    imported = import_file(store, originals / "two-keys.key")
    assert sorted(entry.role for entry in imported.entries) == ["alice", "delegation"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o620, 0o601])
def test_load_refuses_what_others_may_read(
    store: KeyStore, tmp_path: Path, originals: Path, mode: int
) -> None:
    path = tmp_path / "shared.key"
    path.write_bytes((originals / "ec-sec1.key").read_bytes())
    path.chmod(mode)
    with pytest.raises(KeyStoreError) as caught:
        load_file(store, path)
    assert caught.value.message == (
        f"refusing to load key from {path}: private key file {path} must not be readable or "
        "writable by others: chmod 600; where it cannot be changed, load a copy "
        f"(install -m 600 {path} COPY)"
    )


def test_load_refuses_a_public_key_in_dockers_words(store: KeyStore, tmp_path: Path) -> None:
    path = tmp_path / "alice.pub"
    path.write_bytes(b"-----BEGIN PUBLIC KEY-----\nrole: alice\n\nAAAA\n-----END PUBLIC KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="is not a supported private key - to add a signer's"):
        load_file(store, path)


@pytest.mark.parametrize("name", ["root", "targets", "snapshot", "timestamp", "releases"])
def test_load_keeps_no_key_under_the_name_of_a_role(
    store: KeyStore, originals: Path, name: str
) -> None:
    with pytest.raises(KeyStoreError, match=f"{name} is a reserved keyword, use a different"):
        load_file(store, originals / "ec-sec1.key", name=name)
    assert not Path(store.folder.path).exists()


@pytest.mark.parametrize("name", ["Alice", "-a", "", "a b", "ä"])
def test_load_refuses_a_name_in_dockers_words(store: KeyStore, originals: Path, name: str) -> None:
    with pytest.raises(KeyStoreError, match="must start with lowercase alphanumeric characters"):
        load_file(store, originals / "ec-sec1.key", name=name)


def test_a_wrong_passphrase_loads_nothing(trust_dir: Path, tmp_path: Path, originals: Path) -> None:
    path = tmp_path / "theirs.key"
    path.write_bytes((originals / "ec-dek-aes256.key").read_bytes())
    path.chmod(0o600)
    with pytest.raises(PassphraseError, match="the encrypted key"):
        load_file(store_in(trust_dir, b"wrong"), path)
    assert not trust_dir.exists()


def test_where_nobody_may_be_asked_nothing_is_loaded(trust_dir: Path, originals: Path) -> None:
    with pytest.raises(InputNeededError):
        import_file(store_in(trust_dir, passphrases=Nobody()), originals / "ec-sec1.key")
    assert not trust_dir.exists()


@pytest.mark.parametrize("path", ["/nonexistent", "/dev/zero", "/"])
def test_what_is_no_file_is_refused(store: KeyStore, path: str) -> None:
    with pytest.raises(KeyStoreError, match=path):
        import_file(store, path)


def test_what_was_imported_is_the_key(store: KeyStore, originals: Path, trust_dir: Path) -> None:
    contents = (originals / "rsa2048-pkcs1.key").read_bytes()
    (entry,) = import_file(store, originals / "rsa2048-pkcs1.key").entries
    key = PrivateKey.decode(Path(entry.path).read_bytes(), Secret(PASSPHRASE))
    assert key.public == PrivateKey.decode(contents).public
    assert paths_in(trust_dir) == [f"private/{key.key_id}.key"]
