"""Root keys that come into the key store while the passphrase of a new one is asked for."""

from __future__ import annotations

import logging

import pytest

from contenttrust import _core
from contenttrust.errors import KeyStoreError, NoKeyError
from contenttrust.keys import folder
from contenttrust.publish import first_root, images
from contenttrust.publish.metadata import target_meta

OTHER = "registry.example/team/other"
TAG = {"1.0": target_meta(7, sha256="a" * 64)}


class Meanwhile:
    """Gives the passphrase of a new root key, once somebody else has done something."""

    def __init__(self, does):
        self._does = [does]

    def give(self, request):
        if request.role == "root" and request.is_new and self._does:
            self._does.pop()()
        return _core.Secret(b"a passphrase for tests")


@pytest.fixture
def slow(publisher, make_publisher):
    """Has the passphrase of the first collection typed slowly; gives another process' publisher."""

    def make(does):
        other = make_publisher()
        publisher.keys._passphrases = Meanwhile(lambda: does(other))
        return publisher

    return make


def root_keys(publisher):
    return [one.key_id for one in publisher.keys.entries() if one.role == "root"]


def test_two_first_collections_at_once_have_one_root_key(slow, caplog):
    caplog.set_level(logging.WARNING)
    publisher = slow(lambda other: images.sign(other.collection(OTHER), TAG))

    images.sign(publisher.collection(), TAG)

    [root] = root_keys(publisher)
    assert f"the root key {root} came into the key store meanwhile" in caplog.text
    images.sign(publisher.collection("registry.example/team/third"), TAG)
    assert root_keys(publisher) == [root]


def test_several_that_came_are_told_and_none_is_made(slow, server):
    def two(other):
        for _ in range(2):
            other.keys.generate("ecdsa", role="root")

    publisher = slow(two)
    with pytest.raises(NoKeyError, match="several root keys are here"):
        images.sign(publisher.collection(), TAG)

    assert len(root_keys(publisher)) == 2
    assert {one.role for one in publisher.keys.entries()} == {"root"}
    assert server.uploads == []


def test_nobody_writes_a_key_between_the_last_look_and_the_new_key(
    publisher, make_publisher, monkeypatch
):
    monkeypatch.setattr(folder, "_PATIENCE", 0.1)
    look, looks = first_root.chosen, []

    def chosen(collection):
        looks.append(look(collection))
        if len(looks) > 1:
            with pytest.raises(KeyStoreError):
                make_publisher().keys.generate("ecdsa", role="root")
        return looks[-1]

    monkeypatch.setattr(first_root, "chosen", chosen)
    images.sign(publisher.collection(), TAG)

    assert looks == ["", ""]
    assert len(root_keys(publisher)) == 1


def test_nobody_waits_for_a_passphrase_that_is_typed(slow):
    """The lock of the key store is held for the look and the write alone."""
    publisher = slow(lambda other: other.key("alice"))

    images.sign(publisher.collection(), TAG)

    assert {one.role for one in publisher.keys.entries()} == {"root", "targets", "alice"}


def test_a_new_root_key_needs_its_passphrase_once(publisher):
    images.sign(publisher.collection(), TAG)

    asked = [one for one in publisher.passphrases.requests if one.role == "root"]
    assert [one.is_new for one in asked] == [True]
