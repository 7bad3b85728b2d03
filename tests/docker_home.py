"""A user's home directory with Docker's configuration, and programs that keep credentials."""

from __future__ import annotations

import base64
import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from contenttrust.transport.credentials import Credentials, credentials_of

HOST = "registry.example.com:5000"
HUB = "https://index.docker.io/v1/"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


class DockerHome:
    """What `credentials_of` sees of a user; nothing of the real one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bin = path / "bin"
        self.bin.mkdir()
        self.config = path / ".docker" / "config.json"
        self.config.parent.mkdir()
        self.env = {"HOME": str(path), "PATH": str(self.bin)}

    def write(self, config: object) -> None:
        """Write `config.json`, from a text as it stands or from what JSON can say."""
        self.config.write_text(config if isinstance(config, str) else json.dumps(config))

    def log_in(self, host: str, login: str) -> None:
        """Write a `config.json` with one entry, ``user:password``."""
        self.write({"auths": {host: {"auth": b64(login)}}})

    def install(self, name: str, *lines: str, folder: Path | None = None) -> None:
        """Put a program on PATH, or into another folder: lines of Python behind a few imports."""
        program = (folder or self.bin) / name
        source = program.with_suffix(".py")
        source.write_text("\n".join(["import json, os, sys, time", *lines]))
        command = shlex.join([sys.executable, "-IS", str(source)])
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)

    def keep(self, name: str, logins: Mapping[str, tuple[str, str]]) -> None:
        """Install a credential store that keeps user names and secrets by server."""
        self.install(
            f"docker-credential-{name}",
            f"kept = {dict(logins)!r}",
            "server = sys.stdin.read()",
            "if sys.argv[1:] != ['get']: sys.exit(9)",
            "if server not in kept:",
            "    print('credentials not found in native keychain')",
            "    sys.exit(1)",
            "user, secret = kept[server]",
            "print(json.dumps({'ServerURL': server, 'Username': user, 'Secret': secret}))",
        )

    def find(self, host: str = HOST, **env: str) -> Credentials | None:
        """Look for credentials, with some more environment variables."""
        return credentials_of(host, env=self.env | env, gun=f"{host}/team/web", server_named=True)


def values(credentials: Credentials | None) -> tuple[str, str, bool] | None:
    """What credentials consist of, for comparing."""
    if credentials is None:
        return None
    return credentials.username, credentials.secret, credentials.identity_token
