"""The paths that the guides give for custom resources fit the objects that people write."""

from __future__ import annotations

import itertools
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from contenttrust.gate.kubernetes import NotCoveredError, images

HOW_TO = Path(__file__).parents[4] / "docs" / "how-to"


def of_the_service() -> dict[str, list[str]]:
    """What gate_kubernetes.md writes into gate.yaml."""
    guide = (HOW_TO / "gate_kubernetes.md").read_text()
    [block] = re.findall(r"^```yaml\n( *custom:\n.*?)^```$", guide, re.DOTALL | re.MULTILINE)
    return YAML(typ="safe").load(block)["custom"]


def of_the_command() -> dict[str, list[str]]:
    """What gate_kubernetes_files.md writes behind --custom."""
    guide = (HOW_TO / "gate_kubernetes_files.md").read_text()
    [block] = re.findall(r"^```sh\n([^`]*--custom[^`]*)^```$", guide, re.MULTILINE)
    words = shlex.split(block.replace("\\\n", " "))
    custom: dict[str, list[str]] = {}
    for option, value in itertools.pairwise(words):
        if option == "--custom":
            kind, _, path = value.partition("=")
            custom.setdefault(kind, []).extend([path] if path else [])
    return custom


BOTH = pytest.mark.parametrize("custom", [of_the_service(), of_the_command()])


def found(kind: str, spec: dict[str, Any], custom: dict[str, list[str]]) -> list[str]:
    document = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "spec": spec}
    return [place.image for place in images(document, custom=custom)]


@BOTH
def test_rollouts_with_pods_and_with_those_of_a_deployment(custom: dict[str, list[str]]) -> None:
    canary = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}}
    pods = {"template": {"spec": {"containers": [{"name": "a", "image": "a"}]}}}
    assert found("Rollout", {"replicas": 1, "strategy": canary, **pods}, custom) == ["a"]
    there = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert found("Rollout", {"workloadRef": there, "strategy": canary}, custom) == []
    with pytest.raises(NotCoveredError):
        found("Rollout", {"workloadRef": there, "sidecar": {"image": "evil"}}, custom)


@BOTH
def test_workflows_of_containers_scripts_and_graphs(custom: dict[str, list[str]]) -> None:
    graph = {"name": "main", "dag": {"tasks": [{"name": "x", "template": "x"}]}}
    script = {"name": "x", "script": {"image": "s", "command": ["sh"], "source": "id"}}
    container = {"name": "y", "container": {"image": "c", "imagePullPolicy": "Always"}}
    spec = {"entrypoint": "main", "imagePullSecrets": [{"name": "s"}]}
    assert found("Workflow", {**spec, "templates": [graph]}, custom) == []
    assert found("Workflow", {**spec, "templates": [graph, script]}, custom) == ["s"]
    assert found("Workflow", {**spec, "templates": [container, script]}, custom) == ["c", "s"]
    for task in ({"inline": {"container": {"image": "evil"}}}, {"inline": script}):
        hidden = {"name": "main", "dag": {"tasks": [{"name": "x", **task}]}}
        with pytest.raises(NotCoveredError, match="inline"):
            found("Workflow", {**spec, "templates": [hidden]}, custom)


def test_workflows_with_every_other_place_of_an_image() -> None:
    custom = of_the_service()
    reference = {"workflowTemplateRef": {"name": "nightly"}}
    assert found("Workflow", reference, custom) == []
    beside = {"initContainers": [{"name": "i", "image": "i"}], "sidecars": [{"image": "b"}]}
    several = {"containerSet": {"containers": [{"name": "k", "image": "k"}]}}
    spec = {"entrypoint": "x", "templates": [{"container": {"image": "c"}, **beside}, several]}
    assert sorted(found("Workflow", spec, custom)) == ["b", "c", "i", "k"]
