"""containerd asks the verifier about every pull: what is not signed does not come in."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from interop import built_parts, parts
from interop.gate_service import policy, silent_server
from interop.images import MANIFEST, Registry, image, sha256
from interop.processes import Ran, run
from interop.simulated import Simulated
from interop.trust_stack import START_TIMEOUT_S, TrustStack, TufServer

INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
VERIFIER = Path(sys.executable).with_name("contenttrust-image-verifier")


class Node(NamedTuple):
    """A machine with containerd."""

    ctr: list[str]
    env: dict[str, str]
    gun: str
    registry: Registry
    audit_log: Path
    verifiers: Path
    silent: str

    def pull(self, name: str) -> Ran:
        """Pull by the transfer service, as kubelet has it done."""
        options = ["--plain-http", "--snapshotter", "native"]
        return run([*self.ctr, "images", "pull", *options, name], self.env)

    def run(self, *arguments: str) -> Ran:
        """Run containerd's client."""
        return run([*self.ctr, *arguments], self.env)

    def asked(self) -> int:
        """How often a verifier has decided."""
        return len(self.audit_log.read_text().splitlines()) if self.audit_log.exists() else 0

    def images(self) -> str:
        """Names and digests of all images."""
        return run([*self.ctr, "images", "ls"], self.env).succeeded().out

    def forget(self) -> None:
        """Remove all images."""
        for name in run([*self.ctr, "images", "ls", "-q"], self.env).out.split():
            run([*self.ctr, "images", "rm", name], self.env).succeeded()


@pytest.fixture(scope="module")
def module_node(docker_stack: TrustStack) -> Iterator[Node]:
    """A containerd whose verifier asks a trust server."""
    daemon, client = built_parts.containerd(), built_parts.ctr()
    if os.geteuid() != 0:
        parts.skip("containerd needs root")
    assert VERIFIER.is_file(), "the package is to be installed anew: it has another program now"
    folder = Path(tempfile.mkdtemp(prefix="ct-node-"))  # paths of sockets are short
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        server = TufServer(docker_stack, folder)
        stack.callback(server.close)
        registry = Registry(docker_stack.registry)
        signed = Simulated(server, registry, "nodes/web", folder / "web")
        signed.tag("1", "first")
        index = _index()
        registry.push("nodes/web", image("first"))
        registry.put("nodes/web", index, INDEX, tag="many")
        signed.repo["targets"].targets["many"] = _entry(index)
        signed.publish()
        registry.push("nodes/web", image("evil"), tag="unsigned")
        silent = f"{docker_stack.registry}/silent/"
        policy(folder, docker_stack, server.url, **{silent: stack.enter_context(silent_server())})
        registry.push("silent/web", image("first"), tag="1")
        verifiers = folder / "verifiers"
        verifiers.mkdir()
        (verifiers / "contenttrust").symlink_to(VERIFIER)
        env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "CONTENTTRUST_POLICY": str(folder / "trust-policy.yaml"),
            "CONTENTTRUST_AUDIT_LOG": str(folder / "audit.jsonl"),
        }
        socket = stack.enter_context(_containerd(daemon, folder, verifiers, env))
        ctr = [str(client), "--address", socket]
        yield Node(ctr, env, signed.gun, registry, folder / "audit.jsonl", verifiers, silent)


@pytest.fixture
def node(module_node: Node) -> Node:
    """The same with no images, and with the tag as it was signed."""
    module_node.forget()
    module_node.registry.push("nodes/web", image("first"), tag="1")
    return module_node


def _index() -> bytes:
    made = image("first")
    entry = {
        "mediaType": MANIFEST,
        "size": made.size,
        "digest": made.digest,
        "platform": {"architecture": "amd64", "os": "linux"},
    }
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()


def _entry(document: bytes) -> dict[str, object]:
    digest = bytes.fromhex(sha256(document).removeprefix("sha256:"))
    return {"hashes": {"sha256": base64.b64encode(digest).decode()}, "length": len(document)}


@contextlib.contextmanager
def _containerd(program: Path, folder: Path, verifiers: Path, env: dict[str, str]) -> Iterator[str]:
    socket = folder / "c.sock"
    config = folder / "config.toml"
    config.write_text(
        f"""\
version = 3
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images",
                    "io.containerd.cri.v1.runtime", "io.containerd.nri.v1.nri"]
[grpc]
  address = "{socket}"
[ttrpc]
  address = "{socket}.ttrpc"
[plugins."io.containerd.image-verifier.v1.bindir"]
  bin_dir = "{verifiers}"
  max_verifiers = 10
  per_verifier_timeout = "10s"
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
  platform = "linux/amd64"
  snapshotter = "native"
"""
    )
    log = folder / "containerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(program), "--config", str(config)], stdout=output, stderr=output, env=env
        )
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not socket.exists():
                assert process.poll() is None, log.read_text()[-2000:]
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                time.sleep(0.05)
            yield str(socket)
        finally:
            process.terminate()
            process.wait()


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
