"""Whether the trust servers that would be asked do answer."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from contenttrust.doctor import DEFAULT_WITHIN, Asking, servers
from contenttrust.errors import (
    ServerError,
    ServiceEndedError,
    TlsError,
    UnauthorizedError,
    UnreachableError,
)
from contenttrust.transport.http import Response
from contenttrust.transport.tls import Tls
from simulator.repository import NOW

GUN = "registry.example.com/team/web"
HUB = "docker.io/library/alpine"


class Answering(Asking):
    """Servers that answer, or fail, as a test wants; what was asked is kept."""

    def __init__(self, answer=None, *, env=None, at=NOW, ahead=timedelta(0), tls=None):
        super().__init__({"DOCKER_CONFIG": "/nowhere"} | (env or {}), at=at, tls=tls)
        date = format_datetime(NOW + ahead, usegmt=True)
        ok = Response(status=200, body=b"{}", headers={"date": date}, url="")
        self.answer = ok if answer is None else answer
        self.asked = []

    def ask(self, gun):
        self.asked.append(gun)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def check(asking, *guns, at=NOW, within=DEFAULT_WITHIN, offline=False):
    return servers.check(guns, asking, present=lambda: NOW, at=at, within=within, offline=offline)


def test_a_server_that_answers_is_fine_and_its_clock_is_compared():
    found = check(Answering(), GUN)

    assert [(f.check, f.level) for f in found.findings] == [("server", "ok"), ("clock", "ok")]
    assert found.findings[0].subject == "https://registry.example.com"
    assert found.answering == {GUN}


def test_a_clock_that_is_off_is_told():
    found = check(Answering(ahead=timedelta(hours=-2)), GUN)

    assert [(f.check, f.level) for f in found.findings] == [("server", "ok"), ("clock", "failure")]


@pytest.mark.parametrize(
    "error", [UnreachableError("refused"), TlsError("expired"), ServerError("404")]
)
def test_a_server_that_does_not_answer_is_a_failure_that_leaves_the_rest_unknown(error):
    found = check(Answering(error), GUN)

    (failure,) = found.findings
    assert (failure.level, failure.code) == ("failure", error.code)
    assert failure.unanswered
    assert failure.advice
    assert found.answering == set()


def test_a_server_that_wants_a_login_is_there():
    (warning,) = check(Answering(UnauthorizedError("401")), GUN).findings

    assert warning.level == "warning"
    assert "docker login" in warning.advice


@pytest.mark.parametrize("guns", [(), (GUN,)])
def test_credentials_that_are_not_accepted_are_a_failure_unless_collections_tell_more(guns):
    server = "https://notary.example.com"
    env = {"NOTARY_AUTH": "bWU6c2VjcmV0", "DOCKER_CONTENT_TRUST_SERVER": server}

    (finding,) = check(Answering(UnauthorizedError("401"), env=env), *guns).findings

    assert finding.level == ("warning" if guns else "failure")
    assert finding.unanswered == (not guns)
    assert "were not accepted" in finding.advice


def test_credentials_that_cannot_be_read_are_told_to_be_repaired():
    server = "https://notary.example.com"
    env = {"NOTARY_AUTH": "no base64!", "DOCKER_CONTENT_TRUST_SERVER": server}

    (finding,) = check(Answering(UnauthorizedError("401"), env=env)).findings

    assert finding.level == "failure"
    assert "Nothing was sent" in finding.advice
    assert "NOTARY_AUTH" in finding.advice
    assert "docker login" not in finding.advice


@pytest.mark.parametrize("body", [b"", b"<html>Welcome</html>", b"[]", b'"ok"', b"[" * 99_999])
def test_a_page_that_is_no_trust_server_s_is_a_failure(body):
    page = Response(status=200, body=body, headers={}, url="")

    found = check(Answering(page), GUN)

    (failure,) = found.findings
    assert (failure.level, failure.code) == ("failure", "server_error")
    assert failure.unanswered
    assert found.answering == set()


@pytest.mark.parametrize(
    ("tls", "place"),
    [
        (None, "/config/tls/registry.example.com:4443/ca.crt"),
        (Tls(ca_files=("/my/ca.pem",), system=False), "/my/ca.pem"),
        (Tls(cert_file="c", key_file="k"), "--tls-ca"),
    ],
)
def test_the_advice_on_a_certificate_names_the_place_that_counts(tls, place):
    distrusted = TlsError("https://registry.example.com:4443: its certificate is not trusted")
    asking = Answering(distrusted, env={"DOCKER_CONFIG": "/config"}, tls=tls)

    (failure,) = check(asking, "registry.example.com:4443/team/web").findings

    assert place in failure.advice
    assert ("/tls/" in failure.advice) == (tls is None)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (TlsError("the CA file /x holds no certificate in PEM form"), "Repair that file"),
        (TlsError("https://x: it does not speak TLS", expected="TLS"), "whether a trust server"),
        (UnauthorizedError("access is denied", found="403"), "for access"),
    ],
)
def test_what_is_not_about_its_certificate_or_a_login_has_advice_of_its_own(error, advice):
    (finding,) = check(Answering(error), GUN).findings

    assert advice in finding.advice
    assert "docker login" not in finding.advice
    assert "ca.crt" not in finding.advice


def test_each_server_is_asked_once():
    asking = Answering()

    check(asking, "a.example.com/x", "b.example.com/x", "a.example.com/y")

    assert asking.asked == ["a.example.com/x", "b.example.com/x"]


def test_without_a_name_the_server_of_docker_hub_is_asked():
    found = check(Answering())

    assert found.findings[0].subject == "https://notary.docker.io"


def test_a_server_for_all_takes_the_place_of_every_other():
    env = {"DOCKER_CONTENT_TRUST_SERVER": "https://trust.example.com:4443"}
    asking = Answering(env=env)

    found = check(asking, GUN, HUB)

    assert {f.subject for f in found.findings if f.check == "server"} == {
        "https://trust.example.com:4443"
    }
    assert found.answering == {GUN, HUB}


@pytest.mark.parametrize(
    "url", ["http://trust.example.com", "trust.example.com", "ftp://x", "https://", "https:// x"]
)
@pytest.mark.parametrize("offline", [False, True])
def test_a_server_without_https_is_a_failure_and_is_not_asked(url, offline):
    asking = Answering(env={"DOCKER_CONTENT_TRUST_SERVER": url})

    (failure,) = check(asking, GUN, HUB, offline=offline).findings

    assert failure.level == "failure"
    assert not failure.unanswered
    assert "valid https URL required" in failure.message
    assert asking.asked == []


def test_offline_no_server_is_asked():
    asking = Answering()

    assert check(asking, GUN, offline=True).findings == []
    assert check(asking, offline=True).findings == []
    assert asking.asked == []


def test_a_password_in_the_url_is_not_shown():
    asking = Answering(env={"DOCKER_CONTENT_TRUST_SERVER": "https://me:secret@trust.example.com"})

    found = check(asking, GUN)

    assert "secret" not in repr(found.findings)
    assert found.findings[0].subject == "https://trust.example.com"


@pytest.mark.parametrize(
    ("day", "within", "level"),
    [(1, 30, "note"), (7, 30, "note"), (9, 30, "warning"), (9, 20, "note"), (27, 5, "note")],
)
def test_the_end_of_docker_s_own_server_is_announced(day, within, level):
    at = datetime(2026, 11, day, tzinfo=timezone.utc)

    found = check(Answering(at=at), at=at, within=timedelta(days=within))

    (announced,) = [f for f in found.findings if f.code == "service_ended"]
    assert announced.level == level
    assert "2026-12-08" in announced.message


@pytest.mark.parametrize("offline", [False, True])
def test_the_end_of_docker_s_own_server_is_known_without_its_answer(offline):
    found = check(Answering(UnreachableError("no network")), HUB, offline=offline)

    (announced,) = [f for f in found.findings if f.code == "service_ended"]
    assert (announced.level, announced.unanswered) == ("warning", False)
    assert "2026-12-08" in announced.message


def test_offline_too_docker_s_own_server_has_ended():
    at = datetime(2026, 12, 8, tzinfo=timezone.utc)

    (failure,) = check(Answering(), HUB, at=at, offline=True).findings

    assert (failure.level, failure.code) == ("failure", "service_ended")


@pytest.mark.parametrize(("second", "ended"), [(59, False), (60, True)])
def test_docker_s_own_server_has_ended_on_that_day(second, ended):
    at = datetime(2026, 12, 7, 23, 59, tzinfo=timezone.utc) + timedelta(seconds=second)
    asking = Asking({"DOCKER_CONTENT_TRUST_SERVER": ""}, at=at)
    if not ended:
        asking = Answering(at=at)

    found = check(asking, at=at)

    codes = {f.code for f in found.findings if f.level == "failure"}
    assert codes == ({"service_ended"} if ended else set())


def test_an_ended_service_leaves_the_rest_unknown():
    at = datetime(2026, 12, 8, tzinfo=timezone.utc)
    (failure,) = check(Answering(ServiceEndedError("gone")), HUB, at=at).findings

    assert failure.unanswered
