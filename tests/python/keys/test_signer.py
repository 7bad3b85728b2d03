"""Signers from elsewhere: found by the scheme of their address, and never believed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from contenttrust import crypto
from contenttrust._core import PrivateKey
from contenttrust.errors import KeyStoreError, NoKeyError
from contenttrust.keys import signer_at, signers_from_entry_points
from contenttrust.keys.signer import CheckedSigner
from keyholder import Nobody

PLUGIN = """
from contenttrust._core import PrivateKey

def make(address, passphrases):
    key = PrivateKey.generate("ecdsa")
    key_ids.append((address, passphrases, key.key_id))
    return key

key_ids = []
"""
POINTS = "[contenttrust.signers]\nvault-test = signer_of_a_vault:make\n"


class Liar:
    """Signs with another key than it shows, or something else."""

    def __init__(self, honest: bool) -> None:
        self.key = PrivateKey.generate("ecdsa")
        self.other = self.key if honest else PrivateKey.generate("ecdsa")
        self.key_type, self.public = self.key.key_type, self.key.public
        self.key_id, self.method = self.key.key_id, self.key.method

    def sign(self, message: bytes) -> bytes:
        return self.other.sign(message)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A package that offers a signer."""
    folder = tmp_path / "signer_of_a_vault-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: signer-of-a-vault\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(POINTS)
    (tmp_path / "signer_of_a_vault.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("signer_of_a_vault", None)


def test_a_signature_that_holds_is_handed_on() -> None:
    signer = CheckedSigner(Liar(honest=True))
    assert crypto.verify(signer.public, signer.sign(b"message"), b"message", signer.method)
    assert repr(signer) == f"CheckedSigner({signer.key_id[:12]})"


def test_a_signature_that_does_not_hold_is_not_used() -> None:
    with pytest.raises(KeyStoreError, match="its public key does not verify"):
        CheckedSigner(Liar(honest=False)).sign(b"message")


def test_a_signer_is_found_by_its_addresss_scheme(plugin) -> None:
    assert "vault-test" in signers_from_entry_points()
    assert "signer_of_a_vault" not in sys.modules  # loaded when it is first needed
    asked = Nobody()
    signer = signer_at("vault-test:release?x", asked)
    made = sys.modules["signer_of_a_vault"].key_ids
    assert made == [("vault-test:release?x", asked, signer.key_id)]
    assert isinstance(signer, CheckedSigner)


@pytest.mark.parametrize("address", ["nowhere:1", "nowhere", "", "\x1b[2J:"])
def test_an_address_that_nobody_knows_is_refused(plugin, address: str) -> None:
    with pytest.raises(NoKeyError, match=r"the schemes known are: .*vault-test") as caught:
        signer_at(address, Nobody())
    assert "\x1b" not in caught.value.message
