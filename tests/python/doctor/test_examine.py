"""The whole look at a machine."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from contenttrust.doctor import CHECKS, Asking, clock, examine
from contenttrust.errors import UnauthorizedError, UnreachableError
from contenttrust.reference import InvalidReferenceError
from simulator.keys import key_pair
from simulator.repository import GUN, NOW, Repository


class Silent(Asking):
    """Servers that never answer."""

    def __init__(self):
        super().__init__({}, at=NOW)

    def url_of(self, gun):
        return f"https://{gun.partition('/')[0]}"

    def ask(self, gun):
        raise UnreachableError("refused", gun=gun)


class Open(Silent):
    """Servers that always answer, and have some collections."""

    def __init__(self, *repositories):
        super().__init__()
        self.files = {repository.gun: repository.publish() for repository in repositories}

    def ask(self, gun):
        from contenttrust.transport.http import Response

        return Response(status=200, body=b"{}", headers={}, url="")

    def server_of(self, gun):
        return self.files.get(gun, {})


class Forbidding(Open):
    """Servers that let nobody in."""

    def ask(self, gun):
        raise UnauthorizedError("not let in", gun=gun)


@pytest.fixture
def look(place, tmp_path):
    def call(*names, **keywords):
        env = {"PATH": "", "DOCKER_CONFIG": str(tmp_path / "docker")}
        return examine(names, **{"env": env, "now": NOW, "trust_dir": str(place.path), **keywords})

    return call


def told(findings, *checks):
    return {(f.subject, f.level) for f in findings if f.check in checks}


def test_the_findings_come_in_the_order_of_the_checks(look, place, repository):
    place.verify(repository)

    checks = [f.check for f in look(asking=Open())]

    assert checks == sorted(checks, key=CHECKS.index)
    assert set(checks) == set(CHECKS)


def test_offline_no_server_is_asked(look, place, repository):
    place.verify(repository)

    assert told(look(asking=Silent(), offline=True), "server") == set()
    assert told(look(asking=Silent()), "server") == {("https://docker.io", "failure")}


def test_the_clock_goes_on_while_docker_answers(look, program, monkeypatch):
    made = program("sleep 0.2; echo Docker version 28.2.2, build 0")
    monkeypatch.setattr(clock, "_NOTICEABLE", timedelta(seconds=0.1))

    class Punctual(Open):
        def ask(self, gun):
            answer = super().ask(gun)
            answer.headers["date"] = format_datetime(NOW, usegmt=True)
            return answer

    findings = look(asking=Punctual(), env={"PATH": f"{made.parent}:/bin", "HOME": "/nowhere"})

    assert ("system clock", "warning") in told(findings, "clock")


def test_every_collection_is_looked_at_unless_some_are_named(look, place):
    place.verify(Repository("docker.io/library/alpine"))
    place.verify(Repository("just/a/collection"))

    assert told(look(), "expiry") == {
        ("docker.io/library/alpine", "ok"), ("just/a/collection", "ok"),
    }  # fmt: skip
    assert told(look("alpine:3.19"), "expiry") == {("docker.io/library/alpine", "ok")}
    assert told(look("just/a/collection"), "expiry") == {("just/a/collection", "ok")}


def test_a_collection_that_nobody_knows_is_a_note(look, place):
    assert told(look("alpine", "alpine:3.19"), "cache") == {("docker.io/library/alpine", "note")}


def test_a_name_that_is_neither_is_refused(look, place):
    with pytest.raises(InvalidReferenceError):
        look("UPPER/../case")


@pytest.mark.parametrize(
    ("asking", "level"), [(None, "failure"), (Silent(), "failure"), (Open(), "warning")]
)
def test_an_expired_timestamp_is_a_failure_unless_its_server_answers(
    look, place, repository, asking, level
):
    place.verify(repository)

    findings = look(GUN, asking=asking, now=NOW + timedelta(days=20))

    assert told(findings, "expiry") == {(GUN, level)}


def test_what_a_server_has_of_a_named_collection_is_judged(look, place, repository):
    unsigned = "docker.io/acme/unsigned"

    findings = look(GUN, unsigned, asking=Open(repository))

    assert told(findings, "server") >= {(GUN, "ok"), (unsigned, "failure")}
    (failure,) = [f for f in findings if f.level == "failure"]
    assert failure.code == "no_trust_data"
    assert "it is not signed" in failure.message
    assert not failure.unanswered
    assert list(place.path.iterdir()) == []


def test_a_collection_that_was_made_anew_on_the_server_is_refused(look, place, repository):
    place.verify(repository)
    anew = Repository()
    anew.root.keys = [key_pair("anew").certified(anew.gun)]

    findings = look(GUN, asking=Open(anew))

    (failure,) = [f for f in findings if f.level == "failure"]
    assert (failure.check, failure.subject) == ("server", GUN)
    assert "is refused" in failure.message


def test_only_of_named_collections_their_server_is_asked(look, place, repository):
    place.verify(repository)

    assert told(look(asking=Open()), "server") == {("https://docker.io", "ok")}


def test_a_server_that_wants_a_login_may_still_serve_what_is_public(look, repository):
    findings = look(GUN, asking=Forbidding(repository))

    assert told(findings, "server") == {("https://docker.io", "warning"), (GUN, "ok")}


def test_a_silent_server_is_told_once(look, repository):
    findings = look(GUN, asking=Silent())

    assert told(findings, "server") == {("https://docker.io", "failure")}


def test_expiry_is_judged_by_another_moment_but_the_clock_is_not(look, place, repository):
    place.verify(repository)

    findings = look(at=NOW.replace(year=1999))

    assert told(findings, "clock") == {("system clock", "ok")}
    assert told(look(at=NOW + timedelta(days=20)), "expiry") == {(GUN, "failure")}


def test_without_a_home_there_is_no_trust_directory(look, monkeypatch):
    import pwd

    def nobody(number):
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    findings = look(env={"PATH": ""}, trust_dir=None)

    assert told(findings, "permissions") == {("trust directory", "failure")}


def test_the_trust_directory_is_where_docker_has_it(look, place, repository, tmp_path):
    place.verify(repository)
    (tmp_path / "docker").mkdir()
    place.path.rename(tmp_path / "docker" / "trust")

    assert told(look(trust_dir=None), "expiry") == {(GUN, "ok")}


def test_a_record_that_is_damaged_is_told_once(look, place, repository):
    place.verify(repository)
    place.records[0].write_text("{")

    failures = [f for f in look() if f.level == "failure"]

    assert [(f.check, f.subject) for f in failures] == [("cache", GUN)]


def test_one_broken_collection_hides_no_other(look, place):
    place.verify(Repository("docker.io/acme/one"))
    place.verify(Repository("docker.io/acme/two"))
    (place.metadata("docker.io/acme/one") / "root.json").chmod(0o666)

    assert ("docker.io/acme/two", "ok") in told(look(), "cache")
    assert ("docker.io/acme/one", "failure") in told(look(), "cache")


def test_a_directory_of_keys_that_others_may_write_is_told_once(look, place, repository):
    place.verify(repository)
    keys = place.path / "private"
    keys.mkdir()
    keys.chmod(0o777)

    failures = [f for f in look() if f.subject == str(keys) and f.level == "failure"]

    assert [f.check for f in failures] == ["permissions"]
