"""The pins of a notary client's configuration file."""

from __future__ import annotations

import json

import pytest

from contenttrust.transport.notary_config import (
    NotaryConfigError,
    anchor_from_notary_config,
    remote_server_from_notary_config,
)

A, B, C = "a" * 64, "b" * 64, "c" * 64
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.fixture
def anchor(tmp_path, monkeypatch):
    """Gives the anchor as the calls that make it, since an anchor does not show its ids."""

    class Recorder:
        first_use = staticmethod(lambda: "first use")
        remembered = staticmethod(lambda: "remembered")
        certificates = staticmethod(lambda ids: ("certificates", *ids))
        ca = staticmethod(lambda pem: ("ca", pem))

    monkeypatch.setattr("contenttrust.transport.notary_config.Anchor", Recorder)

    def make(section, gun="docker.io/library/alpine"):
        path = tmp_path / "config.json"
        path.write_text(section if isinstance(section, str) else json.dumps(section))
        return anchor_from_notary_config(path, gun)

    return make


def pinning(**members):
    return {"trust_pinning": members, "trust_dir": "~/.notary"}


def test_without_pins_the_first_root_is_believed(anchor):
    assert anchor({}) == "first use"
    assert anchor(pinning(disable_tofu=False)) == "first use"


def test_t031_without_a_pin_and_without_first_use_only_what_is_remembered_counts(anchor):
    assert anchor(pinning(disable_tofu=True)) == "remembered"
    assert anchor(pinning(disable_tofu=True, certs={"docker.io/other": [A]})) == "remembered"


def test_t031_an_exact_name_goes_before_wildcards_and_cas(anchor, tmp_path):
    (tmp_path / "ca.crt").write_text(PEM)
    section = pinning(
        certs={"docker.io/library/a*": [B], "docker.io/library/alpine": [A, C]},
        ca={"docker.io/library/alpine": "ca.crt"},
    )
    assert anchor(section) == ("certificates", A, C)


def test_t031_the_longest_wildcard_wins(anchor):
    section = pinning(certs={"*": [C], "docker.io/lib*": [A], "docker.io/*": [B]})
    assert anchor(section) == ("certificates", A)
    assert anchor(section, "docker.io/x/y") == ("certificates", B)
    assert anchor(section, "host.example/x") == ("certificates", C)


def test_t031_a_name_without_wildcard_is_no_prefix(anchor):
    assert anchor(pinning(certs={"docker.io/library/al": [A]})) == "first use"


def test_t031_the_longest_prefix_of_a_ca_wins_and_its_path_is_relative(anchor, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "long.crt").write_text(PEM)
    section = pinning(ca={"docker.io": "missing.crt", "docker.io/library/": "sub/long.crt"})
    assert anchor(section) == ("ca", PEM.encode())


def test_a_ca_file_that_is_missing_pins_nothing_and_is_told(anchor):
    with pytest.raises(FileNotFoundError):
        anchor(pinning(ca={"docker.io": "missing.crt"}))


def test_t015_an_empty_ca_file_is_refused(anchor, tmp_path):
    (tmp_path / "ca.crt").write_text("\n")
    with pytest.raises(NotaryConfigError, match="empty"):
        anchor(pinning(ca={"docker.io": "ca.crt"}))


@pytest.mark.parametrize(
    "section",
    [
        pinning(certs={"docker.io/other": []}),
        pinning(certs={"x": None}),
        pinning(certs={"x": A}),
        pinning(certs={"x": [A, 1]}),
        pinning(certs={"x": [A[:63]]}),
        pinning(certs={"x": [A.upper()]}),
        pinning(certs=[A]),
        pinning(certs=None),
        pinning(ca={"x": ""}),
        pinning(ca={"x": ["a", "b"]}),
        pinning(ca="x"),
        pinning(disable_tofu="true"),
        pinning(disable_tofu=1),
        pinning(disable_tofu=None),
        pinning(cert={"x": [A]}),
        {"trust_pinning": None},
        {"trust_pinning": []},
        {"Trust_Pinning": {"disable_tofu": True}},
        [],
        "",
        "{",
        '{"trust_pinning": {"disable_tofu": true, "disable_tofu": false}}',
        '{"trust_pinning": {}, "trust_pinning": {"disable_tofu": true}}',
    ],
    ids=str,
)
def test_t015_what_was_meant_as_a_pin_is_never_passed_over(anchor, section):
    with pytest.raises(NotaryConfigError):
        anchor(section)


def test_the_engine_takes_these_anchors(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(pinning(certs={"x": [A]}, disable_tofu=True)))
    assert "1 certificate pins" in repr(anchor_from_notary_config(path, "x"))
    assert "first use off" in repr(anchor_from_notary_config(path, "y"))


# The trust server.


@pytest.fixture
def remote(tmp_path):
    """Gives what a configuration says of the server; its folder has the files of a client."""
    for name in ("ca.crt", "client.crt"):
        (tmp_path / name).write_text(PEM)
    (tmp_path / "client.key").write_text("a key")
    (tmp_path / "empty.crt").touch()

    def read(section):
        path = tmp_path / "config.json"
        path.write_text(json.dumps({"remote_server": section}))
        return remote_server_from_notary_config(path)

    return read


def test_a_configuration_may_say_nothing_of_a_server(remote):
    server = remote({})
    assert (server.url, server.tls) == (None, None)


def test_its_files_lie_beside_the_configuration(remote, tmp_path):
    server = remote(
        {
            "url": "https://notary.example",
            "root_ca": "ca.crt",
            "tls_client_cert": "client.crt",
            "tls_client_key": f"{tmp_path}/client.key",
        }
    )
    assert server.url == "https://notary.example"
    assert server.tls.ca_files == (f"{tmp_path}/ca.crt",)
    assert (server.tls.cert_file, server.tls.key_file) == (
        f"{tmp_path}/client.crt",
        f"{tmp_path}/client.key",
    )
    assert server.tls.verify


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ([], "remote_server"),
        ({"urls": "https://a"}, "unknown member 'urls'"),
        ({"url": 7}, "url must be a text"),
        ({"root_ca": ["ca.crt"]}, "root_ca must be a text"),
        ({"skipTLSVerify": "no"}, "skipTLSVerify must be true or false"),
        ({"skipTLSVerify": 0}, "skipTLSVerify must be true or false"),
        ({"tls_client_cert": "client.crt"}, "either both client key and cert"),
        ({"tls_client_key": "client.key"}, "either both client key and cert"),
        ({"root_ca": "empty.crt"}, r"empty\.crt"),
        ({"root_ca": "client.key"}, r"client\.key"),
        ({"tls_client_cert": "empty.crt", "tls_client_key": "client.key"}, r"empty\.crt"),
    ],
)
def test_what_is_said_wrongly_of_a_server_is_never_passed_over(remote, section, words):
    with pytest.raises(NotaryConfigError, match=words):
        remote(section)


@pytest.mark.parametrize(
    "section",
    [{"root_ca": "missing.crt"}, {"tls_client_cert": "client.crt", "tls_client_key": "no.key"}],
)
def test_a_file_that_is_missing_is_told(remote, section):
    with pytest.raises(FileNotFoundError):
        remote(section)
