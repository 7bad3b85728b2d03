"""What `docker pull` and `docker push` do with a docker that notes what it is asked for."""

from __future__ import annotations

import pytest

from contenttrust.gate.docker import pull, push
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.policy.rules import Policy, Rule
from contenttrust.reference import Reference
from noting_docker import WEB, MakeCall, Noting
from simulator.roles import digest_of

ONE = f"{WEB}@{digest_of('one')}"
TWO = f"{WEB}@{digest_of('two')}"
Captured = pytest.CaptureFixture[str]


def test_a_tag_is_pulled_by_its_digest_and_tagged(
    call: MakeCall, noting: Noting, capfd: Captured
) -> None:
    printed = f"Status: Downloaded\n{ONE}\n"
    assert pull.run(call("pull", "--platform", "linux/arm64", f"{WEB}:1.0", PRINTS=printed)) == 0
    assert noting.started == [
        ["pull", "--platform=linux/arm64", ONE],
        ["image", "tag", ONE, f"{WEB}:1.0"],
    ]
    told = capfd.readouterr()
    assert told.out == (
        f"Pull (1 of 1): {WEB}:1.0@{digest_of('one')}\nStatus: Downloaded\n{WEB}:1.0\n"
    )
    assert told.err == f"Tagging {ONE} as {WEB}:1.0\n"


def test_a_digest_is_pulled_as_it_is(call: MakeCall, noting: Noting) -> None:
    assert pull.run(call("pull", ONE)) == 0
    assert noting.started == [["pull", ONE]]


def test_dockers_failure_is_the_end(call: MakeCall, noting: Noting, capfd: Captured) -> None:
    assert pull.run(call("pull", f"{WEB}:1.0", ENDS="3")) == 3
    assert noting.started == [["pull", ONE]]
    assert not capfd.readouterr().out.endswith(f"{WEB}:1.0\n")


def test_t094_all_tags_are_judged_one_by_one(
    call: MakeCall, noting: Noting, policy: Policy, capfd: Captured
) -> None:
    assert pull.run(call("pull", "-a", WEB)) == 0
    assert [words[-1] for words in noting.started if words[0] == "pull"] == [ONE, TWO]
    assert all("--all-tags=true" not in words for words in noting.started)
    noting.notes.unlink()

    some = Policy(rules=(Rule("**", tags=("1.*",)),), implied_pin=policy.implied_pin)
    assert pull.run(call("pull", "-a", WEB, policy=some)) == 1
    assert [words[-1] for words in noting.started if words[0] == "pull"] == [ONE]
    assert "contenttrust: " in capfd.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        [f"{WEB}:9"], [WEB], [f"{WEB}@{digest_of('x')}"], ["-a", f"{WEB}:1.0"], ["a" * 64], [],
        [f"{WEB}:1.0", f"{WEB}:2.0"], ["-a", "registry.example.com/team/other"], ["UPPER"],
        ["localhost/dev:1"], ["-a=maybe", WEB],
    ],
)  # fmt: skip
def test_what_is_not_signed_is_not_pulled(call: MakeCall, noting: Noting, words: list[str]) -> None:
    with pytest.raises((RefusedError, ValueError)):
        pull.run(call("pull", *words))
    assert noting.started == []


@pytest.mark.parametrize("image", ["evil.example/x", "localhost/dev"])
def test_no_server_is_asked_for_the_tags_of_what_is_refused(
    call: MakeCall, monkeypatch: pytest.MonkeyPatch, image: str
) -> None:
    made = call("pull", "-a", image)
    asked: list[Reference] = []
    monkeypatch.setattr(made.gate, "signed_tags", asked.append)
    with pytest.raises(RefusedError, match=r"no rule of the policy matches|\(local-build\)"):
        pull.run(made)
    assert asked == []


class Signing:
    """Notes what it is asked to sign."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []

    def __call__(self, reference: Reference, digest: str, size: int) -> int:
        self.asked.append((str(reference), digest, size))
        return 0


PUSHED = f"The push refers to repository\n1: digest: {digest_of('p')} size: 527\n"


def test_what_docker_says_to_have_pushed_is_signed(
    call: MakeCall, noting: Noting, capfd: Captured
) -> None:
    sign = Signing()
    assert push.run(call("push", f"{WEB}:1", PRINTS=PUSHED), sign) == 0
    assert sign.asked == [(f"{WEB}:1", digest_of("p"), 527)]
    assert noting.started == [["push", f"{WEB}:1"]]
    assert capfd.readouterr().out == PUSHED


def test_a_quiet_push_is_signed_too(call: MakeCall, noting: Noting, capfd: Captured) -> None:
    sign = Signing()
    assert push.run(call("push", "-q", f"{WEB}:1", PRINTS=PUSHED), sign) == 0
    assert len(sign.asked) == 1
    assert capfd.readouterr().out == f"{WEB}:1\n"


@pytest.mark.parametrize(
    "printed",
    [
        "",
        f"2: digest: {digest_of('p')} size: 527\n",
        f"1: digest: {digest_of('p')} size: x\n",
        PUSHED + f"1: digest: {digest_of('q')} size: 527\n",
        PUSHED + f"1: digest: {digest_of('p')} size: 528\n",
    ],
)
def test_without_one_digest_nothing_is_signed(call: MakeCall, printed: str) -> None:
    sign = Signing()
    with pytest.raises(RefusedError, match="is not signed"):
        push.run(call("push", f"{WEB}:1", PRINTS=printed), sign)
    assert sign.asked == []


def test_a_push_that_fails_signs_nothing(call: MakeCall) -> None:
    sign = Signing()
    assert push.run(call("push", f"{WEB}:1", PRINTS=PUSHED, ENDS="9"), sign) == 9
    assert sign.asked == []


def test_all_tags_are_pushed_unsigned_as_docker_does(
    call: MakeCall, noting: Noting, capfd: Captured
) -> None:
    sign = Signing()
    assert push.run(call("push", "-a", WEB), sign) == 0
    assert noting.started == [["push", "--all-tags=true", WEB]]
    with pytest.raises(RefusedError, match="push each tag by itself"):
        push.run(call("push", "-a", WEB, strict=True), sign)
    assert len(noting.started) == 1
    assert capfd.readouterr().err == "No tag specified, skipping trust metadata push\n"
    assert sign.asked == []


@pytest.mark.parametrize("words", [[ONE], [], ["a", "b"], ["-a", f"{WEB}:1"], ["UPPER"]])
def test_what_cannot_be_signed_is_not_pushed(
    call: MakeCall, noting: Noting, words: list[str]
) -> None:
    with pytest.raises(RefusedError):
        push.run(call("push", *words), Signing())
    assert noting.started == []
