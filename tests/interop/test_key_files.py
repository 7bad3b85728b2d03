"""Key files of ours in the original clients, and theirs with us, for every algorithm they know."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contenttrust import crypto, load
from contenttrust._core import KeyFile, PrivateKey, PublicKey, Secret
from contenttrust.errors import KeyFileError, PassphraseError
from contenttrust.keys import KeyStore
from contenttrust.keys.exporting import export
from contenttrust.keys.importing import import_file, load_file
from contenttrust.keys.public_file import generate_for_signer
from interop import parts
from interop.our_publisher import OurPublisher
from interop.processes import Ran, run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack
from keyholder import GUN, Holder

PASSPHRASE = b"correct horse battery"
KNOWN = ("ecdsa", "ecdsa-p384", "rsa")
"""What we generate and they know."""


def env_of(home: Path, passphrase: bytes = PASSPHRASE) -> dict[str, str]:
    text = passphrase.decode()
    names = ("ROOT", "TARGETS", "SNAPSHOT", "DELEGATION")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "DOCKER_CONFIG": str(home),
        "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": text,
        "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": text,
        **{f"NOTARY_{name}_PASSPHRASE": text for name in names},
    }


class Home:
    """A home with a trust directory that both use. Our files are as we write them by default."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        self.home = home
        self.env = env_of(home)
        self.trust_dir = home / "trust"

    @property
    def store(self) -> KeyStore:
        """Opened anew each time, as commands do."""
        return KeyStore(self.trust_dir, passphrases=Holder(PASSPHRASE))

    def notary(self, *arguments: str, passphrase: bytes = PASSPHRASE) -> Ran:
        command = ["notary", "-d", str(self.trust_dir), *arguments]
        return run(command, env_of(self.home, passphrase), cwd=self.home)

    def docker(self, *arguments: str, passphrase: bytes = PASSPHRASE) -> Ran:
        client = parts.docker()
        assert client is not None
        return run([client, "trust", *arguments], env_of(self.home, passphrase), cwd=self.home)

    def private(self) -> list[str]:
        return sorted(path.stem for path in (self.trust_dir / "private").glob("*.key"))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    if parts.missing("notary", "openssl"):
        parts.skip("not on PATH: notary, openssl")
    return Home(tmp_path / "home")


@pytest.fixture
def other(tmp_path: Path) -> Home:
    """Somebody else's."""
    return Home(tmp_path / "other")


def needs_docker() -> None:
    if parts.docker() is None:
        parts.skip("no docker client of version 20 to 28: later ones have no content trust")


def rows(listed: str) -> list[list[str]]:
    """The lines of notary's table: role, collection where there is one, key id."""
    return [line.split()[:-1] for line in listed.splitlines() if len(line) > 64 and "/" in line]


def test_notary_lists_our_keys_in_the_order_that_we_list_them_in(home: Home) -> None:
    for role, gun in (("alice", ""), ("targets", GUN), ("root", ""), ("snapshot", "a/a")):
        home.store.generate(role=role, gun=gun)
    home.store.generate("rsa", role="root")
    ours = [[word for word in (e.role, e.gun[:25], e.key_id) if word] for e in home.store.entries()]
    told = rows(home.notary("key", "list").succeeded().out)
    assert [[row[0], row[-1]] for row in told] == [[row[0], row[-1]] for row in ours]


@pytest.mark.parametrize("algorithm", KNOWN)
@pytest.mark.parametrize("role", ["root", "targets", "alice"])
def test_notary_opens_our_file_and_we_open_what_it_makes_of_it(
    home: Home, algorithm: str, role: str
) -> None:
    entry = home.store.generate(algorithm, role=role, gun=GUN)
    public = home.store.open(entry.key_id).public
    assert entry.rounds == 600_000
    wrong = home.notary("key", "passwd", entry.key_id, passphrase=b"wrong passphrase")
    assert wrong.code == 1
    assert "could not retrieve local key" in wrong.out
    told = home.notary("key", "passwd", entry.key_id).succeeded()
    assert f"Successfully updated passphrase for key ID: {entry.key_id}" in told.out
    found = home.store.find(entry.key_id)
    assert found is not None
    assert (found.role, found.gun, found.rounds) == (role, entry.gun, 2048)
    signer = home.store.open(entry.key_id)
    assert signer.public == public
    assert crypto.verify(public, signer.sign(b"message"), b"message", signer.method)
    changed = home.store.change_passphrase(entry.key_id)
    assert changed.rounds == 600_000
    home.notary("key", "passwd", entry.key_id).succeeded()


def test_notary_exports_our_file_as_we_do(home: Home) -> None:
    keys = [home.store.generate(role="root"), home.store.generate(role="targets", gun=GUN)]
    for entry in keys:
        theirs = home.notary("key", "export", "--key", entry.key_id).succeeded().out
        assert theirs.encode() == export(home.store, key_ids=[entry.key_id])
    theirs = home.notary("key", "export", "--gun", GUN).succeeded().out
    assert theirs.encode() == export(home.store, guns=[GUN])
    assert home.notary("key", "export").succeeded().out.encode() == export(home.store)


@pytest.mark.parametrize("algorithm", KNOWN)
def test_notary_imports_what_we_export(home: Home, other: Home, algorithm: str) -> None:
    entry = home.store.generate(algorithm, role="targets", gun=GUN)
    (home.home / "out.pem").write_bytes(export(home.store))
    other.notary("key", "import", str(home.home / "out.pem")).succeeded()
    assert Path(other.store.find(entry.key_id).path).read_bytes() == Path(entry.path).read_bytes()
    other.notary("key", "passwd", entry.key_id).succeeded()


def test_we_import_what_notary_exports(home: Home, other: Home) -> None:
    home.notary("key", "generate").succeeded()
    home.notary("key", "generate", "--role", "delegation").succeeded()
    exported = home.home / "out.pem"
    home.notary("key", "export", "-o", str(exported)).succeeded()
    imported = import_file(other.store, exported)
    assert sorted(entry.role for entry in imported.entries) == ["delegation", "root"]
    for entry in imported.entries:
        assert other.store.open(entry.key_id).key_id == entry.key_id
    assert other.private() == home.private()


@pytest.mark.parametrize(
    "make",
    [
        ("ecparam", "-name", "prime256v1", "-genkey", "-noout"),
        ("ecparam", "-name", "secp384r1", "-genkey", "-noout"),
        ("ecparam", "-name", "secp521r1", "-genkey", "-noout"),
        ("genrsa", "2048"),
        ("genrsa", "-traditional", "4096"),
    ],
    ids=" ".join,
)
def test_keys_that_notary_imports_open_with_us_under_the_same_id(
    home: Home, other: Home, make: tuple[str, ...]
) -> None:
    path = home.home / "plain.key"
    made = subprocess.run(["openssl", *make], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    home.notary("key", "import", str(path), "--role", "alice").succeeded()
    (entry,) = import_file(other.store, path, role="alice").entries
    assert home.private() == [entry.key_id]
    theirs, ours = home.store.open(entry.key_id), other.store.open(entry.key_id)
    assert theirs.public == ours.public
    signature = theirs.sign(b"message")
    assert crypto.verify(ours.public, signature, b"message", ours.method)
    other.notary("key", "passwd", entry.key_id).succeeded()


def test_t026_the_clients_open_our_ed25519_files_and_take_no_such_signer(home: Home) -> None:
    """Why they are made on request alone, and with a warning."""
    needs_docker()
    entry, public = generate_for_signer(
        home.store, "alice", directory=str(home.home), algorithm="ed25519"
    )
    home.notary("key", "passwd", entry.key_id).succeeded()
    assert home.store.open(entry.key_id).method == "eddsa"
    home.docker("key", "load", entry.path).succeeded()
    docker = home.docker("signer", "add", "--key", public, "alice", "localhost:1/x")
    assert "unknown public key format" in docker.said
    notary = home.notary("delegation", "add", "x", "targets/alice", public, "--all-paths")
    assert "unknown public key format" in notary.said


@pytest.mark.parametrize("algorithm", KNOWN)
def test_docker_loads_our_exported_file(home: Home, other: Home, algorithm: str) -> None:
    needs_docker()
    entry = home.store.generate(algorithm, role="alice")
    path = home.home / "out.pem"
    path.write_bytes(export(home.store, key_ids=[entry.key_id]))
    path.chmod(0o600)
    told = other.docker("key", "load", str(path)).succeeded()
    assert f"Successfully imported key from {path}" in told.out
    assert other.private() == [entry.key_id]
    assert other.store.open(entry.key_id).key_id == entry.key_id


@pytest.mark.parametrize("algorithm", KNOWN)
def test_docker_opens_our_file_with_its_passphrase_alone(home: Home, algorithm: str) -> None:
    needs_docker()
    entry = home.store.generate(algorithm, role="alice")
    told = home.docker("key", "load", entry.path).succeeded()
    assert "Successfully imported key" in told.out
    wrong = home.docker("key", "load", entry.path, passphrase=b"wrong passphrase")
    assert wrong.code == 1
    assert "could not decrypt key" in wrong.said


def test_we_open_what_docker_generates(home: Home) -> None:
    needs_docker()
    home.docker("key", "generate", "alice").succeeded()
    (entry,) = home.store.entries()
    assert (entry.role, entry.rounds, entry.findings) == ("alice", 2048, ())
    public = (home.home / "alice.pub").read_bytes()
    assert PublicKey.read(public).key_id == entry.key_id
    signer = home.store.open(entry.key_id)
    assert crypto.verify(public, signer.sign(b"message"), b"message", "ecdsa")


def test_our_public_half_is_dockers(home: Home) -> None:
    needs_docker()
    home.docker("key", "generate", "alice").succeeded()
    theirs = (home.home / "alice.pub").read_bytes()
    entry, path = generate_for_signer(home.store, "bob", directory=str(home.home))
    ours = Path(path).read_bytes()
    shape = [line if line[:1] in b"-r" else len(line) for line in ours.splitlines()]
    assert shape == [
        line.replace(b"alice", b"bob") if line[:1] in b"-r" else len(line)
        for line in theirs.splitlines()
    ]
    assert Path(path).stat().st_mode == (home.home / "alice.pub").stat().st_mode
    assert home.store.find(entry.key_id) is not None


def test_docker_loads_a_root_key_of_a_signer_s_file_and_takes_one_for_a_signer_s(
    home: Home, other: Home
) -> None:
    """Why `key load` refuses the one, and no key changes hands so."""
    needs_docker()
    path = home.home / "dave.key"
    plain = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    path.write_text(plain.replace("KEY-----\n", "KEY-----\nrole: root\n\n", 1))
    path.chmod(0o600)
    home.docker("key", "load", str(path)).succeeded()
    assert [entry.role for entry in home.store.entries()] == ["root"]
    with pytest.raises(KeyFileError, match="names itself a root key"):
        load_file(other.store, path)
    path.write_text(plain)
    home.docker("key", "load", "--name", "me", str(path)).succeeded()
    assert [entry.role for entry in home.store.entries()] == ["me"]


def test_what_docker_and_we_refuse_to_load_is_said_in_the_same_words(home: Home) -> None:
    needs_docker()
    path = home.home / "shared.key"
    path.write_bytes(PrivateKey.generate("ecdsa").encode(Secret(PASSPHRASE), role="alice"))
    path.chmod(0o644)
    theirs = home.docker("key", "load", str(path))
    with pytest.raises(Exception, match="must not be readable") as caught:
        load_file(home.store, path)
    refusal, _, way_out = caught.value.message.partition(" by others")
    assert f"{refusal} by others" in theirs.said
    assert "install -m 600" in way_out


@pytest.mark.parametrize("damage", ["torn", "flipped", "headless", "empty"])
def test_a_damaged_file_of_docker_is_a_clear_error(home: Home, damage: str) -> None:
    home.notary("key", "generate").succeeded()
    (entry,) = home.store.entries()
    path = Path(entry.path)
    contents = path.read_bytes()
    begin, text = contents.split(b"\n\n")
    damaged = {
        "torn": contents[: len(contents) // 2],
        "flipped": begin + b"\n\n" + text[:99] + text[99:].swapcase(),
        "headless": b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + text,
        "empty": b"",
    }
    path.write_bytes(damaged[damage])
    if damage == "headless":  # not damaged: notary opens it too, and so do we
        assert home.store.open(entry.key_id).key_id == entry.key_id
        home.notary("key", "passwd", entry.key_id).succeeded()
        return
    with pytest.raises((KeyFileError, PassphraseError)):
        home.store.open(entry.key_id)
    assert home.notary("key", "passwd", entry.key_id).code == 1


@pytest.fixture
def publishing(trust_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Publisher]:
    """Somebody who publishes with notary, in a trust directory where our root key is."""
    publisher = Publisher(place("keys"), trust_stack)
    yield publisher
    shutil.rmtree(publisher.config / "trust", ignore_errors=True)


@pytest.mark.parametrize("algorithm", KNOWN)
def test_notary_signs_with_our_keys(
    publishing: Publisher, trust_stack: TrustStack, tmp_path: Path, algorithm: str
) -> None:
    trust_dir = publishing.config / "trust"
    root_pass = publishing.env["NOTARY_ROOT_PASSPHRASE"].encode()
    store = KeyStore(trust_dir, passphrases=Holder(root_pass))
    root = store.generate(algorithm, role="root")
    gun = f"{publishing.registry.host}/keys/{algorithm}"
    told = publishing.notary("init", gun, "-p").out
    assert f"Root key found, using: {root.key_id}" in told
    repository = load(gun, source=OurPublisher(trust_dir, trust_stack).server, trust_dir=tmp_path)
    assert repository.roles
    document = json.loads((trust_dir / "tuf" / gun / "metadata" / "root.json").read_text())
    key_id = document["signed"]["roles"]["root"]["keyids"][0]
    assert [signature["keyid"] for signature in document["signatures"]] == [key_id]
    assert KeyFile.parse(Path(root.path).read_bytes()).rounds == 600_000
