"""Which objects are asked about: nothing that an author writes spares an image the check."""

from __future__ import annotations

import pytest

from gate_caller import review, serving
from told_gate import DIGEST, GUN

PINNED = f"{GUN}@{DIGEST}"


@pytest.mark.parametrize(
    "request_",
    [
        review(operation="DELETE", object=None, old=["evil:1"]),
        review(operation="CONNECT", sub="exec", object={"kind": "PodExecOptions"}),
        review("evil:1", sub="status", operation="UPDATE", old=["evil:1"]),
        review("evil:1", operation="UPDATE", old=["evil:1"]),
        review(
            operation="UPDATE",
            sub="scale",
            kind={"group": "autoscaling", "version": "v1", "kind": "Scale"},
            object={"apiVersion": "autoscaling/v1", "kind": "Scale", "spec": {"replicas": 3}},
        ),
        review(
            kind={"group": "", "version": "v1", "kind": "ConfigMap"},
            object={"apiVersion": "v1", "kind": "ConfigMap", "data": {"image": "evil:1"}},
        ),
    ],
)  # fmt: skip
def test_t108_what_starts_nothing_new_is_let_through(gate, request_):
    async def script(caller):
        for path in ("/validate", "/mutate"):
            told = await caller.post(path, request_)
            assert told.response["allowed"]
            assert "patch" not in told.response

    serving(gate, script)
    assert gate.asked == []


def workload(kind="Deployment", image="evil:1", **metadata):
    spec = {"containers": [{"name": "c", "image": image}]}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": {"replicas": 0, "template": {"spec": spec}},
    }


EPHEMERAL = "ephemeralcontainers"
APPS = {"group": "apps", "version": "v1", "kind": "Deployment"}
GONE = {"deletionTimestamp": "2026-11-24T00:00:00Z"}


@pytest.mark.parametrize(
    "request_",
    [
        review("evil:1", operation="UPDATE", old=[f"{GUN}:1"]),
        review(
            f"{GUN}:1", "evil:1", operation="UPDATE", old=[f"{GUN}:1"], sub="ephemeralcontainers"
        ),
        # Only the places count: what ran as one container says nothing of another.
        review("evil:1", "evil:1", operation="UPDATE", old=["evil:1"]),
        review("evil:1", operation="UPDATE"),
        review(kind=APPS, object=workload()),
        # Nobody but the API server says what is stored, and it says so of updates alone.
        review(kind=APPS, object=workload(), oldObject=workload()),
        review(kind=APPS, operation="UPDATE", object=workload()),
        # What whoever creates an object says of its deletion is nothing.
        review(kind=APPS, object=workload(**GONE)),
        review(
            kind=APPS, operation="UPDATE", object=workload(**GONE), oldObject=workload(image="a:1")
        ),
        review(
            kind=APPS,
            operation="UPDATE",
            object=workload(**GONE),
            oldObject=workload(image="a:1", **GONE),
        ),
        review("evil:1", dryRun=True),
    ],
)
def test_t108_whatever_could_start_another_image_is_checked(gate, request_):
    async def script(caller):
        for path in ("/validate", "/mutate"):
            assert not (await caller.post(path, request_)).response["allowed"]

    serving(gate, script)


def kept(kind, group, *way, image="evil:1", also=()):
    """A stored object whose pod specification is there, with its image and others."""
    containers = [{"name": f"c{i}", "image": one} for i, one in enumerate((image, *also))]
    told = {"containers": containers}
    for name in reversed(way):
        told = {name: told}
    version = f"{group}/v1" if group else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web"}, **told}


SPEC = ("spec", "template", "spec")
WITH_TEMPLATES = [
    ("Deployment", "apps", *SPEC),
    ("ReplicaSet", "apps", *SPEC),
    ("StatefulSet", "apps", *SPEC),
    ("DaemonSet", "apps", *SPEC),
    ("ControllerRevision", "apps", "data", *SPEC),
    ("ReplicationController", "", *SPEC),
    ("PodTemplate", "", "template", "spec"),
    ("Job", "batch", *SPEC),
    ("CronJob", "batch", "spec", "jobTemplate", *SPEC),
]


def put(object_, stored):
    group, _, version = object_["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": object_["kind"]}
    return review(kind=kind, operation="UPDATE", object=object_, oldObject=stored)


@pytest.mark.parametrize("place", WITH_TEMPLATES, ids=lambda place: place[0])
def test_t108_template_whose_image_is_signed_no_more_can_be_scaled_and_labelled(gate, place):
    stored, scaled = kept(*place), kept(*place)
    scaled["metadata"]["labels"] = {"a": "b"}
    scaled["replicas"] = 0

    async def script(caller):
        for path in ("/validate", "/mutate"):
            told = await caller.post(path, put(scaled, stored))
            assert told.response["allowed"]
            assert "patch" not in told.response

    serving(gate, script)
    assert gate.asked == []


@pytest.mark.parametrize("place", WITH_TEMPLATES, ids=lambda place: place[0])
def test_t108_of_a_template_what_is_new_is_asked_about_and_the_rest_is_left(gate, place):
    stored = kept(*place, image="old:1", also=["evil:1"])
    signed = kept(*place, image="old:1", also=[f"{GUN}:1"])
    moved = kept(*place, image="evil:1", also=["old:1"])
    more = kept(*place, image="old:1", also=["evil:1", "evil:1"])

    async def script(caller):
        for path in ("/validate", "/mutate"):
            for changed in (moved, more, kept(*place, image="evil:2")):
                assert not (await caller.post(path, put(changed, stored))).response["allowed"]
        gate.asked.clear()
        patch = (await caller.post("/mutate", put(signed, stored))).patch
        assert [one["value"] for one in patch if one["op"] == "replace"] == [PINNED]

    serving(gate, script)
    assert gate.asked == [f"{GUN}:1"]


def test_t108_custom_resource_is_asked_about_as_often_as_it_changes(gate):
    asked = widget()
    asked["request"] |= {"operation": "UPDATE", "oldObject": asked["request"]["object"]}

    async def script(caller):
        assert not (await caller.post("/validate", asked)).response["allowed"]

    serving(gate, script, custom={"Widget.example.com": ("spec.image",)})


def test_t108_what_is_being_deleted_may_lose_its_finalizers(gate):
    async def script(caller):
        told = review(
            kind=APPS, operation="UPDATE", object=workload(**GONE), oldObject=workload(**GONE)
        )
        assert (await caller.post("/validate", told)).response["allowed"]

    serving(gate, script)


@pytest.mark.parametrize(
    "metadata",
    [
        {"ownerReferences": [{"kind": "ReplicaSet", "name": "x", "uid": "1", "controller": True}]},
        {"labels": {"contenttrust": "off"}, "namespace": "kube-system"},
        {"annotations": {"contenttrust.internal/original-images": "{}"}},
    ],
)
def test_t109_t111_nothing_that_an_author_writes_switches_the_gate_off(gate, metadata):
    asked = review("evil:1", namespace="kube-system")
    asked["request"]["object"]["metadata"] = metadata

    async def script(caller):
        assert not (await caller.post("/validate", asked)).response["allowed"]

    serving(gate, script)


WIDGET = {"group": "example.com", "version": "v1", "kind": "Widget"}


def widget():
    made = {"apiVersion": "example.com/v1", "kind": "Widget", "spec": {"image": "evil:1"}}
    return review(kind=WIDGET, object=made)


def test_t113_unknown_kind_that_may_hold_an_image_is_denied(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert not told.response["allowed"]
        assert told.response["auditAnnotations"]["code"] == "unknown_kind"

    serving(gate, script)


def test_t113_unknown_kind_is_let_through_with_a_warning_where_that_is_wanted(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert told.response["allowed"]
        assert "NOT CHECKED" in told.response["warnings"][0]

    serving(gate, script, unknown_kinds="warn")


def test_t113_custom_kind_is_checked_where_its_images_are_said_to_be(gate):
    async def script(caller):
        told = await caller.post("/validate", widget())
        assert "not_signed" in told.message

    serving(gate, script, custom={"Widget.example.com": ("spec.image",)})


@pytest.mark.parametrize(
    "containers",
    [
        [{"name": "c", "image": PINNED}, {"name": "c", "image": PINNED}],
        [{"name": "c", "image": f" {PINNED}"}],
        [{"name": "c", "image": f"{PINNED}\n"}],
        [{"name": "c", "image": 1}],
        [{"name": "c", "image": ["a"]}],
        {"name": "c", "image": PINNED},
        ["c"],
    ],
)
def test_t112_object_that_readers_could_understand_differently_is_denied(gate, containers):
    asked = review(PINNED)
    asked["request"]["object"]["spec"]["containers"] = containers

    async def script(caller):
        for path in ("/validate", "/mutate"):
            told = await caller.post(path, asked)
            assert not told.response["allowed"]
            assert told.response["auditAnnotations"]["code"] == "malformed"

    serving(gate, script)


def test_t112_originals_that_no_annotation_can_hold_are_denied(gate):
    asked = review(f"{GUN}:1")
    kept = {"contenttrust.internal/original-images": f'{{"/x": "{"a" * 131_000}"}}'}
    asked["request"]["object"]["metadata"] = {"annotations": kept}

    async def script(caller):
        told = await caller.post("/mutate", asked)
        assert not told.response["allowed"]
        assert "longer" in told.message

    serving(gate, script)
