"""What real clients make of flags that are lines of fields, where that is not what Python makes."""

from __future__ import annotations

import contextlib
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contenttrust.gate.docker import fields
from interop import built_parts, shimmed

DOTTED = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}"


class _Daemon(http.server.BaseHTTPRequestHandler):
    """Keeps what it is asked to make a container of, and makes none."""

    asked: list[Any]

    def do_HEAD(self) -> None:
        self._answer(200)

    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self._answer(500)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Api-Version", "1.41")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def daemon() -> Iterator[tuple[str, list[Any]]]:
    """The address of such a daemon, and what it keeps."""
    asked: list[Any] = []
    handler = type("_", (_Daemon,), {"asked": asked})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", [shimmed.DEBIAN, *shimmed.CLIENTS])
@pytest.mark.parametrize("kind", [f"{DOTTED}mage", "IMAGE"])
def test_docker_reads_a_type_by_tables_of_its_own(tmp_path: Path, name: str, kind: str) -> None:
    mount = f"type={kind},src=evil,dst=/e"
    client = shimmed.client(name)
    with daemon() as (address, asked):
        env = {"DOCKER_HOST": address, "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
        subprocess.run(
            [client, "create", "--mount", mount, "base"],
            check=False, env=env, timeout=60, capture_output=True,
        )  # fmt: skip
    assert [one["HostConfig"]["Mounts"][0]["Type"] for one in asked] == ["image"]
    if kind.isascii():
        assert fields.read(mount)[0].text.lower() == "image"
    else:
        with pytest.raises(ValueError, match="others read it otherwise"):
            fields.read(mount)


def baked(folder: Path, target: dict[str, object]) -> dict[str, Any]:
    """What buildx reads in the fields of a target."""
    folder.joinpath("docker-bake.json").write_text(json.dumps({"target": {"default": target}}))
    ran = subprocess.run(
        [built_parts.buildx(), "bake", "--print"],
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"}, cwd=folder,
        capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    return dict(json.loads(ran.stdout)["target"]["default"])


@pytest.mark.parametrize(
    ("member", "value", "read"),
    [
        (
            "attest",
            "type=sbom,generator=evil,Generator=good",
            {"type": "sbom", "generator": "evil", "Generator": "good"},
        ),
        (
            "attest",
            f"type=sbom,disabled=true,d{DOTTED}sabled=false",
            {"type": "sbom"},
        ),
        (
            "cache-from",
            "type=registry,ref=evil, type=local",
            {"type": "registry", "ref": "evil", " type": "local"},
        ),
    ],
)
def test_t098_what_buildx_keeps_apart_or_takes_for_one_is_refused(
    tmp_path: Path, member: str, value: str, read: dict[str, str]
) -> None:
    assert baked(tmp_path, {member: [value]})[member] == [read]
    with pytest.raises(ValueError, match="others read it otherwise"):
        fields.read(value, exact=True)
