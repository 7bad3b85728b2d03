"""containerd asks the verifier about every pull: what is not signed does not come in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from interop.containerd_node import VERIFIER, Node, containerd_node
from interop.images import image
from interop.trust_stack import TrustStack


@pytest.fixture(scope="module")
def module_node(docker_stack: TrustStack) -> Iterator[Node]:
    """A containerd whose verifier asks a trust server."""
    with containerd_node(docker_stack) as made:
        yield made


@pytest.fixture
def node(module_node: Node) -> Node:
    """The same with no images, and with the tag as it was signed."""
    module_node.forget()
    module_node.registry.push("nodes/web", image("first"), tag="1")
    return module_node


@pytest.mark.parametrize("tag", ["1", "many"])
def test_signed_image_is_pulled(node: Node, tag: str) -> None:
    node.pull(f"{node.gun}:{tag}").succeeded()
    assert f"{node.gun}:{tag}" in node.images()


def test_signed_digest_is_pulled(node: Node) -> None:
    node.pull(f"{node.gun}@{image('first').digest}").succeeded()


@pytest.mark.parametrize("name", [":unsigned", f"@{image('evil').digest}"])
def test_unsigned_image_is_not_pulled(node: Node, name: str) -> None:
    ran = node.pull(f"{node.gun}{name}")
    assert ran.code != 0
    assert "not_signed" in ran.said
    assert "contenttrust" in ran.said
    assert image("evil").digest not in node.images()


def test_t089_registry_that_moves_the_tag_does_not_win(node: Node) -> None:
    node.registry.push("nodes/web", image("evil"), tag="1")
    ran = node.pull(f"{node.gun}:1")
    assert ran.code != 0
    assert "digest_mismatch" in ran.said
    assert image("evil").digest not in node.images()


def test_image_that_no_rule_speaks_of_is_not_pulled(node: Node) -> None:
    other = node.gun.replace("localhost", "127.0.0.1")
    assert "policy" in node.pull(f"{other}:1").said
    assert node.images().count("\n") <= 1


def test_t110_trust_server_that_is_silent_is_a_refusal_that_says_so(node: Node) -> None:
    ran = node.pull(f"{node.silent}web:1")
    assert ran.code != 0
    assert "contenttrust: " in ran.said
    assert node.images().count("\n") <= 1


def test_decisions_are_written_down(node: Node) -> None:
    node.pull(f"{node.gun}:1")
    last = json.loads(node.audit_log.read_text().splitlines()[-1])
    assert (last["door"], last["verdict"]) == ("containerd", "allow")


def test_folder_without_a_verifier_lets_everything_in_as_the_guide_says(node: Node) -> None:
    verifier = node.verifiers / "contenttrust"
    verifier.unlink()
    try:
        node.pull(f"{node.gun}:unsigned").succeeded()
    finally:
        verifier.symlink_to(VERIFIER)
    assert node.pull(f"{node.gun}:unsigned").code != 0


LOCALLY = ("images", "pull", "--local", "--plain-http", "--snapshotter", "native")


def test_client_that_fetches_by_itself_asks_nobody(node: Node) -> None:
    asked = node.asked()
    node.run(*LOCALLY, f"{node.gun}:unsigned").succeeded()
    assert image("evil").digest in node.images()
    assert node.asked() == asked
    assert node.pull(f"{node.gun}:unsigned").code != 0
    assert node.asked() == asked + 1


def test_image_that_is_there_is_used_without_a_question(node: Node) -> None:
    name = f"{node.gun}:unsigned"
    node.run(*LOCALLY, name).succeeded()
    asked = node.asked()
    node.run("containers", "create", "--snapshotter", "native", name, "there").succeeded()
    try:
        assert name in node.run("containers", "ls").succeeded().out
    finally:
        node.run("containers", "rm", "there").succeeded()
    assert node.asked() == asked


def test_image_of_an_archive_is_imported_without_a_question(node: Node, tmp_path: Path) -> None:
    name, archive = f"{node.gun}:unsigned", str(tmp_path / "image.tar")
    node.run(*LOCALLY, name).succeeded()
    node.run("images", "export", archive, name).succeeded()
    node.forget()
    asked = node.asked()
    node.run("images", "import", "--snapshotter", "native", archive).succeeded()
    assert image("evil").digest in node.images()
    assert node.asked() == asked


def test_what_a_kubelet_pulls_is_signed(node: Node) -> None:
    refused = node.crictl("pull", f"{node.gun}:unsigned")
    assert refused.code != 0
    assert "not_signed" in refused.said
    node.crictl("pull", f"{node.gun}:1").succeeded()
    node.registry.push("nodes/web", image("evil"), tag="1")
    assert "digest_mismatch" in node.crictl("pull", f"{node.gun}:1").said


def test_what_a_kubelet_pulls_is_not_asked_about_where_containerd_pulls_by_itself(
    docker_stack: TrustStack,
) -> None:
    with containerd_node(docker_stack, local_pull=True) as node:
        node.crictl("pull", f"{node.gun}:unsigned").succeeded()
        assert node.asked() == 0
