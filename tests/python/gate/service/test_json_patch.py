"""Patches pin what was checked, and nothing else."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.service import json_patch, strict_json
from contenttrust.gate.service.json_patch import ANNOTATION, escaped, value_at

PINNED = "docker.io/library/alpine@sha256:" + "a" * 64


def pinning(document, changes):
    """The operations of a patch."""
    return json.loads(json_patch.pinning(document, changes) or "[]")


def applied(document, operations):
    """What an API server makes of a patch (RFC 6902), as far as ours go."""
    document = copy.deepcopy(document)
    for operation in operations:
        parent_path, _, last = operation["path"].rpartition("/")
        parent = value_at(document, parent_path)
        last = last.replace("~1", "/").replace("~0", "~")
        last = int(last) if isinstance(parent, list) else last
        if operation["op"] == "test":
            assert parent[last] == operation["value"], operation["path"]
        elif operation["op"] == "replace":
            assert last in parent if isinstance(parent, dict) else last < len(parent)
            parent[last] = operation["value"]
        else:
            parent[last] = operation["value"]
    return document


def pod(**metadata):
    containers = [{"name": "a", "image": "alpine"}, {"name": "a", "image": "alpine:3"}]
    return {"metadata": metadata, "spec": {"containers": containers}}


def changes(document, pinned=PINNED):
    containers = document["spec"]["containers"]
    return [
        (f"/spec/containers/{index}/image", one["image"], pinned)
        for index, one in enumerate(containers)
    ]


@pytest.mark.parametrize(
    "metadata", [{}, {"annotations": None}, {"annotations": {}}, {"annotations": {"other": "x"}}]
)
def test_t112_patch_replaces_images_and_keeps_the_originals(metadata):
    document = pod(**metadata)
    after = applied(document, pinning(document, changes(document)))
    assert [one["image"] for one in after["spec"]["containers"]] == [PINNED, PINNED]
    annotations = after["metadata"]["annotations"]
    assert json.loads(annotations.pop(ANNOTATION)) == {
        "/spec/containers/0/image": "alpine",
        "/spec/containers/1/image": "alpine:3",
    }
    assert annotations == (metadata.get("annotations") or {})


def test_t112_second_admission_changes_nothing():
    document = pod()
    after = applied(document, pinning(document, changes(document)))
    assert pinning(after, changes(after)) == []


TEXTS = st.one_of(st.text(max_size=9), st.text('/~"\\\ud800\u2028\x7f\x00', max_size=9))
OBJECTS = st.one_of(
    st.just({}),
    st.just({"metadata": {}}),
    st.dictionaries(TEXTS, TEXTS).map(
        lambda kept: {"metadata": {"annotations": {ANNOTATION: json.dumps(kept)}}}
    ),
)


@given(OBJECTS, st.lists(st.tuples(TEXTS, TEXTS, TEXTS), max_size=4))
def test_t112_patch_is_written_as_the_encoder_writes_it(document, wanted):
    text = json_patch.pinning(document, wanted)
    assert bool(text) is any(image != pinned for _, image, pinned in wanted)
    if text:
        operations = json.loads(text)
        assert text == strict_json.encoded(operations)
        value = operations[-1]["value"]
        while isinstance(value, dict):
            [value] = value.values()
        assert value == json.dumps(json.loads(value), sort_keys=True)


def test_t112_patch_fails_on_another_object_than_the_one_that_was_checked():
    document = pod()
    operations = pinning(document, changes(document))
    other = pod()
    other["spec"]["containers"].reverse()
    with pytest.raises(AssertionError):
        applied(other, operations)
    assert [one["op"] for one in operations][:4] == ["test", "replace"] * 2


def test_t112_names_are_escaped_in_pointers():
    assert escaped("a/b~c") == "a~1b~0c"
    document = {"spec": {"a/b": [{"~x": "old"}]}}
    assert value_at(document, "/spec/a~1b/0/~0x") == "old"
    after = applied(document, pinning(document, [("/spec/a~1b/0/~0x", "old", PINNED)]))
    assert after["spec"]["a/b"][0]["~x"] == PINNED


def test_object_without_metadata_gets_them():
    document = {"spec": {"containers": [{"image": "alpine"}]}}
    after = applied(document, pinning(document, changes(document)))
    assert ANNOTATION in after["metadata"]["annotations"]


def test_originals_of_an_earlier_admission_stay():
    document = pod(annotations={ANNOTATION: json.dumps({"/spec/x": "first"})})
    after = applied(document, pinning(document, changes(document)))
    assert json.loads(after["metadata"]["annotations"][ANNOTATION])["/spec/x"] == "first"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', "[" * 100_000, "1", None, 5])
def test_what_others_wrote_into_the_annotation_is_replaced(text):
    document = pod(annotations={ANNOTATION: text})
    after = applied(document, pinning(document, changes(document)))
    assert len(json.loads(after["metadata"]["annotations"][ANNOTATION])) == 2


def test_originals_that_no_annotation_can_hold_are_refused():
    document = {"spec": {}}
    with pytest.raises(ValueError, match="longer"):
        pinning(document, [("/spec/" + "x" * 140_000, "a", PINNED)])


@pytest.mark.parametrize("pointer", ["/a/9", "/a/-", "/a/x", "/b/c", "/a/0/c/d", "/a/01x"])
def test_nothing_stands_where_nothing_is(pointer):
    assert value_at({"a": [{"c": "text"}], "b": 1}, pointer) is None
