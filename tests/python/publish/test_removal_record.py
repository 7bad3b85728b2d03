"""The record of a removal that was begun: what is damaged is refused, whatever is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images
from contenttrust.publish.metadata import new_targets
from contenttrust.publish.removal_record import Begun, RemovalRecord

SOUND = {
    "begun": "2026-11-28T12:00:00Z",
    "document": None,
    "key_ids": ["a" * 64],
    "known_as": [],
    "lost": {},
    "unvouched": {},
}
DELEGATION = {"name": "targets/releases/x", "keyids": None, "threshold": 1}


def listing(**other):
    return {**SOUND, "document": {**new_targets(), **other}}


@pytest.fixture
def record(collection):
    return RemovalRecord(collection.trust_dir, collection.gun, "mallory")


@pytest.fixture
def written(record):
    """Writes a record as it would be damaged, readable by nobody else."""
    record.write(Begun(begun="", key_ids=(), lost={}, document=None))

    def write(value):
        Path(record.path).write_text(json.dumps(value), encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "value",
    [
        SOUND,
        listing(),
        listing(targets={"v1": {"length": 7, "hashes": None}}),
        listing(delegations={"keys": {}, "roles": [DELEGATION]}),
        {**SOUND, "lost": {"v1": "", "v2": f"sha256:{'b' * 64}"}},
    ],
)
def test_what_was_written_is_read(record, written, value):
    written(value)
    begun = record.read()
    assert (list(begun.key_ids), begun.lost) == (value["key_ids"], value["lost"])
    assert begun.document == value["document"]


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {**SOUND, "more": 1},
        {**SOUND, "begun": 5},
        {**SOUND, "key_ids": "ab"},
        {**SOUND, "key_ids": 5},
        {**SOUND, "known_as": [5]},
        {**SOUND, "key_ids": [[1]]},
        {**SOUND, "lost": [1]},
        {**SOUND, "lost": {"v1": 7}},
        {**SOUND, "unvouched": {"v1": 7}},
        {**SOUND, "document": "x"},
        {**SOUND, "document": {"targets": {}}},
        listing(version="1"),
        listing(version=True),
        listing(targets=5),
        listing(targets={"v1": None}),
        listing(targets={"v1": {"length": 1.5}}),
        listing(targets={"v1": {"length": 2**60}}),
        listing(delegations=None),
        listing(delegations={"keys": []}),
        listing(delegations={"keys": [], "roles": []}),
        listing(delegations={"keys": {}, "roles": [7]}),
        listing(delegations={"keys": {}, "roles": [{}]}),
        listing(delegations={"keys": {}, "roles": [{**DELEGATION, "keyids": [1]}]}),
        listing(delegations={"keys": {}, "roles": [{**DELEGATION, "threshold": "1"}]}),
    ],
)
def test_what_is_damaged_is_refused(collection, record, written, value):
    written(value)
    with pytest.raises(PublishError, match="is damaged"):
        record.read()
    with pytest.raises(PublishError, match="is damaged"):
        images.remove_signer(collection, "mallory")
