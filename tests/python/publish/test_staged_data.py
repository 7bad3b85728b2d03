"""Staged changes whose data are of another kind than they should be: refused, each by its file."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json

import pytest

from contenttrust import _core
from contenttrust.errors import StagedChangeError
from contenttrust.publish.changelist import Change
from contenttrust.publish.draft import Draft
from contenttrust.publish.metadata import key_value, new_targets

B64 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
META = {"hashes": {"sha256": B64}, "length": 7}
WRONG = [None, True, 5, -1, 2**60, "x", "\ud800", [], [5], [[]], ["x"], ["\ud800"], {}, {"x": []}]
CHANGES = [
    ("create", "role", "root", {"role": "targets", "keys": []}),
    ("create", "delegation", "targets/a", {"threshold": 1, "add_keys": [], "add_paths": [""]}),
    (
        "update",
        "delegation",
        "targets/a",
        {
            "new_name": "",
            "threshold": 1,
            "add_keys": [],
            "remove_keys": [],
            "add_paths": [""],
            "remove_paths": [],
            "clear_paths": False,
        },
    ),
    ("update", "delegation", "targets/*", {"remove_keys": []}),
    ("create", "target", "targets", {**META, "custom": {}}),
    ("create", "target", "targets", META),
]
MEMBERS = [
    (action, kind, role, {**data, member: wrong})
    for action, kind, role, data in CHANGES
    for member in data
    for wrong in WRONG
]
KEYS = [
    {"keytype": wrong, "keyval": {"private": None, "public": B64}} for wrong in WRONG
] + [{"keytype": "ecdsa", "keyval": wrong} for wrong in WRONG] + [
    {"keytype": "ecdsa", "keyval": {"private": None, "public": wrong}} for wrong in WRONG
]  # fmt: skip


@pytest.fixture
def draft():
    made = _core.PrivateKey.generate("ed25519")
    key = _core.PublicKey.of(made.key_type, made.public)
    roles = {
        role: {"keyids": [key.key_id], "threshold": 1}
        for role in ("root", "targets", "snapshot", "timestamp")
    }
    root = {"keys": {key.key_id: key_value(key)}, "roles": roles, "version": 1}
    targets = new_targets() | {
        "delegations": {
            "keys": {key.key_id: key_value(key)},
            "roles": [{"keyids": [key.key_id], "name": "targets/a", "threshold": 1}],
        }
    }
    return Draft("g", {"root": root, "targets": targets})


def change(action, kind, role, data):
    content = json.dumps(data).encode()
    return Change(action=action, role=role, type=kind, path="v1", data=content, file="the-file")


def applied(draft, staged):
    """Whether a change was applied; one that was not is named by its file, and changed nothing."""
    taken = False
    with contextlib.suppress(StagedChangeError):
        draft.apply(staged)
        taken = True
    if not taken:
        with pytest.raises(StagedChangeError, match="the-file"):
            draft.apply(staged)
        assert draft.changed == set()
        return False
    for document in (draft.root, *draft.roles.values()):  # what was taken has a canonical form
        _core.canonical_json(json.dumps(document).encode())
    return True


@pytest.mark.parametrize(("action", "kind", "role", "data"), MEMBERS, ids=range(len(MEMBERS)))
def test_a_member_of_any_kind_is_taken_or_refused(draft, action, kind, role, data):
    applied(draft, change(action, kind, role, data))


@pytest.mark.parametrize(("action", "kind", "role", "data"), CHANGES, ids=range(len(CHANGES)))
def test_data_of_any_kind_are_taken_or_refused(draft, action, kind, role, data):
    for wrong in WRONG:
        if not isinstance(wrong, dict):
            assert not applied(draft, change(action, kind, role, wrong))
    for member in data:
        applied(draft, change(action, kind, role, {k: v for k, v in data.items() if k != member}))


@pytest.mark.parametrize("key", [*WRONG, *KEYS], ids=range(len(WRONG) + len(KEYS)))
def test_what_is_no_key_is_refused(draft, key):
    for staged in (
        change("create", "role", "root", {"role": "targets", "keys": [key]}),
        change("update", "delegation", "targets/a", {"add_keys": [key]}),
    ):
        assert not applied(draft, staged)


@pytest.mark.parametrize(
    ("action", "kind", "role", "data"),
    [
        ("create", "role", "root", {"keys": [], "role": ["x"]}),
        ("create", "role", "root", {"keys": {}, "role": "targets"}),
        ("create", "role", "root", {"role": "targets"}),
        ("update", "delegation", "targets/*", {"remove_keys": "abc"}),
        ("update", "delegation", "targets/*", {"remove_keys": [["abc"]]}),
        ("update", "delegation", "targets/a", {"threshold": True}),
        ("update", "delegation", "targets/a", {"threshold": "2"}),
        ("update", "delegation", "targets/a", {"clear_paths": "no"}),
        ("update", "delegation", "targets/a", {"remove_paths": "a/"}),
        ("update", "delegation", "targets/a", {"add_paths": {"a/": 1}}),
        ("update", "delegation", "targets/a", {"new_name": []}),
        ("create", "target", "targets", {**META, "custom": {"a": "\ud800"}}),
        ("create", "target", "targets", {**META, "length": [7]}),
        ("create", "target", "targets", {**META, "hashes": {"sha256": [B64]}}),
    ],
    ids=range(14),
)
def test_a_wrong_kind_is_refused(draft, action, kind, role, data):
    assert not applied(draft, change(action, kind, role, data))
