"""Keys in an HSM or with a cloud's KMS, through securesystemslib; SoftHSM stands for the HSM."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import Mock

import pytest

import softhsm
from contenttrust import crypto, load
from contenttrust._core import PrivateKey, PublicKey, Secret
from contenttrust.errors import InputNeededError, KeyStoreError, PassphraseError
from contenttrust.keys import GivenPassphrase, KeyStore, PassphraseChain
from contenttrust.keys.public_file import remember_for_signer
from contenttrust.keys.securesystems import SecureSystemsSigner, make
from contenttrust.keys.signer import CheckedSigner
from contenttrust.publish import Collection
from keyholder import GUN, PASSPHRASE, ROUNDS, Holder, Nobody, Terminal
from servers.memory_server import MemoryServer
from softhsm import PIN


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory):
    """A token named release: key 2 is P-256, key 3 is P-384."""
    env = softhsm.token(tmp_path_factory.mktemp("softhsm"), "secp256r1", "secp384r1")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        yield "hsm:2?label=release"


def test_a_key_in_an_hsm_signs_as_metadata_has_it(token: str) -> None:
    asked = Holder(PIN)
    signer = CheckedSigner(make(token, asked))
    assert (signer.key_type, signer.method) == ("ecdsa", "ecdsa")
    for message in (b"", b"message", bytes(100_000)):
        signature = signer.sign(message)
        assert len(signature) == 64
        assert crypto.verify(signer.public, signature, message, "ecdsa")
    assert {request.what for request in asked.requests} == {"PIN"}
    assert {request.key_id for request in asked.requests} == {token}


def test_a_key_in_an_hsm_counts_among_the_keys(token: str, store: KeyStore) -> None:
    signer = CheckedSigner(make(token, Holder(PIN)))
    entry = store.attach(signer, role="root", where=token)
    assert store.find(signer.key_id) == entry
    assert PublicKey.of(signer.key_type, signer.public).canonical_key_id == entry.key_id
    signature = store.open(entry.key_id).sign(b"message")
    assert crypto.verify(signer.public, signature, b"message", "ecdsa")


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("hsm:3?label=release", "Notary knows no signatures of the kind ecdsa-sha2-nistp384"),
        ("hsm:9?label=release", "could not find ECDSA key"),
        ("hsm:2?label=nowhere", "No PKCS#11 token found"),
        ("hsm:x?label=release", "hsm:x"),
    ],
)
def test_what_an_hsm_does_not_have_is_told(token: str, address: str, cause: str) -> None:
    with pytest.raises(KeyStoreError, match=cause):
        make(address, Holder(PIN))


def test_a_wrong_pin_is_told_without_being_shown(token: str) -> None:
    signer = make(token, Holder(b"987654"))
    with pytest.raises(KeyStoreError, match=r"the signer .* failed") as caught:
        signer.sign(b"message")
    assert "987654" not in caught.value.message


def test_a_pin_that_the_token_refused_is_not_sent_again(token: str) -> None:
    """A card closes for ever after three wrong ones: each collection has a store of its own."""
    chain = PassphraseChain([GivenPassphrase(Secret(b"55555"), name="--passphrase-file")])
    with pytest.raises(KeyStoreError, match="PinIncorrect"):
        make(token, chain).sign(b"message")
    for address in (token, f"{token}&x", "hsm:2?x=&label=release"):  # of one token all
        with pytest.raises(PassphraseError, match="what --passphrase-file gave was refused"):
            make(address, chain).sign(b"message")
    with pytest.raises(PassphraseError, match="was refused"):  # the only token that is there
        make("hsm:2", chain).sign(b"message")
    always = Holder(b"55555")
    with pytest.raises(PassphraseError, match="all 3 that were given were refused"):
        make(token, always).sign(b"message")
    assert [request.attempt for request in always.requests] == [0, 1, 2]
    assert make(token, Holder(b"55555", PIN)).sign(b"message")


def test_what_a_token_does_not_say_of_a_pin_is_no_refusal_of_it(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = make(token, Holder(PIN))
    with monkeypatch.context() as gone:
        gone.delenv("PYKCS11LIB")
        with pytest.raises(KeyStoreError, match="PYKCS11LIB"):
            signer.sign(b"message")
    assert signer.sign(b"message")
    with monkeypatch.context() as broken:
        broken.setattr("pkcs11.util.ec.encode_ecdsa_signature", lambda _: 1 / 0)
        with pytest.raises(KeyStoreError, match="division by zero"):
            signer.sign(b"message")
    assert signer.sign(b"message")  # the token took it before


def test_a_token_that_is_taken_out_before_it_took_a_pin_has_not_refused_it(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = importlib.import_module("pkcs11.exceptions").DeviceRemoved
    monkeypatch.setattr("contenttrust.keys.securesystems._tokens", {})
    signer = make(token, PassphraseChain([GivenPassphrase(Secret(PIN), name="--passphrase-file")]))
    with monkeypatch.context() as broken:
        broken.setattr("pkcs11.util.ec.encode_ecdsa_signature", Mock(side_effect=removed))
        with pytest.raises(KeyStoreError, match="DeviceRemoved"):
            signer.sign(b"message")
    assert signer.sign(b"message")


def test_several_threads_sign_with_one_token(token: str) -> None:
    chain = PassphraseChain([GivenPassphrase(Secret(PIN), name="--passphrase-file")])
    signers = [CheckedSigner(make(token, chain)) for _ in range(4)]
    with ThreadPoolExecutor(len(signers)) as pool:
        signed = list(pool.map(lambda turn: signers[turn % 4].sign(bytes([turn])), range(40)))
    for turn, signature in enumerate(signed):
        assert crypto.verify(signers[0].public, signature, bytes([turn]), "ecdsa")


def test_threads_send_a_wrong_pin_once(token: str) -> None:
    asked = Holder(b"777777")
    signers = [make(token, asked) for _ in range(4)]

    def cause(signer: SecureSystemsSigner) -> str:
        with pytest.raises(KeyStoreError) as refused:
            signer.sign(b"message")
        return refused.value.message

    with ThreadPoolExecutor(len(signers)) as pool:
        told = list(pool.map(cause, signers))
    assert sum("PinIncorrect" in one for one in told) == 1


TWICE = """
import os, sys
os.environ["SOFTHSM2_CONF"], os.environ["PYKCS11LIB"] = sys.argv[2:]
from contenttrust.errors import KeyStoreError
from contenttrust.keys.securesystems import make
from contenttrust.keys.terminal import TerminalPassphrases
typed = TerminalPassphrases()
for message in (b"of one collection", b"of another", b"of a third"):
    try:
        make(sys.argv[1], typed).sign(message)
        print("signed")
    except KeyStoreError as error:
        print(error.message)
"""


def test_a_mistyped_pin_is_asked_for_anew(token: str) -> None:
    person = Terminal(TWICE, token, os.environ["SOFTHSM2_CONF"], os.environ["PYKCS11LIB"])
    try:
        person.wait_for("Enter the PIN of hsm:2?label=release: ")
        person.type(b"66666")
        for typed in (b"66666", PIN):
            person.wait_for(
                "PIN incorrect. Please retry.\r\nEnter the PIN of hsm:2?label=release: "
            )
            person.type(typed)
        code, out, err = person.end()
    finally:
        person.close()
    assert code == 0, err
    first, *others = out.decode().splitlines()
    assert "PinIncorrect" in first
    assert others == ["signed", "signed"]


def test_a_pin_that_is_no_text_is_not_sent_and_not_shown(token: str) -> None:
    chain = PassphraseChain([GivenPassphrase(Secret(b"12\xff4"), name="--passphrase-file")])
    with pytest.raises(KeyStoreError, match=r"the PIN of hsm:2.* is no text") as refused:
        make(token, chain).sign(b"message")
    assert "0xff" not in refused.value.message
    assert refused.value.__suppress_context__
    assert make(token, Holder(b"12\xff4", PIN)).sign(b"message")  # asked anew


def test_where_nobody_may_be_asked_for_the_pin_the_key_is_named(token: str) -> None:
    with pytest.raises(InputNeededError, match="the PIN of hsm:2"):
        make(token, Nobody()).sign(b"message")


def test_without_the_library_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("securesystemslib", "securesystemslib.signer"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(KeyStoreError, match="install the extra contenttrust\\[hsm\\]"):
        make("hsm:2", Nobody())


@pytest.mark.parametrize(
    ("address", "module", "wanted"),
    [
        ("awskms:1", "boto3", "pip install 'securesystemslib\\[awskms\\]'"),
        ("azurekms:vault/key", "azure.identity", "securesystemslib\\[azurekms\\]"),
        ("gcpkms:projects/x", "google.cloud.kms", "securesystemslib\\[gcpkms\\]"),
        ("hsm:2", "pkcs11", "install the extra contenttrust\\[hsm\\]"),
    ],
)
def test_what_the_library_lacks_for_an_address_is_told(
    address: str, module: str, wanted: str
) -> None:
    """Its own message names packages of other names than those that bring it."""
    pytest.importorskip("securesystemslib.signer")
    if find_spec(module.partition(".")[0]) is not None:
        pytest.skip(f"{module} is installed")
    with pytest.raises(KeyStoreError, match=wanted):
        make(address, Nobody())


class Kms:
    """A cloud's KMS, as the library shows it."""

    def __init__(self, key, scheme: str, signature=None) -> None:
        self.key, self.signature = key, signature
        self.public_key = types.SimpleNamespace(scheme=scheme, keyval={"public": key.public_pem})

    def sign(self, message: bytes):
        made = self.signature(message) if self.signature else self.key.sign(message)
        if isinstance(made, Exception):
            raise made
        return types.SimpleNamespace(signature=made.hex())


class CloudKey:
    """A key that signs in the ways of `cryptography`."""

    def __init__(self, kind: str) -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

        self.kind = kind
        self.private = {
            "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
            "rsa": lambda: rsa.generate_private_key(65537, 2048),
            "ed25519": ed25519.Ed25519PrivateKey.generate,
        }[kind]()
        public = self.private.public_key()
        if kind == "ed25519":
            self.public_pem = public.public_bytes_raw().hex()
        else:
            self.public_pem = public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            ).decode()

    def sign(self, message: bytes, salt: int = 32) -> bytes:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding

        if self.kind == "ecdsa":
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        if self.kind == "ed25519":
            return self.private.sign(message)
        mask = padding.MGF1(hashes.SHA256())
        return self.private.sign(message, padding.PSS(mask, salt), hashes.SHA256())


SCHEMES = {"ecdsa": "ecdsa-sha2-nistp256", "rsa": "rsassa-pss-sha256", "ed25519": "ed25519"}
METHODS = {"ecdsa": "ecdsa", "rsa": "rsapss", "ed25519": "eddsa"}


@pytest.mark.parametrize("kind", SCHEMES)
def test_signatures_of_each_kind_are_made_notarys(kind: str) -> None:
    signer = CheckedSigner(SecureSystemsSigner(Kms(CloudKey(kind), SCHEMES[kind])))
    assert (signer.key_type, signer.method) == (kind, METHODS[kind])
    assert signer.key_id == PublicKey.of(signer.key_type, signer.public).canonical_key_id
    for _ in range(20):  # r and s are short now and then
        assert crypto.verify(signer.public, signer.sign(b"message"), b"message", signer.method)


@pytest.mark.parametrize(
    "signature",
    [
        lambda message: b"",
        lambda message: bytes(64),
        lambda message: b"\x30\x06\x02\x01\x00\x02\x01\x01",
        lambda message: b"\x30\x45\x02\x21\x01" + bytes(32) + b"\x02\x20" + bytes([1] * 32),
        lambda message: PrivateKey.generate("ecdsa").sign(message),
        lambda message: RuntimeError("the token was taken out"),
    ],
)
def test_what_is_no_signature_of_the_key_is_not_used(signature) -> None:
    kms = Kms(CloudKey("ecdsa"), SCHEMES["ecdsa"], signature)
    with pytest.raises(KeyStoreError):
        CheckedSigner(SecureSystemsSigner(kms)).sign(b"message")


def test_rsa_with_another_salt_is_not_used() -> None:
    key = CloudKey("rsa")
    kms = Kms(key, SCHEMES["rsa"], lambda message: key.sign(message, salt=20))
    with pytest.raises(KeyStoreError, match="does not verify"):
        CheckedSigner(SecureSystemsSigner(kms)).sign(b"message")


@pytest.mark.parametrize("scheme", ["rsa-pkcs1v15-sha256", "ecdsa-sha2-nistp384", "x\x1b"])
def test_kinds_of_signatures_that_notary_does_not_know_are_refused(scheme: str) -> None:
    with pytest.raises(KeyStoreError, match="Notary knows no signatures of the kind"):
        SecureSystemsSigner(Kms(CloudKey("ecdsa"), scheme))


@pytest.mark.parametrize(
    ("address", "who", "asked"),
    [
        ("awskms:1234-abcd", "AWSSigner", ("1234-abcd",)),
        ("gcpkms:projects/p/x", "GCPSigner", ("projects/p/x",)),
        ("azurekms:vault/key", "AzureSigner", ("vault", "key")),
    ],
)
def test_a_clouds_key_is_found_by_its_address(monkeypatch, address, who, asked) -> None:
    kms = Kms(CloudKey("ecdsa"), SCHEMES["ecdsa"])
    imported: list[tuple[str, ...]] = []

    def import_(*arguments: str):
        imported.append(arguments)
        return f"uri of {address}", kms.public_key

    def from_priv_key_uri(uri: str, public, pin) -> Kms:
        assert (uri, public) == (f"uri of {address}", kms.public_key)
        return kms

    library = types.ModuleType("securesystemslib.signer")
    for name in ("AWSSigner", "GCPSigner", "AzureSigner"):
        setattr(library, name, types.SimpleNamespace(import_=import_ if name == who else None))
    library.Signer = types.SimpleNamespace(from_priv_key_uri=from_priv_key_uri)
    package = types.ModuleType("securesystemslib")
    package.signer = library
    monkeypatch.setitem(sys.modules, "securesystemslib", package)
    monkeypatch.setitem(sys.modules, "securesystemslib.signer", library)
    signer = make(address, Nobody())
    assert imported == [asked]
    assert len(signer.sign(b"message")) == 64
    assert GUN not in repr(signer)


def test_the_command_line_knows_a_key_in_an_hsm(token: str, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_bytes(PIN)
    pin.chmod(0o600)

    def command(*words: str) -> str:
        program = [sys.executable, "-m", "contenttrust", *words]
        options = ["--trust-dir", str(tmp_path / "trust"), "--no-input"]
        done = subprocess.run(
            [*program, *options], capture_output=True, text=True, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    loaded = command("key", "load", token, "--name", "alice", "--passphrase-file", str(pin))
    assert "Corresponding public key available: alice.pub" in loaded
    key = PublicKey.read((tmp_path / "alice.pub").read_bytes())
    assert key.role == "alice"
    listed = command("key", "list")
    assert key.key_id in listed
    assert token in listed
    command("key", "remove", key.key_id, "--yes")
    assert key.key_id not in command("key", "list")


def test_what_a_key_in_an_hsm_signed_verifies(token: str, tmp_path: Path) -> None:
    now = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
    server = MemoryServer(now)
    held = Holder(PASSPHRASE, roles={"": PIN})
    store = KeyStore(tmp_path / "trust", passphrases=held, rounds=ROUNDS)
    _, public = remember_for_signer(store, token, "release", directory=str(tmp_path))

    def collection() -> Collection:
        return Collection(GUN, keys=store, sink=server, trust_dir=tmp_path / "trust", now=now)

    collection().initialize()
    collection().add_delegation(
        "targets/release", keys=[PublicKey.read(Path(public).read_bytes())], paths=[""]
    )
    collection().publish()
    collection().add_target("1.0", sha256="11" * 32, size=7, roles=("targets/release",))
    collection().publish()
    repository = load(GUN, source=server, trust_dir=tmp_path / "reader", now=now)
    (tag,) = repository.role_tags("targets/release")
    assert (tag.name, tag.digest) == ("1.0", f"sha256:{'11' * 32}")
