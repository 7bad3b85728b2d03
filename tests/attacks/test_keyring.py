"""Passphrases from a keyring, by the command line: of each key its own, and never shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.publishing import NEW, OLD, Machine
from attacks.warm import ROUNDS
from contenttrust._core import PublicKey
from contenttrust.keys import KeyStore
from keyholder import Holder
from servers import Authority

LIBRARY = """
import json, pathlib
HELD = pathlib.Path(__file__).with_name("held.json")
def get_password(service, username):
    return json.loads(HELD.read_text()).get(service, {}).get(username)
"""
"""What the library `keyring` offers."""
HELD = {"alice": OLD, "bob": NEW}


class Keyring:
    """A keyring on the module path, and signers whose keys have each a passphrase of its own."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._folder = machine.folder / "library"
        self._folder.mkdir()
        (self._folder / "keyring.py").write_text(LIBRARY)
        self._trust_dir = machine.folder / "trust"
        made = machine.collection(self._trust_dir)
        made.initialize()
        self.ids = {}
        for name, passphrase in HELD.items():
            keys = KeyStore(self._trust_dir, passphrases=Holder(passphrase), rounds=ROUNDS)
            key = keys.open(keys.generate(role=name).key_id)
            self.ids[name] = key.key_id
            public = PublicKey.of(key.key_type, key.public)
            for role in (f"targets/{name}", "targets/releases"):
                made.add_delegation(role, keys=[public], paths=[""])
        made.publish()

    def holds(self, passphrases: dict[str, bytes]) -> None:
        given = {self.ids[name]: passphrase.decode() for name, passphrase in passphrases.items()}
        (self._folder / "held.json").write_text(json.dumps({"contenttrust": given}))

    def signs(self) -> tuple[int, str]:
        """Exit code and words of `sign`, where nobody can be asked."""
        words = ["sign", f"{self._machine.gun}:1", "--trust-dir", str(self._trust_dir), "-v"]
        path = [str(self._folder), self._machine.env["PYTHONPATH"]]
        ran = subprocess.run(
            [sys.executable, "-m", "contenttrust", *words, "--no-input", *self._machine.asking()],
            env={**self._machine.env, "PYTHONPATH": os.pathsep.join(filter(None, path))},
            check=False, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        said = ran.stdout + ran.stderr
        assert not [one for one in (OLD, NEW) if one.decode() in said]
        return ran.returncode, said

    def signed_by(self) -> set[str]:
        served = self._machine.memory.signed
        return {
            name
            for name in HELD
            if f"targets/{name}" in self._machine.memory.files[self._machine.gun]
            and served(self._machine.gun, f"targets/{name}")["targets"]
        }


@pytest.fixture
def keyring(authority: Authority, tmp_path: Path) -> Iterator[Keyring]:
    with Machine(tmp_path / "machine", authority) as machine:
        yield Keyring(machine)


def test_t101_the_keyring_gives_each_key_its_passphrase(keyring: Keyring) -> None:
    keyring.holds(HELD)

    code, said = keyring.signs()

    assert (code, keyring.signed_by()) == (0, {"alice", "bob"}), said


@pytest.mark.parametrize(
    ("held", "told"),
    [
        ({"alice": OLD}, "the passphrase of the bob key"),
        ({"alice": OLD, "bob": OLD}, "What the system keyring gave does not open the bob key"),
    ],
    ids=["none", "another"],
)
def test_t101_a_passphrase_that_the_keyring_lacks_is_named_by_its_key(
    keyring: Keyring, held: dict[str, bytes], told: str
) -> None:
    keyring.holds(held)

    code, said = keyring.signs()

    assert (code, keyring.signed_by()) == (1, set()), said
    assert told in " ".join(said.split())
    assert keyring.ids["bob"] in said
