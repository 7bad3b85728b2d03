"""Requests that are compressed, broken or no HTTP are answered in plain words, and cost little."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging

import pytest

from contenttrust.gate.service.configuration import Configuration
from gate_caller import review
from running_gate import running
from told_gate import DIGEST, GUN

BODY = json.dumps(review(f"{GUN}@{DIGEST}")).encode()
PLAIN = Configuration(listen="localhost:0", plain_http=True)


def request(body, *headers, path="/validate"):
    lines = [f"POST {path} HTTP/1.1", "Host: gate", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def answer(address, sent):
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(sent)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body.decode()


@pytest.fixture
def unpacked(monkeypatch):
    """The pieces that aiohttp has unpacked."""
    from aiohttp import http_parser

    seen = []

    class Noting(http_parser.ZLibDecompressor):
        def decompress_sync(self, data, *more, **options):
            seen.append(data)
            return super().decompress_sync(data, *more, **options)

    monkeypatch.setattr(http_parser, "ZLibDecompressor", Noting)
    return seen


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "gzip, identity", "x"])
@pytest.mark.parametrize("path", ["/validate", "/mutate", "/verify", "/Plugin.Activate"])
def test_t114_compressed_request_is_refused_and_not_unpacked(gate, unpacked, encoding, path):
    packed = gzip.compress(b" " * 10_000_000)

    async def script(address):
        length = f"Content-Length: {len(packed)}"
        sent = request(packed, length, f"Content-Encoding: {encoding}", path=path)
        status, text = await answer(address, sent)
        assert (status, "compressed" in text) == (415, True)

    running(PLAIN, lambda: gate, script, docker=True)
    assert not unpacked


def test_t114_request_that_says_it_is_packed_and_is_not_is_refused(gate, caplog):
    async def script(address):
        length = f"Content-Length: {len(BODY)}"
        status, text = await answer(address, request(BODY, length, "Content-Encoding: gzip"))
        assert (status, "compressed" in text) == (415, True)
        status, text = await answer(address, request(BODY, length, "Content-Encoding: identity"))
        assert (status, json.loads(text)["response"]["allowed"]) == (200, True)

    running(PLAIN, lambda: gate, script)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        request(b"", f"Much: {'x' * 9000}"),
        request(b"", "No colon"),
        request(b"zz\r\n{}\r\n0\r\n\r\n", "Transfer-Encoding: chunked"),
        b"POST /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
    ids=["long header", "no header", "broken chunk", "long path", "TLS"],
)
def test_t114_nonsense_of_a_client_is_answered_and_leaves_no_traceback(gate, caplog, sent):
    async def script(address):
        status, _ = await answer(address, sent)
        assert status == 400

    running(PLAIN, lambda: gate, script)
    assert "Traceback" not in caplog.text


def test_failure_of_our_own_keeps_its_traceback(gate, caplog, monkeypatch):
    def broken(*arguments, **options):
        raise MemoryError

    async def script(address):
        status, _ = await answer(address, request(b"{}", "Content-Length: 2", path="/verify"))
        assert status == 500

    monkeypatch.setattr("contenttrust.gate.service.application.decoded", broken)
    with caplog.at_level(logging.ERROR):
        running(PLAIN, lambda: gate, script)
    assert "Traceback" in caplog.text
