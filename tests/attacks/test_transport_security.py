"""Who is spoken to, and who gets credentials: redirects, certificates, names."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import ssl
import subprocess
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from attacks.judge import repository
from contenttrust.errors import FetchError, MalformedError
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from contenttrust.transport.trust_servers import trust_server_of
from servers import Authority, HttpsServer
from servers.answers import challenged, document, redirect, status
from servers.trust import Served
from servers.tunnel import Tunnel
from simulator import GUN, NOW

SECRET = "S3cretOfMine"
BASIC = f"Basic {base64.b64encode(f'alice:{SECRET}'.encode()).decode()}"
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


@pytest.fixture
def other(authority: Authority) -> Iterator[HttpsServer]:
    """Another server, whose certificate is just as good."""
    with HttpsServer(authority.issue()) as server:
        server.answer_all(document(b"other"))
        yield server


@pytest.fixture
def served(server: HttpsServer, authority: Authority, tmp_path: Path) -> Served:
    served = Served(server, authority, tmp_path / "trust")
    served.publish(repository().publish())
    return served


def wanted(name: str = "root") -> types.SimpleNamespace:
    return types.SimpleNamespace(name=name, sha256=None, limit=100_000)


def fetched(source: TrustServer) -> object:
    (answer,) = source.fetch(GUN, [wanted()])
    return answer


def code_of(source: TrustServer) -> str:
    answer = fetched(source)
    assert isinstance(answer, FetchError), answer
    return answer.code


def with_login(url: str, authority: Authority) -> TrustServer:
    tls = Tls(ca_files=(authority.ca_file,))
    return TrustServer(url, tls=tls, credentials=Credentials("alice", SECRET))


def secrets_seen(server: HttpsServer) -> list[str]:
    return [
        f"{seen.path} {seen.headers}"
        for seen in server.requests
        if "authorization" in seen.headers or SECRET.encode() in seen.body or SECRET in seen.path
    ]


def test_t065_metadata_may_be_redirected_and_is_judged_all_the_same(
    served: Served, other: HttpsServer
) -> None:
    files = repository().publish()
    other.answer("/elsewhere", files["root"])
    served.answer("root", redirect(f"{other.url}/elsewhere"))
    assert set(served.load().tags) == {"1.0"}
    other.answer("/elsewhere", files["root"].replace(b'"version":1', b'"version":2'))
    error = served.error()
    assert error.role == "root"


@pytest.mark.parametrize("number", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["localhost", "127.0.0.1"])
def test_t065_credentials_do_not_go_to_another_origin(
    server: HttpsServer, other: HttpsServer, authority: Authority, number: int, where: str
) -> None:
    away = redirect(f"{other.url.replace('localhost', where)}/elsewhere", number)
    server.answer_all(challenged(away, authorization=BASIC, challenge="Basic"))
    assert fetched(with_login(server.url, authority)) == b"other"
    assert secrets_seen(server)
    assert [seen.path for seen in other.requests] == ["/elsewhere"]
    assert secrets_seen(other) == []


def test_t065_another_host_on_the_same_port_is_another_origin(
    server: HttpsServer, authority: Authority
) -> None:
    url = server.url.replace("localhost", "127.0.0.1")
    away = redirect(f"{url}/elsewhere")
    server.answer_all(challenged(away, authorization=BASIC, challenge="Basic"))
    server.answer("/elsewhere", document(b"other"))
    assert fetched(with_login(server.url, authority)) == b"other"
    (last,) = [seen for seen in server.requests if seen.path == "/elsewhere"]
    assert "authorization" not in last.headers


def test_t065_another_server_that_asks_for_credentials_gets_none(
    server: HttpsServer, other: HttpsServer, authority: Authority
) -> None:
    server.answer_all(redirect(f"{other.url}/elsewhere"))
    for challenge in ("Basic", f'Bearer realm="{other.url}/token"'):
        other.answer("/elsewhere", status(401, {"WWW-Authenticate": challenge}))
        assert code_of(with_login(server.url, authority)) == "unauthorized"
    assert secrets_seen(other) == []
    assert {seen.path for seen in other.requests} == {"/elsewhere"}


def test_t065_on_the_way_back_only_the_own_server_gets_credentials(
    server: HttpsServer, other: HttpsServer, authority: Authority
) -> None:
    path = f"/v2/{GUN}/_trust/tuf/root.json"
    away = redirect(f"{other.url}/there")
    server.answer(path, challenged(away, authorization=BASIC, challenge="Basic"))
    other.answer("/there", redirect(f"{server.url}/back"))
    server.answer("/back", document(b"r"))
    assert fetched(with_login(server.url, authority)) == b"r"
    assert secrets_seen(other) == []


@pytest.mark.parametrize(
    "where",
    [
        "http://localhost:{port}/elsewhere",
        "HTTP://localhost:{port}/elsewhere",
        "//localhost:{port}\\@/elsewhere",
        "file:///etc/hostname",
        "ftp://localhost:{port}/x",
        "gopher://localhost:{port}/x",
        "dict://localhost:{port}/x",
        "data:,x",
    ],
)
def test_t065_a_redirect_does_not_leave_https(
    server: HttpsServer, authority: Authority, where: str
) -> None:
    with HttpsServer(None) as plain:
        plain.answer_all(document(b"other"))
        server.answer_all(redirect(where.format(port=plain.port)))
        assert isinstance(fetched(with_login(server.url, authority)), FetchError)
        assert plain.requests == []
        assert plain.connections == 0 or where.startswith("//")


def test_t065_redirects_end_after_five(server: HttpsServer, authority: Authority) -> None:
    path = f"/v2/{GUN}/_trust/tuf/root.json"
    server.answer_all(redirect(path))
    assert code_of(with_login(server.url, authority)) == "server_error"
    assert len(server.requests) == 6


def tls_code(certificate: tuple[str, str], authority: Authority, **options: object) -> str:
    """What a server with that certificate comes to; it must not have seen the request."""
    with HttpsServer(certificate, **options) as server:  # type: ignore[arg-type]
        server.answer_all(document(b"r"))
        answer = fetched(with_login(server.url, authority))
        if isinstance(answer, FetchError):
            assert server.requests == []
            return answer.code
        return "ok"


def test_t067_a_certificate_of_a_known_authority_is_good(authority: Authority) -> None:
    assert tls_code(authority.issue(), authority) == "ok"


@pytest.mark.parametrize(
    "wrong",
    [
        {"self_signed": True},
        {"hosts": ("other.example",)},
        {"hosts": ("127.0.0.1",)},
        {"hosts": ("localhost.evil.example",)},
        {"hosts": ("*",)},
        {"days": (-30, -1)},
        {"days": (1, 30)},
        {"client": True},
    ],
    ids=str,
)
def test_t067_a_wrong_certificate_is_refused_on_loopback_too(
    authority: Authority, wrong: dict[str, object]
) -> None:
    assert tls_code(authority.issue(**wrong), authority) == "tls"  # type: ignore[arg-type]


def test_t067_an_unknown_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "stranger")
    assert tls_code(stranger.issue(), authority) == "tls"
    assert tls_code(stranger.issue(), stranger) == "ok"


def test_t067_an_address_is_checked_like_a_name(authority: Authority) -> None:
    for hosts, code in ((("127.0.0.1",), None), (("localhost",), "tls")):
        with HttpsServer(authority.issue(hosts)) as server:
            server.answer_all(document(b"r"))
            answer = fetched(with_login(server.url.replace("localhost", "127.0.0.1"), authority))
            assert getattr(answer, "code", None) == code


def test_t067_an_ipv6_address_can_be_a_server(authority: Authority) -> None:
    try:
        probe = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this system has no IPv6")
    probe.close()
    with HttpsServer(authority.issue(), family=socket.AF_INET6) as server:
        server.answer_all(document(b"r"))
        assert fetched(with_login(f"https://[::1]:{server.port}", authority)) == b"r"


@pytest.mark.parametrize("host", ["bücher.example", "localhost\uff0eexample", "ⓛocalhost"])
def test_t067_a_host_in_other_letters_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="valid https URL"):
        TrustServer(f"https://{host}")


def test_t067_old_versions_of_tls_are_refused(authority: Authority) -> None:
    certificate = authority.issue()
    with HttpsServer(certificate, versions=OLD) as server:
        assert speaks_old_tls(server.port)  # so it is our choice, not the server's
    assert tls_code(certificate, authority, versions=OLD) == "tls"
    only = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    assert tls_code(certificate, authority, versions=only) == "ok"


def test_t067_no_configuration_of_openssl_brings_them_back(
    authority: Authority, tmp_path: Path
) -> None:
    weak = tmp_path / "openssl.cnf"
    weak.write_text(
        "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = weak\n"
        "[weak]\nMinProtocol = TLSv1\nCipherString = DEFAULT@SECLEVEL=0\n"
    )
    program = (
        "import sys\n"
        "from contenttrust.transport.http import Client, Request\n"
        "from contenttrust.transport.tls import Tls\n"
        "client = Client(tls=Tls(ca_files=(sys.argv[1],)))\n"
        "print(getattr(client.get([Request(sys.argv[2], 1)])[0], 'code', 'ok'))\n"
    )
    with HttpsServer(authority.issue(), versions=OLD) as server:
        run = subprocess.run(
            [sys.executable, "-c", program, authority.ca_file, server.url],
            env=os.environ | {"OPENSSL_CONF": str(weak)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60,
        )
    assert run.stdout == "tls\n"


def speaks_old_tls(port: int) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = OLD
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain) as connection,
    ):
        return connection.version() in {"TLSv1", "TLSv1.1"}


def test_t067_a_server_without_tls_gets_nothing(authority: Authority) -> None:
    with HttpsServer(None) as server:
        url = server.url.replace("http:", "https:")
        assert code_of(with_login(url, authority)) == "tls"
        assert server.requests == []


def test_t067_a_client_certificate_is_shown_to_who_asks(authority: Authority) -> None:
    ours = authority.issue(("client",), client=True)
    with HttpsServer(authority.issue(), client_authority=authority.ca_file) as server:
        server.answer_all(document(b"r"))
        assert isinstance(fetched(with_login(server.url, authority)), FetchError)
        tls = Tls(ca_files=(authority.ca_file,), cert_file=ours[0], key_file=ours[1])
        assert fetched(TrustServer(server.url, tls=tls)) == b"r"


def test_t067_the_check_is_off_for_loopback_only_and_only_when_asked(
    server: HttpsServer, other: HttpsServer, authority: Authority
) -> None:
    server.answer_all(document(b"r"))
    assert fetched(TrustServer(server.url, tls=Tls(verify=False))) == b"r"
    assert code_of(TrustServer(server.url)) == "tls"
    with pytest.raises(ValueError, match="loopback"):
        trust_server_of(GUN, env={}, now=NOW, url="https://host.example", tls=Tls(verify=False))
    server.answer_all(redirect(other.url))  # where to might not be loopback
    assert code_of(TrustServer(server.url, tls=Tls(verify=False))) == "server_error"
    assert other.requests == []


def test_t067_an_unchecked_client_still_checks_other_hosts(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token server elsewhere, asked by a client that need not check loopback."""
    with HttpsServer(authority.issue(), versions=None) as server, Tunnel(server.port) as tunnel:
        monkeypatch.setenv("HTTPS_PROXY", tunnel.url)
        server.answer_all(document(b"r"))
        client = Client(tls=Tls(verify=False))
        (answer,) = client.get([Request("https://elsewhere.example/", 10)])
        client.close()
        assert isinstance(answer, FetchError)
        assert answer.code == "tls"
        assert set(tunnel.asked) == {"elsewhere.example:443"}


PLACES = {"gun": "{}", "inner gun": "host/{}/b", "role": "targets/{}"}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "name",
    ["../x", "/abs", "a/../../b", "..", "", ".", "%2e%2e", "a\0b", "a\nb", "a\\b", "a?", "a#"],
)
def test_t059_t060_no_name_leads_a_request_elsewhere(
    server: HttpsServer, authority: Authority, name: str, place: str
) -> None:
    text = PLACES[place].format(name)
    gun, role = (GUN, text) if place == "role" else (text, "root")
    with contextlib.suppress(MalformedError, ValueError):
        with_login(server.url, authority).fetch(gun, [wanted(role)])
    for seen in server.requests:
        assert seen.path.startswith("/v2/")
        assert seen.path.endswith("/_trust/tuf/root.json")
        assert not {"..", ".", ""} & set(unquote(seen.path[1:]).split("/"))
