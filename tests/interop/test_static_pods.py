"""What a kubelet starts without asking an API server, and what its containerd still asks about."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.containerd_node import VERIFIER, Node, containerd_node
from interop.kubelet import static_pods
from interop.runnable import runnable, waiting
from interop.trust_stack import START_TIMEOUT_S, TrustStack


@pytest.fixture(scope="module")
def node(docker_stack: TrustStack) -> Iterator[Node]:
    """A machine with images that can be started, signed and not."""
    with containerd_node(docker_stack) as made:
        made.sign("pause", waiting())
        made.sign("run", runnable("static signed"))
        made.registry.push("nodes/web", runnable("static unsigned"), tag="run-unsigned")
        yield made


@pytest.fixture(scope="module")
def manifests(node: Node) -> Iterator[Path]:
    """The folder of static pods."""
    with static_pods(node) as made:
        yield made


def start(manifests: Path, name: str, image: str) -> None:
    """Put a pod into the folder. Its container ends at once, and is started again."""
    container = {"name": "c", "image": image, "imagePullPolicy": "IfNotPresent"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"hostNetwork": True, "containers": [container]},
    }
    made = manifests / f".{name}"
    made.write_text(json.dumps(pod))
    made.replace(manifests / f"{name}.yaml")


def starts(node: Node, name: str) -> int:
    """How often the container of a static pod was started, as containerd knows it."""
    told = json.loads(node.crictl("ps", "--all", "--output", "json").succeeded().out)
    return max(
        (
            one["metadata"]["attempt"] + 1
            for one in told["containers"]
            if one["labels"]["io.kubernetes.pod.name"] == f"{name}-node"
        ),
        default=0,
    )


def wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not reached():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.2)


def refusals(node: Node, image: str) -> int:
    """How often the verifier has refused an image."""
    lines = [json.loads(line) for line in node.audit_log.read_text().splitlines()]
    return sum(one["image"].startswith(image) and one["verdict"] == "deny" for one in lines)


def test_container_that_a_kubelet_starts_again_is_not_asked_about(
    node: Node, manifests: Path
) -> None:
    start(manifests, "signed", f"{node.gun}:run")
    wait_until(lambda: starts(node, "signed") > 0, "the first start")
    asked, before = node.asked(), starts(node, "signed")
    del node.signed.repo["targets"].targets["run"]
    node.signed.publish("targets")  # which is signed no more
    wait_until(lambda: starts(node, "signed") > before, "another start")
    assert node.asked() == asked


def test_static_pod_is_asked_about_by_containerd_alone(node: Node, manifests: Path) -> None:
    image = f"{node.gun}:run-unsigned"
    start(manifests, "refused", image)
    wait_until(lambda: refusals(node, image) > 0, "a refusal")
    assert starts(node, "refused") == 0

    verifier = node.verifiers / "contenttrust"
    verifier.unlink()
    try:
        start(manifests, "unasked", image)
        wait_until(lambda: starts(node, "unasked") > 0, "a start")
    finally:
        verifier.symlink_to(VERIFIER)
