"""A collection that was made here and never published: files are damaged, others began it."""

from __future__ import annotations

import json

import pytest

from contenttrust.errors import PublishError, RootChainError, UnreachableError
from contenttrust.publish import images, target_meta


def signed(role, **members):
    def change(file):
        document = json.loads(file)
        document["signed"] = {**document["signed"], **members}
        for name in [name for name, value in members.items() if value is ...]:
            del document["signed"][name]
        return json.dumps(document).encode()

    return role, change


DAMAGED = {
    "nothing": ("targets", lambda _: b""),
    "no object": ("targets", lambda _: b"[]"),
    "no UTF-8": ("targets", lambda _: b"\xff"),
    "too deep": ("targets", lambda _: b"[" * 100_000),
    "cut off": ("root", lambda file: file[:-9]),
    "other signatures": ("targets", lambda file: file.replace(b'"sig"', b'"x"')),
    "no version": signed("targets", version=...),
    "an odd version": signed("targets", version="1"),
    "an odd expiry": signed("targets", expires=0),
    "odd targets": signed("targets", targets="AAAA"),
    "an odd target": signed("targets", targets={"v1": [1]}),
    "odd delegations": signed("targets", delegations={"keys": [], "roles": {}}),
    "a delegation of nothing": signed("targets", delegations={"keys": {}, "roles": [{}]}),
    "another type": signed("targets", _type="Root"),
    "no keys": signed("root", keys=[]),
    "no roles": signed("root", roles=...),
    "roles of nothing": signed("root", roles={"root": None}),
    "an odd key": signed("root", keys={"x": None}),
    "an odd snapshot": signed("snapshot", meta=[]),
    "a snapshot of nothing": signed("snapshot", meta={"root": None}),
    "a snapshot without a version": signed("snapshot", version=None),
}


@pytest.fixture(params=DAMAGED)
def damaged(request, publisher):
    """A collection, one of whose files is damaged, and the role of that."""
    collection = publisher.collection()
    collection.initialize(server_managed=[])
    role, change = DAMAGED[request.param]
    path = publisher.folder / "tuf" / collection.gun / "metadata" / f"{role}.json"
    path.write_bytes(change(path.read_bytes()))
    return collection, role


def test_what_is_damaged_is_refused_by_every_verb_that_publishes(damaged, server):
    collection, role = damaged
    for verb in (
        collection.publish,
        collection.renew,
        collection.prepare,
        lambda: images.sign(collection, {"v1": target_meta(7, sha256="ab" * 32)}),
        lambda: images.revoke(collection),
    ):
        with pytest.raises(PublishError, match=f"{role}.json of {collection.gun}") as refused:
            verb()
        assert refused.value.role == role
        assert f"contenttrust delete {collection.gun}" in refused.value.message
    assert server.uploads == []


def test_it_is_begun_anew_as_the_refusal_says(damaged):
    collection, _ = damaged
    collection.delete()
    collection.initialize()
    assert collection.publish().versions


@pytest.mark.parametrize(
    ("server_managed", "way"),
    [(["timestamp", "snapshot"], "init --server-managed GUN"), (["timestamp"], "init GUN")],
)
@pytest.mark.parametrize("role", ["root", "targets"])
def test_it_is_begun_anew_with_the_snapshot_in_the_same_hands(publisher, role, server_managed, way):
    """Who signs the snapshot at one place keeps signers elsewhere from publishing anything."""
    collection = publisher.collection()
    collection.initialize(server_managed=server_managed)
    path = publisher.folder / "tuf" / collection.gun / "metadata" / f"{role}.json"
    path.write_bytes(path.read_bytes()[:100])

    with pytest.raises(PublishError, match="Put the file back, or begin") as refused:
        collection.publish()

    assert f"then contenttrust {way.replace('GUN', collection.gun)})" in refused.value.message


TAGS = {"v1": target_meta(7, sha256="ab" * 32)}


@pytest.fixture
def slower(publisher, make_publisher):
    """Who has made a collection with the keys of another, who has published it meanwhile."""
    slower = make_publisher("slower")
    slower.keys = publisher.keys
    slower.collection().initialize()
    images.sign(publisher.collection(), TAGS)
    return slower


def test_who_began_what_others_have_published_is_told_the_way_out(slower, server):
    sent = len(server.uploads)
    with pytest.raises(RootChainError, match="somebody else has begun the collection") as refused:
        images.sign(slower.collection(), TAGS)
    assert f"contenttrust delete {slower.collection().gun}" in str(refused.value)
    assert "do nothing before the answer" not in str(refused.value)
    assert len(server.uploads) == sent
    slower.collection().delete()
    assert not images.sign(slower.collection(), TAGS).initialized


def test_who_is_overtaken_while_beginning_is_told_the_way_out(make_publisher, server):
    """Both have looked, and both were told that there is nothing."""
    faster, slower = make_publisher("faster"), make_publisher("slower")
    server.before_publish.append(lambda: images.sign(faster.collection(), TAGS))
    with pytest.raises(RootChainError, match="somebody else has begun the collection"):
        images.sign(slower.collection(), TAGS)
    slower.collection().delete()
    assert slower.collection().judge().look() is not None


def test_who_failed_to_begin_what_others_have_begun_since_is_told_the_way_out(
    make_publisher, server
):
    def fail(*_):
        raise UnreachableError("no answer")

    faster, slower = make_publisher("faster"), make_publisher("slower")
    server.instead.append(fail)
    with pytest.raises(UnreachableError):
        images.sign(slower.collection(), TAGS)
    images.sign(faster.collection(), TAGS)
    with pytest.raises(RootChainError, match="somebody else has begun the collection"):
        images.sign(slower.collection(), TAGS)


def test_another_root_than_was_published_is_none_that_others_began(
    collection, publisher, make_publisher, server
):
    server.files.clear()
    server.history.clear()
    images.sign(make_publisher("another").collection(), TAGS)
    with pytest.raises(RootChainError, match="root has other content than before"):
        images.sign(publisher.collection(), TAGS)
