"""The service as it runs: sockets, certificates and policies that change, signals."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest
from aiohttp import TCPConnector, UnixConnector

from contenttrust.gate.service import listening
from contenttrust.gate.service.configuration import Configuration, ConfigurationError
from running_gate import asked, running
from servers.certificates import Authority
from told_gate import GUN, FakeGate


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(listening, "_LOOK_S", 0.02)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


async def until(check):
    while not await check():
        await asyncio.sleep(0.01)


def test_service_on_a_socket_is_for_its_owner_alone(gate, tmp_path):
    path = tmp_path / "gate.sock"

    async def script(address):
        assert address == f"unix:{path}"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert (await asked("http://gate/verify", UnixConnector(str(path))))["allowed"]
        told = await asked("http://gate/Plugin.Activate", UnixConnector(str(path)))
        assert told == {"Implements": ["authz"]}

    running(Configuration(listen=f"unix:{path}"), lambda: gate, script, docker=True)


def test_socket_that_was_left_behind_is_replaced_and_one_in_use_is_not(gate, tmp_path):
    import socket

    path = tmp_path / "gate.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()

    async def script(address):
        with pytest.raises(ConfigurationError, match="already"):
            await listening._listen(Configuration(listen=f"unix:{path}"))

    running(Configuration(listen=f"unix:{path}"), lambda: gate, script)
    file = tmp_path / "file"
    file.write_text("kept")
    with pytest.raises(ConfigurationError, match="no socket"):
        asyncio.run(listening._listen(Configuration(listen=f"unix:{file}")))
    assert file.read_text() == "kept"


def client_context(authority, *pair):
    context = ssl.create_default_context(cafile=authority.ca_file)
    if pair:
        context.load_cert_chain(*pair)
    return context


def test_service_takes_a_new_certificate_when_its_file_changes(gate, tmp_path, authority, caplog):
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"

    def install(days, *targets):
        made = dict(zip((certificate, key), map(Path, authority.issue(days=days)), strict=True))
        for target in targets or made:
            new = target.with_suffix(".new")
            new.write_bytes(made[target].read_bytes())
            new.replace(target)

    install((-1, 10))
    configuration = Configuration(listen="localhost:0", certificate=str(certificate), key=str(key))

    async def script(address):
        host, port = address.split(":")

        async def ends():
            _, writer = await asyncio.open_connection(
                host, int(port), ssl=client_context(authority)
            )
            found = writer.get_extra_info("peercert")["notAfter"]
            writer.close()
            await writer.wait_closed()
            return found

        before = await ends()
        connector = TCPConnector(ssl=client_context(authority))
        assert (await asked(f"https://{address}/verify", connector))["allowed"]
        install((-1, 20), certificate)  # half of an exchange: it is not that of the key
        while caplog.text.count("the certificate stays as it was") < 1:
            await asyncio.sleep(0.01)
        assert await ends() == before
        certificate.write_text("no certificate")
        while caplog.text.count("the certificate stays as it was") < 2:
            await asyncio.sleep(0.01)
        assert await ends() == before
        install((-1, 20))

        async def changed():
            return await ends() != before

        await until(changed)

    running(configuration, lambda: gate, script)


def test_clients_must_be_vouched_for_where_authorities_are_named(gate, tmp_path, authority):
    certificate, key = authority.issue()
    configuration = Configuration(
        listen="localhost:0", certificate=certificate, key=key, client_ca=authority.ca_file
    )

    async def script(address):
        url = f"https://{address}/verify"
        with pytest.raises(OSError):  # noqa: PT011 - by TLS, in words of its own
            await asked(url, TCPConnector(ssl=client_context(authority)))
        pair = authority.issue(client=True)
        assert (await asked(url, TCPConnector(ssl=client_context(authority, *pair))))["allowed"]

    running(configuration, lambda: gate, script)


def test_policy_is_read_again_when_its_file_changes(gate, tmp_path, caplog):
    policy = tmp_path / "policy.yaml"
    policy.write_text("first")

    def make():
        text = policy.read_text()
        if text == "broken":
            raise ConfigurationError("no policy")
        return gate if text == "first" else FakeGate(digest="q" * 8)

    async def script(address):
        async def allowed():
            return (await asked(f"http://{address}/verify", None))["allowed"]

        assert await allowed()
        policy.write_text("broken")
        while "the policy stays as it was" not in caplog.text:
            await asyncio.sleep(0.01)
        assert await allowed()
        policy.write_text("second")

        async def changed():
            return not await allowed()

        await until(changed)

    configuration = Configuration(listen="localhost:0", plain_http=True)
    running(configuration, make, script, files=(str(policy),))


def test_policy_that_changes_while_it_is_read_is_read_again(gate, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text("first")

    def make():
        text = policy.read_text()
        policy.write_text("second")
        return gate if text == "first" else FakeGate(digest="q" * 8)

    async def script(address):
        async def changed():
            return not (await asked(f"http://{address}/verify", None))["allowed"]

        await until(changed)

    configuration = Configuration(listen="localhost:0", plain_http=True)
    running(configuration, make, script, files=(str(policy),))


def test_images_are_verified_before_the_service_is_ready(gate):
    image = f"{GUN}:1"

    async def script(address):
        assert gate.asked == [image]

    configuration = Configuration(listen="localhost:0", plain_http=True, warm_up=(image,))
    running(configuration, lambda: gate, script)


@pytest.mark.parametrize("name", ["certificate", "key", "client_ca"])
def test_certificate_that_cannot_be_used_keeps_the_service_from_starting(gate, tmp_path, name):
    certificate, key = Authority(tmp_path).issue()
    broken = tmp_path / "broken"
    broken.write_text("x")
    named = {"certificate": certificate, "key": key, name: str(broken)}
    with pytest.raises(ConfigurationError, match="broken"):
        running(Configuration(listen="localhost:0", **named), lambda: gate, None)


def test_address_that_is_taken_is_named(gate):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match=listen):
            running(Configuration(listen=listen, plain_http=True), lambda: gate, None)
