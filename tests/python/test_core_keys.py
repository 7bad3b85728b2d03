"""Private keys, passphrases and public keys as Python holds them."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contenttrust import _core
from contenttrust._core import Instant, KeyFile, PrivateKey, PublicKey, Secret
from contenttrust.errors import (
    KeyFileError,
    KeyStoreError,
    MalformedError,
    PassphraseError,
    PublicKeyError,
)

# tests/vectors/README.md tells them.
PASSPHRASES = [
    f"corpus-{role}-pass".encode()
    for role in ("root", "targets", "snapshot", "delegation", "repository")
]
ALGORITHMS = ("ecdsa", "ecdsa-p384", "ed25519", "rsa")
FROM, UNTIL = Instant(1_790_000_000), Instant(2_100_000_000)


@pytest.fixture(scope="module")
def key() -> PrivateKey:
    return PrivateKey.generate("ecdsa")


def opens(contents: bytes, passphrase: bytes) -> bool:
    try:
        PrivateKey.decode(contents, Secret(passphrase))
    except PassphraseError:
        return False
    return True


def opened(contents: bytes) -> PrivateKey:
    (passphrase,) = (one for one in PASSPHRASES if opens(contents, one))
    return PrivateKey.decode(contents, Secret(passphrase))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_signs_what_its_public_key_verifies(algorithm: str) -> None:
    key = PrivateKey.generate(algorithm)
    signature = key.sign(b"text")
    assert _core.verify_signature(key.public, signature, b"text", key.method)
    assert not _core.verify_signature(key.public, signature, b"other", key.method)
    assert key.key_id == _core.key_id(key.key_type, key.public)
    assert PublicKey.of(key.key_type, key.public).key_id == key.key_id


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_key_is_the_same_after_a_file(algorithm: str) -> None:
    key = PrivateKey.generate(algorithm)
    contents = key.encode(Secret(b"pass"), role="targets", gun="docker.io/a/b", rounds=2)
    file = KeyFile.parse(contents)
    assert (file.label, file.is_encrypted, file.rounds) == ("ENCRYPTED PRIVATE KEY", True, 2)
    assert file.headers == {"gun": "docker.io/a/b", "role": "targets"}
    assert (file.role, file.gun, file.path) == ("targets", "docker.io/a/b", "")
    assert file.pem == contents
    again = PrivateKey.decode(contents, Secret(b"pass"))
    assert (again.key_id, again.public) == (key.key_id, key.public)


def test_files_are_written_with_600000_rounds(key: PrivateKey) -> None:
    assert KeyFile.parse(key.encode(Secret(b"pass"))).rounds == 600_000


def test_every_key_that_docker_and_notary_wrote_is_opened_and_has_its_name(vectors: Path) -> None:
    paths = [
        path for path in sorted((vectors / "keys").glob("good-*/*.key")) if len(path.stem) == 64
    ]
    assert len(paths) > 50
    for path in paths:
        contents = path.read_bytes()
        assert opened(contents).key_id == path.stem
        assert KeyFile.parse(contents).role


def test_keys_of_metadata_have_their_ids(vectors: Path) -> None:
    seen = 0
    for path in sorted(vectors.glob("good-*/tuf/root.json")):
        for key_id, entry in json.loads(path.read_bytes())["signed"]["keys"].items():
            public = base64.b64decode(entry["keyval"]["public"])
            assert _core.key_id(entry["keytype"], public) == key_id
            key = PublicKey.of(entry["keytype"], public)
            assert (key.key_id, key.key_type, key.public) == (key_id, entry["keytype"], public)
            if entry["keytype"].endswith("-x509"):
                assert key.canonical_key_id != key_id
                assert key.common_name
                assert key.not_before is not None
                assert key.not_after is not None
                assert key.not_before < key.not_after
            else:
                assert key.canonical_key_id == key_id
                assert (key.common_name, key.not_before, key.not_after) == ("", None, None)
            seen += 1
    assert seen > 50


def test_what_is_signed_is_the_canonical_form(vectors: Path) -> None:
    document = json.loads((vectors / "good-one-tag" / "tuf" / "root.json").read_bytes())
    text = _core.canonical_json(json.dumps(document["signed"], indent=3).encode())
    (signature,) = document["signatures"]
    entry = document["signed"]["keys"][signature["keyid"]]
    public = base64.b64decode(entry["keyval"]["public"])
    octets = base64.b64decode(signature["sig"])
    assert _core.verify_signature(public, octets, text, signature["method"])


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (b' {"b": [1, -2, true, null], "a": {}} ', b'{"a":{},"b":[1,-2,true,null]}'),
        (rb'{"a":"\u003c\n\\\"\u00e9"}', b'{"a":"<\n\\\\\\"\xc3\xa9"}'),
        (b'{"z":1,"A":2,"\xc3\xa9":3}', b'{"A":2,"z":1,"\xc3\xa9":3}'),
    ],
)
def test_the_canonical_form_is_that_of_docker(text: bytes, canonical: bytes) -> None:
    assert _core.canonical_json(text) == canonical


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"a":1,"a":2}', b"1.5", b"1e3", b"9007199254740993", b"[1] x", b"\xff"]
)
def test_what_has_no_canonical_form_is_refused(text: bytes) -> None:
    with pytest.raises(MalformedError):
        _core.canonical_json(text)


def test_certificates_are_keys_for_metadata(key: PrivateKey) -> None:
    pem = key.certificate("docker.io/library/alpine", FROM, UNTIL)
    public = PublicKey.read(pem)
    assert (public.key_type, public.public) == ("ecdsa-x509", pem)
    assert public.canonical_key_id == key.key_id
    assert (public.common_name, public.not_before, public.not_after) == (
        "docker.io/library/alpine",
        FROM,
        UNTIL,
    )
    assert public == PublicKey.of("ecdsa-x509", pem)
    assert len({public, PublicKey.read(pem)}) == 1
    with pytest.raises(KeyFileError, match="Ed25519"):
        PrivateKey.generate("ed25519").certificate("x", FROM, UNTIL)
    with pytest.raises(KeyFileError, match="times"):
        key.certificate("x", UNTIL, FROM)


def test_public_key_files_of_docker_are_read(vectors: Path) -> None:
    key = PublicKey.read((vectors / "keys" / "good-removed-signer" / "alice.pub").read_bytes())
    assert (key.role, key.key_type, key.common_name) == ("alice", "ecdsa", "")
    assert key.key_id == key.canonical_key_id
    with pytest.raises(PublicKeyError):
        PublicKey.read(b"no key")


def test_t104_wrong_and_missing_passphrases_are_one_class(key: PrivateKey) -> None:
    contents = key.encode(Secret(b"right"), rounds=1)
    for passphrase in (None, Secret(b""), Secret(b"wrong")):
        with pytest.raises(PassphraseError):
            PrivateKey.decode(contents, passphrase)


def test_what_is_no_key_file_is_told_apart(vectors: Path) -> None:
    folder = vectors / "keys" / "import"
    for contents in (b"", b"text", (folder / "two-keys.key").read_bytes()):
        with pytest.raises(KeyFileError):
            KeyFile.parse(contents)
        with pytest.raises(KeyFileError):
            PrivateKey.decode(contents)
    several = KeyFile.parse_all((folder / "two-keys.key").read_bytes())
    assert [PrivateKey.decode(one.pem).key_type for one in several] == ["ecdsa", "rsa"]
    with pytest.raises(KeyFileError) as caught:
        PrivateKey.decode((folder / "rsa1024-pkcs1.key").read_bytes())
    assert (caught.value.expected, caught.value.found) == ("2048 to 8192 bits", "1024 bits")


@pytest.mark.parametrize("rounds", [0, -1, 10_000_001, 1 << 40])
def test_rounds_have_bounds(key: PrivateKey, rounds: int) -> None:
    with pytest.raises(KeyFileError):
        key.encode(Secret(b"pass"), rounds=rounds)


def test_arguments_are_of_the_types_that_are_meant(key: PrivateKey) -> None:
    wrong: list[Callable[[], Any]] = [
        lambda: key.sign("text"),  # type: ignore[arg-type]
        lambda: key.sign(bytearray(b"text")),  # type: ignore[arg-type]
        lambda: PrivateKey.decode("text"),  # type: ignore[arg-type]
        lambda: PrivateKey.decode(b"text", b"pass"),  # type: ignore[arg-type]
        lambda: key.encode(b"pass"),  # type: ignore[arg-type]
        lambda: key.encode(Secret(b"pass"), rounds=1.5),  # type: ignore[arg-type]
        lambda: Secret("pass"),  # type: ignore[arg-type]
        lambda: Secret(memoryview(b"pass")),  # type: ignore[arg-type]
    ]
    for call in wrong:
        with pytest.raises(TypeError):
            call()
    with pytest.raises(ValueError, match="algorithm must be"):
        PrivateKey.generate("dsa")
    with pytest.raises(ValueError, match="65536"):
        Secret(bytes(65537))


def test_a_bytearray_is_overwritten() -> None:
    text = bytearray(b"passphrase")
    secret = Secret(text)
    assert text == bytes(10)
    assert secret == Secret(b"passphrase")
    assert len(secret) == 10


def test_secrets_are_compared_by_what_they_hold() -> None:
    assert Secret(b"a") == Secret(b"a")
    assert Secret(b"a") != Secret(b"b")
    assert Secret(b"a") != Secret(b"aa")
    assert Secret(b"a") != b"a"
    with pytest.raises(TypeError):
        hash(Secret(b"a"))


def test_nothing_secret_is_shown_pickled_or_copied(key: PrivateKey) -> None:
    passphrase = Secret(b"passphrase")
    contents = key.encode(passphrase, rounds=1)
    file = KeyFile.parse(contents)
    assert repr(passphrase) == "Secret(...)"
    assert repr(key) == f"PrivateKey(ecdsa {key.key_id})"
    assert repr(file) == "KeyFile(ENCRYPTED PRIVATE KEY)"
    for one in (passphrase, key, file):
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                attempt(one)
        with pytest.raises(TypeError):
            bytes(one)  # type: ignore[call-overload]
        with pytest.raises(TypeError):
            memoryview(one)  # type: ignore[arg-type]
        assert not hasattr(one, "__dict__")
    for bound in (PrivateKey, PublicKey, KeyFile):
        with pytest.raises(TypeError, match="made by the engine only"):
            bound()


def test_errors_tell_nothing_of_what_is_secret(vectors: Path, key: PrivateKey) -> None:
    plain = (vectors / "keys" / "import" / "ec-sec1.key").read_bytes()
    body = plain.splitlines()[1]
    texts = []
    for contents in (plain[:-20], plain.replace(b"EC PRIVATE", b"RSA PRIVATE"), plain + plain):
        with pytest.raises(KeyStoreError) as caught:
            PrivateKey.decode(contents)
        texts.append(repr(vars(caught.value)) + str(caught.value))
    with pytest.raises(PassphraseError) as wrong:
        PrivateKey.decode(key.encode(Secret(b"right"), rounds=1), Secret(b"wrong-pass"))
    texts.append(repr(vars(wrong.value)) + str(wrong.value))
    for text in texts:
        assert body.decode()[:12] not in text
        assert "wrong-pass" not in text


def test_an_archive_opens_with_its_passphrase_only() -> None:
    contents = b"contents" * 10_000
    sealed = _core.seal(contents, Secret(b"passphrase"))
    assert contents[:16] not in sealed
    assert _core.unseal(sealed, Secret(b"passphrase")) == contents
    with pytest.raises(PassphraseError):
        _core.unseal(sealed, Secret(b"other"))
    with pytest.raises(PassphraseError):
        _core.unseal(sealed[:-1], Secret(b"passphrase"))
    with pytest.raises(KeyFileError):
        _core.unseal(b"text", Secret(b"passphrase"))


def test_others_run_while_a_key_is_derived(key: PrivateKey) -> None:
    finished = threading.Event()

    def derive() -> None:
        key.encode(Secret(b"pass"), rounds=2_000_000)
        finished.set()

    thread = threading.Thread(target=derive)
    thread.start()
    turns = 0
    while not finished.wait(0.001):
        turns += 1
    thread.join()
    assert turns > 10


@pytest.mark.skipif(sys.platform != "linux", reason="prctl")
def test_dumps_can_be_forbidden() -> None:
    code = (
        "from contenttrust._core import forbid_dumps; import ctypes, resource; forbid_dumps();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), *resource.getrlimit(resource.RLIMIT_CORE))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert shown.stdout.split() == [b"0", b"0", b"0"]
