"""Who may sign a role, and what it may list, by the documents of a collection."""

from __future__ import annotations

import pytest

from contenttrust import _core
from contenttrust.errors import PublishError
from contenttrust.publish import delegations
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import key_value, new_targets


@pytest.fixture(scope="module")
def key():
    made = _core.PrivateKey.generate("ecdsa")
    return _core.PublicKey.of(made.key_type, made.public)


@pytest.fixture
def draft(key):
    """A collection with the delegations targets/a and, below it, targets/a/b."""
    top = {"keyids": [key.key_id], "threshold": 1}
    held = {key.key_id: key_value(key)}

    def with_delegation(name, *paths):
        entry = {"name": name, "keyids": [key.key_id], "threshold": 1, "paths": list(paths)}
        return {**new_targets(), "delegations": {"keys": held, "roles": [entry]}}

    root = {
        "keys": held,
        "roles": dict.fromkeys(("root", "targets", "snapshot", "timestamp"), top),
    }
    documents = {
        "root": root,
        "targets": with_delegation("targets/a", "web/", "api/"),
        "targets/a": with_delegation("targets/a/b", "web/one", "other/", "api/"),
    }
    return Draft("registry.example/app", documents)


def test_a_role_lists_what_all_above_it_allow(draft):
    assert delegations.paths_of(draft, "targets") == [""]
    assert delegations.paths_of(draft, "targets/a") == ["web/", "api/"]
    assert delegations.paths_of(draft, "targets/a/b") == ["web/one", "api/"]


@pytest.mark.parametrize("role", ["root", "snapshot", "timestamp", "a\x1bb"])
def test_what_lists_no_targets_has_no_paths(draft, role):
    with pytest.raises(PublishError, match="lists no targets") as refused:
        delegations.paths_of(draft, role)
    assert "\x1b" not in str(refused.value)


@pytest.mark.parametrize("role", ["targets/x", "targets/a/x", "targets/x/b", "targets/a/b/c"])
def test_a_delegation_that_nobody_made_has_no_paths(draft, role):
    with pytest.raises(PublishError, match="there is no delegation targets/"):
        delegations.paths_of(draft, role)


def test_a_top_level_role_is_signed_by_the_keys_in_root(draft, key):
    authority = delegations.authority_in(draft.root, "snapshot")
    assert (list(authority.keys), authority.threshold) == ([key.key_id], 1)
    with pytest.raises(PublishError, match="is no role of this collection"):
        delegations.authority_in(draft.root, "mirrors")


def test_only_the_last_threshold_is_told_to_be_more_than_there_are_keys(draft):
    """One command stages more keys and another threshold, in two changes."""
    delegations.update(draft, "targets/a", threshold=5)
    delegations.update(draft, "targets/a/b", threshold=2)
    delegations.update(draft, "targets/a", threshold=7)
    few = "has fewer keys than its threshold of"
    usable = "it will not be usable until keys are added to it"
    assert draft.notes == [
        f"targets/a/b {few} 2; {usable}",
        f"targets/a {few} 7; {usable}",
    ]
    delegations.update(draft, "targets/a", threshold=1)
    assert draft.notes == [f"targets/a/b {few} 2; {usable}"]


@pytest.fixture
def twice(draft):
    """Both delegations are signed by two keys, which are one: bare, and in a certificate."""
    made = _core.PrivateKey.generate("ecdsa")
    certificate = made.certificate("b", _core.Instant(0), _core.Instant(86_400))
    keys = [_core.PublicKey.of(made.key_type, made.public), _core.PublicKey.read(certificate)]
    assert len({one.key_id for one in keys}) == 2
    for role in ("targets/a/b", "targets/a"):
        [before] = delegations.authority_of(draft, role).keys
        delegations.update(draft, role, add_keys=keys, remove_keys=[before], threshold=2)
    return keys[0]


def test_a_key_that_is_named_twice_is_one_where_two_must_sign(draft, twice):
    few = "has fewer keys than its threshold of 2"
    assert [one.partition(";")[0] for one in draft.notes] == [
        f"targets/a/b {few}",
        f"targets/a {few}",
    ]


def test_a_purge_leaves_what_nobody_can_sign(draft, twice):
    draft.changed.clear()
    delegations.purge(draft, "targets/a", [twice.canonical_key_id])
    assert draft.notes[-1].startswith("the keys stay in what targets/a delegates to")
    assert not draft.changed
