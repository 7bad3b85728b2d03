"""Which registry an image names, with Docker's certificates and credentials for it."""

from __future__ import annotations

import os
import shutil

import pytest

from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import registry_of
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.tls import Tls
from docker_home import HUB, DockerHome
from servers import HttpsServer
from servers.answers import status
from servers.registry import digest_of, image, name_of, push

NAME = "registry.localhost"  # leads to this machine, and is not surely this machine


@pytest.fixture
def home(tmp_path):
    return DockerHome(tmp_path)


@pytest.fixture
def certificates(tmp_path):
    """Docker's folder of certificates."""
    folder = tmp_path / "certs.d"
    folder.mkdir()
    return folder


@pytest.fixture
def elsewhere(authority):
    """A registry that is taken for one on another machine."""
    with HttpsServer(authority.issue((NAME,))) as server:
        push(server, image())
        yield server


def reference(server, host="localhost"):
    return Reference.parse(name_of(server, host=host))


def test_an_authority_of_docker_s_folder_vouches_for_the_registry(
    home, elsewhere, certificates, authority
):
    asked = reference(elsewhere, NAME)
    folder = certificates / asked.domain
    registry = registry_of(asked, env=home.env, certificates=str(certificates))
    with pytest.raises(ImageLookupError) as caught:
        registry.manifest(asked)
    assert caught.value.code == "tls"
    assert f"/etc/docker/certs.d/{asked.domain}/ca.crt" in str(caught.value)
    folder.mkdir()
    shutil.copy(authority.ca_file, folder / "ca.crt")
    registry = registry_of(asked, env=home.env, certificates=str(certificates))
    assert registry.manifest(asked).digest == digest_of(image())


def test_a_certificate_of_ours_is_shown_to_the_registry(home, certificates, authority):
    server_certificate = authority.issue((NAME,))
    with HttpsServer(server_certificate, client_authority=authority.ca_file) as server:
        push(server, image())
        asked = reference(server, NAME)
        folder = certificates / asked.domain
        folder.mkdir()
        shutil.copy(authority.ca_file, folder / "ca.crt")
        cert, key = authority.issue(("me",), client=True)
        shutil.copy(cert, folder / "client.cert")
        shutil.copy(key, folder / "client.key")
        registry = registry_of(asked, env=home.env, certificates=str(certificates))
        assert registry.manifest(asked).digest == digest_of(image())


def test_half_a_pair_is_told(home, certificates):
    (certificates / "registry.example.com").mkdir()
    (certificates / "registry.example.com" / "client.cert").touch()
    asked = Reference.parse("registry.example.com/web:1")
    with pytest.raises(ImageLookupError, match=r"client\.key is missing") as caught:
        registry_of(asked, env=home.env, certificates=str(certificates))
    assert (caught.value.code, caught.value.gun) == ("tls", asked.gun)


@pytest.mark.parametrize("name", ["localhost:5000/web", "127.0.0.1/web", "[::1]:5000/web", "web"])
def test_docker_reads_no_certificates_for_this_machine_and_for_its_hub(home, certificates, name):
    asked = Reference.parse(name)
    (certificates / asked.domain).mkdir()
    (certificates / asked.domain / "client.cert").touch()  # half a pair
    registry_of(asked, env=home.env, certificates=str(certificates))


def test_certificates_that_are_named_take_the_place_of_docker_s(
    home, elsewhere, certificates, authority
):
    asked = reference(elsewhere, NAME)
    (certificates / asked.domain).mkdir()
    (certificates / asked.domain / "client.cert").touch()
    tls = Tls(ca_files=(authority.ca_file,))
    registry = registry_of(asked, env=home.env, tls=tls, certificates=str(certificates))
    assert registry.manifest(asked).digest == digest_of(image())


def test_the_credentials_of_the_registry_are_used_when_it_asks(home, server):
    server.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
    asked = reference(server)
    home.log_in(asked.domain, "alice:pass")
    with pytest.raises(ImageLookupError, match="the credentials are refused"):
        registry_of(asked, env=home.env).manifest(asked)
    assert ["authorization" in seen.headers for seen in server.requests] == [False, True]


def test_credentials_for_trust_servers_do_not_go_to_registries(home, server):
    server.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
    asked = reference(server)
    env = home.env | {"NOTARY_AUTH": "YWxpY2U6cGFzcw=="}
    with pytest.raises(ImageLookupError, match="no credentials are known"):
        registry_of(asked, env=env).manifest(asked)
    assert not any("authorization" in seen.headers for seen in server.requests)


def test_credentials_that_are_named_are_used(home, server):
    server.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
    asked = reference(server)
    registry = registry_of(asked, env=home.env, credentials=Credentials("alice", "pass"))
    with pytest.raises(ImageLookupError, match="the credentials are refused"):
        registry.manifest(asked)


def test_credentials_of_docker_hub_are_kept_under_its_old_address(home, monkeypatch):
    home.log_in(HUB, "hub:pass")
    registry = registry_of(Reference.parse("alpine"), env=home.env)
    assert registry.url == "https://registry-1.docker.io"
    assert registry._access._known_credentials().username == "hub"


def test_by_default_the_environment_is_the_process_s_own(home, server, monkeypatch):
    server.answer_all(status(401, {"WWW-Authenticate": "Basic"}))
    asked = reference(server)
    home.log_in(asked.domain, "alice:pass")
    monkeypatch.setattr(os, "environ", home.env)
    with pytest.raises(ImageLookupError, match="the credentials are refused"):
        registry_of(asked).manifest(asked)


@pytest.mark.parametrize("name", ["localhost:0/web:1", "registry.example.com:70000/web"])
def test_a_port_that_none_can_be_is_told(home, name):
    with pytest.raises(ImageLookupError, match="begins with no host"):
        registry_of(Reference.parse(name), env=home.env)
