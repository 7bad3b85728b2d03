"""Attack: two signatures with one nonce give the private key away; a fork must not repeat one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from contenttrust import _core

EACH = 33_400  # in each of three processes: a hundred thousand together
R_BYTES = 32


def r_values(key: _core.PrivateKey, count: int) -> bytes:
    """The first halves of signatures over one message: r, which the nonce alone decides."""
    return b"".join(key.sign(b"the same message")[:R_BYTES] for _ in range(count))


def in_child(work: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_t105_no_nonce_is_used_twice_over_two_forks(tmp_path: Path) -> None:
    key = _core.PrivateKey.generate("ecdsa")
    before = r_values(key, 50)  # whatever state there is, is there when the process forks
    first, second = tmp_path / "first", tmp_path / "second"

    def in_grandchild() -> None:
        second.write_bytes(r_values(key, EACH))

    def work() -> None:
        begun = r_values(key, 50)
        in_child(in_grandchild)
        first.write_bytes(begun + r_values(key, EACH - 50))

    in_child(work)
    everything = before + first.read_bytes() + second.read_bytes() + r_values(key, EACH)
    values = [everything[i : i + R_BYTES] for i in range(0, len(everything), R_BYTES)]
    assert len(values) == 50 + 3 * EACH
    assert len(set(values)) == len(values)
