"""Custom kinds: every image of them stands where a path leads, or is refused."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from contenttrust.gate.kubernetes import ManifestError, NotCoveredError, images


def found(document: dict[str, Any], **custom: list[str]) -> list[tuple[str, str]]:
    """Pointers and images of an object."""
    return [(place.pointer, place.image) for place in images(document, custom=custom)]


WORKFLOW = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"annotations": {"image": "x"}},
    "spec": {
        "imagePullSecrets": [{"name": "s"}],
        "templates": [
            {"container": {"image": "a", "imagePullPolicy": "Always"}},
            {"script": {"image": "evil"}},
            {"sidecars": [{"image": "evil"}], "initContainers": [{"image": "evil"}]},
        ],
    },
    "status": {"images": ["a"]},
}
ARGO = ["spec.templates[*].container.image", "spec.templates[*].script.image"]
MORE = ["spec.templates[*].sidecars[*].image", "spec.templates[*].initContainers[*].image"]


@pytest.mark.parametrize(
    ("paths", "pointer"),
    [
        (ARGO[:1], "/spec/templates/1/script/image"),
        (ARGO, "/spec/templates/2/sidecars/0/image"),
        ([*ARGO, MORE[0]], "/spec/templates/2/initContainers"),
    ],
)
def test_an_image_where_no_configured_path_leads_is_refused(paths: list[str], pointer: str) -> None:
    with pytest.raises(NotCoveredError, match="no path that is named for Workflow") as caught:
        found(WORKFLOW, Workflow=paths)
    assert caught.value.pointer == pointer
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_all_images_are_found_where_every_path_is_named() -> None:
    images = [image for _, image in found(WORKFLOW, Workflow=[*ARGO, *MORE])]
    assert images == ["a", "evil", "evil", "evil"]
    skipped = ["!spec.templates[*].sidecars", "!spec.templates[*].initContainers"]
    assert [image for _, image in found(WORKFLOW, Workflow=[*ARGO, *skipped])] == ["a", "evil"]


@pytest.mark.parametrize("path", ["spec.template.container.image", "Spec.templates", "spec.x"])
def test_a_path_that_leads_nowhere_makes_no_kind_known(path: str) -> None:
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": {"runs": "evil"}}
    with pytest.raises(NotCoveredError, match="leads anywhere here"):
        found(thing, Thing=[path])
    assert found(thing, Thing=[path, "spec.runs"]) == [("/spec/runs", "evil")]
    assert found(thing, Thing=[path, "!spec"]) == []


def test_images_beside_a_pod_specification_of_a_custom_kind_are_refused() -> None:
    spec = {"containers": [{"image": "a"}], "volumes": [{"image": {"reference": "b"}}]}
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": {"template": {"spec": spec}}}
    images = [image for _, image in found(thing, Thing=["spec.template.spec"])]
    assert images == ["a", "b"]
    spec["agentImage"] = "evil"  # type: ignore[assignment]
    with pytest.raises(NotCoveredError, match="agentImage"):
        found(thing, Thing=["spec.template.spec"])


@pytest.mark.parametrize("member", ["imagePullPolicy", "imagePullSecrets"])
def test_how_images_are_pulled_is_no_image_only_where_it_says_that(member: str) -> None:
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": {"image": "a", member: "evil"}}
    with pytest.raises(NotCoveredError, match=member):
        found(thing, Thing=["spec.image"])


def test_a_path_for_a_kind_of_kubernetes_by_the_same_name_is_no_matter() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"ports": []}}
    assert found(service, Service=["spec.template.spec"]) == []


@pytest.mark.parametrize("spec", [{"runs": "evil"}, {"image": "a", "otherImage": "evil"}])
def test_advice_is_in_the_form_of_both_places_that_take_paths(spec: dict[str, str]) -> None:
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": spec}
    with pytest.raises(NotCoveredError) as told:
        found(thing, Thing=["spec.image"])
    assert str(told.value).endswith(
        "--custom 'Thing.a.io=!PATH', or Thing.a.io: [\"!PATH\"] in custom of a service"
    )


def test_errors_of_manifests_speak_of_manifests_alone() -> None:
    unknown = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": {"image": "a"}}
    with pytest.raises(NotCoveredError) as told:
        found(unknown)
    assert str(told.value) == told.value.problem
    assert str(told.value).endswith(
        "--custom 'Thing.a.io=spec.image', or Thing.a.io: [\"spec.image\"] in custom of a service"
    )
    with pytest.raises(ManifestError) as wrong:
        found({"apiVersion": "v1", "kind": "PodList", "items": 3})
    assert str(wrong.value) == "/items: items is no list"


@pytest.mark.parametrize("paths", [["!spec.a", "!spec.a.image.image"], ["spec.b", "!spec.a"]])
def test_a_path_that_leads_into_another_one_takes_nothing_from_it(paths: list[str]) -> None:
    spec = {"a": {"image": {"image": "x", "other": {"image": "y"}}}, "b": "web:1"}
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": spec}
    for ordered in (paths, paths[::-1]):
        assert found(thing, Thing=ordered) in ([], [("/spec/b", "web:1")])
    with pytest.raises(NotCoveredError) as told:
        found(thing, Thing=["!spec.a.image.image"])
    assert told.value.path == ("spec", "a", "image", "other", "image")


@pytest.mark.parametrize(("depth", "refused"), [(200, False), (201, True), (900, True)])
def test_what_is_too_deep_to_be_looked_into_is_refused_there(depth: int, refused: bool) -> None:
    spec: object = {"known": "web:1"}
    deep: object = 1
    for _ in range(depth - 1):
        deep = [deep]
    thing = {"apiVersion": "a.io/v1", "kind": "Thing", "spec": spec, "deep": deep}
    if not refused:
        assert found(thing, Thing=["spec.known"]) == [("/spec/known", "web:1")]
        return
    with pytest.raises(NotCoveredError) as told:
        found(thing, Thing=["spec.known"])
    assert told.value.path == ("deep", *[0] * 200)
