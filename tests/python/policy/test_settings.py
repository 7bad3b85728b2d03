"""What a policy says beside its rules: pins, servers, ages, limits, docker's gates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contenttrust.model import Anchor
from contenttrust.policy.load import loads
from contenttrust.policy.pins import Pin
from contenttrust.policy.rules import Policy
from contenttrust.policy.settings import DockerSettings, Freshness, Limits, Server
from contenttrust.reference import Reference
from policy_facts import ALICE, IMAGE, policy_text, rule_text


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
        lambda: DockerSettings(build="allow"),
    ],
)
def test_settings_are_checked_when_they_are_made(make: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        make()


@pytest.mark.parametrize("url", ["http://localhost:4443", "http://127.0.0.1/x", "http://[::1]:1"])
def test_plain_http_is_for_loopback(url: str) -> None:
    assert Server(url).url == url


def test_gates_of_docker_do_as_docker_did_unless_told_otherwise() -> None:
    assert Policy().docker == DockerSettings(
        disable_content_trust="allow", uncovered="warn", build="deny"
    )
    text = "docker: {disable-content-trust: forbid, uncovered: refuse, build: warn}\n"
    assert loads(policy_text(docker=text)).docker == DockerSettings(
        disable_content_trust="forbid", uncovered="refuse", build="warn"
    )
