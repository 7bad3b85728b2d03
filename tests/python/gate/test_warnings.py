"""What a verification warned of goes with every decision: cached data, roots nobody knew."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from contenttrust import clock
from contenttrust.errors import UnreachableError
from contenttrust.gate.audit_log import AuditLog
from contenttrust.gate.check import Gate
from contenttrust.gate.kubernetes import Place
from contenttrust.gate.reports import Finding, Spot, render
from contenttrust.gate.service import admission_answer
from contenttrust.gate.service.admission_review import Review
from contenttrust.gate.service.verdicts import Verdict
from contenttrust.model import Instant
from contenttrust.policy.decision import Decision, Remark
from contenttrust.policy.requirements import SignedWith
from contenttrust.policy.rules import Policy, Rule
from contenttrust.reference import Reference
from simulator.repository import NOW, Repository
from simulator.roles import image

WEB = "registry.example.com/team/web"
FIRST = Remark(
    code="first_use",
    role="root",
    message="the root was believed because it is the first one seen",
)


class Server:
    """A trust server that can go down."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.down = False

    def fetch(self, gun: str, files: Any) -> list[Any]:
        """See `Source.fetch`."""
        if self.down:
            return [UnreachableError("it is down", gun=gun, role=file.name) for file in files]
        return [self.files.get(file.name) for file in files]


@pytest.fixture
def server(repository: Repository) -> Server:
    """A server of a collection with two tags."""
    repository.targets["1.0"] = image("one")
    repository.targets["2.0"] = image("two")
    return Server(repository.publish())


def gate_of(server: Server, trust_dir: Path, **settings: Any) -> Gate:
    policy = settings.pop("policy", None) or Policy.docker_content_trust()
    return Gate(policy, env={}, trust_dir=trust_dir, source=lambda _: server, **settings)


class Clock:
    """The system clock: what is judged by another moment would not be remembered."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> Instant:
        """See `clock.now`."""
        return clock.instant(self.at)


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands at the moment of the simulator."""
    made = Clock()
    monkeypatch.setattr(clock, "now", made.now)
    return made


def test_a_root_that_is_the_first_one_seen_is_told_once(server: Server, trust_dir: Path) -> None:
    gate = gate_of(server, trust_dir)
    assert gate.check(f"{WEB}:1.0").warnings == (FIRST,)
    assert gate.check(f"{WEB}:2.0").warnings == ()


def test_cached_data_are_told_with_the_reason_also_beside_a_refusal(
    server: Server, trust_dir: Path
) -> None:
    gate = gate_of(server, trust_dir)
    gate.check(f"{WEB}:1.0")
    server.down = True
    for tag, allowed in (("1.0", True), ("9.9", False)):
        decision = gate.check(f"{WEB}:{tag}")
        assert decision.allowed is allowed
        [remark] = decision.warnings
        assert (remark.code, remark.role) == ("unreachable", "timestamp")
        assert remark.message == (
            "using cached timestamp - this might not be the latest version available remotely "
            "(it is down)"
        )


def test_the_audit_log_tells_a_fresh_verdict_from_one_on_cached_data(
    server: Server, trust_dir: Path, tmp_path: Path
) -> None:
    log = tmp_path / "audit.log"
    gate = gate_of(server, trust_dir, log=AuditLog(log))
    for down in (False, False, True):
        server.down = down
        gate.check(f"{WEB}:1.0")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    codes = [[one["code"] for one in line["warnings"]] for line in lines]
    assert codes == [["first_use"], [], ["unreachable"]]
    assert [line["policy"] for line in lines] == ["DOCKER_CONTENT_TRUST"] * 3


def test_a_server_that_was_not_asked_anew_is_told(
    server: Server, trust_dir: Path, ticking: Clock
) -> None:
    gate = gate_of(server, trust_dir, max_stale=3600)
    gate.check(f"{WEB}:1.0")
    ticking.at = NOW + timedelta(seconds=90)
    told = Remark(code="max_stale", message="the trust server was asked 90 seconds ago, not anew")
    assert gate.check(f"{WEB}:1.0").warnings == (told,)


def test_keys_named_by_spki_are_known_where_the_server_was_not_asked_anew(
    server: Server, trust_dir: Path, repository: Repository
) -> None:
    wanted = Policy(
        rules=(Rule("**", SignedWith.of("spki:" + "0" * 64)),),
        implied_pin=Policy.docker_content_trust().implied_pin,
    )
    for _ in range(2):
        decision = gate_of(server, trust_dir, policy=wanted, max_stale=3600).check(f"{WEB}:1.0")
        assert not any("cannot be compared" in reason for reason in decision.reasons)


def test_who_asks_for_all_tags_first_is_told_of_the_first_root_with_the_decisions(
    server: Server, trust_dir: Path
) -> None:
    gate = gate_of(server, trust_dir)
    assert gate.signed_tags(Reference.parse(WEB)) == ("1.0", "2.0")
    assert gate.check(f"{WEB}:1.0").warnings == (FIRST,)


def test_a_role_that_is_left_out_is_told(trust_dir: Path) -> None:
    repository = Repository(WEB)
    repository.targets["1.0"] = image("one")
    repository.delegate("targets/late").expires = "2026-01-01T00:00:00Z"
    gate = gate_of(Server(repository.publish()), trust_dir)
    [late] = [one for one in gate.check(f"{WEB}:1.0").warnings if one.role == "targets/late"]
    assert late.code == "expired"
    assert late.message.startswith("is left out: ")


# --- reports ------------------------------------------------------------------

MARKED = Remark(code="unreachable", role="timestamp", message="using cached timestamp (a\nb ##[x")
LINE = f"{WEB}: timestamp: using cached timestamp (a\\u000ab "


def findings():
    decision = Decision(
        image=f"{WEB}:1.0", reference=Reference.parse(f"{WEB}:1.0"), verdict="allow", gun=WEB,
        digest="sha256:" + "a" * 64, signers=("alice",), warnings=(MARKED,),
    )  # fmt: skip

    return [Finding.decided(decision, Spot(file="a.yaml", line=line)) for line in (1, 2)]


def test_text_tells_it_once_a_collection() -> None:
    first, *rest = render(findings(), form="text").splitlines()
    assert first == f"warning: {LINE}#\\x23[x"
    assert [line[:4] for line in rest] == ["ok: ", "ok: "]


def test_sarif_tells_it_as_a_notification_of_the_run() -> None:
    [run] = json.loads(render(findings(), form="sarif"))["runs"]
    assert run["results"] == []
    [told] = run["invocations"][0]["toolExecutionNotifications"]
    assert (told["level"], told["descriptor"]) == ("warning", {"id": "unreachable"})
    assert "using cached timestamp" in told["message"]["text"]


def test_github_and_junit_tell_it_once() -> None:
    [line] = render(findings(), form="github").splitlines()
    assert line == f"::warning title=contenttrust%3A unreachable::{LINE}##[x"
    root = ET.fromstring(render(findings(), form="junit"))
    assert [one.text for one in root.iter("system-err")] == [f"warning: {LINE}##[x"]


def test_json_has_it_with_each_decision() -> None:
    document = json.loads(render(findings(), form="json"))
    told = [result["decision"]["warnings"] for result in document["results"]]
    assert told == [[MARKED.to_json()]] * 2


@pytest.mark.parametrize("allowed", [True, False])
def test_admission_tells_it_once_in_its_warnings_and_its_annotations(allowed: bool) -> None:
    review = Review(
        uid="u", operation="CREATE", kind="Pod", api_version="v1", subresource="",
        namespace="", document={}, old={}, dry_run=False,
    )  # fmt: skip
    [finding, _] = findings()
    decision = finding.decision
    verdict = Verdict(decision if allowed else decision.refused("policy", "no"), "asked")
    place = Place(path=("spec",), image=f"{WEB}:1.0", kind="Pod")
    answer = admission_answer.answer(review, [(place, verdict)] * 2, mutate=False)
    response = answer["response"]
    assert response["allowed"] is allowed
    assert response["warnings"] == [f"contenttrust: {LINE}##[x"]
    assert response["auditAnnotations"]["notices"] == f"{LINE}##[x"
