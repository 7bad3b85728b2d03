"""The lock of a record: waited for, but not for ever."""

from __future__ import annotations

import fcntl
import hashlib
import threading
import time
from pathlib import Path

import pytest

from contenttrust.cli import exit_codes
from contenttrust.errors import TrustDirectoryError
from contenttrust.transport import cache


@pytest.fixture
def lock(trust, state, update):
    """The open lock file of a record."""
    assert trust.remember(state.gun, state, update.documents)
    name = hashlib.sha256(state.gun.encode()).hexdigest()
    with Path(trust.path, "contenttrust", f"{name}.lock").open("r+b") as file:
        yield file


def test_t064_a_lock_that_is_never_given_back_is_waited_for_in_vain(
    trust, state, altered, lock, monkeypatch
):
    monkeypatch.setattr(cache, "_PATIENCE", 0.3)
    fcntl.flock(lock, fcntl.LOCK_EX)
    errors = []

    def remember():
        try:
            trust.remember(state.gun, altered(state, targets=99), {}, base=state)
        except TrustDirectoryError as error:
            errors.append(error)

    thread = threading.Thread(target=remember, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    (error,) = errors
    assert Path(lock.name).name in error.message
    assert "another process has held the lock" in error.message
    assert exit_codes.of(error) == exit_codes.COULD_NOT_TELL
    assert trust.state(state.gun) == state


def test_t064_a_lock_that_is_given_back_in_time_is_had(trust, state, altered, lock):
    fcntl.flock(lock, fcntl.LOCK_EX)
    threading.Timer(0.3, fcntl.flock, (lock, fcntl.LOCK_UN)).start()
    began = time.monotonic()
    newer = altered(state, targets=99)
    assert trust.remember(state.gun, newer, {}, base=state)
    assert time.monotonic() - began < 10
    assert trust.state(state.gun) == newer
