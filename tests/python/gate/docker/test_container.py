"""What `docker run` and `docker create` become: an image by its digest."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from contenttrust.gate.docker import container
from contenttrust.gate.docker.call import Call
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.policy.rules import Policy, Rule
from noting_docker import WEB, BecameError, MakeCall, Noting
from simulator.roles import digest_of

ONE = f"{WEB}@{digest_of('one')}"


def became(call: Call) -> list[str]:
    """The command line that the process becomes."""
    with pytest.raises(BecameError):
        container.run(call)
    return list(call.docker.became)  # type: ignore[attr-defined]


def test_the_digest_takes_the_place_of_the_tag_and_nothing_else_changes(call: MakeCall) -> None:
    made = call("run", "-it", "--name", "x", f"{WEB}:1.0", "sh", "-c", "echo --rm")
    assert became(made) == [
        "run", "--interactive=true", "--tty=true", "--name=x", ONE, "sh", "-c", "echo --rm",
    ]  # fmt: skip


def test_what_is_here_is_not_pulled(call: MakeCall, noting: Noting) -> None:
    became(call("run", f"{WEB}:1.0"))
    assert noting.started == [["image", "inspect", "--format={{.Id}}", ONE]]


def test_what_is_not_here_is_pulled_by_its_digest_and_tagged(
    call: MakeCall, noting: Noting, capfd: pytest.CaptureFixture[str]
) -> None:
    made = call("run", "--pull", "always", "--platform=linux/arm64", f"{WEB}:1.0")
    assert became(made) == ["run", "--platform=linux/arm64", "--pull=missing", ONE]
    assert noting.started == [
        ["pull", "--platform=linux/arm64", ONE],
        ["image", "tag", ONE, f"{WEB}:1.0"],
    ]
    assert capfd.readouterr().err == f"Tagging {ONE} as {WEB}:1.0\n"


def test_never_pull_is_never(call: MakeCall, noting: Noting) -> None:
    assert became(call("run", "--pull=never", f"{WEB}:1.0")) == ["run", "--pull=never", ONE]
    assert noting.started == []


@pytest.mark.parametrize("name", ["run", "create"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_pull_as_it_ends_docker(
    call: MakeCall, noting: Noting, name: str, number: signal.Signals, code: int
) -> None:
    """Docker 28 says with its exit code which signal came; an older one dies of it."""
    for ending in (f"exit {code}", f"kill -{number.value} $$"):
        noting.path.write_text(f'#!/bin/sh\necho "$1" >>"$NOTES"\n{ending}\n')
        assert container.run(call(name, "--pull=always", f"{WEB}:1.0")) == code
    assert noting.notes.read_text() == "pull\n" * 2


def test_the_pull_takes_nothing_of_what_the_container_is_to_read(
    call: MakeCall, noting: Noting, tmp_path: Path
) -> None:
    noting.path.write_text('#!/bin/sh\n[ "$1" = image ] || cat >>"$NOTES"\n')
    given = tmp_path / "input"
    given.write_text("for the container")
    kept = os.dup(0)
    try:
        with given.open() as file:
            os.dup2(file.fileno(), 0)
        with pytest.raises(BecameError):
            container.run(call("run", "--pull=always", "-i", f"{WEB}:1.0", "cat"))
        assert os.read(0, 100) == b"for the container"
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert noting.notes.read_text() == ""


@pytest.mark.parametrize(("name", "code"), [("run", 125), ("create", 7)])
def test_a_pull_that_fails_ends_it(call: MakeCall, noting: Noting, name: str, code: int) -> None:
    assert container.run(call(name, "--pull=always", f"{WEB}:1.0", ENDS="7")) == code
    assert len(noting.started) == 1


@pytest.mark.parametrize(
    "image", ["a" * 64, f"sha256:{'a' * 64}", "abcdef012345", "abc", f"{WEB}:9", "-x", "", "UPPER"]
)
def test_t085_what_is_not_signed_is_not_run(call: MakeCall, image: str, noting: Noting) -> None:
    with pytest.raises(RefusedError):
        container.run(call("run", "--", image))
    assert noting.started == []


def test_t083_tag_and_digest_must_agree(call: MakeCall) -> None:
    assert became(call("run", f"{WEB}:1.0@{digest_of('one')}"))[-1] == ONE
    with pytest.raises(RefusedError):
        container.run(call("run", f"{WEB}:1.0@{digest_of('two')}"))


def test_t084_a_digest_must_be_signed_under_some_tag(call: MakeCall) -> None:
    assert became(call("run", ONE))[-1] == ONE
    with pytest.raises(RefusedError):
        container.run(call("run", f"{WEB}@{digest_of('unsigned')}"))


def test_what_is_built_here_is_never_fetched_in_its_place(call: MakeCall) -> None:
    made = call("run", "--pull=missing", "localhost/dev:1")
    assert became(made) == ["run", "--pull=never", "localhost/dev:1"]
    with pytest.raises(RefusedError, match=r"are made here .* would be pulled"):
        container.run(call("run", "--pull=always", "localhost/dev:1"))


def test_what_is_made_here_is_not_exchanged_for_what_is_signed(call: MakeCall) -> None:
    local = Policy(rules=(Rule("registry.example.com/**", local_build=True),))
    made = call("run", f"{WEB}:1.0", policy=local)
    assert became(made) == ["run", "--pull=never", f"{WEB}:1.0"]
    with pytest.raises(RefusedError, match="would be pulled"):
        container.run(call("run", "--pull=always", f"{WEB}:1.0", policy=local))


@pytest.mark.parametrize(
    "mount", ["type=image,source={},target=/x", "type=image,src={},dst=/x", "source={},type=image"]
)
def test_a_mounted_image_is_one(call: MakeCall, mount: str) -> None:
    made = call("run", "--mount", mount.format(f"{WEB}:2.0"), f"{WEB}:1.0")
    two = f"{WEB}@{digest_of('two')}"
    assert became(made)[1] == f"--mount={mount.format(two)}"
    with pytest.raises(RefusedError):
        container.run(call("run", "--mount", mount.format(f"{WEB}:9"), f"{WEB}:1.0"))


@pytest.mark.parametrize(
    "mount",
    ['"type=image"x,source=web,target=/x', "type=image\rsource=web", '"', "", "type=image\nx"],
)
def test_a_mount_that_is_no_list_of_fields_is_refused(call: MakeCall, mount: str) -> None:
    with pytest.raises(RefusedError, match=r"--mount .* is not understood"):
        container.run(call("run", "--mount", mount, f"{WEB}:1.0"))


@pytest.mark.parametrize(
    "kind", ["\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}mage", "image ", " image", "image\u00a0"]
)
def test_a_type_that_docker_may_read_as_image_is_refused(call: MakeCall, kind: str) -> None:
    with pytest.raises(RefusedError, match="others read it otherwise"):
        container.run(call("run", "--mount", f"src={WEB}:9,dst=/e,type={kind}", f"{WEB}:1.0"))


def test_a_type_is_an_image_in_capitals_too(call: MakeCall) -> None:
    made = call("run", "--mount", f"TYPE=Image,Src={WEB}:2.0,dst=/x", f"{WEB}:1.0")
    two = f"{WEB}@{digest_of('two')}"
    assert became(made)[1] == f"--mount=type=Image,src={two},dst=/x"


@pytest.mark.parametrize(
    "mount",
    [
        'type=bind,"source=/a,b",target=/c',
        "Type=Bind,src=/\u00e9 ,dst=/x,ro",
        "type=volume,volume-opt=a=1,volume-opt=b=2,dst=/x",
    ],
)
def test_other_mounts_stay_as_they_are(call: MakeCall, mount: str) -> None:
    assert became(call("run", "--mount", mount, f"{WEB}:1.0"))[1] == f"--mount={mount}"


def test_an_image_is_needed(call: MakeCall) -> None:
    with pytest.raises(RefusedError, match="at least 1 argument"):
        container.run(call("run", "--rm"))


def test_t096_behind_the_image_the_switch_is_the_containers(call: MakeCall) -> None:
    words = became(call("run", f"{WEB}:1.0", "--disable-content-trust"))
    assert words == ["run", ONE, "--disable-content-trust"]


@pytest.mark.parametrize("name", ["run", "create"])
def test_t089_after_the_check_nobody_is_asked_for_the_tag(
    call: MakeCall, noting: Noting, name: str
) -> None:
    words = became(call(name, "--pull=always", f"{WEB}:1.0"))
    asked = [words, *noting.started]
    assert [line for line in asked if f"{WEB}:1.0" in line] == [["image", "tag", ONE, f"{WEB}:1.0"]]


def test_t093_what_runs_is_named_by_its_digest_whatever_the_tag_is_here(
    call: MakeCall, noting: Noting
) -> None:
    # The image is here, and somebody may have given its tag to another one.
    assert became(call("run", f"{WEB}:1.0")) == ["run", ONE]
    assert noting.started == [["image", "inspect", "--format={{.Id}}", ONE]]
