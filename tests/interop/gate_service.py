"""The gate as a service, run as its users run it: a process with a configuration and a policy."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interop.trust_stack import TrustStack

CONTENTTRUST = str(Path(sys.executable).with_name("contenttrust"))


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    address: str
    process: subprocess.Popen[str]
    audit_log: Path

    def decisions(self) -> list[dict[str, Any]]:
        """What it has written down."""
        return [json.loads(line) for line in self.audit_log.read_text().splitlines()]


def policy(folder: Path, stack: TrustStack, url: str, **more: Any) -> Path:
    """Write a policy: whatever of the stack's registry is signed at that server may run.

    Args:
        folder: Where it is written.
        stack: Its registry, and the authority of the trust server.
        url: Of the trust server.
        more: Servers of other prefixes, by the prefix; their images must be signed as well.
    """
    servers = {f"{stack.registry}/": url, **more}
    document = {
        "apiVersion": "contenttrust/v1",
        "kind": "TrustPolicy",
        "metadata": {"name": "tests", "version": 1},
        "default": "deny",
        "servers": {
            prefix: {"url": server, "ca": str(stack.authority)}
            for prefix, server in servers.items()
        },
        "pins": {"**": {"tofu": "once"}},
        "rules": [{"match": f"{prefix}**", "require": {"signed": "any"}} for prefix in servers],
    }
    path = folder / "trust-policy.yaml"
    path.write_text(json.dumps(document))
    return path


@contextlib.contextmanager
def gate_service(
    folder: Path, *options: str, env: Mapping[str, str] | None = None, **settings: Any
) -> Iterator[Running]:
    """Run the service for the time of a `with` statement.

    Args:
        folder: Of its configuration and all its files; holds the policy.
        options: More options of its command line.
        env: More variables of its environment.
        settings: Members of its configuration, with `_` for `-`.
    """
    audit_log = folder / "audit.jsonl"
    told = {
        "apiVersion": "contenttrust/v1",
        "kind": "GateService",
        "policy": str(folder / "trust-policy.yaml"),
        "trust-dir": str(folder / "trust"),
        "audit-log": str(audit_log),
        **{name.replace("_", "-"): value for name, value in settings.items()},
    }
    configuration = folder / "gate.yaml"
    configuration.write_text(json.dumps(told))
    with (folder / "gate.log").open("w") as log:
        process = subprocess.Popen(
            [CONTENTTRUST, "serve", "gate", "--config", str(configuration), *options],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), **(env or {})},
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            first = process.stdout.readline()
            assert first, (folder / "gate.log").read_text()
            assert process.stdout.readline() == "contenttrust: ready\n"
            address = first.removeprefix("contenttrust: listening on ").strip()
            yield Running(address, process, audit_log)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """A server that takes every connection and never says a word; gives its URL."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(512)
        yield f"https://localhost:{listening.getsockname()[1]}"
