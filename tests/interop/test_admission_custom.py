"""Custom resources at a real API server, whose webhooks have the rule that the guide shows."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from contenttrust.gate.service.json_patch import ANNOTATION
from interop.cluster import Answer, Cluster
from interop.gated_cluster import (
    GUIDE,
    PODS,
    GatedCluster,
    assert_denied,
    gated_cluster,
    pod,
)
from interop.trust_stack import START_TIMEOUT_S, TrustStack

GROUP = "argoproj.io"
KINDS = {
    "Rollout": "rollouts",
    "Workflow": "workflows",
    "Experiment": "experiments",
    "AnalysisRun": "analysisruns",
}
"""The first two are those of the guide; the third has a rule only, the last one not even that."""


@pytest.fixture(scope="module")
def at(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[GatedCluster]:
    """A cluster with custom kinds, and a gate that is told about some."""
    rule, told = of_the_guide()
    rule["resources"].append("experiments")
    with gated_cluster(place("custom"), docker_stack, rules=[rule], **told) as made:
        for kind in KINDS:
            define(made.cluster, kind)
        yield made


def of_the_guide() -> tuple[Any, dict[str, Any]]:
    """The rule for the webhooks and the members for the gate, as a reader copies them."""
    section = re.split(r"^## ", GUIDE.read_text(), flags=re.MULTILINE)
    [text] = [one for one in section if one.startswith("Custom resources\n")]
    rules, settings = (
        YAML(typ="safe").load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    )
    return rules[0], settings


def define(cluster: Cluster, kind: str) -> None:
    """Define a kind whose objects may have anything in them, and wait for it."""
    plural = KINDS[kind]
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1", "served": True, "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": anything}}},
    }  # fmt: skip
    names = {"plural": plural, "singular": kind.lower(), "kind": kind}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    answer = cluster.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
    assert answer.status == 201, str(answer)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_served(cluster, kind):
        assert time.monotonic() < deadline, f"{kind} is not served"
        time.sleep(0.1)


def is_served(cluster: Cluster, kind: str) -> bool:
    """Whether the kind is known by now; until then the answer is no document."""
    try:
        return cluster.ask("GET", path_of(kind)).status == 200
    except ValueError:
        return False


def path_of(kind: str) -> str:
    return f"/apis/{GROUP}/v1alpha1/namespaces/default/{KINDS[kind]}"


def create(at: GatedCluster, kind: str, name: str, spec: dict[str, Any]) -> Answer:
    """Create an object of a kind."""
    made = {"apiVersion": f"{GROUP}/v1alpha1", "kind": kind, "metadata": {"name": name}}
    return at.cluster.post(path_of(kind), {**made, "spec": spec})


def spec_of(kind: str, image: str) -> dict[str, Any]:
    """The image where objects of this kind have theirs, beside another that is signed."""
    if kind == "Workflow":
        return {"templates": [{"name": "a"}, {"name": "b", "container": {"image": image}}]}
    return {"template": {"spec": pod("x", image)["spec"]}}


POINTERS = {
    "Rollout": "/spec/template/spec/containers/0/image",
    "Workflow": "/spec/templates/1/container/image",
}


@pytest.mark.parametrize("kind", POINTERS)
def test_t113_unsigned_image_at_a_given_path_is_refused(at: GatedCluster, kind: str) -> None:
    assert_denied(create(at, kind, "unsigned", spec_of(kind, at.bad)), "not_signed", POINTERS[kind])
    assert at.cluster.ask("GET", f"{path_of(kind)}/unsigned").status == 404


@pytest.mark.parametrize("kind", POINTERS)
def test_t113_signed_image_at_a_given_path_is_stored_by_its_digest(
    at: GatedCluster, kind: str
) -> None:
    answer = create(at, kind, "signed", spec_of(kind, at.good))
    assert answer.status == 201, str(answer)
    stored = at.cluster.ask("GET", f"{path_of(kind)}/signed").document
    assert stored["spec"] == spec_of(kind, at.pinned)
    kept = json.loads(stored["metadata"]["annotations"][ANNOTATION])
    assert kept == {POINTERS[kind]: at.good}

    changed = {"spec": spec_of(kind, at.bad)}
    patch = "application/merge-patch+json"
    assert_denied(at.cluster.ask("PATCH", f"{path_of(kind)}/signed", changed, patch), "not_signed")


def test_t113_image_beside_the_given_paths_is_refused(at: GatedCluster) -> None:
    spec = {**spec_of("Rollout", at.good), "canary": {"image": at.bad}}
    assert_denied(create(at, "Rollout", "beside", spec))


def test_t113_kind_without_given_paths_is_refused_if_it_may_hold_an_image(
    at: GatedCluster,
) -> None:
    for image in (at.bad, at.good):
        assert_denied(create(at, "Experiment", "some", {"image": image}), "Experiment")
    assert create(at, "Experiment", "none", {"replicas": 1}).status == 201


def test_t113_kind_without_a_rule_is_stored_unasked_and_its_pods_are_checked(
    at: GatedCluster,
) -> None:
    asked = len(at.service.decisions())
    answer = create(at, "AnalysisRun", "unasked", {"image": at.bad})
    assert answer.status == 201, str(answer)
    assert len(at.service.decisions()) == asked
    child = pod("child", at.bad)
    child["metadata"]["ownerReferences"] = [
        {"apiVersion": f"{GROUP}/v1alpha1", "kind": "AnalysisRun", "name": "unasked",
         "controller": True, "uid": answer.document["metadata"]["uid"]}
    ]  # fmt: skip
    assert_denied(at.cluster.post(PODS, child), at.bad)
