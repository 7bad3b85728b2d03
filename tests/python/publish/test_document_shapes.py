"""Whatever a signer may write in a role and readers accept: every verb copes with it."""

from __future__ import annotations

import base64
import copy
import hashlib
import itertools
import shlex
import shutil

import pytest

from contenttrust.errors import ContentTrustError, PublishError
from contenttrust.publish import images, request, target_meta
from contenttrust.publish.metadata import as_notary_keeps_it, envelope, message_of
from contenttrust.publish.request import SigningRequest

RELEASES, OWN = "targets/releases", "targets/mallory"
DIGEST = base64.b64encode(hashlib.sha256(b"an image").digest()).decode()
SOUND = {"length": 7, "hashes": {"sha256": DIGEST}}


def target(meta, name="w"):
    return lambda signed, _: signed["targets"].__setitem__(name, meta)


def delegations(value):
    return lambda signed, _: signed.__setitem__("delegations", value)


def below(**more):
    """A delegation below the role."""

    def change(signed, role):
        entry = {"name": f"{role}/x", "keyids": [], "threshold": 1, **more}
        signed["delegations"] = {"keys": {}, "roles": [entry]}

    return change


SHAPES = {
    "hashes are null": target({"length": 7, "hashes": None}),
    "no hashes at all": target({"length": 7}),
    "no hash": target({"length": 7, "hashes": {}}),
    "a short sha256": target({"length": 7, "hashes": {"sha256": "AA=="}}),
    "another algorithm": target({"length": 7, "hashes": {"md5": "AA=="}}),
    "another algorithm, null": target({"length": 7, "hashes": {"sha256": DIGEST, "x": None}}),
    "another member": target({**SOUND, "x": [1]}),
    "custom is null": target({**SOUND, "custom": None}),
    "a tag without hashes": target({"length": 7, "hashes": None}, "v1"),
    "no name": target(SOUND, ""),
    "a name of two lines": target(SOUND, "a\nb"),
    "a name beyond the BMP": target(SOUND, "\U0001f600"),
    "targets are null": lambda signed, _: signed.__setitem__("targets", None),
    "delegations are null": delegations(None),
    "no delegations": lambda signed, _: signed.pop("delegations"),
    "delegations of nothing": delegations({}),
    "delegations of nulls": delegations({"keys": None, "roles": None}),
    "a delegation without paths": below(),
    "a delegation whose paths are null": below(paths=None),
    "a delegation whose key ids are null": below(keyids=None),
    "a delegation with another member": below(zz=1),
    "another member of the document": lambda signed, _: signed.__setitem__("zz", {"a": 1}),
}


class Scene:
    """A repository with alice and mallory, as mallory has published last; anew for every verb."""

    def __init__(self, folder, server, make_publisher):
        self.folder, self.server, self.make_publisher = folder, server, make_publisher
        self._number = itertools.count()
        self.admin, self.mallory = (make_publisher(name) for name in ("a", "m"))
        self.of_mallory = self.mallory.key("mallory")
        collection = self.admin.collection()
        self.gun = collection.gun
        images.add_signer(collection, "alice", [self.admin.key("alice")])
        images.add_signer(collection, "mallory", [self.of_mallory])
        self.carol = self.admin.key("carol")
        self.sign(self.mallory.collection(), "v1")

    @staticmethod
    def sign(collection, *names):
        images.sign(collection, {name: target_meta(7, sha256="a" * 64) for name in names})

    def publish(self, role, change, *, times=1):
        """Mallory signs a role as she likes it; the server judges that as readers do."""
        signed = copy.deepcopy(self.server.signed(self.gun, role))
        signed["version"] += 1
        change(signed, role)
        message = message_of(signed)
        key = self.mallory.keys.open(self.of_mallory.canonical_key_id)
        signature = base64.b64encode(key.sign(message)).decode()
        own = {"keyid": self.of_mallory.key_id, "method": key.method, "sig": signature}
        self.server.store(self.gun, {role: envelope(message, [own] * times)})

    def outcome(self, verb):
        """What a verb comes to on a machine of its own, after which all is as it was."""
        name = f"admin{next(self._number)}"
        shutil.copytree(self.admin.folder, self.folder / name)
        before = copy.deepcopy((self.server.files, self.server.history))
        try:
            return verb(self.make_publisher(name).collection(), self)
        except ContentTrustError as error:
            return error
        finally:
            self.server.files, self.server.history = before


def staged(stage):
    def verb(collection, scene):
        stage(collection, scene)
        return collection.publish(confirm=lambda _: None)

    return verb


def by_request(collection, scene):
    collection.add_delegation("targets/carol", keys=[scene.carol], paths=[""])
    collection.witness([RELEASES])
    return collection.publish_request(collection.prepare())


def back_again(collection, scene):
    images.remove_signer(collection, "mallory")
    return images.add_signer(collection, "mallory", [scene.of_mallory], confirm=lambda _: None)


VERBS = {
    "look": lambda it, _: it.judge().look(),
    "listed": lambda it, _: images.listed(it),
    "sign": lambda it, scene: scene.sign(it, "v2"),
    "sign the same tag": lambda it, scene: scene.sign(it, "w"),
    "revoke": lambda it, _: images.revoke(it, ["v1"]),
    "revoke all": lambda it, _: images.revoke(it),
    "add a signer": lambda it, scene: images.add_signer(it, "carol", [scene.carol]),
    "remove the signer": lambda it, _: images.remove_signer(it, "mallory"),
    "remove and revoke": lambda it, _: images.remove_signer(it, "mallory", revoke=True),
    "remove both": lambda it, _: (
        images.remove_signer(it, "mallory"),
        images.remove_signer(it, "alice", force=True),
    ),
    "add the signer again": back_again,
    "witness": staged(lambda it, _: it.witness([RELEASES])),
    "witness her own": staged(lambda it, _: it.witness([OWN])),
    "add a target": staged(
        lambda it, _: it.add_target("w", size=7, sha256="b" * 64, roles=[RELEASES])
    ),
    "remove a target": staged(lambda it, _: it.remove_target("w", roles=[RELEASES])),
    "purge her keys": staged(lambda it, scene: it.purge_keys([scene.of_mallory.canonical_key_id])),
    "remove her delegation": staged(lambda it, _: it.remove_delegation(OWN)),
    "rotate": lambda it, _: it.rotate_key("targets"),
    "renew": lambda it, _: it.renew(days=10_000),
    "request": by_request,
}
NOT_IN_A_REQUEST = {
    "hashes are null",
    "no hashes at all",
    "no hash",
    "a short sha256",
    "another algorithm",
    "another algorithm, null",
    "a tag without hashes",
    "no name",
}
OF_HER_OWN = {  # what may want a key of hers, which is not here
    "witness her own",
    "revoke",
    "revoke all",
    "purge her keys",
    "request",
    "remove a target",
}


@pytest.fixture
def scene(tmp_path, server, make_publisher):
    return Scene(tmp_path, server, make_publisher)


@pytest.mark.parametrize("role", [RELEASES, OWN])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_verb_copes_with_whatever_readers_accept(scene, shape, role):
    try:
        scene.publish(role, SHAPES[shape])
    except ContentTrustError as error:
        pytest.fail(f"readers refuse this shape: {error}")

    outcomes = {name: scene.outcome(verb) for name, verb in VERBS.items()}

    failed = {name for name, found in outcomes.items() if isinstance(found, ContentTrustError)}
    assert failed <= OF_HER_OWN


@pytest.mark.parametrize("role", [RELEASES, OWN])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_that_is_prepared_is_read_again_or_says_which_target_must_go(scene, shape, role):
    """Whoever would sign it in turns reads it first."""
    scene.publish(role, SHAPES[shape])
    collection = scene.admin.collection()
    asked = len(scene.admin.passphrases.requests)
    collection.witness([role])
    if shape in NOT_IN_A_REQUEST:
        with pytest.raises(PublishError) as refused:
            collection.prepare()
        tag = refused.value.subject
        assert (refused.value.role, tag in {"w", "v1", ""}) == (role, True)
        remove = f"contenttrust remove -r {role} {scene.gun} -- {shlex.quote(tag)}"
        assert refused.value.message.endswith(remove)
        assert len(scene.admin.passphrases.requests) == asked
        collection.remove_target(tag, roles=[role])
    prepared = collection.prepare()
    assert SigningRequest.from_bytes(prepared.to_bytes()).parts[0].role == role


def test_all_targets_that_keep_a_request_from_being_prepared_are_named(scene):
    def several(signed, _):
        signed["targets"] |= {f"w{n:02}": {"length": 7, "hashes": None} for n in range(25)}

    scene.publish(RELEASES, several)
    collection = scene.admin.collection()
    collection.witness([RELEASES])
    with pytest.raises(PublishError, match=r": w00 \(.*, w19 \(.* and 5 more\. Stage that"):
        collection.prepare()


def test_a_request_that_is_larger_than_any_that_is_read_is_not_prepared(scene, monkeypatch):
    collection = scene.admin.collection()
    collection.witness([RELEASES])
    monkeypatch.setattr(request, "LIMIT", 1_000)
    with pytest.raises(PublishError, match="was prepared: the signing request is larger than 1000"):
        collection.prepare()


def test_what_has_no_hashes_is_written_again_as_notary_would():
    """Its server hashes what it writes again: null where nothing stands."""
    header = {"_type": "Targets", "expires": "2026-12-01T00:00:00Z", "version": 1}
    targets = {"w": {"length": 7}, "x": {"length": 7, "hashes": None}, "y": {**SOUND, "z": 1}}

    kept = as_notary_keeps_it({**header, "targets": targets})

    assert kept["targets"] == {
        "w": {"length": 7, "hashes": None},
        "x": {"length": 7, "hashes": None},
        "y": SOUND,
    }
