"""What nobody understands in an object hides nothing else, and does not keep it in the store."""

from __future__ import annotations

import copy
import json

import pytest

from contenttrust.gate.audit_log import AuditLog
from gate_caller import review, serving
from told_gate import DIGEST, GUN

PINNED = f"{GUN}@{DIGEST}"
WIDGET = {"group": "example.com", "version": "v1", "kind": "Widget"}
CUSTOM = {"Widget.example.com": ("spec.image", "spec.others[*].image")}
GONE = {"deletionTimestamp": "2026-11-24T00:00:00Z", "finalizers": ["foregroundDeletion"]}


def widget(spec, **metadata):
    return {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": metadata, "spec": spec}


def replica_set(image, replicas=2, **metadata):
    template = {"spec": {"containers": [{"name": "c", "image": image}]}}
    spec = {"replicas": replicas, "template": template}
    return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}


def created(made):
    group, _, version = made["apiVersion"].rpartition("/")
    return review(kind={"group": group, "version": version, "kind": made["kind"]}, object=made)


def updated(made, stored):
    asked = created(made)
    asked["request"] |= {"operation": "UPDATE", "oldObject": stored}
    return asked


def answers(gate, asked, **settings):
    """What both doors answer to a review."""
    told = []

    async def script(caller):
        told.extend([await caller.post(path, asked) for path in ("/validate", "/mutate")])

    serving(gate, script, **settings)
    return told


@pytest.mark.parametrize("unknown", [{"inline": {"image": "evil:2"}}, {"inlineImage": 1}])
def test_t113_images_that_are_known_are_checked_whatever_else_is_unknown(gate, unknown):
    made = widget({"image": "evil:1", **unknown})
    for told in answers(gate, created(made), custom=CUSTOM, unknown_kinds="warn"):
        assert not told.response["allowed"]
        assert "/spec/image: evil:1: not_signed" in told.message


def test_t113_images_that_are_known_are_pinned_and_the_rest_is_told(gate, tmp_path):
    made = widget({"image": f"{GUN}:1", "inline": {"image": "evil:2"}}, name="w")
    log = AuditLog(tmp_path / "log")
    settings = {"custom": CUSTOM, "unknown_kinds": "warn", "unpinned": "warn"}
    for told in answers(gate, created(made), log=log, **settings):
        assert told.response["allowed"]
        assert "NOT CHECKED: /spec/inline/image may hold" in told.response["warnings"][0]
        annotations = told.response["auditAnnotations"]
        assert (annotations["verdict"], annotations["code"]) == ("warn", "unknown_kind")
        assert (annotations["images"], annotations["pinned"]) == ("1", PINNED)
        assert "unknown-kinds: warn lets it through" in annotations["although"]
    changes = [one for one in told.patch if one["op"] == "replace"]
    assert changes == [{"op": "replace", "path": "/spec/image", "value": PINNED}]
    lines = [json.loads(line) for line in tmp_path.joinpath("log").read_text().splitlines()]
    assert [line["image"] for line in lines] == [f"{GUN}:1", "Widget default/w"] * 2


def test_t113_items_behind_one_that_is_unknown_are_checked(gate):
    inner = [widget({"image": "x"}), replica_set("evil:1")]
    made = {"apiVersion": "example.com/v1", "kind": "WidgetList", "items": inner}
    for told in answers(gate, created(made), unknown_kinds="warn"):
        assert "/items/1/spec/template/spec/containers/0/image: evil:1: not_signed" in told.message


@pytest.mark.parametrize("custom", [{}, CUSTOM])
@pytest.mark.parametrize("spec", [{"image": 1}, {"inlineImage": "evil:1"}, {"imag": "evil:1"}])
def test_t108_custom_resource_that_nobody_understands_may_lose_its_finalizers(gate, custom, spec):
    stored = widget(spec, **GONE)
    freed = copy.deepcopy(stored)
    freed["metadata"]["finalizers"] = []
    freed["status"] = {"image": "evil:1"}
    for told in answers(gate, updated(freed, stored), custom=custom):
        assert told.response["allowed"]
        assert told.response["auditAnnotations"] == {"images": "0"}


def test_t108_custom_resource_that_is_being_deleted_gets_no_image_unchecked(gate):
    stored = widget({"inlineImage": "evil:1"}, **GONE)
    for changed in (widget({"inlineImage": "evil:2"}, **GONE), widget({"image": "a:1"}, **GONE)):
        for custom in ({}, CUSTOM):
            for told in answers(gate, updated(changed, stored), custom=custom):
                assert not told.response["allowed"]
    asked = created(stored)
    asked["request"]["oldObject"] = stored  # of a request to create it means nothing
    for told in answers(gate, asked):
        assert not told.response["allowed"]


NO_IMAGE = "registry/web 1.4"


def test_t108_template_whose_image_is_no_name_can_be_scaled_and_labelled(gate):
    stored = replica_set(NO_IMAGE)
    for told in answers(gate, updated(replica_set(NO_IMAGE, 0, labels={"a": "b"}), stored)):
        assert told.response["allowed"]
    changed = replica_set(NO_IMAGE)
    changed["spec"]["template"]["metadata"] = {"annotations": {"restartedAt": "now"}}
    for told in answers(gate, updated(changed, stored)):
        assert told.response["auditAnnotations"]["code"] == "malformed"


def test_t108_pod_whose_image_is_no_name_can_be_labelled(gate):
    asked = review(NO_IMAGE, operation="UPDATE", old=[NO_IMAGE])
    asked["request"]["object"]["metadata"] = {"labels": {"a": "b"}}
    assert all(told.response["allowed"] for told in answers(gate, asked))
    asked["request"]["object"]["metadata"]["annotations"] = {"beside": "evil:1"}
    for told in answers(gate, asked, custom={"Pod": ("metadata.annotations.beside",)}):
        assert "/metadata/annotations/beside: evil:1: not_signed" in told.message
    asked["request"]["object"]["spec"]["containers"][0]["image"] = "another name"
    assert not any(told.response["allowed"] for told in answers(gate, asked))
