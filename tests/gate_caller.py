"""The service of the gate, called over HTTP as an API server would."""

from __future__ import annotations

import asyncio
import base64
import json

from aiohttp.test_utils import TestClient, TestServer

from contenttrust.gate.service.application import Service
from contenttrust.gate.service.configuration import Configuration
from contenttrust.gate.service.verdicts import Verdicts


class Asked:
    """What a client of the tests got."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body

    @property
    def document(self):
        return json.loads(self.body)

    @property
    def response(self):
        return self.document["response"]

    @property
    def patch(self):
        return json.loads(base64.b64decode(self.response["patch"]))

    @property
    def message(self):
        return self.response["status"]["message"]


class Caller:
    """Asks a service."""

    def __init__(self, client: TestClient, service: Service) -> None:
        self.client = client
        self.service = service

    async def post(self, path: str, body, **options) -> Asked:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = await self.client.post(path, data=data, **options)
        return Asked(answer.status, await answer.read())

    async def get(self, path: str) -> Asked:
        answer = await self.client.get(path)
        return Asked(answer.status, await answer.read())

    async def metric(self, line: str) -> str:
        lines = (await self.get("/metrics")).body.decode().splitlines()
        return next((one.rpartition(" ")[2] for one in lines if one.startswith(line)), "")


def serving(gate, script, *, log=None, **settings):
    """Run a script with a caller of a service that asks this gate."""

    async def main() -> None:
        configuration = Configuration(**settings)
        verdicts = Verdicts(
            gate, threads=4, pending=configuration.pending, lifetime=60, entries=100
        )
        service = Service(verdicts, configuration, log=log)
        async with TestClient(TestServer(service.application())) as client:
            try:
                await script(Caller(client, service))
            finally:
                gate.go.set()
                verdicts.close()

    asyncio.run(main())


def review(*images, old=None, operation="CREATE", sub="", **changed):
    def pod(names):
        containers = [{"name": f"c{i}", "image": one} for i, one in enumerate(names)]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {},
            "spec": {"containers": containers},
        }

    request = {
        "uid": "u-1",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "operation": operation,
        "subResource": sub,
        "namespace": "default",
        "object": pod(images),
        "oldObject": pod(old) if old is not None else None,
        **changed,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
