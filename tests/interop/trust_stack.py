"""The original servers, started for a test run on free ports of the loopback interface."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

STACK = Path(__file__).with_name("stack")
PORTS = ("REGISTRY_PORT", "NOTARY_PORT", "SIGNER_PORT", "PROXY_PORT", "TOKEN_PORT")
START_TIMEOUT_S = 90
PORT_TAKEN = 5
"""Exit code of `up`."""
ATTEMPTS = 3


class TrustStack:
    """A running stack; see `stack/README.md`."""

    def __init__(self, folder: Path, ports: dict[str, int], *, with_proxy: bool) -> None:
        """Describe a stack that was started there."""
        self.folder = folder
        self.registry = f"localhost:{ports['REGISTRY_PORT']}"
        self.host = f"localhost:{ports['PROXY_PORT' if with_proxy else 'NOTARY_PORT']}"
        self.url = f"https://{self.host}"
        self.authority = folder / "tls" / "ca.crt"
        self.docker_host = f"unix://{folder}/docker.sock"
        self._exchanges = folder / "log" / "http.jsonl"

    def exchanges(self) -> list[dict[str, Any]]:
        """What went through the proxy, in the order in which it was answered."""
        if not self._exchanges.exists():
            return []
        return [json.loads(line) for line in self._exchanges.read_text().splitlines()]

    def end(self, name: str) -> None:
        """End one process of the stack, such as `server`, and wait until it is gone."""
        pids = dict(line.split()[::-1] for line in (self.folder / "pids").read_text().splitlines())
        os.kill(int(pids[name]), signal.SIGTERM)
        port = int(self.host.rpartition(":")[2])
        _wait_until(lambda: not _listens(port), f"{name} to end")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until(reached: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not reached():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Wait for a server that was started; it must not end meanwhile."""
    _wait_until(lambda: process.poll() is not None or _listens(port), f"port {port}")
    assert process.poll() is None, f"{process.args!r} ended"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on at this moment."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextlib.contextmanager
def running(*options: str, **settings: str) -> Iterator[TrustStack]:
    """A stack with these options of `up`, and its variables set so; ended and removed afterwards.

    Its folder is directly below the directory for temporary files: paths of UNIX sockets are short.
    """
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    try:
        ports = _started(folder, options, settings)
        yield TrustStack(folder, ports, with_proxy="--proxy" in options)
    finally:
        subprocess.run(
            [STACK / "down", "--dir", folder, "--wipe"],
            check=False, capture_output=True, timeout=START_TIMEOUT_S,
        )  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)


def _started(folder: Path, options: Sequence[str], settings: Mapping[str, str]) -> dict[str, int]:
    """Start the stack, and again if somebody took one of its ports in between."""
    for attempt in range(ATTEMPTS):
        ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        env = {
            **os.environ,
            **settings,
            **{name: str(port) for name, port in ports.items()},
            "PYTHON": sys.executable,
        }
        started = subprocess.run(
            [STACK / "up", "--dir", folder, *options],
            check=False, env=env, capture_output=True, text=True, timeout=START_TIMEOUT_S,
        )  # fmt: skip
        if started.returncode != PORT_TAKEN or attempt == ATTEMPTS - 1:
            assert started.returncode == 0, started.stderr
            break
    return ports


class TufServer:
    """Serves files from folders, as a trust server would; with the certificate of a stack."""

    def __init__(self, stack: TrustStack, folder: Path, *, port: int | None = None) -> None:
        """Serve nothing yet, at a port or at any that is free."""
        port = port or free_ports(1)[0]
        self.host = f"localhost:{port}"
        self.url = f"https://{self.host}"
        self._map = folder / "guns.json"
        self._folders: dict[str, str] = {}
        self._map.write_text("{}")
        tls = stack.folder / "tls"
        self._process = subprocess.Popen(
            [
                *(sys.executable, STACK / "tools" / "tufserve.py", "--port", str(port)),
                *("--cert", tls / "server.crt", "--key", tls / "server.key"),
                *("--gun-map", self._map, folder),
            ]
        )
        _wait_until(lambda: self._process.poll() is not None or _listens(port), "tufserve.py")
        assert self._process.poll() is None, "tufserve.py ended"

    def serve(self, gun: str, folder: Path) -> None:
        """Answer requests for that collection from `folder`/tuf."""
        self._folders[gun] = str(folder)
        new = self._map.with_suffix(".new")
        new.write_text(json.dumps(self._folders))
        new.replace(self._map)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
