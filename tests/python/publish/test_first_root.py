"""A first root is made and published only if what was pinned holds for it; whose key signs it."""

from __future__ import annotations

import base64
import shutil

import pytest

from contenttrust import _core
from contenttrust.errors import NoKeyError, VerificationError
from contenttrust.keys.backup_note import note
from contenttrust.publish import images
from contenttrust.publish.initialisation import certified
from contenttrust.publish.metadata import target_meta
from contenttrust.publish.sign import Keyring

GUN = "registry.example/team/app"
OTHER = "registry.example/team/other"
TAG = {"1.0": target_meta(7, sha256="a" * 64)}
UNKNOWN = [
    _core.Anchor.keys(["0" * 63 + "1"]),
    _core.Anchor.certificates(["0" * 63 + "1"]),
    _core.Anchor.remembered(),
]


def root_key(publisher):
    return publisher.keys.generate("ecdsa", role="root").key_id


@pytest.mark.parametrize("anchor", UNKNOWN)
@pytest.mark.parametrize(
    "begin",
    [
        lambda collection, _: images.sign(collection, TAG),
        lambda collection, key: images.add_signer(collection, "ci", [key]),
        lambda collection, _: collection.initialize(),
    ],
)
def test_no_key_is_made_that_what_was_pinned_cannot_mean(
    publisher, make_publisher, server, anchor, begin
):
    key = make_publisher("ci").key("ci")
    collection = publisher.collection(anchor=anchor)
    with pytest.raises(VerificationError, match="does not exist at the trust server") as refused:
        begin(collection, key)
    assert refused.value.role == "root"
    assert publisher.keys.entries() == ()
    assert server.uploads == []


def test_an_anchor_root_of_another_collection_makes_none(collection, publisher, server):
    before = len(publisher.keys.entries()), len(server.uploads)
    anchor = _core.Anchor.root(server.files[GUN]["root"])
    with pytest.raises(VerificationError):
        images.sign(publisher.collection(OTHER, anchor=anchor), TAG)
    assert (len(publisher.keys.entries()), len(server.uploads)) == before


def test_a_root_key_that_is_here_and_pinned_begins_a_collection(publisher, server):
    key_id = root_key(publisher)
    for wrong in UNKNOWN:
        with pytest.raises(VerificationError):
            images.sign(publisher.collection(anchor=wrong), TAG)
    assert [entry.role for entry in publisher.keys.entries()] == ["root"]
    anchor = _core.Anchor.keys([key_id]) & _core.Anchor.remembered()
    assert images.sign(publisher.collection(anchor=anchor), TAG).initialized


def test_a_certificate_that_is_pinned_begins_a_collection(publisher):
    signer = publisher.keys.open(root_key(publisher))
    certificate = certified(signer, GUN, publisher.collection().moment)
    collection = publisher.collection(anchor=_core.Anchor.certificates([certificate.key_id]))
    with pytest.raises(VerificationError):
        collection.initialize()  # in another certificate
    collection.initialize(root_certificate=certificate)
    assert collection.publish().versions["root"] == 1


def test_a_first_root_of_another_than_was_pinned_is_not_sent(publisher, make_publisher, server):
    evil = make_publisher("evil")
    signer = evil.keys.open(root_key(evil))
    certificate = certified(signer, GUN, evil.collection().moment)
    request = evil.collection().prepare_initialization([certificate])
    request.sign(Keyring(evil.keys), now=evil.collection().moment)
    for anchor in UNKNOWN:
        with pytest.raises(VerificationError):
            publisher.collection(anchor=anchor).publish_request(request)
    assert server.uploads == []
    pinned = publisher.collection(anchor=_core.Anchor.keys([certificate.canonical_key_id]))
    assert pinned.publish_request(request).versions["root"] == 1


def test_what_was_made_here_is_judged_again_before_it_is_sent(publisher, server):
    publisher.collection().initialize()
    with pytest.raises(VerificationError):
        publisher.collection(anchor=UNKNOWN[0]).publish()
    assert server.uploads == []


# Which of several root keys.


def root_keys_of(server, gun):
    signed = server.signed(gun, "root")
    return [
        _core.PublicKey.read(_pem(signed["keys"][one])).canonical_key_id
        for one in signed["roles"]["root"]["keyids"]
    ]


def _pem(key):
    return base64.b64decode(key["keyval"]["public"])


def test_after_a_rotation_new_collections_have_the_new_root_key(collection, publisher, server):
    collection.rotate_key("root")
    roots = [one.key_id for one in publisher.keys.entries() if one.role == "root"]
    assert len(roots) == 2

    images.sign(publisher.collection(OTHER), TAG)

    assert root_keys_of(server, OTHER) == root_keys_of(server, GUN)


def test_a_root_key_that_no_collection_has_does_not_take_the_place_of_one_in_use(
    collection, publisher, server
):
    root_key(publisher)
    publisher.collection(OTHER).initialize()
    publisher.collection(OTHER).publish()
    assert root_keys_of(server, OTHER) == root_keys_of(server, GUN)


def test_several_root_keys_are_told_and_none_is_taken(publisher, server):
    roots = {root_key(publisher), root_key(publisher)}
    with pytest.raises(NoKeyError, match="--rootkey ID") as refused:
        images.sign(publisher.collection(), TAG)
    assert set(refused.value.found.split(", ")) == roots
    assert {entry.key_id for entry in publisher.keys.entries()} == roots
    chosen = min(roots)
    publisher.collection().initialize(root_key_ids=[chosen])
    publisher.collection().publish()
    assert root_keys_of(server, GUN) == [chosen]


def test_two_collections_with_keys_of_their_own_leave_the_choice_open(publisher):
    for gun in (GUN, OTHER):
        made = publisher.collection(gun)
        made.initialize(root_key_ids=[root_key(publisher)])
        made.publish()
    with pytest.raises(NoKeyError, match="several root keys"):
        publisher.collection("registry.example/team/third").initialize()


def test_a_root_that_cannot_be_read_stops_no_choice(collection, publisher, server):
    collection.rotate_key("root")
    folder = publisher.folder / "tuf" / "registry.example" / "x" / "metadata"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "root.json").write_bytes(b'{"signed":{"keys":[]}}')
    images.sign(publisher.collection(OTHER), TAG)
    assert root_keys_of(server, OTHER) == root_keys_of(server, GUN)


def cached(publisher, server, gun):
    """What a machine has that has verified a collection once."""
    folder = publisher.folder.joinpath("tuf", *gun.split("/"), "metadata")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "root.json").write_bytes(server.files[gun]["root"])


def test_a_strangers_root_that_names_a_key_of_ours_decides_nothing(
    publisher, make_publisher, server
):
    ours, _ = root_key(publisher), root_key(publisher)
    evil = make_publisher("evil")
    theirs = certified(evil.keys.open(root_key(evil)), OTHER, evil.collection().moment)
    named = certified(publisher.keys.open(ours), OTHER, evil.collection().moment)
    request = evil.collection(OTHER).prepare_initialization([theirs, named])
    request.sign(Keyring(evil.keys), now=evil.collection().moment)
    evil.collection(OTHER).publish_request(request)
    cached(publisher, server, OTHER)
    with pytest.raises(NoKeyError, match="several root keys"):
        publisher.collection().initialize()


# A root key that took another's place.


def test_a_root_key_in_the_place_of_another_is_not_taken_unasked(collection, publisher, server):
    [theirs] = root_keys_of(server, GUN)
    publisher.keys.remove(theirs)
    ours = root_key(publisher)
    before = len(publisher.keys.entries())
    with pytest.raises(NoKeyError, match="is not that of") as refused:
        images.sign(publisher.collection(OTHER), TAG)
    assert (refused.value.expected, refused.value.found) == (theirs, ours)
    assert f"--rootkey {ours} -p {OTHER}" in refused.value.message
    assert len(publisher.keys.entries()) == before
    publisher.collection(OTHER).initialize(root_key_ids=[ours])  # who means it says so, once
    publisher.collection(OTHER).publish()
    publisher.collection("registry.example/team/third").initialize()


def test_a_root_key_that_only_a_backup_has_is_missed_too(collection, publisher, server):
    [theirs] = root_keys_of(server, GUN)
    note(publisher.folder, [theirs])
    for entry in publisher.keys.entries():
        publisher.keys.remove(entry.key_id)
    root_key(publisher)
    with pytest.raises(NoKeyError, match=theirs):
        publisher.collection(OTHER).initialize()


def test_the_only_root_key_does_not_come_back_once_it_was_exchanged(collection, publisher, server):
    [old] = root_keys_of(server, GUN)
    collection.rotate_key("root")
    [new] = root_keys_of(server, GUN)
    publisher.keys.remove(new)
    with pytest.raises(NoKeyError, match="is not that of") as refused:
        publisher.collection(OTHER).initialize()
    assert (refused.value.expected, refused.value.found) == (new, old)


def test_of_two_root_keys_the_unknown_one_is_no_heir_of_one_that_is_gone(
    collection, publisher, server
):
    collection.rotate_key("root")
    publisher.keys.remove(*root_keys_of(server, GUN))
    root_key(publisher)
    with pytest.raises(NoKeyError, match="several root keys"):
        publisher.collection(OTHER).initialize()


def test_a_root_key_that_was_taken_offline_is_missed(collection, publisher, server):
    [root] = root_keys_of(server, GUN)
    publisher.keys.remove(root)
    before = publisher.keys.entries()
    with pytest.raises(NoKeyError, match="no root key is here") as refused:
        images.sign(publisher.collection(OTHER), TAG)
    told = refused.value.message
    assert (refused.value.expected, publisher.keys.entries()) == (root, before)
    assert f"that of {GUN}, which this machine publishes too, is {root}" in told
    assert f"contenttrust signing-request init --root-cert FILE {OTHER} REQUEST" in told
    assert f"--rootkey ID -p {OTHER}" in told
    new = root_key(publisher)  # who means a new one makes it, and says so
    publisher.collection(OTHER).initialize(root_key_ids=[new])


def without_root_key(publisher, server):
    [root] = root_keys_of(server, GUN)
    publisher.keys.remove(root)
    return root


def test_a_root_key_is_missed_where_only_other_keys_of_a_collection_are_here(
    collection, publisher, server
):
    """The key store was brought to a new machine."""
    without_root_key(publisher, server)
    for folder in ("tuf", "contenttrust"):
        shutil.rmtree(publisher.folder / folder)
    before = publisher.keys.entries()
    with pytest.raises(NoKeyError, match="no root key is here") as refused:
        images.sign(publisher.collection(OTHER), TAG)
    told = refused.value.message
    assert f"; which one {GUN} has, is not known: other keys are here" in told
    assert "contenttrust key restore FILE" in told
    assert f"--rootkey ID -p {OTHER}" in told
    assert refused.value.expected == f"the root key of {GUN}"
    assert (publisher.keys.entries(), len(server.uploads)) == (before, 1)
    new = root_key(publisher)  # who means a new one makes it, and says so
    publisher.collection(OTHER).initialize(root_key_ids=[new])
    publisher.collection(OTHER).publish()


def test_a_key_of_the_very_collection_that_is_to_begin_is_told(publisher):
    """As who makes a key for targets first leaves it."""
    publisher.keys.generate("ecdsa", role="targets", gun=GUN)
    with pytest.raises(NoKeyError) as refused:
        publisher.collection().initialize()
    told = refused.value.message
    assert f"a targets or snapshot key of {GUN} itself is here already, and no root of it" in told
    assert "gets a targets key that is made for it, whatever is here" in told
    publisher.collection().initialize(root_key_ids=[root_key(publisher)])  # the way out it names


@pytest.mark.parametrize("in_place", [False, True])
def test_a_root_key_is_missed_where_docker_s_cache_was_cleared(
    collection, publisher, server, in_place
):
    root = without_root_key(publisher, server)
    shutil.rmtree(publisher.folder / "tuf")
    if in_place:
        root_key(publisher)
    before = publisher.keys.entries()
    with pytest.raises(NoKeyError, match="which this machine publishes too") as refused:
        images.sign(publisher.collection(OTHER), TAG)
    assert (refused.value.expected, publisher.keys.entries()) == (root, before)


def damaged_record(publisher):
    [record] = (publisher.folder / "contenttrust").glob("*.json")
    record.write_bytes(record.read_bytes()[:30])


def test_a_damaged_record_makes_no_collection_unknown(collection, publisher, server):
    root = without_root_key(publisher, server)
    damaged_record(publisher)
    with pytest.raises(NoKeyError, match=f"that of {GUN}, which this machine publishes too") as no:
        images.sign(publisher.collection(OTHER), TAG)
    assert no.value.expected == root


def test_where_record_and_cache_are_damaged_a_root_key_is_missed_too(collection, publisher, server):
    without_root_key(publisher, server)
    damaged_record(publisher)
    path = publisher.folder.joinpath("tuf", *GUN.split("/"), "metadata", "root.json")
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(NoKeyError, match=f"which one {GUN} has, is not known"):
        images.sign(publisher.collection(OTHER), TAG)


def test_both_are_told_the_root_key_that_is_gone_and_the_one_that_nobody_knows(
    collection, publisher, server
):
    root = without_root_key(publisher, server)
    for number in range(4):
        publisher.keys.generate("ecdsa", role="targets", gun=f"registry.example/{number}")
    with pytest.raises(NoKeyError) as refused:
        images.sign(publisher.collection(OTHER), TAG)
    known = ", ".join(f"registry.example/{number}" for number in range(3))
    assert f"too, is {root}; which one {known} and 1 more has, is not" in refused.value.message


def test_who_only_has_the_key_of_a_signer_begins_without_further_ado(publisher, server):
    publisher.key("alice")
    assert images.sign(publisher.collection(), TAG).initialized


@pytest.mark.parametrize("damage", ["truncated", "dangling"])
def test_a_root_key_s_file_that_cannot_be_used_is_told(collection, publisher, server, damage):
    [root] = root_keys_of(server, GUN)
    path = publisher.folder / "private" / f"{root}.key"
    path.unlink()
    if damage == "dangling":
        path.symlink_to("/nonexistent/usb/root.key")
    else:
        path.write_bytes(b"-----BEGIN ENC")
    with pytest.raises(NoKeyError, match="no root key is here that could be used") as refused:
        publisher.collection(OTHER).initialize()
    assert f"It may be in a file that cannot be used: {path}" in refused.value.message


def test_a_file_that_cannot_be_used_is_told_where_nothing_was_published(publisher):
    """It may be the root key of collections that this machine has never seen."""
    key_id = root_key(publisher)
    path = publisher.folder / "private" / f"{key_id}.key"
    contents = path.read_bytes()
    path.write_bytes(contents[:40])
    with pytest.raises(NoKeyError, match="It may be in a file that cannot be used") as refused:
        publisher.collection().initialize()
    assert str(path) in refused.value.message
    path.rename(path.with_suffix(".damaged"))
    assert images.sign(publisher.collection(), TAG).initialized


def test_the_file_that_may_be_missed_is_told_beside_another_root_key(collection, publisher, server):
    [root] = root_keys_of(server, GUN)
    path = publisher.folder / "private" / f"{root}.key"
    path.write_bytes(b"")
    root_key(publisher)
    with pytest.raises(NoKeyError, match="is not that of") as refused:
        publisher.collection(OTHER).initialize()
    assert str(path) in refused.value.message


def test_who_only_pulls_what_others_sign_begins_with_a_key_of_their_own(
    collection, make_publisher, server
):
    other = make_publisher("other")
    cached(other, server, GUN)
    key_id = root_key(other)
    images.sign(other.collection(OTHER), TAG)
    assert root_keys_of(server, OTHER) == [key_id]
