"""Credentials: where they are found, which place wins, and what a broken place leads to."""

from __future__ import annotations

import json
import os
import pwd
import time

import pytest

from contenttrust.errors import UnauthorizedError
from contenttrust.transport.credentials import Credentials, credentials_of
from contenttrust.transport.docker_config import config_directory
from docker_home import HOST, HUB, DockerHome, b64, values


@pytest.fixture
def home(tmp_path):
    return DockerHome(tmp_path)


def test_nothing_is_found_where_nothing_is_configured(home):
    assert home.find() is None
    home.write("")  # Docker takes an empty file, too
    assert home.find() is None
    home.write({"auths": {}, "HttpHeaders": {"X": "y"}})
    assert home.find() is None


def test_an_entry_of_auths_is_base64_of_user_and_password(home):
    home.write({"auths": {HOST: {"auth": b64("alice:pass:word")}}})
    assert values(home.find()) == ("alice", "pass:word", False)
    assert home.find("registry.example.com") is None


def test_the_configuration_is_read_where_docker_config_says(home, tmp_path):
    home.write({"auths": {HOST: {"auth": b64("home:1")}}})
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text(json.dumps({"auths": {HOST: {"auth": b64("other:2")}}}))
    assert home.find(DOCKER_CONFIG=str(other)).username == "other"
    assert home.find(DOCKER_CONFIG="").username == "home"


def test_the_home_directory_is_that_of_the_password_database_if_need_be(monkeypatch):
    directory = pwd.getpwuid(os.getuid()).pw_dir
    assert config_directory({"HOME": ""}) == f"{directory}/.docker"

    def nobody(uid):
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert config_directory({}) is None
    assert credentials_of(HOST, env={}) is None


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io"])
def test_docker_hub_has_its_historic_key_and_no_other(home, host):
    home.write({"auths": {HUB: {"auth": b64("hub:1")}, "docker.io": {"auth": b64("no:1")}}})
    assert home.find(host).username == "hub"
    home.write({"auths": {"docker.io": {"auth": b64("no:1")}}})
    assert home.find(host) is None


@pytest.mark.parametrize(
    "key", [f"https://{HOST}", f"https://{HOST}/v1/", f"https://me@{HOST}/", f"{HOST}/v2/"]
)
def test_keys_of_old_versions_of_docker_are_understood(home, key):
    home.write({"auths": {key: {"auth": b64("old:1")}, "https://[": {"auth": "?"}}})
    assert home.find().username == "old"
    assert home.find("registry.example.com") is None


def test_the_exact_key_wins_over_an_old_one(home):
    home.write({"auths": {f"https://{HOST}/": {"auth": b64("old:1")}, HOST: {}}})
    assert home.find() is None


def test_old_keys_that_disagree_are_refused(home):
    keys = [f"https://{HOST}/v1/", f"https://{HOST}/v2/"]
    home.write({"auths": {key: {"auth": b64("same:1")} for key in keys}})
    assert home.find().username == "same"
    home.write({"auths": {key: {"auth": b64(f"u{i}:1")} for i, key in enumerate(keys)}})
    with pytest.raises(UnauthorizedError, match="different credentials"):
        home.find()


def test_an_identity_token_goes_before_a_password(home):
    home.write({"auths": {HOST: {"auth": b64("0000:"), "identitytoken": "idt"}}})
    assert values(home.find()) == ("0000", "idt", True)
    home.write({"auths": {HOST: {"identitytoken": "idt"}}})
    assert values(home.find()) == ("<token>", "idt", True)


def test_user_name_and_password_may_stand_there_openly(home):
    home.write({"auths": {HOST: {"username": "alice", "password": "pw"}}})
    assert values(home.find()) == ("alice", "pw", False)
    home.write({"auths": {HOST: {"username": "a", "password": "b", "auth": b64("c:d\0\0")}}})
    assert values(home.find()) == ("c", "d", False)


def test_a_registry_token_is_not_for_trust_servers(home):
    home.write({"auths": {HOST: {"registrytoken": "rt"}}})
    assert home.find() is None


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("{", "is no JSON"),
        ("{} {}", "is no JSON"),
        ("\ufeff{}", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("[]", "no JSON object"),
        ('{"auths": {}, "auths": {}}', "a member twice"),
        ('{"auths": {"h": {"auth": "", "auth": ""}}}', "a member twice"),
        ('{"Auths": {}}', "must be written as auths"),
        ('{"cred\u017fStore": "x"}', "must be written as credsStore"),
        ('{"auths": []}', "auths is not an object"),
        ('{"auths": {"h": "x"}}', "entry for h in auths is not an object"),
        ('{"credsStore": ["x"]}', "credsStore is not text"),
        ('{"credHelpers": {"h": 1}}', "entry for h in credHelpers is not text"),
        ({"auths": {HOST: {"auth": 7}}}, "auth is not text"),
        ({"auths": {HOST: {"Auth": "x"}}}, "must be written as auth"),
        ({"auths": {HOST: {"auth": "no base64"}}}, "is not base64 of user:password"),
        ({"auths": {HOST: {"auth": b64("a:b") + "!"}}}, "is not base64 of user:password"),
        ({"auths": {HOST: {"auth": b64("nocolon")}}}, "not of user:password"),
        ({"auths": {HOST: {"auth": b64(":nouser")}}}, "not of user:password"),
        ({"auths": {HOST: {"auth": b64("nopassword:")}}}, "a user name and a secret are needed"),
        ({"auths": {HOST: {"password": "pw"}}}, "a user name and a secret are needed"),
        ({"auths": {HOST: {"username": "a:b", "password": "pw"}}}, "no colons"),
    ],
)
def test_a_configuration_that_is_not_understood_is_an_error(home, config, words):
    home.write(config)
    with pytest.raises(UnauthorizedError, match=words) as caught:
        home.find()
    assert str(home.config) in caught.value.message
    assert caught.value.gun == f"{HOST}/team/web"


def test_a_configuration_that_is_no_utf8_is_an_error(home):
    home.config.write_bytes(b'{"auths": {"\xff": {}}}')
    with pytest.raises(UnauthorizedError, match="is no JSON"):
        home.find()


def test_a_broken_entry_of_another_registry_does_not_matter(home):
    home.write({"auths": {"other.example": {"auth": "?"}, HOST: {"auth": b64("a:b")}}})
    assert home.find().username == "a"


@pytest.mark.parametrize("kind", ["directory", "fifo", "device", "large"])
def test_what_is_no_configuration_file_is_refused_at_once(home, kind):
    if kind == "directory":
        home.config.mkdir()
    elif kind == "fifo":
        os.mkfifo(home.config)
    elif kind == "device":
        home.config.symlink_to("/dev/zero")
    else:
        home.write('{"auths": {}}' + " " * 1_048_576)
    before = time.monotonic()
    with pytest.raises(UnauthorizedError, match=r"cannot be read: (not a regular|longer)"):
        home.find()
    assert time.monotonic() - before < 5


def test_a_configuration_that_cannot_be_opened_is_an_error(home):
    with pytest.raises(UnauthorizedError, match="cannot be read: Not a directory"):
        home.find(DOCKER_CONFIG="/dev/null")


def test_a_configuration_may_be_a_link_and_readable_by_others(home, tmp_path):
    elsewhere = tmp_path / "secret.json"
    elsewhere.write_text(json.dumps({"auths": {HOST: {"auth": b64("a:b")}}}))
    elsewhere.chmod(0o644)
    home.config.symlink_to(elsewhere)
    assert home.find().username == "a"


def test_notary_auth_wins(home):
    home.write({"auths": {HOST: {"auth": b64("config:1")}}})
    variable = {"DOCKER_AUTH_CONFIG": json.dumps({"auths": {HOST: {"auth": b64("variable:1")}}})}
    assert values(home.find(NOTARY_AUTH=b64("bob:pw\n"), **variable)) == ("bob", "pw", False)
    assert home.find(NOTARY_AUTH="", **variable).username == "variable"
    assert home.find().username == "config"


@pytest.mark.parametrize(
    "text", ["?", b64("nocolon"), b64(":pw"), b64("user:"), b64("user: \n"), "é"]
)
def test_a_notary_auth_that_is_none_is_an_error(home, text):
    with pytest.raises(UnauthorizedError, match="NOTARY_AUTH"):
        home.find(NOTARY_AUTH=text)


def test_base64_may_have_been_broken_into_lines(home):
    text = b64("bob:" + "long" * 30)
    broken = f"{text[:76]}\r\n{text[76:]}\n"
    assert values(home.find(NOTARY_AUTH=broken)) == ("bob", "long" * 30, False)


def test_docker_auth_config_counts_for_the_registries_that_it_names(home):
    home.write({"auths": {HOST: {"auth": b64("file:1")}}})
    variable = json.dumps({"auths": {"other.example": {"auth": b64("variable:1")}}})
    assert home.find("other.example", DOCKER_AUTH_CONFIG=variable).username == "variable"
    assert home.find(DOCKER_AUTH_CONFIG=variable).username == "file"
    assert home.find(DOCKER_AUTH_CONFIG="").username == "file"


@pytest.mark.parametrize(
    "text", ["x", "[]", '{"credsStore": "x"}', '{"auths": {"h": 1}}', "\udcff"]
)
def test_a_docker_auth_config_that_is_not_understood_is_an_error(home, text):
    with pytest.raises(UnauthorizedError, match="DOCKER_AUTH_CONFIG"):
        home.find(DOCKER_AUTH_CONFIG=text)


@pytest.mark.parametrize("host", ["", "a b", "a\nb", "ä.example"])
def test_a_host_that_no_registry_has_is_refused(home, host):
    home.keep("all", {host: ("u", "s")})
    home.write({"credsStore": "all"})
    with pytest.raises(UnauthorizedError, match="no registry can be called"):
        home.find(host)
    assert values(home.find(host, NOTARY_AUTH=b64("bob:pw"))) == ("bob", "pw", False)


@pytest.mark.parametrize(
    ("username", "secret"), [("", "x"), ("x", ""), ("a:b", "x"), ("a\nb", "x")]
)
def test_credentials_that_could_not_be_sent_are_not_made(username, secret):
    with pytest.raises(ValueError, match="user name"):
        Credentials(username, secret)


def test_credentials_do_not_change():
    credentials = Credentials("alice", "pw")
    with pytest.raises(AttributeError):
        credentials.secret = "other"
    with pytest.raises(AttributeError):
        del credentials.secret
