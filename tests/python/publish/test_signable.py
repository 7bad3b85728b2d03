"""Requests that would have something signed that their signers do not see, or do not mean."""

from __future__ import annotations

import base64
import json

import pytest

from contenttrust import _core
from contenttrust.errors import PublishError
from contenttrust.publish.initialisation import certified
from contenttrust.publish.metadata import key_value
from contenttrust.publish.request import SigningRequest
from contenttrust.publish.sign import Keyring

GUN = "registry.example/team/app"
OTHER = "registry.example/hobby/page"
DIGEST = "a" * 64


@pytest.fixture
def rotation(collection, publisher):
    """A request for a new repository key, as a dictionary."""
    request = collection.prepare_rotation("targets", [publisher.key("second")])
    return json.loads(request.to_bytes())


@pytest.fixture
def release(collection, publisher):
    """A request for a target in a delegation that two must sign, as a dictionary."""
    keys = [publisher.key("alice"), publisher.key("bob")]
    collection.add_delegation("targets/both", keys=keys, paths=["dev/"], threshold=1)
    collection.publish()
    collection.add_target("dev/1.0", sha256=DIGEST, size=7, roles=["targets/both"])
    return json.loads(collection.prepare().to_bytes())


def read(value):
    return SigningRequest.from_bytes(json.dumps(value).encode())


def refused(value, words):
    with pytest.raises(PublishError, match=words):
        read(value)


def test_both_are_read_as_they_were_made(rotation, release):
    assert [part.role for part in read(rotation).parts] == ["root", "targets"]
    assert [part.role for part in read(release).parts] == ["targets/both"]


def test_a_root_for_another_collection_is_not_signed_under_this_name(rotation):
    rotation["gun"] = OTHER
    refused(rotation, f"certified for {GUN}, not for {OTHER}")


def test_a_wildcard_certificate_would_serve_collections_that_nobody_is_shown(publisher, collection):
    signer = publisher.keys.open(publisher.keys.generate("ecdsa", role="root").key_id)
    wildcard = certified(signer, "registry.example/team/*", collection.moment)
    kept = publisher.keys.entries()
    with pytest.raises(PublishError, match="certified for"):
        publisher.collection("registry.example/team/b").prepare_initialization([wildcard])
    with pytest.raises(PublishError, match="certified for"):
        collection.prepare_rotation("root", [wildcard])
    assert publisher.keys.entries() == kept


def test_a_root_is_not_signed_as_a_delegation(rotation):
    root = rotation["parts"][0]
    authority = {**root["authorities"][0], "role": "targets/releases"}
    rotation["parts"] = [{**root, "role": "targets/releases", "authorities": [authority]}]
    refused(rotation, "members are missing or unknown")


@pytest.mark.parametrize("role", ["snapshot", "timestamp"])
def test_what_the_server_signs_is_not_signed_in_turns(release, role):
    part = release["parts"][0]
    part["role"] = role
    part["authorities"][0]["role"] = role
    refused(release, "no role that is signed in turns")


def test_keys_of_another_role_are_not_made_to_sign(rotation):
    root, targets = rotation["parts"]
    targets["authorities"].append(root["authorities"][0])
    refused(rotation, "keys of root are to sign a document of targets")


def test_nobody_signs_beside_the_role(release):
    part = release["parts"][0]
    part["optional"] = [{**part["authorities"][0], "threshold": 0}]
    refused(release, "too many are to sign")


def test_a_root_is_signed_by_the_keys_that_it_names(rotation):
    root = rotation["parts"][0]
    root["document"]["roles"]["root"]["keyids"] = root["document"]["roles"]["targets"]["keyids"]
    refused(rotation, "other keys are to sign a root than it names")


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(Targets={}),
        lambda document: document.update(meta={}),
        lambda document: document.update(_type="Timestamp"),
        lambda document: document.update(_type="targets"),
        lambda document: document.pop("targets"),
        lambda document: document.update(version=True),
        lambda document: document.update(version=0),
        lambda document: document.update(expires="tomorrow"),
        lambda document: document.update(targets=[]),
        lambda document: document["targets"].update({"": {}}),
        lambda document: document["targets"]["dev/1.0"].update(more=1),
        lambda document: document["targets"]["dev/1.0"].update(length=-1),
        lambda document: document["targets"]["dev/1.0"].update(hashes={"md5": "AAAA"}),
        lambda document: document["delegations"].update(more=[]),
        lambda document: document["delegations"].update(roles=[{"name": "targets/other/x"}]),
        lambda document: document["delegations"].update(
            roles=[{"keyids": [], "name": "targets/other", "threshold": 1}]
        ),
        lambda document: document["delegations"].update(
            roles=[{"keyids": ["0" * 64], "name": "targets/both/x", "threshold": 1}]
        ),
        lambda document: document["delegations"].update(keys={"0" * 64: {}}),
        lambda document: document.update(version=2**31),
        lambda document: document["targets"]["dev/1.0"].update(custom=None),
        lambda document: document["targets"]["dev/1.0"]["hashes"].update(sha256=f"{'A' * 42}B="),
    ],
)
def test_nothing_is_signed_that_no_such_document_has(release, change):
    change(release["parts"][0]["document"])
    with pytest.raises(PublishError, match="signing request cannot be used"):
        read(release)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(Keys={}),
        lambda document: document.update(Roles={}),
        lambda document: document.update(consistent_snapshot=0),
        lambda document: document["roles"].update(more={"keyids": [], "threshold": 1}),
        lambda document: document["roles"].pop("snapshot"),
        lambda document: document["roles"]["targets"].update(threshold=2),
        lambda document: document["roles"]["targets"].update(threshold=0),
        lambda document: document["roles"]["targets"].update(keyids=[]),
        lambda document: next(iter(document["keys"].values()))["keyval"].update(private="AAAA"),
        lambda document: next(iter(document["keys"].values())).update(more=1),
    ],
)
def test_nothing_is_signed_that_no_root_has(rotation, change):
    change(rotation["parts"][0]["document"])
    with pytest.raises(PublishError, match="signing request cannot be used"):
        read(rotation)


def test_a_key_is_written_in_one_form(rotation):
    """Other bits behind the last byte would give the key another id for who hashes the text."""
    keys = rotation["parts"][0]["document"]["keys"]
    [value] = [one["keyval"] for one in keys.values() if one["keyval"]["public"].endswith("==")][:1]
    value["public"] = f"{value['public'][:-3]}{_next(value['public'][-3])}=="
    refused(rotation, "a key is filed under an id that is not its own")


def test_a_signature_is_written_in_one_form(rotation):
    """A server writes it anew, and the file would no longer be the one that the snapshot names."""
    whole = read(rotation).missing()
    [signature] = rotation["parts"][1]["signatures"]
    assert signature["sig"].endswith("==")
    signature["sig"] = f"{signature['sig'][:-3]}{_next(signature['sig'][-3])}=="
    assert base64.b64decode(signature["sig"], validate=True)
    assert len(read(rotation).missing()) == len(whole) + 1


def _next(digit):
    """The next digit of base64, which differs in its last bit."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return digits[digits.index(digit) + 1]


@pytest.mark.parametrize("place", ["part", "file"])
def test_what_has_expired_is_not_signed(publisher, collection, place):
    signer = publisher.keys.open(publisher.keys.generate("ecdsa", role="root").key_id)
    certificate = certified(signer, OTHER, collection.moment)
    request = publisher.collection(OTHER).prepare_initialization([certificate])
    request.parts[0].signatures.clear()
    ended = _core.Instant.parse("2026-11-28T00:00:00Z")
    if place == "part":
        request.parts[0].document["expires"] = "2026-11-28T00:00:00Z"
    else:
        file = json.loads(request.files["targets"])
        file["signed"]["expires"] = "2026-11-28T00:00:00Z"
        request.files = {"targets": json.dumps(file).encode()}
    request = SigningRequest.from_bytes(request.to_bytes())

    with pytest.raises(PublishError, match="expired at 2026-11-28") as caught:
        request.sign(Keyring(publisher.keys), now=ended)
    assert caught.value.role == {"part": "root", "file": "targets"}[place]
    with pytest.raises(PublishError, match="look at this machine's clock"):
        request.sign(Keyring(publisher.keys))
    assert request.parts[0].signatures == []
    assert request.sign(Keyring(publisher.keys), now=_core.Instant(ended.seconds - 1))


def test_root_among_files_is_for_this_collection_only(publisher):
    collection = publisher.collection(OTHER)
    collection.initialize()
    collection.add_delegation("targets/a", keys=[publisher.key("a")], paths=[""])
    value = json.loads(collection.prepare().to_bytes())
    assert list(read(value).files) == ["root"]
    refused({**value, "gun": GUN}, f"certified for {OTHER}, not for {GUN}")


def test_a_file_has_no_member_twice(publisher, collection):
    """Who looks at it would see one of them, and another reader might take the other."""
    signer = publisher.keys.open(publisher.keys.generate("ecdsa", role="root").key_id)
    certificate = certified(signer, OTHER, collection.moment)
    request = publisher.collection(OTHER).prepare_initialization([certificate])
    file = request.files["targets"].replace(b'"targets":{}', b'"targets":{},"targets":{}')
    assert file != request.files["targets"]
    value = json.loads(request.to_bytes())
    value["files"]["targets"] = base64.b64encode(file).decode()
    refused(value, "a member twice")


def test_one_signature_is_not_there_many_times(release, publisher):
    part = release["parts"][0]
    part["signatures"] *= 2
    assert part["signatures"]
    refused(release, "a signature twice")


@pytest.mark.parametrize("gun", ["", "\ud800", "a\nb", "a\u202eb"])
def test_odd_names_of_collections_are_refused(release, gun):
    release["gun"] = gun
    refused(release, "no collection has such a name")


def test_a_root_key_without_a_certificate_is_none(rotation, publisher):
    root = rotation["parts"][0]
    bare = publisher.key("bare")
    assert _core.PublicKey.of(bare.key_type, bare.public).key_id == bare.key_id
    key = {"keytype": bare.key_type, "keyval": {"private": None, "public": ""}}
    root["authorities"].append({"role": "root", "threshold": 1, "keys": {bare.key_id: key}})
    with pytest.raises(PublishError):
        read(rotation)


@pytest.mark.parametrize(
    ("gun", "role"), [(GUN, "targets/nightly"), (OTHER, "targets"), (OTHER, "targets/nightly")]
)
def test_the_repository_key_signs_as_nothing_else(rotation, publisher, gun, role):
    targets = rotation["parts"][1]
    [ours] = [entry for entry in publisher.keys.entries() if entry.role == "targets"]
    key = publisher.keys.open(ours.key_id)
    public = _core.PublicKey.of(key.key_type, key.public)
    authority = {"role": role, "threshold": 1, "keys": {public.key_id: key_value(public)}}
    part = {**targets, "role": role, "authorities": [authority], "signatures": []}
    request = read({**rotation, "gun": gun, "parts": [part]})
    with pytest.raises(PublishError, match="is kept here as the targets key"):
        request.sign(Keyring(publisher.keys))
    assert request.parts[0].signatures == []


@pytest.mark.parametrize("signed", [{}, {"version": 1}, []])
def test_files_are_documents_of_their_role(publisher, collection, signed):
    signer = publisher.keys.open(publisher.keys.generate("ecdsa", role="root").key_id)
    certificate = certified(signer, OTHER, collection.moment)
    request = publisher.collection(OTHER).prepare_initialization([certificate])
    value = json.loads(request.to_bytes())
    assert list(read(value).files) == ["targets"]
    file = json.dumps({"signed": signed, "signatures": []}).encode()
    value["files"]["targets"] = base64.b64encode(file).decode()
    with pytest.raises(PublishError, match="signing request cannot be used"):
        read(value)


def test_files_go_with_new_collections_only(release):
    release["files"] = {"targets/more": ""}
    refused(release, "belong to a new collection only")
