"""Signals on their way to docker."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from contenttrust.gate.docker import program


class Child(subprocess.Popen):  # type: ignore[type-arg]
    """A child that only notes the signals that it is sent."""

    def __init__(self) -> None:
        self.got: list[int] = []

    def __del__(self) -> None:
        pass

    def send_signal(self, sig: int) -> None:
        self.got.append(sig)


def test_a_signal_that_comes_before_the_child_is_kept_for_it() -> None:
    child = Child()
    before = signal.getsignal(signal.SIGTERM)
    with program._Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert child.got == []
        signals.pass_to(child)
        os.kill(os.getpid(), signal.SIGHUP)
        assert child.got == [signal.SIGTERM, signal.SIGHUP]
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("terminal", [True, False])
def test_what_the_terminal_sends_everybody_is_not_sent_twice(
    monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: terminal)
    child = Child()
    with program._Signals() as signals:
        signals.pass_to(child)
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert child.got == [signal.SIGTERM] if terminal else [signal.SIGINT, signal.SIGTERM]
