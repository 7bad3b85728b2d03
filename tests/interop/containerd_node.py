"""A machine with containerd, which asks the verifier, which asks a trust server."""

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

from interop import built_parts, parts
from interop.gate_service import policy, silent_server
from interop.images import MANIFEST, Image, Registry, image, sha256
from interop.processes import Ran, run
from interop.simulated import Simulated
from interop.trust_stack import START_TIMEOUT_S, TrustStack, TufServer

INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
VERIFIER = Path(sys.executable).with_name("contenttrust-image-verifier")


class Node(NamedTuple):
    """A machine with containerd."""

    ctr: list[str]
    env: dict[str, str]
    signed: Simulated
    gun: str
    registry: Registry
    audit_log: Path
    verifiers: Path
    silent: str

    def pull(self, name: str) -> Ran:
        """Pull by the transfer service."""
        options = ["--plain-http", "--snapshotter", "native"]
        return run([*self.ctr, "images", "pull", *options, name], self.env)

    @property
    def socket(self) -> str:
        """Where containerd is asked."""
        return f"unix://{self.ctr[self.ctr.index('--address') + 1]}"

    def crictl(self, *arguments: str) -> Ran:
        """Ask as a kubelet does: by containerd's interface for it."""
        ends = ["--runtime-endpoint", self.socket, "--image-endpoint", self.socket]
        return run([str(built_parts.crictl()), *ends, *arguments], self.env)

    def sign(self, tag: str, made: Image) -> None:
        """Upload an image, and sign it under one tag more."""
        self.registry.push("nodes/web", made, tag=tag)
        self.signed.repo["targets"].targets[tag] = _entry(made.manifest)
        self.signed.publish("targets")

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


@contextlib.contextmanager
def containerd_node(docker_stack: TrustStack, *, local_pull: bool = False) -> Iterator[Node]:
    """A machine for the time of a `with` statement.

    Args:
        docker_stack: With the registry.
        local_pull: Whether containerd is to pull by itself what a kubelet wants.
    """
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
        config = _config(folder, verifiers, f"{signed.gun}:pause", local_pull=local_pull)
        socket = stack.enter_context(_containerd(daemon, folder, config, env))
        ctr = [str(client), "--address", socket]
        yield Node(
            ctr, env, signed, signed.gun, registry, folder / "audit.jsonl", verifiers, silent
        )


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


def _config(folder: Path, verifiers: Path, sandbox: str, *, local_pull: bool) -> str:
    """A configuration of containerd; a kubelet's pods begin with the image `sandbox`."""
    return f"""\
version = 3
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "{folder}/c.sock"
[ttrpc]
  address = "{folder}/c.sock.ttrpc"
[plugins."io.containerd.image-verifier.v1.bindir"]
  bin_dir = "{verifiers}"
  max_verifiers = 10
  per_verifier_timeout = "10s"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "native"
  use_local_image_pull = {str(local_pull).lower()}
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{sandbox}"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
[[plugins."io.containerd.transfer.v1.local".unpack_config]]
  platform = "linux/amd64"
  snapshotter = "native"
"""


@contextlib.contextmanager
def _containerd(program: Path, folder: Path, config: str, env: dict[str, str]) -> Iterator[str]:
    socket, file = folder / "c.sock", folder / "config.toml"
    file.write_text(config)
    log = folder / "containerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(program), "--config", str(file)], stdout=output, stderr=output, env=env
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
