"""A cluster whose API server asks a gate, which asks a trust server, as the guide installs them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from interop.cluster import Answer, Cluster, cluster
from interop.gate_service import Running, gate_service, policy, silent_server
from interop.images import Registry, image
from interop.simulated import Simulated
from interop.trust_stack import TrustStack, TufServer
from servers.certificates import Authority

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "gate_kubernetes.md"
PODS = "/api/v1/namespaces/default/pods"
PATCH = "application/strategic-merge-patch+json"


class GatedCluster(NamedTuple):
    """The cluster, the gate, and images to start."""

    cluster: Cluster
    service: Running
    signed: Simulated
    registry: Registry
    silent: str

    @property
    def good(self) -> str:
        """An image that is signed, by its tag."""
        return f"{self.signed.gun}:1"

    @property
    def bad(self) -> str:
        """An image that is not."""
        return f"{self.signed.gun}:unsigned"

    @property
    def pinned(self) -> str:
        """The image that is signed, by its digest."""
        return f"{self.signed.gun}@{self.signed.digests['first']}"


def shipped(name: str) -> list[dict[str, Any]]:
    """The documents of a manifest of the guide."""
    return list(YAML(typ="safe").load_all(GUIDE.with_name("kubernetes") / name))


@contextlib.contextmanager
def gated_cluster(
    folder: Path, docker_stack: TrustStack, *, rules: Sequence[Any] = (), **settings: Any
) -> Iterator[GatedCluster]:
    """A cluster with the webhooks as they are shipped.

    Args:
        folder: For the gate; is made.
        docker_stack: Its registry.
        rules: More rules of both webhooks.
        settings: More members of the gate's configuration.
    """
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        kubernetes = stack.enter_context(cluster())
        server = TufServer(docker_stack, folder)
        stack.callback(server.close)
        registry = Registry(docker_stack.registry)
        signed = Simulated(server, registry, "admission/web", folder / "web")
        signed.tag("1", "first")
        signed.publish()
        registry.push("admission/web", image("first"), tag="1")
        registry.push("admission/web", image("evil"), tag="unsigned")
        silent = "silent.example/"
        warned = f"{docker_stack.registry}/warned/"
        _only_warn(
            policy(
                folder,
                docker_stack,
                server.url,
                **{silent: stack.enter_context(silent_server()), warned: server.url},
            ),
            warned,
        )
        authority = Authority(folder)
        certificate, key = authority.issue()
        service = stack.enter_context(
            gate_service(
                folder,
                listen="localhost:0",
                certificate=certificate,
                key=key,
                deadline="3s",
                **settings,
            )
        )
        made = GatedCluster(kubernetes, service, signed, registry, silent)
        documents = shipped("webhooks.yaml")
        for document in documents:
            for webhook in document["webhooks"]:
                webhook["rules"].extend(rules)
        kubernetes.install(documents, url=f"https://{service.address}", ca=authority.ca_file)
        kubernetes.wait_until_refused(pod("probe", made.bad))
        yield made


def _only_warn(policy: Path, prefix: str) -> None:
    """Have the rule for a prefix let through what it would refuse."""
    document = json.loads(policy.read_text())
    [rule] = [one for one in document["rules"] if one["match"].startswith(prefix)]
    rule["mode"] = "warn"
    policy.write_text(json.dumps(document))


def pod(name: str, *images: str) -> dict[str, Any]:
    """A pod with a container for each image."""
    containers = [{"name": f"c{index}", "image": one} for index, one in enumerate(images)]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": containers},
    }


def assert_denied(answer: Answer, *words: str) -> None:
    """That the gate has refused, with these words."""
    assert answer.status == 403, str(answer)
    for word in ("contenttrust", *words):
        assert word in answer.message
