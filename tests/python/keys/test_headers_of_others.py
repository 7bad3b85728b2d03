"""Headers of key files that somebody else wrote: docker and notary get none but those we read."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust._core import KeyFile, PrivateKey, Secret
from contenttrust.errors import KeyFileError
from contenttrust.keys import KeyStore
from contenttrust.keys.importing import import_file, load_file
from keyholder import PASSPHRASE

KEY = PrivateKey.generate("ecdsa")
ENCRYPTED = KEY.encode(Secret(PASSPHRASE), role="mallory", path=KEY.key_id, rounds=2048)
NO_BREAK, NEXT_LINE, EM_SPACE, IDEOGRAPHIC = "\u00a0", "\u0085", "\u2003", "\u3000"


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    path = tmp_path / "mallory.key"
    path.touch(mode=0o600)
    return path


@pytest.mark.parametrize("space", [NO_BREAK, NEXT_LINE, EM_SPACE, IDEOGRAPHIC], ids=ascii)
@pytest.mark.parametrize("header", ["role{}: root", "{}role: root", "role: root{}", "role: {}root"])
def test_a_header_that_go_trims_to_another_plants_no_root_key(
    store: KeyStore, sent: Path, originals: Path, space: str, header: str
) -> None:
    """T029: Go trims all white space of Unicode off headers; of two alike the last one holds."""
    line = f"\n{header.format(space)}\n".encode()
    refusal = "white space that docker and notary take away"
    added = ENCRYPTED.replace(b"\nrole: mallory\n", b"\nrole: mallory" + line)
    replaced = ENCRYPTED.replace(b"\nrole: mallory\n", line)
    plain = (
        (originals / "ec-pkcs8.key").read_bytes().replace(b"-----\n", b"-----" + line + b"\n", 1)
    )
    for contents in (added, replaced, plain):
        sent.write_bytes(contents)
        for bring in (load_file, import_file):
            with pytest.raises(KeyFileError, match=refusal):
                bring(store, sent)
    assert store.entries() == ()


def test_of_an_encrypted_key_no_header_stays_that_we_do_not_know(
    store: KeyStore, sent: Path
) -> None:
    sent.write_bytes(
        ENCRYPTED.replace(b"\nrole: mallory\n", b"\nRole: root\nrole: mallory\nx: y\n")
    )
    (entry,) = load_file(store, sent).entries
    assert KeyFile.parse(Path(entry.path).read_bytes()).headers == {"role": "mallory"}
    assert store.open(KEY.key_id).key_id == KEY.key_id


@pytest.mark.parametrize("file", ["ec-dek-aes256.key", "rsa2048-dek-aes128.key"])
def test_how_a_key_was_encrypted_of_old_stays(
    store: KeyStore, sent: Path, originals: Path, file: str
) -> None:
    block = (originals / file).read_bytes()
    old = KeyFile.parse(block).headers
    sent.write_bytes(block.replace(b"DEK-Info", f"path: {KEY.key_id}\nother: x\nDEK-Info".encode()))
    (entry,) = import_file(store, sent).entries
    kept = KeyFile.parse(Path(entry.path).read_bytes())
    assert kept.headers == {**old, "role": "delegation"}
    assert {"Proc-Type", "DEK-Info"} == old.keys()
