"""Which trust server speaks of a collection: Docker's rules."""

from __future__ import annotations

import base64
import json
import types
from datetime import datetime, timezone

import pytest

from contenttrust.clock import instant
from contenttrust.errors import ServiceEndedError, TlsError, UnreachableError
from contenttrust.transport.tls import Tls
from contenttrust.transport.trust_server import TrustServer
from contenttrust.transport.trust_servers import EndedServer, trust_server_of, trust_server_url
from servers import HttpsServer
from servers.answers import challenged, document

BEFORE = datetime(2026, 12, 7, 23, 59, 59, tzinfo=timezone.utc)
ENDED = datetime(2026, 12, 8, tzinfo=timezone.utc)


def wanted(name):
    return types.SimpleNamespace(name=name, sha256=None, limit=100)


@pytest.mark.parametrize(
    ("gun", "url"),
    [
        ("docker.io/library/alpine", "https://notary.docker.io"),
        ("index.docker.io/library/alpine", "https://notary.docker.io"),
        ("registry.example.com/team/web", "https://registry.example.com"),
        ("localhost:5000/demo/app", "https://localhost:5000"),
        ("[::1]:5000/demo", "https://[::1]:5000"),
    ],
)
def test_the_registry_has_its_own_trust_server(gun, url):
    assert trust_server_url(gun, env={}) == url
    assert trust_server_url(gun, env={"DOCKER_CONTENT_TRUST_SERVER": ""}) == url


def test_the_variable_names_one_server_for_all():
    env = {"DOCKER_CONTENT_TRUST_SERVER": "https://notary.example:4443/x"}
    for gun in ("docker.io/library/alpine", "registry.example.com/a"):
        assert trust_server_url(gun, env=env) == "https://notary.example:4443/x"
        assert trust_server_of(gun, env=env, now=ENDED).url == "https://notary.example:4443/x"


def test_a_named_url_wins_over_the_variable():
    env = {"DOCKER_CONTENT_TRUST_SERVER": "http://ignored"}
    server = trust_server_of("a/b", env=env, now=BEFORE, url="https://named.example")
    assert server.url == "https://named.example"


def test_plain_http_is_refused_in_dockers_words():
    env = {"DOCKER_CONTENT_TRUST_SERVER": "http://notary.example"}
    with pytest.raises(
        ValueError, match=r"^valid https URL required for trust server, got http://"
    ):
        trust_server_of("a/b", env=env, now=BEFORE)


@pytest.mark.parametrize("as_instant", [False, True])
def test_docker_hubs_server_has_ended_by_the_moment_of_the_verification(as_instant):
    gun = "docker.io/library/alpine"
    before, ended = (instant(m) if as_instant else m for m in (BEFORE, ENDED))
    assert isinstance(trust_server_of(gun, env={}, now=before), TrustServer)
    server = trust_server_of(gun, env={}, now=ended)
    assert isinstance(server, EndedServer)
    answers = server.fetch(gun, [wanted("root"), wanted("timestamp")])
    assert [(type(error), error.gun, error.role) for error in answers] == [
        (ServiceEndedError, gun, "root"),
        (ServiceEndedError, gun, "timestamp"),
    ]
    with pytest.raises(ServiceEndedError):
        server.ping()


@pytest.mark.parametrize(
    "write",
    [
        lambda server: server.publish("docker.io/a/b", {"targets": b"{}"}),
        lambda server: server.public_key("docker.io/a/b", "timestamp"),
        lambda server: server.rotate_key("docker.io/a/b", "timestamp"),
        lambda server: server.delete("docker.io/a/b"),
    ],
)
def test_a_server_that_has_ended_takes_nothing(write):
    server = trust_server_of("docker.io/a/b", env={}, now=ENDED)
    with pytest.raises(ServiceEndedError) as failure:
        write(server)
    assert failure.value.gun == "docker.io/a/b"


def test_who_is_chosen_for_an_image_can_be_written_to(server, authority):
    tls = Tls(ca_files=(authority.ca_file,), system=False)
    chosen = trust_server_of("host.example/a/b", env={}, url=server.url, tls=tls)
    server.answer("/v2/host.example/a/b/_trust/tuf/", b"")
    chosen.publish("host.example/a/b", {"targets": b"{}"})
    with HttpsServer(authority.issue(self_signed=True)) as distrusted:
        chosen = trust_server_of("host.example/a/b", env={}, url=distrusted.url, tls=tls)
        with pytest.raises(TlsError, match="trusted is what leads to") as failure:
            chosen.publish("host.example/a/b", {"targets": b"{}"})
    assert "not known" not in failure.value.message


def test_the_end_is_that_of_the_server_not_of_the_registry():
    for url in ("https://NOTARY.docker.io/", "https://notary.docker.io:443"):
        assert isinstance(trust_server_of("a/b", env={}, now=ENDED, url=url), EndedServer)
    env = {"DOCKER_CONTENT_TRUST_SERVER": "https://mirror.example"}
    assert isinstance(trust_server_of("docker.io/a/b", env=env, now=ENDED), TrustServer)


def test_a_moment_without_a_time_zone_is_no_moment():
    with pytest.raises(ValueError, match="timezone-aware"):
        trust_server_of("docker.io/a/b", env={}, now=datetime(2026, 12, 9))  # noqa: DTZ001


def lay_certificate(config, server, authority):
    folder = config / "tls" / f"localhost:{server.port}"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_bytes(authority.pem)


def test_dockers_certificates_for_the_server_are_used(server, authority, tmp_path):
    gun = f"localhost:{server.port}/a"
    server.publish(gun, {"root": b"r"})
    env = {"DOCKER_CONFIG": str(tmp_path)}
    assert trust_server_of(gun, env=env, now=BEFORE).fetch(gun, [wanted("root")])[0].code == "tls"
    lay_certificate(tmp_path, server, authority)
    assert trust_server_of(gun, env=env, now=BEFORE).fetch(gun, [wanted("root")]) == [b"r"]


def test_named_certificates_take_the_place_of_dockers(server, authority, tmp_path):
    gun = f"localhost:{server.port}/a"
    lay_certificate(tmp_path, server, authority)
    env = {"DOCKER_CONFIG": str(tmp_path)}
    source = trust_server_of(gun, env=env, now=BEFORE, tls=Tls())
    assert source.fetch(gun, [wanted("root")])[0].code == "tls"


def test_half_a_client_certificate_is_an_error(tmp_path):
    folder = tmp_path / "tls" / "host.example"
    folder.mkdir(parents=True)
    (folder / "client.cert").write_text("")
    with pytest.raises(TlsError):
        trust_server_of("host.example/a", env={"DOCKER_CONFIG": str(tmp_path)}, now=BEFORE)


def test_the_credentials_are_the_registrys_not_the_servers(server, authority, tmp_path):
    lay_certificate(tmp_path, server, authority)
    auths = {
        host: {"auth": base64.b64encode(f"user:{host}".encode()).decode()}
        for host in ("registry.example", f"localhost:{server.port}")
    }
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}))
    right = base64.b64encode(b"user:registry.example").decode()
    server.answer_all(challenged(document(b"r"), authorization=f"Basic {right}", challenge="Basic"))
    env = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTENT_TRUST_SERVER": server.url}
    source = trust_server_of("registry.example/a", env=env, now=BEFORE)
    assert source.fetch("registry.example/a", [wanted("root")]) == [b"r"]


def test_the_processs_environment_is_the_default(monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", "https://named.example")
    assert trust_server_of("a/b", now=BEFORE).url == "https://named.example"


@pytest.mark.parametrize("url", ["https://u:secret@host.example", "https://u@host.example/x"])
def test_a_user_in_the_url_is_refused_before_it_would_be_passed_over(url):
    for env, named in (({}, url), ({"DOCKER_CONTENT_TRUST_SERVER": url}, None)):
        with pytest.raises(ValueError, match=r"before host\.example in the URL") as error:
            trust_server_of("a/b", env=env, now=BEFORE, url=named)
        assert "secret" not in str(error.value)


def test_before_its_day_docker_hubs_server_is_unreachable_where_it_does_not_answer(monkeypatch):
    gun = "docker.io/library/alpine"
    lost = UnreachableError("https://notary.docker.io: its name does not resolve", gun=gun)
    monkeypatch.setattr("contenttrust.transport.http.Client.get", lambda *_: [lost])
    (answer,) = trust_server_of(gun, env={}, now=BEFORE).fetch(gun, [wanted("root")])
    assert answer is lost
    assert "own host" not in answer.message


def test_the_registrys_own_host_is_told_to_be_that_unless_it_was_named(monkeypatch):
    def message(**facts):
        lost = UnreachableError("https://localhost:5: no connection")
        monkeypatch.setattr("contenttrust.transport.http.Client.get", lambda *_: [lost])
        server = trust_server_of("localhost:5/a", now=BEFORE, **{"env": {}, **facts})
        return server.fetch("localhost:5/a", [wanted("root")])[0].message

    assert message().endswith("no trust server is named")
    url = "https://localhost:5"
    assert message(url=url).endswith("no connection")
    assert message(env={"DOCKER_CONTENT_TRUST_SERVER": url}).endswith("no connection")


def test_what_another_host_is_to_blame_for_is_not_said_of_the_registry(monkeypatch):
    lost = UnreachableError("asking for a token: https://auth.example: no connection")
    monkeypatch.setattr("contenttrust.transport.http.Client.get", lambda *_: [lost])
    server = trust_server_of("localhost:5/a", env={}, now=BEFORE)
    assert server.fetch("localhost:5/a", [wanted("root")])[0].message.endswith("no connection")
