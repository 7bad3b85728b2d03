"""Options and configurations that name a trust server: what is refused, and what a failure says."""

from __future__ import annotations

import base64
import json
import os

import pytest

from servers import Authority, HttpsServer
from servers.answers import challenged, document, status

SECRET = "geheimnis"


@pytest.fixture(autouse=True)
def docker(tmp_path, monkeypatch):
    """A configuration of Docker's that says nothing; no variable says anything either."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    for name in ("DOCKER_CONTENT_TRUST_SERVER", "NOTARY_AUTH", "DOCKER_AUTH_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def cached(case, run, server, authority, tmp_path):
    """Options for, and an image of, a collection that was verified once and is cached."""
    vector = case("good-one-tag")
    tuf = vector.path / "tuf"
    files = {
        str(file.relative_to(tuf)).removesuffix(".json"): file.read_bytes()
        for file in tuf.rglob("*.json")
    }
    server.publish(vector.gun, files)
    options = ["--at", vector.description["verify_at"], "--trust-dir", str(tmp_path / "trust")]
    image = f"{vector.gun}:1.0"
    at = [*options, "--server", server.url]
    ran = run("verify", *at, "--remember", "--tls-ca", authority.ca_file, image)
    assert ran.code == 0, ran.err
    return at, options, image


def unusable_files(tmp_path):
    other, directory, pipe = tmp_path / "other", tmp_path / "directory", tmp_path / "pipe"
    other.write_text("root:x:0:0\n")
    directory.mkdir()
    os.mkfifo(pipe)
    return {
        str(tmp_path / "none.crt"): "No such file",
        str(other): "holds no certificate in PEM form",
        str(directory): "Is a directory",
        str(pipe): "no regular file",
    }


def test_an_authority_that_cannot_be_used_is_bad_usage_whatever_is_cached(run, cached, tmp_path):
    at, _, image = cached
    for path, cause in unusable_files(tmp_path).items():
        ran = run("verify", *at, "--tls-ca", path, image)
        assert (ran.code, ran.out) == (2, ""), path
        assert ran.err.startswith(f"contenttrust: --tls-ca: {path}: ")
        assert cause in ran.err


def test_so_is_one_that_a_notary_configuration_names(run, cached, server, tmp_path):
    _, options, image = cached
    config = tmp_path / "config.json"
    for path, cause in unusable_files(tmp_path).items():
        config.write_text(json.dumps({"remote_server": {"url": server.url, "root_ca": path}}))
        for verb in ("verify", "explain"):
            ran = run(verb, *options, "--notary-config", str(config), image)
            assert (ran.code, ran.out) == (2, ""), path
            assert cause in ran.err
            assert path in ran.err


def test_so_are_the_files_of_our_own_certificate(run, cached, authority, tmp_path):
    at, _, image = cached
    cert, key = authority.issue(client=True)
    none = str(tmp_path / "none")
    for named, pair in (("--tls-cert", (none, key)), ("--tls-key", (cert, none))):
        ran = run("verify", *at, "--tls-cert", pair[0], "--tls-key", pair[1], image)
        assert ran.code == 2
        assert ran.err.startswith(f"contenttrust: {named}: {none}: No such file")
    ran = run("verify", *at, "--tls-cert", key, "--tls-key", key, image)
    assert (ran.code, "holds no certificate" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "option",
    ["--server", "--tls-ca", "--tls-cert", "--tls-key", "--notary-config", "--anchor-root"],
)
@pytest.mark.parametrize("verb", ["verify", "doctor"])
def test_an_empty_name_is_not_the_same_as_none(run, verb, option):
    ran = run(verb, option, "", "alpine")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"contenttrust: {option}: no ")
    assert "is named" in ran.err


@pytest.mark.parametrize(
    "url",
    [
        "https://alice:{}@localhost:14451",
        "https://{}@localhost",
        "https://@localhost",
        "https://alice:a/{}@localhost",
        "http://alice:{}@localhost",
        "alice:{}@localhost:4443",
    ],
)
@pytest.mark.parametrize("verb", ["verify", "doctor"])
def test_a_password_in_the_url_is_refused_and_not_shown(run, tmp_path, verb, url):
    url = url.format(SECRET)
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"remote_server": {"url": url}}))
    for options in (["--server", url], ["--notary-config", str(config)]):
        ran = run(verb, *options, "--trust-dir", str(tmp_path / "trust"), "localhost/a")
        assert (ran.code, ran.out) == (2, "")
        assert SECRET not in ran.err
        assert "trust server" in ran.err


def test_a_password_in_the_variable_is_refused_too(run, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", f"https://alice:{SECRET}@localhost:1")
    ran = run("verify", "--trust-dir", str(tmp_path / "trust"), "localhost/a")
    assert ran.code == 2
    assert "localhost:1" in ran.err
    assert SECRET not in ran.err


def test_a_number_below_zero_is_a_wrong_value_and_no_option(run):
    for arguments in (["--max-stale", "-1"], ["--max-stale=-1"]):
        ran = run("verify", *arguments, "alpine")
        assert ran.code == 2
        assert "--max-stale: '-1' is no whole number of seconds" in ran.err


def told(run, tmp_path, image, *options, verb="verify"):
    """Standard error of a verification that could not tell, in one line."""
    ran = run(verb, "--trust-dir", str(tmp_path / "trust"), *options, image)
    assert ran.code == 3
    return " ".join(ran.err.split())


def test_a_registry_without_tls_is_told_to_be_asked_because_no_server_is_named(run, tmp_path):
    with HttpsServer(None) as plain:
        host = f"localhost:{plain.port}"
        text = told(run, tmp_path, f"{host}/a")
        assert f"https://{host}: it does not speak TLS" in text
        assert "the registry's own host, asked because no trust server is named" in text
        assert "'--server'" in text
        assert "forged" not in text
        named = told(run, tmp_path, f"{host}/a", "--server", f"https://{host}")
        assert "it does not speak TLS" in named
        assert "no trust server is named (" not in named


def test_a_certificate_that_is_not_trusted_names_where_authorities_are_looked_for(
    run, server, docker, tmp_path, authority
):
    stranger = Authority(tmp_path, "stranger")
    for host in (f"localhost:{server.port}", f"LOCALHOST:{server.port}"):
        options = ["--server", f"https://{host}"]
        text = told(run, tmp_path, "localhost/a", *options)
        assert f"https://{host}: its certificate is not trusted" in text
        assert f"{docker}/tls/{host}/*.crt" in text
        assert "the configured CA file" not in text
        text = told(run, tmp_path, "localhost/a", *options, "--tls-ca", stranger.ca_file)
        assert f"trusted is what leads to {stranger.ca_file}" in text
        assert str(docker) not in text
        folder = docker / "tls" / host
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(authority.pem)
        ran = run("verify", "--trust-dir", str(tmp_path / "trust"), *options, "localhost/a")
        assert ran.code == 1  # it was asked, and has nothing


def test_a_damaged_file_in_dockers_directory_is_not_said_of_the_servers_certificate(
    run, server, docker, tmp_path
):
    host = f"localhost:{server.port}"
    folder = docker / "tls" / host
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text("nothing")
    text = told(run, tmp_path, f"{host}/a")
    assert f"the CA file {folder}/ca.crt cannot be used: it holds no certificate" in text
    assert "A certificate file of this machine" in text
    assert "notary server" not in text
    assert "forged" not in text


@pytest.fixture
def asks(server, authority):
    """A server that wants to know who we are; gives the options for it."""
    right = f"Basic {base64.b64encode(b'alice:right').decode()}"
    server.answer_all(challenged(document(b"{}"), authorization=right, challenge="Basic"))
    return ["--server", server.url, "--tls-ca", authority.ca_file]


def sent(server):
    return [seen.headers["authorization"] for seen in server.requests
            if "authorization" in seen.headers]  # fmt: skip


LOGIN = "you are not authorized to perform this operation: server returned 401."


def test_credentials_that_cannot_be_read_are_named_and_nothing_was_sent(  # noqa: PLR0917
    run, server, asks, docker, tmp_path, monkeypatch
):
    broken = {
        "docker-credential-nosuch": {"credHelpers": {"localhost": "nosuch"}},
        "config.json": {"auths": {"localhost": {"auth": "%"}}},
    }
    for name, config in broken.items():
        (docker / "config.json").write_text(json.dumps(config))
        text = told(run, tmp_path, "localhost/a", *asks)
        assert name in text.partition(" The credentials for localhost/a cannot be used")[0]
        assert "None were sent" in text
        assert LOGIN not in text
    monkeypatch.setenv("NOTARY_AUTH", "no base64")
    text = told(run, tmp_path, "localhost/a", *asks)
    assert text.startswith("✗ localhost/a NOTARY_AUTH is not base64 of user:password")
    assert "Log in" not in text
    assert sent(server) == []


def test_without_credentials_nothing_was_refused(run, server, asks, tmp_path):
    text = told(run, tmp_path, "localhost/a", *asks)
    assert f"{LOGIN}: no credentials are known, and the trust server asks for a password" in text
    assert "Log in to the registry ('docker login')" in text
    assert "not accepted" not in text
    assert sent(server) == []


def test_a_token_for_everybody_that_is_not_enough_is_no_wrong_password(
    run, server, authority, tmp_path
):
    server.answer("/token", b'{"token": "t"}')
    challenge = f'Bearer realm="{server.url}/token"'
    server.answer_all(status(401, {"WWW-Authenticate": challenge}))
    options = ["--server", server.url, "--tls-ca", authority.ca_file]
    text = told(run, tmp_path, "localhost/a", *options)
    assert f"no credentials are known, and {server.url} answers 401" in text
    assert "not accepted" not in text


def test_a_wrong_password_is_told_as_docker_tells_it(run, server, asks, tmp_path, monkeypatch):
    monkeypatch.setenv("NOTARY_AUTH", base64.b64encode(b"alice:wrong").decode())
    text = told(run, tmp_path, "localhost/a", *asks)
    assert f"{LOGIN}: the credentials are refused by {server.url} (401)" in text
    assert "Log in to the registry again" in text
    assert sent(server)


def test_403_is_no_401(run, server, authority, tmp_path):
    server.answer_all(status(403))
    options = ["--server", server.url, "--tls-ca", authority.ca_file]
    text = told(run, tmp_path, "localhost/a", *options)
    assert "unable to reach trust server at this time: 403." in text
    assert f"access is denied by {server.url} (403)" in text
    assert "401" not in text
    ran = run("verify", "--json", "--trust-dir", str(tmp_path), *options, "localhost/a")
    assert ran.document["results"][0]["error"]["code"] == "unauthorized"
