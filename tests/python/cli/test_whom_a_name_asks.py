"""Whom the name of an image or of a collection may have asked, and what no message shows."""

from __future__ import annotations

import base64
import os

import pytest

from contenttrust.errors import MalformedError
from contenttrust.transport.trust_servers import trust_server_of
from servers import HttpsServer
from servers.answers import status

SECRET = "s3cret"


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    for name in ("DOCKER_CONTENT_TRUST_SERVER", "NOTARY_AUTH", "DOCKER_AUTH_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "docker"


@pytest.fixture
def locked(authority, monkeypatch):
    """A server that asks who we are, and whose certificate is good."""
    with HttpsServer(authority.issue()) as server:
        monkeypatch.setenv("SSL_CERT_FILE", authority.ca_file)
        server.answer_all(status(401, {"WWW-Authenticate": 'Basic realm="x"'}))
        yield server


def sent(server):
    return {request.headers.get("authorization") for request in server.requests} - {None}


@pytest.mark.parametrize("verb", ["verify", "doctor"])
def test_notary_auth_is_not_sent_to_whom_an_image_names(run, locked, monkeypatch, verb):
    monkeypatch.setenv("NOTARY_AUTH", base64.b64encode(b"bob:s3cret").decode())
    image = f"localhost:{locked.port}/x/y"

    run(verb, image)
    assert locked.requests
    assert sent(locked) == set()

    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", locked.url)
    run(verb, image)
    assert sent(locked) == {f"Basic {base64.b64encode(b'bob:s3cret').decode()}"}


def test_notary_auth_is_sent_to_the_server_of_an_option(run, locked, monkeypatch):
    monkeypatch.setenv("NOTARY_AUTH", base64.b64encode(b"bob:s3cret").decode())
    run("verify", "--server", locked.url, "x.example/y:1")
    assert len(sent(locked)) == 1


@pytest.mark.parametrize("host", ["localhost:99999", "localhost:0"])
def test_a_host_that_cannot_be_is_the_refusal_of_that_image_alone(run, locked, host):
    ran = run("verify", "-o", "json", f"localhost:{locked.port}/a", f"{host}/x")
    assert ran.code != 2
    assert "malformed" in ran.out
    assert host in ran.out
    assert locked.requests  # the other one was judged

    assert run("verify", "--server", f"https://{host}", "a.example/x").code == 2


@pytest.mark.parametrize("gun", ["user:pw@127.0.0.1:{port}/x", ".:{port}/x", "..:{port}/x", "..x"])
def test_a_name_that_leads_elsewhere_reaches_no_server_and_no_file(
    run, locked, docker, monkeypatch, gun
):
    gun = gun.format(port=locked.port)
    looked_into = []
    listed = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: looked_into.append(path) or listed(path))
    with pytest.raises(MalformedError):
        trust_server_of(gun.replace("..x", "../x"), env=os.environ)
    assert run("list", gun.replace("..x", "../x")).code in {1, 2}
    assert locked.requests == []
    assert not [path for path in looked_into if "tls" in str(path)]


@pytest.mark.parametrize("verb", ["verify", "doctor"])
@pytest.mark.parametrize(
    "url",
    [
        "user:s3cret@host",
        "https:/user:s3cret@host",
        "https://user:s3/cret@host",
        "https://user:33/s3cret@host",
        "user:s3cret@host://x",
        "https://user:s3cret@host",
        "https://user:s3cret@x@host",
        "http://user:s3cret@host",
    ],
)
def test_a_login_in_the_name_of_a_server_is_refused_and_not_shown(run, monkeypatch, verb, url):
    named = run(verb, "--server", url, "a.example/x")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", url)
    configured = run(verb, "a.example/x")
    assert named.code == 2
    assert configured.code != 0
    for ran in (named, configured):
        for piece in (SECRET, "s3", "cret", "user:"):
            assert piece not in ran.out + ran.err
