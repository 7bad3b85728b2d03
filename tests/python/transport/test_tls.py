"""Docker's directory of certificates, and the value made of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from contenttrust.errors import TlsError
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls, tls_of


@pytest.fixture
def config(tmp_path):
    (tmp_path / "tls" / "host.example:4443").mkdir(parents=True)
    return tmp_path


def found(config, host="host.example:4443"):
    return tls_of(host, env={"DOCKER_CONFIG": str(config)})


def lay(config, *names):
    folder = config / "tls" / "host.example:4443"
    for name in names:
        (folder / name).write_text(name)
    return [str(folder / name) for name in names]


def test_without_a_directory_nothing_is_configured(config, tmp_path):
    assert found(config, "host.example") == Tls()
    assert found(tmp_path / "none") == Tls()
    assert found(config) == Tls()


def test_the_directory_is_that_of_host_and_port(config):
    (path,) = lay(config, "ca.crt")
    assert found(config).ca_files == (path,)
    for other in ("host.example", "host.example:443", "other.example:4443"):
        assert found(config, other).ca_files == ()


def test_without_docker_config_it_is_below_the_home_directory(tmp_path):
    folder = tmp_path / ".docker" / "tls" / "h"
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text("")
    for env in ({"HOME": str(tmp_path)}, {"HOME": str(tmp_path), "DOCKER_CONFIG": ""}):
        assert tls_of("h", env=env).ca_files == (str(folder / "ca.crt"),)


def test_authorities_end_in_crt(config):
    paths = lay(config, "a.crt", "b.crt", "c.pem", "d.crt.bak", "README")
    assert found(config).ca_files == tuple(paths[:2])


def test_a_client_certificate_comes_with_its_key(config):
    cert, key = lay(config, "client.cert", "client.key")
    tls = found(config)
    assert (tls.cert_file, tls.key_file, tls.ca_files) == (cert, key, ())
    lay(config, "another.cert", "another.key")
    assert found(config).cert_file == cert.replace("client.cert", "another.cert")


@pytest.mark.parametrize(
    ("there", "missing"), [("client.cert", "client.key"), ("client.key", "client.cert")]
)
def test_half_a_pair_is_an_error_as_for_docker(config, there, missing):
    lay(config, there, "a.cert", "a.key")
    with pytest.raises(TlsError, match=f"{missing} is missing"):
        found(config)


def test_a_file_in_the_place_of_the_directory_is_an_error(config):
    (config / "tls" / "x").write_text("")
    with pytest.raises(TlsError, match="cannot be read"):
        found(config, "x")


def test_a_value_is_immutable_and_comparable():
    tls = Tls(ca_files=("a",), cert_file="c", key_file="k")
    assert tls == Tls(ca_files=("a",), cert_file="c", key_file="k")
    assert hash(tls) == hash(Tls(ca_files=("a",), cert_file="c", key_file="k"))
    assert tls != Tls(ca_files=("a",), cert_file="c", key_file="k", verify=False)
    assert tls != "tls"
    for change in (lambda: setattr(tls, "verify", False), lambda: delattr(tls, "verify")):
        with pytest.raises(AttributeError, match="immutable"):
            change()
    assert tls.verify
    assert repr(tls).startswith("Tls(ca_files=('a',), cert_file='c', key_file='k'")


@pytest.mark.parametrize("half", [{"cert_file": "c"}, {"key_file": "k"}])
def test_half_a_pair_is_no_value(half):
    with pytest.raises(ValueError, match="together"):
        Tls(**half)


@pytest.mark.parametrize("half", ["cert", "key"])
@pytest.mark.parametrize(
    ("lay_odd", "cause"),
    [(os.mkfifo, "it is no regular file"), (os.mkdir, "Is a directory"), (None, "No such file")],
)
def test_t062_a_client_certificate_or_key_that_is_no_file_is_refused_and_not_waited_for(
    tmp_path, half, lay_odd, cause
):
    paths = {name: str(tmp_path / f"client.{name}") for name in ("cert", "key")}
    for name, path in paths.items():
        if name != half:
            Path(path).write_text("PEM")
        elif lay_odd is not None:
            lay_odd(path)
    client = Client(tls=Tls(cert_file=paths["cert"], key_file=paths["key"]), gun="a/b")
    answers = []
    request = Request("https://localhost:1/", 10, role="root")
    thread = threading.Thread(target=lambda: answers.extend(client.get([request])), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    (error,) = answers
    assert (type(error), error.gun, error.role) == (TlsError, "a/b", "root")
    assert paths[half] in error.message
    assert cause in error.message
