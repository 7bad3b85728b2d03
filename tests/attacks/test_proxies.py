"""Proxies, who is excepted from them, and URLs that a trust server may have."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks.judge import repository
from contenttrust.errors import FetchError
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from contenttrust.transport.trust_servers import trust_server_of
from servers import Authority, HttpsServer
from servers.answers import document, raw
from servers.trust import Served
from servers.tunnel import Tunnel
from simulator import GUN, NOW

SECRET = "S3cretOfMine"
HOST = "trust.example"


@pytest.fixture
def served(authority: Authority, tmp_path: Path) -> Iterator[Served]:
    with HttpsServer(authority.issue()) as server:
        yield Served(server, authority, tmp_path / "trust")


def fetched(url: str, authority: Authority) -> object:
    source = TrustServer(url, tls=Tls(ca_files=(authority.ca_file,)))
    file = types.SimpleNamespace(name="root", sha256=None, limit=100)
    (answer,) = source.fetch(GUN, [file])
    return answer


@pytest.fixture
def tunnel(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnel]:
    """A proxy, behind which a server with the name of HOST stands."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with HttpsServer(authority.issue((HOST,))) as server, Tunnel(server.port) as tunnel:
        server.answer_all(document(b"r"))
        yield tunnel


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_t068_a_proxy_is_used_and_sees_no_secrets(
    tunnel: Tunnel, authority: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, tunnel.url)
    client = Client(tls=Tls(ca_files=(authority.ca_file,)))
    headers = (f"Authorization: Bearer {SECRET}",)
    (answer,) = client.get([Request(f"https://{HOST}/secret-path", 10, headers=headers)])
    client.close()
    assert getattr(answer, "body", answer) == b"r"
    assert tunnel.asked == [f"{HOST}:443"]
    assert SECRET.encode() not in tunnel.heads[0]
    assert b"secret-path" not in tunnel.heads[0]


@pytest.mark.parametrize(
    "variables",
    [
        {"ALL_PROXY": "{}"},
        {"HTTP_PROXY": "{}", "http_proxy": "{}"},
        {"HTTPS_PROXY": "{}", "NO_PROXY": HOST},
        {"HTTPS_PROXY": "{}", "no_proxy": HOST},
        {"HTTPS_PROXY": "{}", "NO_PROXY": ".example"},
        {"HTTPS_PROXY": "{}", "NO_PROXY": "a.example, trust.example"},
        {"HTTPS_PROXY": "{}", "NO_PROXY": "*"},
        {"HTTPS_PROXY": "{}", "NO_PROXY": "other.example,*"},
    ],
    ids=str,
)
def test_t068_who_is_excepted_is_not_asked_through_the_proxy(
    tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tunnel.url))
    # A label that is too long: no name server is asked.
    (answer,) = Client(tls=Tls()).get([Request(f"https://{'a' * 64}.{HOST}/", 10)])
    assert getattr(answer, "code", answer) == "unreachable"
    assert tunnel.asked == []


@pytest.mark.parametrize("exception", ["other.example", "rust.example", "trust.example.org"])
def test_t068_others_are_not_excepted(
    tunnel: Tunnel, authority: Authority, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
    monkeypatch.setenv("NO_PROXY", exception)
    assert fetched(f"https://{HOST}", authority) == b"r"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_t068_loopback_never_goes_through_a_proxy(
    tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
    (answer,) = Client(tls=Tls()).get([Request(f"https://{host}:1/", 10)])
    assert getattr(answer, "code", answer) == "unreachable"
    assert tunnel.asked == []


def test_t068_a_proxy_that_refuses_is_no_answer(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with HttpsServer(None) as proxy:
        proxy.answer_all(raw(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"))
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//alice:{SECRET}@"))
        answer = fetched(f"https://{HOST}", authority)
        assert isinstance(answer, FetchError)
        assert answer.code == "unreachable"
        assert SECRET not in str(answer)


@pytest.mark.parametrize("end", ["", "/", "/mirror", "/mirror/"])
def test_t068_the_servers_url_may_have_a_path(served: Served, end: str) -> None:
    served.server.publish(GUN, repository().publish(), prefix=end.rstrip("/"))
    assert set(served.load(served.source(f"{served.server.url}{end}")).tags) == {"1.0"}


def test_t068_plain_http_is_refused_as_in_docker() -> None:
    env = {"DOCKER_CONTENT_TRUST_SERVER": "http://localhost:4443"}
    with pytest.raises(ValueError, match="valid https URL required for trust server, got http://"):
        trust_server_of(GUN, env=env, now=NOW)
