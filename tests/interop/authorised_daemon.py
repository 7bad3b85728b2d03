"""A dockerd of its own that asks an authorization plugin about every request, once it is told to.

What it holds by then has come without a question.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from interop.built_parts import buildx
from interop.daemon import _UnixConnection
from interop.parts import docker
from interop.processes import Ran, run
from interop.trust_stack import START_TIMEOUT_S

PLUGINS = Path("/run/docker/plugins")
"""Where dockerd looks for sockets of plugins; there is no option for another place."""


class AuthorisedDaemon:
    """dockerd behind a plugin, by its client and by its API."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        """The daemon whose files are in that folder."""
        self.socket = folder / "docker.sock"
        self.client = str(docker())
        self._folder = folder
        self._process = process
        self._env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "DOCKER_HOST": f"unix://{self.socket}",
        }

    def __call__(self, *arguments: str, stdin: str = "") -> Ran:
        """One docker command, without content trust."""
        return run([self.client, *arguments], self._env, stdin=stdin)

    @contextlib.contextmanager
    def builder(self, kit: str) -> Iterator[None]:
        """Have clients build by BuildKit, with buildx where they want it, or by the classic one."""
        plugins = self._folder / ".docker" / "cli-plugins"
        plugins.mkdir(parents=True, exist_ok=True)
        link = plugins / "docker-buildx"
        link.symlink_to(buildx())
        self._env["DOCKER_BUILDKIT"] = "1" if kit == "BuildKit" else "0"
        try:
            yield
        finally:
            link.unlink()
            del self._env["DOCKER_BUILDKIT"]

    def authorise(self, plugin: str) -> None:
        """Have it ask that plugin from now on."""
        told = json.dumps({"authorization-plugins": [plugin]})
        self._folder.joinpath("daemon.json").write_text(told)
        self._process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.ask("POST", "/containers/create")[0] != http.HTTPStatus.FORBIDDEN:
            assert time.monotonic() < deadline, "waited in vain for the plugin"
            time.sleep(0.05)

    def ask(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        """One request, exactly as it is given; the status and what was said."""
        connection = _UnixConnection(str(self.socket))
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            with contextlib.suppress(BrokenPipeError):  # refused before all of it was read
                connection.request(method, path, body, named)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def send(self, path: str, headers: list[tuple[str, str]], body: bytes) -> tuple[int, str]:
        """One POST with headers and body exactly as they are given."""
        connection = _UnixConnection(str(self.socket))
        try:
            connection.putrequest("POST", path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def create(self, image: str, **members: Any) -> tuple[int, str]:
        """Create a container by the API."""
        body = json.dumps({"Image": image, **members}).encode()
        return self.ask("POST", "/v1.41/containers/create", body, Content_Type="application/json")


@contextlib.contextmanager
def authorised_daemon() -> Iterator[AuthorisedDaemon]:
    """Run dockerd for the time of a `with` statement."""
    folder = Path(tempfile.mkdtemp(prefix="ct-authz-"))
    exec_root = folder / "exec"
    folder.joinpath("daemon.json").write_text("{}")
    command = [
        *("dockerd", f"--config-file={folder / 'daemon.json'}"),
        *("--storage-driver=vfs", f"--data-root={folder / 'data'}"),
        *(f"--exec-root={exec_root}", f"--pidfile={folder / 'pid'}"),
        *("-H", f"unix://{folder / 'docker.sock'}", "--bridge=none"),
        *("--iptables=false", "--ip6tables=false"),
    ]
    log = folder / "log"
    try:
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
            try:
                made = AuthorisedDaemon(folder, process)
                _wait(made, process, log)
                yield made
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
                process.wait()
    finally:
        # dockerd leaves mounts below its exec-root.
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in reversed([one for one in mounts if one.startswith(str(folder))]):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(made: AuthorisedDaemon, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        assert process.poll() is None, log.read_text()[-2000:]
        with contextlib.suppress(OSError, http.client.HTTPException):
            if made.ask("GET", "/_ping")[0] == http.HTTPStatus.OK:
                return
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.05)
