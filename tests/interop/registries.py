"""The original registry in its various forms: several may serve one storage."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from interop.trust_stack import STACK, free_ports, wait_until_listening

USER, PASSWORD = "admin", "password"
_HASHED = "$2b$05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu"


def asks_for_password(folder: Path) -> dict[str, Any]:
    """Says that a registry asks for user and password."""
    file = folder / "htpasswd"
    file.write_text(f"{USER}:{_HASHED}\n")
    return {"htpasswd": {"realm": "registry", "path": str(file)}}


def asks_for_token(url: str, certificate: str) -> dict[str, Any]:
    """Says that a registry asks for a token of a token server, who has that certificate."""
    realm = {"realm": f"{url}/token", "service": "registry", "issuer": "tokens"}
    return {"token": realm | {"rootcertbundle": certificate}}


@contextlib.contextmanager
def registry(
    folder: Path,
    *,
    certificate: tuple[str, str] | None = None,
    auth: dict[str, Any] | None = None,
) -> Iterator[str]:
    """A registry on a free port; gives `localhost:port`.

    Args:
        folder: For its configuration and its storage, which several may share.
        certificate: Files of its certificate and key; None for plain http.
        auth: Who is let in; None for everybody.
    """
    [port] = free_ports(1)
    http: dict[str, Any] = {"addr": f"127.0.0.1:{port}"}
    if certificate is not None:
        http["tls"] = {"certificate": certificate[0], "key": certificate[1]}
    config = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": http,
    }
    if auth is not None:
        config["auth"] = auth
    file = folder / f"registry-{port}.yml"
    file.write_text(json.dumps(config))  # which is YAML, too
    with _running(["docker-registry", "serve", str(file)], folder, port) as host:
        yield host


@contextlib.contextmanager
def token_server(folder: Path, certificate: tuple[str, str]) -> Iterator[str]:
    """A token server on a free port; gives its URL."""
    [port] = free_ports(1)
    command = [
        *(sys.executable, str(STACK / "tools" / "tokenserver.py"), "--port", str(port)),
        *("--cert", certificate[0], "--key", certificate[1], "--issuer", "tokens"),
    ]
    with _running(command, folder, port) as host:
        yield f"https://{host}"


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    with Path(folder, f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until_listening(process, port)
            yield f"localhost:{port}"
        finally:
            process.terminate()
            process.wait()
