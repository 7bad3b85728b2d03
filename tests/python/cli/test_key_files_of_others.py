"""What the key file of somebody else says that it is: told, and no way to a root key."""

from __future__ import annotations

import json
import subprocess

import pytest

from contenttrust._core import PrivateKey, Secret
from key_place import OTHER, ROOT, Place

_PASSPHRASE = b"somebody else's"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def _file(place, *roles, gun="a.example/b"):
    """A key file as a colleague sends it; gives the ids of its keys."""
    keys = [PrivateKey.generate("ecdsa") for _ in roles]
    place.here.joinpath("dave.key").write_bytes(
        b"".join(
            key.encode(Secret(_PASSPHRASE), role=role, gun=gun, rounds=2048, path=key.key_id)
            for key, role in zip(keys, roles, strict=True)
        )
    )
    place.here.joinpath("dave.key").chmod(0o600)
    return [key.key_id for key in keys]


def _plain(place, key_id):
    """The file of a key that is here, as openssl writes it: no passphrase, nobody's."""
    file = place.trust / "private" / f"{key_id}.key"
    for passphrase in (ROOT, OTHER):
        opened = subprocess.run(
            ["openssl", "pkcs8", "-in", "/dev/stdin", "-passin", f"pass:{passphrase}"],
            input=_without_headers(file.read_text()), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if opened.returncode == 0:
            place.here.joinpath("plain.key").write_text(opened.stdout)
            place.here.joinpath("plain.key").chmod(0o600)
            return "plain.key"
    raise AssertionError(opened.stderr)


def _without_headers(pem):
    head, _, rest = pem.partition("\n\n")
    return f"{head.splitlines()[0]}\n{rest}"


def test_t102_a_signer_s_key_file_brings_no_root_key(place):
    _file(place, "dave", "root")
    ran = place.run("key", "load", "dave.key")
    assert (ran.code, ran.out) == (1, 'Loading key from "dave.key"...\n')
    assert "dave.key holds a key that names itself a root key" in ran.err
    assert "contenttrust key import dave.key" in ran.err
    assert place.key_ids() == []


def test_import_says_what_each_key_is_for(place):
    dave, root, targets = _file(place, "dave", "root", "targets")
    ran = place.run("key", "import", "dave.key")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        f"Imported key {dave} for dave\nImported key {root} for root\n"
        f"Imported key {targets} for targets of a.example/b\n"
    )
    document = json.loads(place.done("key", "import", "-o", "json", "dave.key"))
    assert [key["role"] for key in document["keys"]] == ["dave", "root", "targets"]


@pytest.mark.parametrize("name", ["root", "targets", "snapshot", "timestamp", "releases"])
def test_a_role_is_the_name_of_no_signer(place, name):
    (place.here / "own.key").write_bytes(b"")
    ran = place.run("key", "load", "own.key", "--name", name)
    assert ran.code == 1
    assert f"{name} is a reserved keyword, use a different signer name" in ran.err


def test_a_key_changes_hands_with_a_warning(place):
    place.done("key", "generate", "alice")
    [key_id] = place.key_ids()
    plain = _plain(place, key_id)
    ran = place.run("key", "load", plain, "--name", "bob")
    assert ran.code == 0
    assert ran.err == (
        f"warning: the key {key_id} is here already, kept for alice: now it is for bob\n"
    )


def test_a_root_key_is_not_loaded_for_a_signer(place):
    place.done("key", "generate")
    [key_id] = place.key_ids()
    place.env["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"] = ""
    plain = _plain(place, key_id)
    ran = place.run("key", "load", plain, "--name", "me", "--no-input")
    assert ran.code == 1
    assert f"the key {key_id} is here already, kept for root: it is not kept for me" in ran.err
    [key] = json.loads(place.done("key", "list", "-o", "json"))["keys"]
    assert key["role"] == "root"


def test_the_notice_of_ed25519_reads_as_a_warning(place):
    ran = place.run("key", "generate", "--algorithm", "ed25519", "alice")
    assert ran.err.startswith("warning: key ")
    assert "docker and notary take no Ed25519 key" in ran.err
