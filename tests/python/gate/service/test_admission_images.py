"""Which objects are asked about: nothing that an author writes spares an image the check."""

from __future__ import annotations

import copy

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


def created(object_):
    group, _, version = object_["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": object_["kind"]}
    return review(kind=kind, object=object_)


def put(object_, stored):
    asked = created(object_)
    asked["request"] |= {"operation": "UPDATE", "oldObject": stored}
    return asked


def is_left_alone(gate, wanted, stored):
    """An update is allowed as it is, and nobody is asked about its images."""

    async def script(caller):
        for path in ("/validate", "/mutate"):
            told = await caller.post(path, put(wanted, stored))
            assert told.response["allowed"]
            assert "patch" not in told.response

    serving(gate, script)
    assert gate.asked == []


@pytest.mark.parametrize("place", WITH_TEMPLATES, ids=lambda place: place[0])
def test_t108_template_whose_image_is_signed_no_more_can_be_scaled_and_labelled(gate, place):
    stored, scaled = kept(*place), kept(*place)
    scaled["metadata"] |= {"labels": {"a": "b"}, "annotations": {"a": "b"}}
    scaled.setdefault("spec", {})["replicas"] = 0
    is_left_alone(gate, scaled, stored)


def at_template(document, place):
    """The template of an object that `kept` has made."""
    for name in place[2:-1]:
        document = document[name]
    return document


MADE_ANEW = [place for place in WITH_TEMPLATES if place[0] != "Job"]


def test_t108_job_that_a_queue_starts_elsewhere_keeps_the_image_that_cannot_change(gate):
    """Its template may change while it is suspended, but for the images."""
    [place] = [one for one in WITH_TEMPLATES if one[0] == "Job"]
    stored, started = kept(*place), kept(*place)
    at_template(started, place)["spec"]["nodeSelector"] = {"zone": "a"}
    is_left_alone(gate, started, stored)


@pytest.mark.parametrize("place", MADE_ANEW, ids=lambda place: place[0])
def test_t108_once_anything_in_a_template_changes_every_image_in_it_is_checked(gate, place):
    stored = kept(*place, image=f"{GUN}:1", also=["evil:1"])
    restarted, moved, limited = (copy.deepcopy(stored) for _ in range(3))
    at_template(restarted, place)["metadata"] = {"annotations": {"restartedAt": "now"}}
    at_template(moved, place)["spec"]["containers"].reverse()
    at_template(limited, place)["spec"]["containers"][0]["env"] = [{"name": "A", "value": "b"}]
    less = kept(*place, image="evil:1")

    async def script(caller):
        for path in ("/validate", "/mutate"):
            for changed in (restarted, moved, limited, less):
                told = await caller.post(path, put(changed, stored))
                assert not told.response["allowed"]
                assert "evil:1" in told.message

    serving(gate, script)


@pytest.mark.parametrize("place", MADE_ANEW, ids=lambda place: place[0])
def test_t108_template_from_before_the_gate_is_pinned_as_a_whole_when_it_changes(gate, place):
    """Else a Deployment would never find the ReplicaSet whose images were pinned."""
    stored = kept(*place, image=f"{GUN}:1", also=[f"{GUN}:1"])
    restarted = copy.deepcopy(stored)
    at_template(restarted, place)["metadata"] = {"annotations": {"restartedAt": "now"}}

    async def script(caller):
        patch = (await caller.post("/mutate", put(restarted, stored))).patch
        assert patch == (await caller.post("/mutate", created(restarted))).patch
        assert [one["value"] for one in patch if one["op"] == "replace"] == [PINNED, PINNED]

    serving(gate, script)


def test_t108_deployment_that_goes_on_after_a_pause_is_checked_and_pinned(gate):
    place = WITH_TEMPLATES[0]
    paused, signed = kept(*place), kept(*place, image=f"{GUN}:1")
    for one in (paused, signed):
        one["spec"]["paused"] = True

    async def script(caller):
        for path in ("/validate", "/mutate"):
            assert (await caller.post(path, put(paused, kept(*place)))).response["allowed"]
            assert (await caller.post(path, put(paused, paused))).response["allowed"]
            assert not (await caller.post(path, put(kept(*place), paused))).response["allowed"]
        patch = (await caller.post("/mutate", put(kept(*place, image=f"{GUN}:1"), signed))).patch
        assert [one["value"] for one in patch if one["op"] == "replace"] == [PINNED]

    serving(gate, script)


def test_t108_image_beside_a_template_is_asked_about_as_often_as_its_object_changes(gate):
    stored = kept(*WITH_TEMPLATES[0])
    stored["metadata"]["annotations"] = {"beside": "evil:2"}

    async def script(caller):
        told = await caller.post("/validate", put(stored, stored))
        assert "evil:2" in told.message
        assert "evil:1" not in told.message

    serving(gate, script, custom={"Deployment.apps": ("metadata.annotations.beside",)})


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
