"""What a verification warned of is said by the commands that are checked."""

from __future__ import annotations

import pytest

from contenttrust.gate.docker.refusal import RefusedError
from noting_docker import WEB, MakeCall

WARNED = f"contenttrust: warning: {WEB}: root: the root was believed because it is the first one"


def test_a_root_that_is_the_first_one_seen_is_said_once_a_collection(
    call: MakeCall, capfd: pytest.CaptureFixture[str]
) -> None:
    made = call("pull", f"{WEB}:1.0", pinned=False)
    for tag in ("1.0", "2.0"):  # with a moment of its own a gate remembers nothing
        assert made.gate.check(f"{WEB}:{tag}").warnings
        made.allowed(f"{WEB}:{tag}")
    lines = capfd.readouterr().err.splitlines()
    assert [line[: len(WARNED)] for line in lines] == [WARNED]


def test_it_is_said_below_a_refusal_and_a_pinned_root_is_none(
    call: MakeCall, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RefusedError) as refused:
        call("pull", f"{WEB}:9", pinned=False).allowed(f"{WEB}:9")
    assert refused.value.lines[0].startswith("No valid trust data for 9")
    assert refused.value.lines[-1].startswith(WARNED.removeprefix("contenttrust: "))
    call("pull", f"{WEB}:1.0").allowed(f"{WEB}:1.0")
    assert capfd.readouterr().err == ""
