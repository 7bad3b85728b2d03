"""However many connect and say nothing, whoever asks is answered."""

from __future__ import annotations

import asyncio
import json
import ssl
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import ClientSession, TCPConnector

from contenttrust.gate.service import connections
from contenttrust.gate.service.configuration import Configuration
from running_gate import QUESTION, asked, running
from servers.certificates import Authority
from told_gate import GUN

MOST = 20
HALF = {
    "nothing": b"",
    "half a header": b"POST /verify HTTP/1.1\r\nHost: gate\r\n",
    "half a body": b"POST /verify HTTP/1.1\r\nHost: gate\r\nContent-Length: 99\r\n\r\n{",
    "half a greeting": b"\x16\x03\x01\x02\x00\x01",
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(connections, "_PATIENCE_S", 0.05)


def plain(**settings):
    settings = {"connections": MOST, **settings}
    return Configuration(listen="127.0.0.1:0", plain_http=True, **settings)


async def connected(stack, address, *, say=b"", context=None):
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    stack.callback(lambda _: writer.transport.abort(), reader)  # which ends when it is forgotten
    writer.write(say)
    return reader, writer


async def metrics(address, context=None):
    scheme = "http" if context is None else "https"
    connector = None if context is None else TCPConnector(ssl=context)
    async with ClientSession(connector=connector) as session:
        text = await (await session.get(f"{scheme}://{address}/metrics")).text()
    lines = [line.rpartition(" ") for line in text.splitlines() if "_connections" in line]
    return {name.removeprefix("contenttrust_gate_"): float(n) for name, _, n in lines
            if not name.startswith("#")}  # fmt: skip


@pytest.mark.parametrize("say", ["nothing", "half a header", "half a body"])
def test_t114_hundreds_of_silent_connections_keep_nobody_from_being_answered(gate, say):
    async def script(address):
        async with AsyncExitStack() as stack:
            for _ in range(MOST + 300):
                await connected(stack, address, say=HALF[say])
            assert (await asked(f"http://{address}/verify", None))["allowed"]
            told = await metrics(address)
            assert told["connections"] <= MOST
            assert told["connections_dropped_total"] >= 300

    running(plain(), lambda: gate, script)


@pytest.mark.parametrize("say", ["nothing", "half a greeting"])
def test_t114_nor_do_those_that_never_end_their_handshake(gate, tmp_path, say):
    authority = Authority(tmp_path)
    certificate, key = authority.issue()
    configuration = Configuration(
        listen="localhost:0", certificate=certificate, key=key, connections=MOST
    )

    async def script(address):
        async with AsyncExitStack() as stack:
            for _ in range(MOST + 100):
                await connected(stack, address, say=HALF[say])
            context = ssl.create_default_context(cafile=authority.ca_file)
            told = await asked(f"https://{address}/verify", TCPConnector(ssl=context))
            assert told["allowed"]
            told = await metrics(address, context)
            assert told["connections"] <= MOST
            assert told["connections_dropped_total"] >= 100

    running(configuration, lambda: gate, script)


def test_t114_files_are_bounded_at_every_moment(gate):
    def files():
        return len(list(Path("/proc/self/fd").iterdir()))

    async def script(address):
        async with AsyncExitStack() as stack:
            peak, before = 0, files()

            async def watch():
                nonlocal peak
                while True:
                    peak = max(peak, files())
                    await asyncio.sleep(0)

            watching = asyncio.ensure_future(watch())
            stack.callback(watching.cancel)
            for _ in range(200):
                await connected(stack, address)
            await asked(f"http://{address}/verify", None)
            assert MOST < peak - before - 200 <= MOST + 5  # and the client that has asked

    running(plain(), lambda: gate, script)


def question(image):
    body = json.dumps({**QUESTION, "images": [image]}).encode()
    head = f"POST /verify HTTP/1.1\r\nHost: gate\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def answer(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = [line for line in head.lower().splitlines() if line.startswith(b"content-length")]
    return json.loads(await reader.readexactly(int(length.partition(b":")[2])))


def test_what_is_being_answered_is_left_alone_and_whoever_comes_waits(gate):
    gate.go.clear()

    async def script(address):
        async with AsyncExitStack() as stack:
            say = question(f"{GUN}:1")
            slow = [await connected(stack, address, say=say) for _ in range(MOST)]
            while not gate.asked:
                await asyncio.sleep(0.01)
            late = asyncio.ensure_future(asked(f"http://{address}/verify", None))
            await asyncio.sleep(0.3)
            assert not late.done()
            gate.go.set()
            for reader, _ in slow:
                assert (await answer(reader))["allowed"]
            assert (await late)["allowed"]

    running(plain(), lambda: gate, script)


def test_a_client_that_has_asked_before_is_closed_last(gate):
    async def script(address):
        async with AsyncExitStack() as stack:
            reader, writer = await connected(stack, address, say=question(f"{GUN}:1"))
            assert (await answer(reader))["allowed"]
            for _ in range(100):
                await connected(stack, address)
            await metrics(address)  # all of them were accepted by then
            writer.write(question(f"{GUN}:2"))
            assert (await answer(reader))["allowed"]

    running(plain(), lambda: gate, script)


def test_the_limit_of_open_files_is_raised_or_the_service_does_not_start():
    code = (
        "import resource, sys\n"
        "from contenttrust.gate.service import connections\n"
        "from contenttrust.gate.service.configuration import ConfigurationError\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, int(sys.argv[1])))\n"
        "try: connections.make_room(1000, threads=16)\n"
        "except ConfigurationError as error: print(error)\n"
        "else: print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])\n"
    )

    def told(hard):
        command = [sys.executable, "-c", code, str(hard)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert told(4000) == "1576\n"
    assert "need 1576 open files, and the system allows 1500" in told(1500)
