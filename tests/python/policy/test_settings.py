"""What a policy says beside its rules: pins, servers, ages, limits, docker's gates."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta

import pytest

from contenttrust.model import Anchor
from contenttrust.policy.evaluate import evaluate
from contenttrust.policy.exemption import Exemption
from contenttrust.policy.load import loads
from contenttrust.policy.pins import Pin
from contenttrust.policy.rules import Default, Policy, PolicyConflictError, Remap, Rule
from contenttrust.policy.settings import DockerSettings, Freshness, Limits, Server
from contenttrust.reference import Reference
from contenttrust.transport import deadline
from policy_facts import ALICE, IMAGE, NOW, by, facts, policy_text, rule_text


def test_the_rule_of_an_image_says_how_old_its_data_may_be() -> None:
    text = policy_text(
        freshness="freshness: {max-age: {timestamp: 14d}, grace: {timestamp: 3d}}\n",
        rules=rule_text("{signed: any}", "    freshness: {max-age: {timestamp: 2d}}"),
    )
    freshness = loads(text).freshness_for(Reference.parse(IMAGE))
    assert freshness.max_age == timedelta(days=2)
    assert dict(freshness.grace) == {"timestamp": timedelta(days=3)}


@pytest.mark.parametrize(
    ("gun", "kind"),
    [
        ("registry.example.com/team/web", "root-keys"),
        ("registry.example.com/legacy/app", "certs"),
        ("partner.example/x", "ca"),
        ("docker.io/library/alpine", "tofu"),
    ],
)
def test_one_pin_only_is_used_that_of_the_most_specific_pattern(gun: str, kind: str) -> None:
    policy = Policy(
        pins={
            "registry.example.com/**": Pin.root_keys(ALICE),
            "registry.example.com/legacy/app": Pin.certificates(ALICE),
            "partner.example/*": Pin.authority(b"PEM"),
            "docker.io/**": Pin.first_use("once"),
        }
    )
    assert policy.pin_for(gun).kind == kind
    assert policy.pin_for("other.example/x").missing


def test_servers_are_found_by_the_longest_prefix_of_whole_parts() -> None:
    policy = loads(
        policy_text(
            servers=(
                "servers:\n  'docker.io/': {url: 'https://one.example'}\n"
                "  'docker.io/library/': {url: 'https://two.example'}\n"
                "  'docker.io/library/alpine': {url: 'https://three.example'}\n"
            )
        )
    )
    urls = {
        "docker.io/team/web": "https://one.example",
        "docker.io/library/debian": "https://two.example",
        "docker.io/library/alpine": "https://three.example",
        "docker.io/library/alpine2": "https://two.example",
    }
    for gun, url in urls.items():
        server = policy.server_for(gun)
        assert server is not None
        assert server.url == url
    assert policy.server_for("docker.io2/library/x") is None


def test_limits_have_their_defaults() -> None:
    assert Policy().deadline == Limits().deadline == timedelta(seconds=10)
    assert loads(policy_text(limits="limits: {deadline: 2s}\n")).deadline == timedelta(seconds=2)
    assert (
        loads(policy_text(limits="limits: {max-metadata: 5MB}\n")).limits.max_metadata == 5_000_000
    )


def test_pins_become_what_the_engine_takes() -> None:
    for pin in (Pin.root_keys(ALICE), Pin.certificates(ALICE), Pin.first_use("once"),
                Pin.first_use("forbid")):  # fmt: skip
        assert isinstance(pin.anchor(), Anchor)
    for kind in ("root-keys", "certs", "ca", "tofu", "gpg"):
        with pytest.raises(ValueError, match="pins nothing"):
            Pin(kind)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Server("notary.example"),
        lambda: Server("ftp://notary.example"),
        lambda: Server("http://localhost.evil.example"),
        lambda: Server("https://notary.example", auth="basic"),
        lambda: Freshness(grace={"timestmp": timedelta(1)}),
        lambda: Freshness(max_age=timedelta(-1)),
        lambda: DockerSettings(uncovered="allow"),
    ],
)
def test_settings_are_checked_when_they_are_made(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


@pytest.mark.parametrize("url", ["http://localhost:4443", "http://127.0.0.1/x", "http://[::1]:1"])
def test_plain_http_is_for_loopback(url: str) -> None:
    assert Server(url).url == url


def test_gates_of_docker_do_as_docker_did_unless_told_otherwise() -> None:
    assert Policy().docker == DockerSettings(disable_content_trust="allow", uncovered="warn")
    text = "docker: {disable-content-trust: forbid, uncovered: refuse}\n"
    assert loads(policy_text(docker=text)).docker == DockerSettings(
        disable_content_trust="forbid", uncovered="refuse"
    )


def test_a_policy_passes_between_processes() -> None:
    text = policy_text(
        freshness="freshness: {grace: {timestamp: 3d}}\n",
        servers="servers: {'docker.io/': {url: 'https://n.example'}}\n",
        rules=rule_text(
            "{all: [{team: qa}, {at-least: 1, of: {team: secops}}]}", "    tags: ['1.*']"
        ),
    )
    policy = loads(text)
    again = pickle.loads(pickle.dumps(policy))
    assert again == policy
    assert again.digest == policy.digest


def test_what_a_caller_changes_later_does_not_change_a_policy() -> None:
    pins = {"**": Pin.first_use("once")}
    grace = {"timestamp": timedelta(days=1)}
    policy = Policy(pins=pins, freshness=Freshness(grace=grace))
    before = policy.digest, policy.pin_for("a.example/b").tofu
    pins["**"] = Pin.first_use("forbid")
    grace["root"] = timedelta(days=9)
    assert (Policy(pins=policy.pins, freshness=policy.freshness).digest, "once") == before


@pytest.mark.parametrize(
    "changes",
    [
        {"id": " "},
        {"owner": ""},
        {"reason": ""},
        {"tag": None},
        {"digest": "sha256:" + 64 * "a"},
        {"expires": datetime(2026, 12, 1)},  # noqa: DTZ001 - that is what is wrong with it
        {"created": NOW + timedelta(days=9)},
    ],
)
def test_an_exception_is_whole(changes: dict[str, object]) -> None:
    pattern, tag, digest = Exemption.target("registry.example.com/team/web:1.4")
    fields = {
        "id": "E",
        "pattern": pattern,
        "tag": tag,
        "digest": digest,
        "owner": "carol",
        "reason": "rotation",
        "expires": NOW + timedelta(days=3),
    }
    made = Exemption(**fields)
    with pytest.raises(ValueError, match=r"exception|time zone"):
        Exemption(**{**fields, **changes})
    with pytest.raises(PolicyConflictError, match="two exceptions are called"):
        Policy(exceptions=(made, made))
    late = Exemption(**{**fields, "created": NOW - timedelta(days=90)})
    with pytest.raises(PolicyConflictError, match="lasts longer"):
        Policy(exceptions=(late,))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Remap("registry.example.com/m", "docker.io/"), "end with '/'"),
        (lambda: Default("maybe"), "not 'maybe'"),
        (lambda: Default("allow"), "gives a reason"),
        (lambda: Policy(rules=tuple(Rule(f"a.example/{n}") for n in range(1001))), "at most 1000"),
    ],
)
def test_parts_of_a_policy_are_checked_when_they_are_made(make: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_a_mirror_of_a_name_that_is_too_long_mirrors_nothing_that_exists() -> None:
    remap = Remap("a.example/", "registry.example.com/mirror/")
    assert remap("b.example/x") == "b.example/x"
    assert remap("a.example/" + "x" * 240) == "registry.example.com/mirror/" + "x" * 240


@pytest.mark.parametrize(
    ("span", "words"),
    [("90s", "90 s"), ("120s", "2 min"), ("36h", "36 h"), ("2d", "2 d"), ("100000s", "1 d 3 h")],
)
def test_spans_are_told_as_people_write_them(span: str, words: str) -> None:
    policy = loads(policy_text(freshness=f"freshness: {{max-age: {{timestamp: {span}}}}}\n"))
    decision = evaluate(policy, facts(signed=by("alice"), cached_for=1e9), image=IMAGE)
    assert f"longer than {words} ago" in decision.reasons[0]


def test_docker_content_trust_alone_waits_as_long_as_verify_does() -> None:
    waits = Policy.docker_content_trust().deadline.total_seconds()
    assert waits == deadline.VISIT_SECONDS
