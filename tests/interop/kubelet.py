"""A kubelet without an API server: what it starts are static pods."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from interop import built_parts, parts
from interop.containerd_node import Node
from interop.trust_stack import free_ports

_SETTINGS = {"vm/overcommit_memory": 1, "kernel/panic_on_oops": 1, "kernel/panic": 10}
"""What a kubelet makes of the kernel's settings: it finds them so, and changes nothing."""
_PREPARED = 'mount -t tmpfs none /var/lib && {}exec "$@"'


@contextlib.contextmanager
def static_pods(node: Node) -> Iterator[Path]:
    """Run a kubelet for the time of a `with` statement; gives its folder for manifests."""
    program = built_parts.kubelet()
    if lacking := parts.missing("runc", "unshare", "containerd-shim-runc-v2"):
        parts.skip(f"not on PATH: {', '.join(lacking)}")
    folder = Path(tempfile.mkdtemp(prefix="ct-kubelet-"))
    manifests = folder / "manifests"
    manifests.mkdir()
    file = folder / "kubelet.yaml"
    file.write_text(json.dumps(_configuration(folder, node.socket)))
    command = [
        *("unshare", "--mount", "sh", "-c", _in_a_namespace(folder), "sh", str(program)),
        *("--config", str(file), "--root-dir", str(folder / "root")),
        *("--cert-dir", str(folder / "certs"), "--hostname-override", "node"),
    ]
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env)
    try:
        yield manifests
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
    finally:
        process.terminate()
        process.wait()
        node.crictl("rmp", "--all", "--force")
        shutil.rmtree(folder, ignore_errors=True)


def _in_a_namespace(folder: Path) -> str:
    """The script that starts a kubelet where it sees other files than the rest of the machine."""
    mounts = ""
    for name, value in _SETTINGS.items():
        file = folder / name.replace("/", "-")
        file.write_text(f"{value}\n")
        mounts += f"mount --bind {file} /proc/sys/{name} && "
    return _PREPARED.format(mounts)


def _configuration(folder: Path, socket: str) -> dict[str, object]:
    [port] = free_ports(1)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"webhook": {"enabled": False}, "anonymous": {"enabled": True}},
        "authorization": {"mode": "AlwaysAllow"},
        "address": "127.0.0.1",
        "port": port,
        "healthzPort": 0,
        "containerRuntimeEndpoint": socket,
        "staticPodPath": str(folder / "manifests"),
        "fileCheckFrequency": "1s",
        "podLogsDir": str(folder / "logs"),
        "volumePluginDir": str(folder / "plugins"),
        "cgroupDriver": "cgroupfs",
        "cgroupsPerQOS": False,
        "enforceNodeAllocatable": [],
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "oomScoreAdj": 0,
        "resolvConf": "",
        "evictionHard": {"memory.available": "1Mi"},
        "imageGCHighThresholdPercent": 100,
    }
