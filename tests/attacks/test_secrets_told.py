"""Secrets that a server is told: it may repeat them, and an environment may have them kept."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

from contenttrust.errors import FetchError
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.redaction import hidden
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from servers import Authority, HttpsServer
from servers.answers import Answer, challenged, document, redirect, status
from servers.https import Exchange
from simulator import GUN

PASSWORD = "correct-horse/battery"
LOGIN = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
TOKEN = "eyJhbGciOiJFUzI1NiJ9.bm90LWEtY2xhaW0-_x.c2lnbmF0dXJl"
TOLD = [LOGIN, PASSWORD, TOKEN]


class Wanted:
    name, sha256, limit = "root", None, 1000


def failure(server: HttpsServer, authority: Authority) -> FetchError:
    source = TrustServer(
        server.url,
        tls=Tls(ca_files=(authority.ca_file,)),
        credentials=Credentials("alice", PASSWORD),
    )
    (answer,) = source.fetch(GUN, [Wanted()])  # type: ignore[list-item]
    assert isinstance(answer, FetchError)
    return answer


def assert_hidden(error: FetchError, *, secrets: list[str] | None = None) -> None:
    shown = " ".join([error.message, error.expected, error.found, error.explain(), repr(error)])
    letters = "".join(char for char in shown if char.isalnum()).lower()
    for secret in TOLD if secrets is None else secrets:
        sought = "".join(char for char in secret if char.isalnum()).lower()
        assert not [at for at in range(len(sought) - 7) if sought[at : at + 8] in letters], shown


def after_login(then: Answer) -> Answer:
    return challenged(then, authorization=f"Basic {LOGIN}", challenge="Basic")


def as_host(secret: str) -> str:
    name = "".join(char if char.isalnum() else "-" for char in secret)
    return f"https://x{'.y'.join(name[at : at + 30] for at in range(0, len(name), 30))}.invalid/"


@pytest.mark.parametrize("secret", [LOGIN, LOGIN.lower(), f"Basic {LOGIN}", PASSWORD, LOGIN[5:]])
def test_t066_an_encoding_that_repeats_a_secret_is_not_shown(
    server: HttpsServer, authority: Authority, secret: str
) -> None:
    server.answer_all(after_login(document(b"{}", headers={"Content-Encoding": secret})))
    error = failure(server, authority)
    assert "is encoded as" in error.message
    assert server.url in error.message
    assert_hidden(error)


@pytest.mark.parametrize("secret", TOLD[:2])
def test_t066_a_redirect_to_a_host_that_repeats_a_secret_does_not_show_it(
    server: HttpsServer, authority: Authority, secret: str
) -> None:
    server.answer_all(after_login(redirect(as_host(secret))))
    assert_hidden(failure(server, authority))


def test_t066_a_token_is_not_shown_either(server: HttpsServer, authority: Authority) -> None:
    def reflect(exchange: Exchange) -> None:
        sent = exchange.headers.get("Authorization", "")
        if sent.startswith("Bearer"):
            redirect(as_host(sent))(exchange)
        else:
            challenge = f'Bearer realm="{server.url}/token"'
            status(401, {"WWW-Authenticate": challenge})(exchange)

    server.answer_all(reflect)
    server.answer("/token", document(b'{"token": "%s"}' % TOKEN.encode()))
    error = failure(server, authority)
    assert "***" in error.message
    assert_hidden(error)


def test_t066_a_realm_that_repeats_a_secret_is_not_shown(
    server: HttpsServer, authority: Authority
) -> None:
    realm = as_host(LOGIN)
    server.answer_all(status(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'}))
    assert_hidden(failure(server, authority))


def test_what_is_no_secret_stays_readable() -> None:
    text = "https://registry.example.com: its name does not resolve"
    assert hidden(text, [LOGIN, PASSWORD, TOKEN]) == text
    assert hidden("before !?%$ after", ["!?%$"]) == "before *** after"
    assert hidden(f"at x{PASSWORD.upper()}y.", [PASSWORD]) == "at x***y."
    assert hidden("horse", [PASSWORD]) == "horse"


def test_t066_no_inherited_variable_has_the_secrets_of_connections_written(
    server: HttpsServer, authority: Authority, tmp_path: Path
) -> None:
    server.answer_all(document(b"{}"))
    log = tmp_path / "keys.log"
    program = (
        "import os, sys\n"
        "from contenttrust.transport.http import Client, Request\n"
        "from contenttrust.transport.tls import Tls\n"
        "client = Client(tls=Tls(ca_files=(sys.argv[2],)))\n"
        "(answer,) = client.get([Request(sys.argv[1], 10)])\n"
        "assert answer.status == 200, answer\n"
        f"assert os.environ['SSLKEYLOGFILE'] == {str(log)!r}, 'the program around us keeps it'\n"
    )
    environment = os.environ | {
        "SSLKEYLOGFILE": str(log),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    ran = subprocess.run(
        [sys.executable, "-c", program, f"{server.url}/", authority.ca_file],
        check=False, capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")
    assert not log.exists() or not log.read_bytes()
