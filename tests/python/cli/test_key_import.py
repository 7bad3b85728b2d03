"""`key import` of several files, and of the address of a key that is kept elsewhere."""

from __future__ import annotations

import json
import shlex

import pytest

from contenttrust import _core, clock
from contenttrust._core import PrivateKey, Secret
from contenttrust.errors import RejectedError
from key_place import OTHER, ROOT
from vault_plugin import offered

GUN = "collection.example/team/files"
ANOTHER = "collection.example/team/others"
A_DAY = 86_400


@pytest.fixture
def vault(tmp_path, monkeypatch):
    """A package that offers keys under addresses such as `vault-y:1`; its keys by address."""
    with offered("vault-y", tmp_path / "package", monkeypatch) as keys:
        yield keys


def keys_here(place):
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    return [(key["key_id"], key["role"]) for key in keys]


def block(role, passphrase):
    key = PrivateKey.generate("ecdsa")
    return key.key_id, key.encode(Secret(passphrase.encode()), role=role, rounds=2048)


def certificate(place, key, gun=GUN):
    now = clock.now()
    made = key.certificate(gun, now, _core.Instant(now.seconds + 3_000 * A_DAY))
    (place.here / "root.crt").write_bytes(made)


def test_a_root_key_that_is_kept_elsewhere_begins_a_collection(place, vault):
    out = place.done("key", "import", "--role", "root", "vault-y:1")
    key_id = vault["vault-y:1"].key_id
    assert out == f"Imported key {key_id} for root\n"
    assert keys_here(place) == [(key_id, "root")]
    certificate(place, vault["vault-y:1"])
    place.done("init", "-p", "--rootcert", "root.crt", GUN)
    assert [one for one in keys_here(place) if one[1] == "root"] == [(key_id, "root")]


def test_no_signer_is_called_root_and_the_way_to_a_root_key_is_told(place, vault):
    ran = place.run("key", "load", "vault-y:1?label=x", "--name", "root")
    assert ran.code == 1
    way = "contenttrust key import --role root 'vault-y:1?label=x'"
    assert (
        "root is a reserved keyword, use a different signer name; a root key of your own is "
        f"brought in by {way}"
    ) in ran.err
    place.done(*shlex.split(way)[1:])


def test_t102_the_key_of_a_signer_begins_no_collection_and_the_way_is_told(place, vault):
    place.done("key", "load", "vault-y:1", "--name", "release")
    key_id = vault["vault-y:1"].key_id
    certificate(place, vault["vault-y:1"])
    ran = place.run("init", "-p", "--rootcert", "root.crt", GUN)
    assert ran.code == 1
    assert (
        f"if this key is meant, it is brought in for root (contenttrust key remove {key_id}, then "
        "contenttrust key import --role root vault-y:1)"
    ) in ran.err
    refused = place.run("key", "import", "--role", "root", "vault-y:1")
    assert f"take it away first (contenttrust key remove {key_id})" in refused.err
    assert keys_here(place) == [(key_id, "release")]

    place.done("key", "remove", "-y", key_id)
    place.done("key", "import", "--role", "root", "vault-y:1")
    place.done("init", "-p", "--rootcert", "root.crt", GUN)


def test_a_repositorys_key_that_is_kept_elsewhere_belongs_to_a_collection(place, vault):
    refused = place.run("key", "import", "--role", "targets", "vault-y:1")
    assert (refused.code, keys_here(place)) == (1, [])
    assert "a targets key belongs to one collection" in refused.err
    place.done("key", "import", "--role", "targets", "--gun", GUN, "vault-y:1")
    assert keys_here(place) == [(vault["vault-y:1"].key_id, "targets")]


def test_what_is_no_file_is_known_before_another_is_imported(place):
    (place.here / "one.pem").write_bytes(block("root", ROOT)[1])
    assert place.run("key", "import", "one.pem", "nowhere.pem").code == 2
    assert keys_here(place) == []


def test_a_document_names_the_keys_of_the_files_before_the_one_that_failed(place):
    key_id, contents = block("root", ROOT)
    (place.here / "one.pem").write_bytes(contents)
    (place.here / "two.pem").write_bytes(block("alice", "what nobody knows")[1])
    ran = place.run("key", "import", "-o", "json", "one.pem", "two.pem")
    assert ran.code == 1
    assert f"; in the key store now: {key_id} for root" in ran.document["error"]["message"]
    ran = place.run("key", "import", "one.pem", "two.pem")
    assert ran.out == f"Imported key {key_id} for root\n"
    assert "in the key store now" not in ran.err


def test_t102_a_file_of_root_keys_that_is_not_used_leaves_none_behind(place):
    (place.here / "roots.pem").write_bytes(
        block("root", ROOT)[1] + block("root", "what nobody knows")[1]
    )
    ran = place.run("init", "--rootkey", "roots.pem", GUN)
    assert ran.code == 1
    assert "block 2 (ENCRYPTED PRIVATE KEY)" in ran.err
    assert keys_here(place) == []


def test_of_the_file_of_a_named_key_nothing_is_passed_over(place):
    one, other = block("root", ROOT)[1], block("root", OTHER)[1]
    odd = other.replace(b"role: root\n", b"role: root\npath: no-key-id\n")
    (place.here / "root.pem").write_bytes(one + odd)
    ran = place.run("init", "--rootkey", "root.pem", GUN)
    assert (ran.code, keys_here(place)) == (1, [])
    assert "block 2 (ENCRYPTED PRIVATE KEY): its path header ends in no key id" in ran.err
    assert "no key of the file was imported" in ran.err


@pytest.fixture
def new_root(place):
    """A published collection, and the id of a root key in `new.pem` that is not here."""
    place.done("init", "-p", GUN)
    key_id, contents = block("root", ROOT)
    (place.here / "new.pem").write_bytes(contents)
    return key_id


def test_t102_no_root_key_comes_in_for_a_rotation_that_nobody_here_can_sign(
    place, new_root, monkeypatch
):
    [(old, _), *others] = keys_here(place)
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", "none that opens it")
    ran = place.run("key", "rotate", "-y", "--key", "new.pem", GUN, "root")
    assert (ran.code, keys_here(place)) == (1, [(old, "root"), *others])
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", ROOT)
    place.done("key", "remove", "-y", old)
    ran = place.run("key", "rotate", "-y", "--key", "new.pem", GUN, "root")
    assert (ran.code, keys_here(place)) == (1, others)
    assert "0 are here of" in ran.err
    assert "bring it in first: contenttrust key import FILE" in ran.err
    ran = place.run("key", "rotate", "-y", "--key", "new.pem", GUN, "timestamp")
    assert (ran.code, keys_here(place)) == (1, others)


@pytest.mark.parametrize("by", ["id", "file"])
@pytest.mark.parametrize("role", ["targets", "snapshot"])
def test_no_key_that_is_kept_for_another_collection_is_taken(place, role, by):
    place.done("init", "-p", GUN)
    key, secret = PrivateKey.generate("ecdsa"), Secret(OTHER.encode())
    (place.here / "key.pem").write_bytes(key.encode(secret, role=role, gun=ANOTHER, rounds=2048))
    if by == "id":
        place.done("key", "import", "key.pem")
    before = keys_here(place)
    ran = place.run("key", "rotate", "--key", key.key_id if by == "id" else "key.pem", GUN, role)
    assert (ran.code, keys_here(place)) == (1, before)
    assert f"given {role} key of {ANOTHER} instead" in ran.err
    assert f"contenttrust key generate --role {role} --gun {GUN})" in ran.err


def test_an_address_that_is_kept_for_another_collection_is_brought_in_anew(place, vault):
    place.done("init", "-p", GUN)
    place.done("key", "import", "--role", "targets", "--gun", ANOTHER, "vault-y:1")
    key_id = vault["vault-y:1"].key_id
    ran = place.run("key", "rotate", "--key", key_id, GUN, "targets")
    way = f"contenttrust key import --role targets --gun {GUN} vault-y:1"
    assert (ran.code, f"(contenttrust key remove {key_id}, then {way})" in ran.err) == (1, True)
    place.done("key", "remove", "-y", key_id)
    place.done(*shlex.split(way)[1:])
    place.done("key", "rotate", "--key", key_id.upper(), GUN, "targets")


def test_a_rotation_that_fails_later_tells_which_key_of_a_file_is_here(place, new_root):
    def refuse(gun, files):
        raise RejectedError("not today")

    place.server.instead = [refuse]
    ran = place.run("key", "rotate", "-y", "--key", "new.pem", GUN, "root")
    assert ran.code == 1
    assert "not today" in ran.err
    assert f"; in the key store now: {new_root} for root" in ran.err
    assert (new_root, "root") in keys_here(place)


def test_of_several_files_the_keys_of_those_before_the_one_that_fails_are_told(place, new_root):
    (place.here / "two.pem").write_bytes(block("root", "what nobody knows")[1])
    words = [one for file in ("new.pem", "two.pem") for one in ("--key", file)]
    ran = place.run("key", "rotate", "-y", *words, GUN, "root")
    assert (ran.code, "two.pem: " in ran.err) == (1, True)
    assert f"; in the key store now: {new_root} for root" in ran.err


def test_a_beginning_that_fails_tells_which_key_of_a_file_is_here(place, new_root):
    ran = place.run("init", "--rootkey", "new.pem", GUN)
    assert ran.code == 1
    assert f"; in the key store now: {new_root} for root" in ran.err


def test_t102_no_root_key_of_an_export_that_cannot_be_opened_is_kept(place):
    key = PrivateKey.generate("ecdsa")
    secret = Secret(b"what nobody knows")
    exported = key.encode(secret, role="root", path=key.key_id, rounds=2048)
    (place.here / "root.pem").write_bytes(exported)
    ran = place.run("init", "--rootkey", "root.pem", GUN)
    assert (ran.code, keys_here(place)) == (1, [])


def test_a_key_that_differs_is_a_warning_and_the_root_key_comes_back(place):
    for role in ("root", "alice"):
        (place.here / f"{role}.pem").write_bytes(block(role, ROOT if role == "root" else OTHER)[1])
    place.done("key", "import", "root.pem", "alice.pem")
    (root, _), (alice, _) = keys_here(place)
    place.done("key", "export", "-o", "all.pem")
    (place.here / "new").write_text("another passphrase")
    (place.here / "new").chmod(0o600)
    place.done("key", "passwd", "--new-passphrase-file", "new", alice)
    place.done("key", "remove", "-y", root)
    ran = place.run("key", "import", "all.pem")
    assert (ran.code, ran.out) == (0, f"Imported key {root} for root\n")
    assert f"{alice}.key is here already and differs" in ran.err
    assert keys_here(place) == [(root, "root"), (alice, "alice")]


def test_a_damaged_key_file_is_not_told_as_damage_of_an_export(place):
    (place.here / "two.pem").write_bytes(block("root", ROOT)[1] + block("alice", OTHER)[1])
    place.done("key", "import", "two.pem")
    (root, _), _ = keys_here(place)
    place.done("key", "export", "-o", "all.pem")
    here = place.config / "trust" / "private" / f"{root}.key"
    here.write_text("garbage")
    ran = place.run("key", "import", "all.pem")
    assert (ran.code, ran.out) == (1, "")
    assert f"{here}, which is in the key store already, cannot be used: " in ran.err


def test_no_root_key_is_told_of_an_address_whose_key_stands_in_a_file(place, vault):
    key = vault["vault-y:1"] = PrivateKey.generate("ecdsa")
    (place.here / "one.pem").write_bytes(key.encode(Secret(OTHER.encode()), rounds=2048))
    place.done("key", "import", "one.pem")
    ran = place.run("key", "import", "--role", "root", "vault-y:1")
    assert (ran.code, "now it is for" in ran.err) == (1, False)
    assert f"contenttrust key remove {key.key_id}), then name the address again" in ran.err
    assert keys_here(place) == [(key.key_id, "delegation")]


def test_a_publication_that_fails_tells_which_root_key_of_a_file_is_here(place):
    def refuse(gun, files):
        raise RejectedError("not today")

    key_id, contents = block("root", ROOT)
    (place.here / "root.pem").write_bytes(contents)
    place.server.instead = [refuse]
    ran = place.run("init", "-p", "--rootkey", "root.pem", GUN)
    assert ran.code == 1
    assert f"; in the key store now: {key_id} for root" in ran.err


def test_a_plain_copy_of_a_key_at_an_address_takes_not_its_place(place, vault):
    place.done("key", "load", "vault-y:1", "--name", "alice")
    key = vault["vault-y:1"]
    sealed = key.encode(Secret(OTHER.encode()), role="alice", rounds=2048)
    (place.here / "copy.key").write_bytes(sealed)
    (place.here / "copy.key").chmod(0o600)
    ran = place.run("key", "load", "copy.key")
    assert ran.code == 1
    assert "a file would be used in place of that" in ran.err
    assert len(keys_here(place)) == 1
