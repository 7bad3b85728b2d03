"""`contenttrust doctor`: words, marks, exit codes, one JSON document."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from contenttrust import _core
from contenttrust.doctor import CHECKS, LEVELS
from servers import Authority, HttpsServer
from servers.answers import status
from simulator.repository import GUN, Repository, after
from simulator.roles import image
from trust_place import Place

NOW = datetime.now(timezone.utc)  # the command line reads the system clock


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "docker" / "trust")


@pytest.fixture
def repository():
    """A repository that is valid at the present moment."""
    made = Repository()
    made.targets["1.0"] = image("one")
    for role in (made.root, made.top, made.snapshot, made.timestamp):
        role.expires = after(base=NOW, days=200)
    made.timestamp.expires = after(base=NOW, days=14)
    return made


@pytest.fixture
def docker(tmp_path):
    """Puts a docker of a version on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(version):
        file = folder / "docker"
        file.write_text(f"#!/bin/sh\necho Docker version {version}, build 0000000\n")
        file.chmod(0o755)

    make("28.2.2")
    return make


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch, tmp_path, docker):
    for name in list(os.environ):
        if name.startswith(("DOCKER_", "NOTARY_", "SSL_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    (tmp_path / "docker").mkdir(mode=0o700)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


def levels(ran, check):
    return [f["level"] for f in ran.document["findings"] if f["check"] == check]


def test_a_machine_in_order_ends_with_0(run, place, repository, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    place.verify(repository, at=NOW)

    ran = run("doctor", "--offline")

    assert ran.code == 0
    assert ran.err == ""
    assert "✗" not in ran.out
    assert [line for line in ran.out.splitlines() if line and line[0] != " "] == [
        "Docker", "Clock", "Permissions", "Private keys", "Expiry", "Cache and record",
        "3 notes, 7 ok",
    ]  # fmt: skip


def test_the_document_has_every_finding_with_the_same_members(run, place, repository):
    place.verify(repository, at=NOW)

    ran = run("doctor", "--offline", "--json")

    assert ran.document["schema"] == "contenttrust.doctor/1"
    for finding in ran.document["findings"]:
        assert list(finding) == ["check", "subject", "level", "code", "message", "advice"]
        assert finding["check"] in CHECKS
        assert finding["level"] in LEVELS
        assert all(isinstance(value, str) for value in finding.values())


def test_a_docker_that_ignores_content_trust_while_it_is_on_ends_with_1(run, docker, monkeypatch):
    docker("29.0.0")
    assert run("doctor", "--offline").code == 0
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")

    ran = run("doctor", "--offline")

    assert ran.code == 1
    assert "✗ on ('1'), but this docker ignores it" in ran.out


def test_expired_data_ends_with_1(run, place, repository):
    place.verify(repository, at=NOW)
    later = (NOW + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")

    assert run("doctor", "--offline").code == 0
    ran = run("doctor", "--offline", "--at", later)

    assert ran.code == 1
    assert "✗ timestamp ended" in ran.out


def test_how_far_ahead_is_looked_is_an_option(run, place, repository):
    repository.top.expires = after(base=NOW, days=40)
    place.verify(repository, at=NOW)

    assert levels(run("doctor", "--offline", "--json"), "expiry") == ["ok"]
    assert levels(run("doctor", "--offline", "--json", "--within", "90"), "expiry") == ["warning"]
    assert run("doctor", "--offline", "--within", "90").code == 0


def test_a_cache_that_went_back_ends_with_1(run, place, repository):
    older = repository.publish()
    repository.advance("targets")
    place.verify(repository, at=NOW)
    (place.metadata(GUN) / "targets.json").write_bytes(older["targets"])

    ran = run("doctor", "--offline", "--json")

    assert ran.code == 1
    assert "failure" in levels(ran, "cache")


def test_unsafe_permissions_end_with_1(run, place, repository):
    place.verify(repository, at=NOW)
    (place.path / "private").mkdir(mode=0o700)
    key = place.path / "private" / "x.key"
    key.write_text("")
    key.chmod(0o644)

    ran = run("doctor", "--offline", "-q")

    assert ran.code == 1
    assert ran.out.splitlines()[:3] == [
        "Permissions", f"  {key}", "    ✗ may be read by others (mode 0644)",
    ]  # fmt: skip


def test_quiet_prints_nothing_of_a_machine_in_order(run):
    ran = run("doctor", "--offline", "-q")

    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_server_that_answers_is_fine_and_so_is_the_clock(run, authority):
    with HttpsServer(authority.issue()) as server:
        server.answer("/v2/", b"{}")
        ran = run("doctor", "--server", server.url, "--tls-ca", authority.ca_file, "--json")

    assert ran.code == 0
    assert levels(ran, "server") == ["ok"]
    assert levels(ran, "clock") == ["ok", "ok"]


def test_a_server_in_the_variable_is_asked_with_docker_s_own_authorities(
    run, authority, tmp_path, monkeypatch
):
    with HttpsServer(authority.issue()) as server:
        server.answer("/v2/", b"{}")
        host = server.url.removeprefix("https://")
        folder = tmp_path / "docker" / "tls" / host
        folder.mkdir(parents=True)
        (folder / "ca.crt").write_bytes(authority.pem)
        monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", server.url)
        ran = run("doctor", "--json")

    assert ran.code == 0
    assert levels(ran, "server") == ["ok"]


def test_a_server_that_does_not_answer_ends_with_3(run, authority):
    with HttpsServer(authority.issue()) as server:
        url = server.url

    ran = run("doctor", "--server", url, "--tls-ca", authority.ca_file, "--json")

    assert ran.code == 3
    assert levels(ran, "server") == ["failure"]


def test_a_server_without_v2_ends_with_3(run, authority):
    with HttpsServer(authority.issue()) as server:
        ran = run("doctor", "--server", server.url, "--tls-ca", authority.ca_file, "--json")

    assert ran.code == 3
    assert [f["code"] for f in ran.document["findings"] if f["check"] == "server"] == [
        "server_error"
    ]


def test_a_failure_counts_more_than_a_missing_answer(run, authority, docker, monkeypatch):
    docker("29.0.0")
    monkeypatch.setenv("DOCKER_CONTENT_TRUST", "1")
    with HttpsServer(authority.issue()) as server:
        url = server.url

    assert run("doctor", "--server", url, "--tls-ca", authority.ca_file).code == 1


def test_a_certificate_of_nobody_ends_with_3(run, authority, tmp_path):
    other = Authority(tmp_path, "another authority")
    with HttpsServer(authority.issue()) as server:
        server.answer("/v2/", b"{}")
        ran = run("doctor", "--server", server.url, "--tls-ca", other.ca_file, "--json")

    assert ran.code == 3
    assert "tls" in [f["code"] for f in ran.document["findings"]]


@pytest.mark.parametrize("url", ["localhost:4443", "http://localhost:4443", "ftp://x", "https://"])
def test_a_named_server_without_https_is_a_usage_error_as_for_verify(run, url):
    assert run("verify", "--server", url, "alpine").code == 2
    assert run("doctor", "--server", url).code == 2


def test_a_password_that_is_not_taken_ends_with_3_as_for_verify(run, authority, monkeypatch):
    monkeypatch.setenv("NOTARY_AUTH", base64.b64encode(b"me:wrong").decode())
    with HttpsServer(authority.issue()) as server:
        server.answer_all(status(401, {"WWW-Authenticate": 'Basic realm="notary"'}))
        options = ["--server", server.url, "--tls-ca", authority.ca_file]
        verified = run("verify", *options, GUN)
        unnamed, named = (run("doctor", "-q", *options, *names) for names in ((), (GUN,)))

    assert (verified.code, unnamed.code, named.code) == (3, 3, 3)
    assert server.url in unnamed.out
    assert GUN in named.out


def test_an_unsigned_collection_is_called_unsigned(run, authority, repository):
    with HttpsServer(authority.issue()) as server:
        server.answer("/v2/", b"{}")
        server.publish(GUN, repository.publish())
        options = ["--server", server.url, "--tls-ca", authority.ca_file]
        signed = run("doctor", *options, GUN)
        unsigned = run("doctor", "-q", *options, "docker.io/acme/unsigned")

    assert signed.code == 0
    assert "✓ what the server has of it is verified" in signed.out
    assert unsigned.code == 1
    assert "✗ it is not signed" in unsigned.out


def test_a_server_without_https_ends_with_1(run, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", "http://trust.example.com")

    ran = run("doctor")

    assert ran.code == 1
    assert "valid https URL required" in ran.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--metadata", "."],
        ["--remember"],
        ["--no-tofu"],
        ["--compatible"],
        ["--pin-key", "a" * 64],
        ["--limit", "keys=3"],
        ["--within", "soon"],
        ["--within", "-1"],
        ["--within", "99999"],
        ["--within", "5", "--within", "6"],
        ["host.example/UPPER"],
        [""],
    ],
)
def test_what_makes_no_sense_here_is_a_usage_error(run, arguments):
    assert run("doctor", *arguments).code == 2


def test_names_may_stand_around_options(run, place):
    for gun in ("docker.io/library/alpine", "just/a/collection", "host.example/third"):
        place.verify(Repository(gun), at=NOW)

    ran = run("doctor", "alpine", "--offline", "--json", "just/a/collection")

    assert {f["subject"] for f in ran.document["findings"] if f["check"] == "cache"} == {
        "docker.io/library/alpine", "just/a/collection",
    }  # fmt: skip


def test_t144_names_of_strangers_are_made_visible(run, place, tmp_path):
    odd = place.path / "private"
    odd.mkdir(mode=0o700)
    (odd / "a\033[31m\n✓ all is well.key").write_text("")

    ran = run("doctor", "--offline")

    assert "\033" not in ran.out
    assert "\n✓ all" not in ran.out


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_any_moment_can_be_judged_by(run, place, repository, moment):
    place.verify(repository, at=NOW)

    assert run("doctor", "--offline", "--at", moment).code in {0, 1}


def test_other_verbs_do_not_load_the_doctor():
    engine = str(Path(_core.__file__).parent)
    program = (
        f"import sys; sys.path[:] = {sys.path!r}\n"
        f"import contenttrust; contenttrust.__path__.append({engine!r})\n"
        "from contenttrust.cli.main import main\n"
        "main(['verify', '--offline', 'alpine'])\n"
        "print(*(name for name in sys.modules if 'doctor' in name))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""
