"""Every place of an object at which an image stands is found, and nothing is passed over."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.kubernetes import ManifestError, NotCoveredError, Place, images, known
from contenttrust.gate.kubernetes.pointer import value_at, written

POD_TEMPLATE = ("spec", "template", "spec")
# group and version, kind, and the way to its pod specification
KINDS = [
    ("v1", "Pod", ("spec",)),
    ("v1", "PodTemplate", ("template", "spec")),
    ("v1", "ReplicationController", POD_TEMPLATE),
    ("v1", "EphemeralContainers", ()),
    ("apps/v1", "Deployment", POD_TEMPLATE),
    ("apps/v1", "StatefulSet", POD_TEMPLATE),
    ("apps/v1", "DaemonSet", POD_TEMPLATE),
    ("apps/v1", "ReplicaSet", POD_TEMPLATE),
    ("apps/v1", "ControllerRevision", ("data", *POD_TEMPLATE)),
    ("apps/v1beta2", "Deployment", POD_TEMPLATE),
    ("extensions/v1beta1", "Deployment", POD_TEMPLATE),
    ("extensions/v1beta1", "DaemonSet", POD_TEMPLATE),
    ("extensions/v1beta1", "ReplicaSet", POD_TEMPLATE),
    ("batch/v1", "Job", POD_TEMPLATE),
    ("batch/v1", "CronJob", ("spec", "jobTemplate", *POD_TEMPLATE)),
    ("batch/v1beta1", "CronJob", ("spec", "jobTemplate", *POD_TEMPLATE)),
    ("batch/v1beta1", "JobTemplate", ("template", *POD_TEMPLATE)),
]
PLACES = {
    "containers": [{"name": "a", "image": "one:1"}, {"name": "b", "image": "two:1"}],
    "initContainers": [{"name": "i", "image": "three:1"}],
    "sidecars": [{"name": "s", "image": "four:1", "restartPolicy": "Always"}],
    "ephemeralContainers": [{"name": "e", "image": "five:1"}],
    "volumes": [{"name": "x", "emptyDir": {}}, {"name": "v", "image": {"reference": "six:1"}}],
}
EXPECTED = {
    "containers": [("/containers/0/image", "one:1"), ("/containers/1/image", "two:1")],
    "initContainers": [("/initContainers/0/image", "three:1")],
    "sidecars": [("/initContainers/0/image", "four:1")],
    "ephemeralContainers": [("/ephemeralContainers/0/image", "five:1")],
    "volumes": [("/volumes/1/image/reference", "six:1")],
}


def object_of(version: str, kind: str, way: tuple[str, ...], spec: dict[str, Any]) -> Any:
    for step in reversed(way):
        spec = {step: spec}
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "n"}, **spec}


def found(document: Any, **custom: list[str]) -> list[tuple[str, str]]:
    return [(place.pointer, place.image) for place in images(document, custom=custom)]


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": spec}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("version", "kind", "way"), KINDS)
def test_t107_every_kind_and_every_place(
    version: str, kind: str, way: tuple[str, ...], place: str
) -> None:
    member = "initContainers" if place == "sidecars" else place
    document = object_of(version, kind, way, {member: copy.deepcopy(PLACES[place])})

    assert found(document) == [
        (written(way) + pointer, image) for pointer, image in EXPECTED[place]
    ]


@pytest.mark.parametrize(("version", "kind", "way"), KINDS)
def test_t107_all_places_at_once_in_a_list_and_in_a_list_of_its_kind(
    version: str, kind: str, way: tuple[str, ...]
) -> None:
    spec = {name: value for name, value in PLACES.items() if name != "sidecars"}
    document = object_of(version, kind, way, spec)
    bare = {name: value for name, value in document.items() if name not in {"apiVersion", "kind"}}
    alone = found(document)

    listed = {"apiVersion": "v1", "kind": "List", "items": [{**document}, document]}
    typed = {"apiVersion": version, "kind": f"{kind}List", "items": [bare]}
    nested = {"apiVersion": "v1", "kind": "List", "items": [typed]}

    assert len(alone) == 5
    assert found(listed) == [
        (f"/items/{index}{pointer}", image) for index in (0, 1) for pointer, image in alone
    ]
    assert found(typed) == [(f"/items/0{pointer}", image) for pointer, image in alone]
    assert found(nested) == [(f"/items/0/items/0{pointer}", image) for pointer, image in alone]


def test_t107_whatever_has_items_is_a_list_as_it_is_to_kubectl() -> None:
    document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "items": [pod(containers=[{"image": "a"}])],
    }

    assert found(document) == [("/items/0/spec/containers/0/image", "a")]


def test_t107_custom_resources_by_configured_path() -> None:
    workflow = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "spec": {
            "templates": [
                {"container": {"image": "a"}},
                {"steps": []},
                {"container": {"image": "b"}},
            ],
            "podSpec": {"containers": [{"image": "c"}], "volumes": [{"image": {"reference": "d"}}]},
            "by/name": {"x~y": {"image": "e"}},
        },
    }
    paths = ["spec.templates[*].container.image", "spec.podSpec", "spec['by/name'].*.image"]
    expected = [
        ("/spec/templates/0/container/image", "a"),
        ("/spec/templates/2/container/image", "b"),
        ("/spec/podSpec/containers/0/image", "c"),
        ("/spec/podSpec/volumes/0/image/reference", "d"),
        ("/spec/by~1name/x~0y/image", "e"),
    ]

    assert found(workflow, Workflow=paths) == expected
    assert found(workflow, **{"Workflow.argoproj.io": paths + paths}) == expected
    assert found(workflow, Workflow=[]) == []
    with pytest.raises(NotCoveredError):
        found(workflow, **{"Workflow.other.io": paths})


@pytest.mark.parametrize(
    ("spec", "pointer"),
    [
        ({"image": "a"}, "/spec/image"),
        ({"deep": [{"sidecarImage": "a"}]}, "/spec/deep/0/sidecarImage"),
        ({"deep": [[{"image": "a"}]]}, "/spec/deep/0/0/image"),
        ({"images": ["a"]}, "/spec/images"),
        ({"template": {"spec": {"containers": []}}}, "/spec/template/spec/containers"),
        ({"container\u017f": []}, "/spec/container\u017f"),
        ({"a/b": {"imageRef": 1}}, "/spec/a~1b/imageRef"),
    ],
)
def test_t107_an_unknown_kind_that_may_have_an_image_is_refused(spec: Any, pointer: str) -> None:
    document = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": spec}

    with pytest.raises(NotCoveredError, match=r"Thing\.example\.com") as caught:
        found(document)

    assert caught.value.kind == "Thing.example.com"
    assert caught.value.pointer == pointer
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert not known(document)


def test_t107_items_of_an_unknown_kind_that_are_no_list_are_looked_into() -> None:
    document = {"apiVersion": "example.com/v1", "kind": "Thing", "items": {"image": "a"}}

    with pytest.raises(NotCoveredError):
        found(document)


def test_t114_what_a_refused_object_holds_is_gone_with_the_error() -> None:
    """A service collects garbage seldom: what a stranger wrote must not wait for that."""
    document = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"image": "x"}}
    gc.disable()
    try:
        try:
            found(document)
        except NotCoveredError as error:
            gone = weakref.ref(error)
        assert gone() is None
    finally:
        gc.enable()


def test_an_unknown_kind_without_anything_like_an_image_has_none() -> None:
    document = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"labels": {"image": "x"}},
        "spec": {"selector": {}},
    }

    assert found(document) == []
    assert not known(document)
    assert known(document, custom={"PodMonitor": []})


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "ConfigMapList"),
        ("rbac.authorization.k8s.io/v1", "Role"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ],
)
def test_kinds_of_kubernetes_that_start_nothing_have_no_images(version: str, kind: str) -> None:
    document = {"apiVersion": version, "kind": kind, "data": {"image": "a"}}

    assert found(document) == []
    assert known(document)


def test_t107_a_kind_of_another_group_is_another_kind() -> None:
    with pytest.raises(NotCoveredError):
        found({"apiVersion": "example.com/v1", "kind": "ConfigMap", "data": {"image": "a"}})
    with pytest.raises(NotCoveredError):
        found({"apiVersion": "example.com/v1", "kind": "Pod", "spec": {"containers": []}})


@pytest.mark.parametrize(
    ("spec", "pointer", "words"),
    [
        ({"containers": {"a": {}}}, "/spec/containers", "no list"),
        ({"containers": ["a"]}, "/spec/containers/0", "no container"),
        ({"containers": [{"image": 1.1}]}, "/spec/containers/0/image", "no text"),
        ({"containers": [{"image": ["a"]}]}, "/spec/containers/0/image", "no text"),
        ({"containers": [{"name": 1, "image": "a"}]}, "/spec/containers/0/name", "no text"),
        ({"volumes": ["a"]}, "/spec/volumes/0", "no volume"),
        ({"volumes": [{"image": "a"}]}, "/spec/volumes/0/image", "no object"),
        ({"volumes": [{"image": {"reference": 1}}]}, "/spec/volumes/0/image/reference", "no text"),
    ],
)
def test_a_specification_of_another_shape_is_refused(spec: Any, pointer: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words) as caught:
        found(pod(**spec))

    assert caught.value.pointer == pointer


def test_a_specification_that_is_no_object_is_refused() -> None:
    with pytest.raises(ManifestError, match="no object") as caught:
        found({"apiVersion": "v1", "kind": "Pod", "spec": ["containers"]})

    assert caught.value.pointer == "/spec"


def test_what_is_absent_or_null_has_no_image() -> None:
    assert found({"apiVersion": "v1", "kind": "Pod"}) == []
    assert found(pod(containers=None, volumes=None)) == []
    assert found(pod(containers=[{"name": "a", "image": None}, {"name": "b"}])) == []


@pytest.mark.parametrize("member", ["containers", "initContainers", "ephemeralContainers"])
def test_t112_two_containers_of_one_name_are_refused(member: str) -> None:
    spec = {"initContainers": [{"name": "x", "image": "a"}], "containers": [], member: []}
    spec[member] = [*spec[member], {"name": "x", "image": "a"}, {"name": "x", "image": "b"}]

    with pytest.raises(ManifestError, match="a second container of the name 'x'"):
        found(pod(**spec))


@pytest.mark.parametrize(
    "image", ["", " ", "alpine 3", " alpine", "alpine\n", "alpine\x1b[2J", "al\u202epine", "alpíne"]
)
def test_t112_images_with_spaces_or_control_characters_are_refused(image: str) -> None:
    with pytest.raises(ManifestError, match="no image name") as caught:
        found(pod(containers=[{"name": "a", "image": image}]))

    assert str(caught.value).isprintable()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"kind": "Pod"},
        {"apiVersion": "v1"},
        {"apiVersion": 1, "kind": "Pod"},
        {"apiVersion": "v1", "kind": ["Pod"]},
        {"apiVersion": "v1", "kind": "Pod "},
        {"apiVersion": "/v1", "kind": "Pod"},
        {"apiVersion": "a/b/v1", "kind": "Pod"},
        [],
        None,
        "text",
    ],
)
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(ManifestError):
        found(document)


@pytest.mark.parametrize("items", [[1], [None], [[]], [{}], {}, "text"])
def test_items_that_are_no_objects_are_refused(items: Any) -> None:
    with pytest.raises(ManifestError):
        found({"apiVersion": "v1", "kind": "List", "items": items})


def test_lists_within_lists_end_in_a_refusal() -> None:
    document: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod"}
    for _ in range(300):
        document = {"apiVersion": "v1", "kind": "List", "items": [document]}

    with pytest.raises(ManifestError, match="too deep"):
        found(document)


@pytest.mark.parametrize(
    "path", ["", "$", ".", "a..b", "a[", "a[x]", "a[-1]", "a b", "a]", "a.b[*]c", "a['']", "[*"]
)
def test_what_is_no_path_is_an_error_of_the_one_who_wrote_it(path: str) -> None:
    with pytest.raises(ValueError, match="is no path to an image"):
        found({"apiVersion": "example.com/v1", "kind": "Thing"}, Thing=[path])


@pytest.mark.parametrize(
    "path", ["spec.image", "$.spec.image", ".spec.image", "$['spec'][\"image\"]"]
)
def test_paths_may_be_written_as_others_write_them(path: str) -> None:
    document = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": {"image": "a"}}

    assert found(document, Thing=[path]) == [("/spec/image", "a")]


def test_one_item_of_a_list_may_be_named() -> None:
    document = {"apiVersion": "example.com/v1", "kind": "Thing", "jobs": [{"i": "a"}, {"i": "b"}]}

    assert found(document, Thing=["jobs[1].i", "jobs[2].i", "jobs.x.i"]) == [("/jobs/1/i", "b")]


NAMES = st.text(alphabet=st.sampled_from("ab~/01\u00e4 .\"'"), max_size=4)
TREES = st.recursive(
    st.sampled_from(["a:1", "b:2", "c"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES, below, max_size=3),
    max_leaves=12,
)


@given(TREES)
def test_t112_the_value_at_a_pointer_is_the_one_that_was_meant(tree: Any) -> None:
    def walk(value: Any, path: tuple[Any, ...]) -> None:
        assert value_at(tree, written(path)) is value
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        for step, item in () if isinstance(value, str) else steps:
            walk(item, (*path, step))

    walk(tree, ())


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.permutations(sorted(EXPECTED))), max_size=3),
    st.integers(0, 5),
)
def test_t112_the_value_at_the_pointer_of_a_place_is_its_image(objects: Any, many: int) -> None:
    items = []
    for (version, kind, way), names in objects:
        spec = {name: PLACES[name] for name in names[:many] if name != "sidecars"}
        items.append(object_of(version, kind, way, spec))
    document = {"apiVersion": "v1", "kind": "List", "items": items}
    places: list[Place] = list(images(document))

    assert [value_at(document, place.pointer) for place in places] == [
        place.image for place in places
    ]
    assert len({place.pointer for place in places}) == len(places)


@pytest.mark.parametrize("pointer", ["a", "/x", "/a/01", "/a/-1", "/a/9", "/a/-", "/a/0/0"])
def test_a_pointer_to_nothing_is_an_error(pointer: str) -> None:
    with pytest.raises(LookupError):
        value_at({"a": ["b"]}, pointer)
