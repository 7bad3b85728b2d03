"""Changes applied to documents, as Notary applies them."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from contenttrust import _core
from contenttrust.errors import StagedChangeError
from contenttrust.publish.changelist import Change
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import key_value, new_targets

B64 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
META = {"hashes": {"sha256": B64}, "length": 7}


@pytest.fixture(scope="module")
def keys():
    made = [_core.PrivateKey.generate("ecdsa") for _ in range(4)]
    return [_core.PublicKey.of(one.key_type, one.public) for one in made]


@pytest.fixture
def draft(keys):
    roles = {
        role: {"keyids": [keys[0].key_id], "threshold": 1}
        for role in ("root", "targets", "snapshot", "timestamp")
    }
    root = {
        "_type": "Root",
        "consistent_snapshot": False,
        "expires": "2036-01-01T00:00:00Z",
        "keys": {keys[0].key_id: key_value(keys[0])},
        "roles": roles,
        "version": 1,
    }
    targets = new_targets() | {"expires": "2029-01-01T00:00:00Z", "version": 2}
    return Draft("g", {"root": root, "targets": targets})


def change(action, kind, role="targets", path="", data=None):
    content = None if data is None else json.dumps(data).encode()
    return Change(action=action, role=role, type=kind, path=path, data=content, file="the-file")


def delegate(draft, role, keys, paths=("",), threshold=1):
    add = {"threshold": threshold, "add_keys": [key_value(key) for key in keys]}
    draft.apply(change("create", "delegation", role, data=add))
    draft.apply(change("create", "delegation", role, data={"add_paths": list(paths)}))


def entry(draft, role):
    parent = role.rpartition("/")[0]
    listed = draft.roles[parent]["delegations"]["roles"]
    return next((one for one in listed if one["name"] == role), None)


def test_a_target_is_listed_and_taken_out(draft):
    draft.apply(change("create", "target", path="v1", data=META))
    assert draft.roles["targets"]["targets"] == {"v1": META}
    assert draft.changed == {"targets"}

    draft.apply(change("delete", "target", path="v1"))
    assert draft.roles["targets"]["targets"] == {}


def test_applying_the_same_again_changes_nothing(draft, keys):
    steps = [
        change("create", "target", path="v1", data=META),
        change("create", "target", path="v2", data=META | {"custom": {"a": 1}}),
        change("delete", "target", path="v3"),
    ]
    for step in steps:
        draft.apply(step)
    delegate(draft, "targets/a", keys[:2], ["x", "y"])
    draft.changed.clear()

    for step in steps:
        draft.apply(step)
    delegate(draft, "targets/a", keys[:2], ["x", "y"])
    draft.apply(change("update", "delegation", "targets/a", data={"remove_paths": ["z"]}))
    draft.apply(change("delete", "delegation", "targets/never"))

    assert draft.changed == set()


def test_true_is_not_one(draft):
    draft.apply(change("create", "target", path="v1", data=META | {"custom": 1}))
    draft.changed.clear()

    draft.apply(change("create", "target", path="v1", data=META | {"custom": True}))

    assert draft.changed == {"targets"}


def test_documents_that_were_given_are_not_changed(keys):
    targets = new_targets() | {"version": 2, "targets": {"old": META}}
    before = json.dumps(targets)
    root = {"keys": {}, "roles": {}}
    draft = Draft("g", {"root": root, "targets": targets})

    draft.apply(change("create", "target", path="v1", data=META))

    assert json.dumps(targets) == before


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"length": 7},
        {"length": 7, "hashes": {}},
        {"length": -1, "hashes": {"sha256": B64}},
        {"length": True, "hashes": {"sha256": B64}},
        {"length": 2**53, "hashes": {"sha256": B64}},
        {"length": 7, "hashes": {"md5": B64}},
        {"length": 7, "hashes": {"sha256": B64[:-4]}},
        {"length": 7, "hashes": {"sha256": "***"}},
        {"length": 7, "hashes": {"sha256": None}},
        {"length": 7, "hashes": {"sha256": B64}, "more": 1},
    ],
    ids=range(11),
)
def test_a_target_without_what_targets_have_is_refused(draft, data):
    with pytest.raises(StagedChangeError, match="the-file"):
        draft.apply(change("create", "target", path="v1", data=data))
    assert draft.changed == set()


@pytest.mark.parametrize(
    ("name", "told"), [("", '""'), ("a\nb", r'"a\nb"'), ("a\x00", r'"a\u0000"')]
)
def test_a_name_that_no_file_can_hold_is_refused(draft, name, told):
    with pytest.raises(StagedChangeError, match=re.escape(f"{told} is no name of a target")):
        draft.apply(change("create", "target", path=name, data=META))


@pytest.mark.parametrize(
    ("action", "kind", "role"),
    [
        ("update", "target", "targets"),
        ("create", "target", "snapshot"),
        ("create", "target", "root"),
        ("delete", "role", "root"),
        ("create", "role", "targets"),
        ("create", "target", "targets/Upper"),
        ("create", "target", "targets/../x"),
        ("create", "delegation", "targets"),
        ("delete", "delegation", "targets"),
        ("update", "witness", "root"),
        ("create", "target", ""),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(draft, action, kind, role):
    with pytest.raises(StagedChangeError):
        draft.apply(change(action, kind, role, path="v1", data={}))


def test_a_delegation_comes_and_goes_with_its_keys(draft, keys):
    delegate(draft, "targets/a", keys[1:3], ["x"])
    assert entry(draft, "targets/a") == {
        "keyids": [keys[1].key_id, keys[2].key_id],
        "name": "targets/a",
        "paths": ["x"],
        "threshold": 1,
    }
    assert set(draft.roles["targets"]["delegations"]["keys"]) == {k.key_id for k in keys[1:3]}

    draft.apply(change("delete", "delegation", "targets/a"))
    assert draft.roles["targets"]["delegations"] == {"keys": {}, "roles": []}


def test_no_paths_are_left_out_of_the_document(draft, keys):
    """A server hashes what Notary would write; Notary leaves an empty list out."""
    delegate(draft, "targets/a", keys[1:2], ["x"])
    draft.apply(change("update", "delegation", "targets/a", data={"clear_paths": True}))

    assert "paths" not in entry(draft, "targets/a")


def test_keys_are_removed_by_their_canonical_ids(draft, keys):
    delegate(draft, "targets/a", keys[1:3])
    removed = [keys[1].canonical_key_id]

    draft.apply(change("update", "delegation", "targets/a", data={"remove_keys": removed}))

    assert entry(draft, "targets/a")["keyids"] == [keys[2].key_id]
    assert set(draft.roles["targets"]["delegations"]["keys"]) == {keys[2].key_id}


def test_too_few_keys_are_noted(draft, keys):
    delegate(draft, "targets/a", keys[1:2])
    gone = [keys[1].canonical_key_id]
    draft.apply(change("update", "delegation", "targets/a", data={"remove_keys": gone}))

    assert "fewer keys than its threshold" in draft.notes[-1]


def test_a_delegation_without_keys_is_not_made(draft):
    with pytest.raises(StagedChangeError, match="by giving it keys"):
        draft.apply(change("create", "delegation", "targets/a", data={"add_paths": ["x"]}))


def test_a_nested_delegation_speaks_within_its_delegator(draft, keys):
    delegate(draft, "targets/a", keys[1:2], ["x"])
    delegate(draft, "targets/a/b", keys[2:3], ["xy"])
    draft.apply(change("create", "target", "targets/a/b", "xyz", META))
    with pytest.raises(StagedChangeError, match="cannot speak of z"):
        delegate(draft, "targets/a/b", keys[2:3], ["z"])
    with pytest.raises(StagedChangeError, match="may not list xa"):
        draft.apply(change("create", "target", "targets/a/b", "xa", META))
    with pytest.raises(StagedChangeError, match="no delegation"):
        delegate(draft, "targets/c/d", keys[2:3])


def test_paths_that_the_delegator_lost_are_lost_below(draft, keys):
    delegate(draft, "targets/a", keys[1:2], ["x"])
    delegate(draft, "targets/a/b", keys[2:3], ["xy"])
    draft.apply(change("update", "delegation", "targets/a", data={"remove_paths": ["x"]}))

    with pytest.raises(StagedChangeError, match="may not list xyz"):
        draft.apply(change("create", "target", "targets/a/b", "xyz", META))


def test_purging_takes_a_key_out_of_every_delegation(draft, keys):
    delegate(draft, "targets/a", keys[1:3])
    delegate(draft, "targets/b", keys[1:2])
    delegate(draft, "targets/a/c", keys[1:3])
    gone = [keys[1].canonical_key_id]

    draft.apply(change("update", "delegation", "targets/*", data={"remove_keys": gone}))

    assert entry(draft, "targets/a")["keyids"] == [keys[2].key_id]
    assert entry(draft, "targets/b")["keyids"] == []
    assert entry(draft, "targets/a/c")["keyids"] == [keys[2].key_id]


def test_what_is_purged_is_so_whoever_must_sign_it(draft, keys):
    delegate(draft, "targets/a", keys[1:3])
    delegate(draft, "targets/a/c", keys[1:3])
    draft.changed.clear()
    draft.can_sign = lambda _: False
    gone = [keys[1].canonical_key_id]

    draft.apply(change("update", "delegation", "targets/*", data={"remove_keys": gone}))

    assert entry(draft, "targets/a")["keyids"] == [keys[2].key_id]
    assert entry(draft, "targets/a/c")["keyids"] == [keys[2].key_id]
    assert draft.changed == {"targets", "targets/a"}


def test_what_nobody_can_sign_any_more_need_not_be_signed_for_a_purge(draft, keys):
    """Else whoever has a stolen key delegates with it, and cannot be purged."""
    delegate(draft, "targets/a", keys[1:2])
    delegate(draft, "targets/a/c", keys[1:3])
    draft.changed.clear()
    gone = [keys[1].canonical_key_id]

    draft.apply(change("update", "delegation", "targets/*", data={"remove_keys": gone}))

    assert entry(draft, "targets/a")["keyids"] == []
    assert draft.changed == {"targets"}
    assert any("stay in what targets/a delegates to" in note for note in draft.notes)


def test_a_key_that_nobody_has_is_purged_with_a_note(draft, keys):
    delegate(draft, "targets/a", keys[1:3])
    draft.changed.clear()
    gone = [keys[1].canonical_key_id, keys[3].canonical_key_id]

    draft.apply(change("update", "delegation", "targets/*", data={"remove_keys": gone}))

    [note] = draft.notes
    assert f"no delegation has the key {gone[1]}" in note
    assert entry(draft, "targets/a")["keyids"] == [keys[2].key_id]


def test_a_threshold_is_given_to_a_new_delegation_and_changed_by_an_update(draft, keys):
    delegate(draft, "targets/a", keys[1:4], threshold=2)
    delegate(draft, "targets/a", keys[1:4], threshold=1)  # as every change of Notary's says
    assert entry(draft, "targets/a")["threshold"] == 2

    draft.apply(change("update", "delegation", "targets/a", data={"threshold": 3}))
    assert entry(draft, "targets/a")["threshold"] == 3


@pytest.mark.parametrize("data", [{"new_name": "targets/b"}, {"more": 1}, {"threshold": -1}])
def test_a_delegation_change_that_is_not_understood_is_refused(draft, keys, data):
    delegate(draft, "targets/a", keys[1:2])

    with pytest.raises(StagedChangeError):
        draft.apply(change("update", "delegation", "targets/a", data=data))


def test_keys_of_a_top_level_role_are_replaced(draft, keys):
    data = {"keys": [key_value(keys[1])], "role": "targets"}

    draft.apply(change("create", "role", "root", "targets", data))

    assert draft.root["roles"]["targets"]["keyids"] == [keys[1].key_id]
    assert draft.changed == {"root", "targets"}


def test_certificates_of_former_root_keys_stay(draft, keys):
    data = {"keys": [key_value(keys[1])], "role": "root"}
    for role in ("targets", "snapshot", "timestamp"):
        draft.root["roles"][role]["keyids"] = [keys[2].key_id]

    draft.apply(change("create", "role", "root", "root", data))

    assert set(draft.root["keys"]) == {keys[0].key_id, keys[1].key_id}


def test_witnessing_marks_a_role(draft, keys):
    draft.apply(change("update", "witness", "targets"))
    assert draft.changed == {"targets"}
    with pytest.raises(StagedChangeError, match="no delegation"):
        draft.apply(change("update", "witness", "targets/a"))
    delegate(draft, "targets/a", keys[1:2])
    with pytest.raises(StagedChangeError, match="never published"):
        draft.apply(change("update", "witness", "targets/a"))


def test_what_nobody_verified_is_not_witnessed(draft, keys):
    delegate(draft, "targets/a", keys[1:2])
    draft.broken["targets/a"] = None

    with pytest.raises(StagedChangeError, match="signed by none of its keys"):
        draft.apply(change("update", "witness", "targets/a"))


def test_what_was_verified_before_is_witnessed(draft, keys):
    delegate(draft, "targets/a", keys[1:2])
    draft.broken["targets/a"] = new_targets() | {"version": 4, "targets": {"v1": META}}

    draft.apply(change("update", "witness", "targets/a"))

    assert draft.roles["targets/a"]["targets"] == {"v1": META}
    assert draft.roles["targets/a"]["version"] == 4


def test_members_that_notary_does_not_know_are_dropped(keys):
    """A server hashes what Notary would write again: more would break the collection."""
    targets = new_targets() | {
        "more": 1,
        "targets": {"a": META | {"more": 1, "custom": None}, "b": META},
        "delegations": {
            "keys": {},
            "more": 1,
            "roles": [{"keyids": [], "name": "targets/x", "paths": [], "threshold": 1, "more": 1}],
        },
    }

    draft = Draft("g", {"root": {}, "targets": targets})

    assert draft.roles["targets"] == new_targets() | {
        "targets": {"a": META, "b": META},
        "delegations": {
            "keys": {},
            "roles": [{"keyids": [], "name": "targets/x", "threshold": 1}],
        },
    }
