"""An API server of Kubernetes with its etcd, and nothing else: objects are admitted and stored."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from interop import built_parts, parts
from interop.processes import Ran, run
from interop.trust_stack import START_TIMEOUT_S, free_ports, wait_until_listening

_TOKEN = "the-admin-of-the-tests"


class Answer:
    """What the API server says to one request."""

    def __init__(self, status: int, document: Any, warnings: list[str]) -> None:
        self.status = status
        self.document = document
        self.warnings = warnings

    @property
    def message(self) -> str:
        """Why a request was refused."""
        return str(self.document.get("message", ""))

    def __str__(self) -> str:
        return f"{self.status}: {json.dumps(self.document)[:2000]}"


class Cluster:
    """A running API server."""

    def __init__(self, port: int, authority: Path) -> None:
        """Ask the server at that port, which has a certificate of its own."""
        self._url = f"https://127.0.0.1:{port}"
        self._context = ssl.create_default_context(cafile=str(authority))
        self._authority = authority

    def kubectl(self, *arguments: str | Path, cwd: Path) -> Ran:
        """Run `kubectl` as an administrator."""
        if parts.missing("kubectl"):
            parts.skip("not on PATH: kubectl")
        command = ["kubectl", "--server", self._url, "--token", _TOKEN]
        command += ["--certificate-authority", str(self._authority), *map(str, arguments)]
        env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(cwd)}
        return run(command, env, cwd=cwd)

    def post(self, path: str, document: Mapping[str, Any]) -> Answer:
        """Create an object."""
        return self.ask("POST", path, document)

    def ask(
        self,
        method: str,
        path: str,
        document: Mapping[str, Any] | None = None,
        kind: str = "application/json",
    ) -> Answer:
        """One request, as an administrator."""
        request = urllib.request.Request(
            f"{self._url}{path}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {_TOKEN}", "Content-Type": kind},
        )
        try:
            with urllib.request.urlopen(request, timeout=60, context=self._context) as answer:
                warnings = answer.headers.get_all("Warning") or []
                return Answer(answer.status, json.load(answer), warnings)
        except urllib.error.HTTPError as error:
            with error:
                warnings = error.headers.get_all("Warning") or []
                return Answer(error.code, json.load(error), warnings)

    def install(self, documents: list[dict[str, Any]], *, url: str, ca: str) -> None:
        """Install webhook configurations, those of the service at `url`, and wait for them."""
        for document in documents:
            for webhook in document["webhooks"]:
                path = webhook["clientConfig"].pop("service")["path"]
                webhook["clientConfig"] = {
                    "url": url + path,
                    "caBundle": base64.b64encode(Path(ca).read_bytes()).decode(),
                }
            kind = document["kind"].lower() + "s"
            made = self.post(f"/apis/admissionregistration.k8s.io/v1/{kind}", document)
            assert made.status == 201, str(made)

    def wait_until_refused(self, document: Mapping[str, Any]) -> None:
        """Wait until the webhooks are in force: the API server takes note of them in a while."""
        path = "/api/v1/namespaces/default/pods?dryRun=All"
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.post(path, document).status == 201:
            assert time.monotonic() < deadline, "the webhooks are not asked"
            time.sleep(0.05)


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster without nodes for the time of a `with` statement."""
    server = built_parts.kube_apiserver()
    if shutil.which("etcd") is None:
        parts.skip("not on PATH: etcd")
    folder = Path(tempfile.mkdtemp(prefix="ct-cluster-"))
    port, etcd_port, peer_port = free_ports(3)
    try:
        with contextlib.ExitStack() as processes:
            etcd = [
                *("etcd", "--data-dir", str(folder / "etcd")),
                *("--listen-client-urls", f"http://127.0.0.1:{etcd_port}"),
                *("--advertise-client-urls", f"http://127.0.0.1:{etcd_port}"),
                *("--listen-peer-urls", f"http://127.0.0.1:{peer_port}"),
            ]
            processes.enter_context(_running(etcd, folder / "etcd.log", etcd_port))
            command = [str(server), *_options(folder, port, etcd_port)]
            processes.enter_context(_running(command, folder / "apiserver.log", port))
            made = Cluster(port, folder / "certs" / "apiserver.crt")
            _wait_until_ready(made, folder / "apiserver.log")
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _options(folder: Path, port: int, etcd_port: int) -> list[str]:
    key = folder / "sa.key"
    tokens = folder / "tokens.csv"
    tokens.write_text(f"{_TOKEN},admin,admin,system:masters\n")
    for command in (
        ["openssl", "genrsa", "-out", str(key), "2048"],
        ["openssl", "rsa", "-in", str(key), "-pubout", "-out", f"{key}.pub"],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return [
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--service-account-issuer=https://tests",
        f"--service-account-key-file={key}.pub",
        f"--service-account-signing-key-file={key}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        f"--cert-dir={folder / 'certs'}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--disable-admission-plugins=ServiceAccount",
        "--feature-gates=ImageVolume=true",
    ]


@contextlib.contextmanager
def _running(command: list[str], log: Path, port: int) -> Iterator[None]:
    env = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(log.parent)}
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=log.parent)
        try:
            wait_until_listening(process, port)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_until_ready(made: Cluster, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        with contextlib.suppress(OSError, ValueError):
            if made.ask("GET", "/api/v1/namespaces/default").status == 200:
                return
        assert time.monotonic() < deadline, log.read_text()[-2000:]
        time.sleep(0.1)
