"""The service of the gate as it runs, with a script beside it."""

from __future__ import annotations

import asyncio
import os
import signal

from aiohttp import ClientSession

from contenttrust.gate.service import listening
from told_gate import DIGEST, GUN

QUESTION = {"images": [f"{GUN}@{DIGEST}"]}


def running(configuration, make, script, **options):
    """Serve while a script runs with the address, then end the service with SIGTERM."""

    async def main() -> None:
        said: asyncio.Queue[str] = asyncio.Queue()
        options.setdefault("files", ())
        service = listening._Running(
            configuration.checked(), make, None, options.get("docker", False),
            options["files"], said.put_nowait,
        )  # fmt: skip
        serving = asyncio.ensure_future(service.serve())
        first = asyncio.ensure_future(said.get())
        await asyncio.wait({serving, first}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            first.cancel()
            serving.result()
        try:
            assert await said.get() == "ready"
            await script(first.result().removeprefix("listening on "))
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await serving

    asyncio.run(main())


async def asked(url, connector):
    """What the service says of an image that is signed."""
    async with ClientSession(connector=connector) as session:
        answer = await session.post(url, json=QUESTION)
        return await answer.json()
