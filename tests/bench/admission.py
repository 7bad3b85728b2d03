"""Processor time of a warm admission review, beside an empty answer by the same server.

One process serves both: the gate's application, and one more path that reads what is sent and
answers nothing. Both get the same review of a pod with signed images, over one connection, in
turns. What counts is the processor time of that process, by its own clock.

    python -m bench.admission [--requests N] [--rounds N]

(with `tests` on PYTHONPATH; `./dev bench admission` does it)
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from aiohttp import web

from bench.verdicts import HEADING, Verdict, at_most
from contenttrust.cli import program
from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.check import Gate
from contenttrust.gate.service.application import Service
from contenttrust.gate.service.configuration import Configuration
from contenttrust.gate.service.verdicts import Verdicts
from contenttrust.policy.pins import Pin
from contenttrust.policy.rules import Policy, Rule
from contenttrust.transport.source import MappingSource
from simulator import Repository, after
from simulator.roles import image

PROMISE = 3
GUN = "registry.example.com/team/web"
IMAGES = (f"{GUN}:1", f"{GUN}:2")


def review(images: int) -> bytes:
    """An API server's question about a pod as people write them, with so many images."""
    fields = {f"f:{name}": {} for name in ("image", "name", "resources", "ports", "env", "args")}
    containers = [
        {
            "name": f"c{number}",
            "image": name,
            "args": ["--verbose", "--listen=:8080"],
            "env": [{"name": "LEVEL", "value": "info"}],
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "100m"}},
            "terminationMessagePath": "/dev/termination-log",
            "imagePullPolicy": "IfNotPresent",
        }
        for number, name in enumerate(IMAGES[:images])
    ]
    metadata = {
        "name": "web-5d4f8c7b9-x2x7k",
        "namespace": "default",
        "labels": {"app": "web", "pod-template-hash": "5d4f8c7b9"},
        "managedFields": [{"manager": "kube-controller-manager", "fieldsV1": {"f:spec": fields}}],
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
    pod["spec"] = {"containers": containers, "restartPolicy": "Always"}
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": "web-5d4f8c7b9-x2x7k",
        "namespace": "default",
        "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
        "object": pod,
        "oldObject": None,
        "dryRun": False,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(document).encode()


def application(folder: Path) -> web.Application:
    """The gate's own, with one path more."""
    repository = Repository(GUN)
    for role in ("root", "targets", "snapshot", "timestamp"):
        repository[role].expires = after(days=30, base=datetime.now(timezone.utc))
    for number, name in enumerate(IMAGES):
        repository.targets[name.rpartition(":")[2]] = image(str(number))
    files = repository.publish()
    policy = Policy(rules=(Rule(f"{GUN}"),), implied_pin=Pin.first_use("once"))
    gate = Gate(policy, trust_dir=folder / "trust", source=lambda gun: MappingSource(files))
    configuration = Configuration(cache_lifetime=600.0)
    verdicts = Verdicts(gate, threads=4, pending=100, lifetime=600.0, entries=100)
    made = Service(verdicts, configuration, log=AuditLog(folder / "audit.jsonl")).application()

    async def empty(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=b"{}", content_type="application/json")

    async def spent(request: web.Request) -> web.Response:
        return web.Response(text=repr(time.process_time()))

    made.router.add_post("/empty", empty)
    made.router.add_get("/spent", spent)
    return made


def serve(folder: Path) -> None:
    """Serve until the process is ended; print the port first."""

    gc.set_threshold(program._OBJECTS_BEFORE_COLLECTION)  # as the command does

    async def main() -> None:
        runner = web.AppRunner(application(folder), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()

    asyncio.run(main())


@contextlib.contextmanager
def serving(folder: str) -> Iterator[http.client.HTTPConnection]:
    """A connection to a process that serves."""
    command = [sys.executable, "-m", "bench.admission", "--serve", folder]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        connection = http.client.HTTPConnection("127.0.0.1", int(process.stdout.readline()))
        yield connection
        connection.close()
    finally:
        process.terminate()
        process.wait()


def asked(connection: http.client.HTTPConnection, path: str, body: bytes) -> Any:
    """The answer to one question."""
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    return json.loads(connection.getresponse().read())


def spent(connection: http.client.HTTPConnection) -> float:
    """Seconds of processor time that the server has used so far."""
    connection.request("GET", "/spent")
    return float(connection.getresponse().read())


def verdict(images: int, requests: int, rounds: int) -> Verdict:
    """The figure of a pod with so many images; one image is what was promised of."""
    body, figures = review(images), dict[str, list[float]](empty=[], mutate=[])
    with tempfile.TemporaryDirectory(prefix="ct-bench-") as folder, serving(folder) as connection:
        first = asked(connection, "/mutate", body)["response"]
        assert first["allowed"], first
        assert "patch" in first
        for _ in range(rounds):
            for path, seconds in figures.items():
                before = spent(connection)
                for _ in range(requests):
                    asked(connection, f"/{path}", body)
                seconds.append((spent(connection) - before) / requests)
        log = Path(folder, "audit.jsonl").read_text()
        assert log.count("not anew") == images * requests * rounds, "the reviews were not warm"
    # The least of each: whatever else the machine does makes both dearer, and not alike.
    ours, floor = (min(figures[path]) for path in ("mutate", "empty"))
    name = f"warm review, {images} image{'s' if images > 1 else ''}"
    figure = at_most(name, PROMISE, ours, floor, "a request")
    return figure if images == 1 else replace(figure, goal="", kept=None)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figure, or serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    # Short turns: a machine that changes its speed does so for both.
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--serve", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        serve(Path(options.serve))
        return
    print(HEADING)
    for images in (1, 2):
        print(verdict(images, options.requests, options.rounds), flush=True)


if __name__ == "__main__":
    main()
