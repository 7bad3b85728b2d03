"""What nobody expected is neither a refusal nor a success: a sentence, and the code for doubt."""

from __future__ import annotations

import errno
import os

import pytest

from contenttrust.cli import list as verb
from contenttrust.errors import ServerError

FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
NAMED = OSError(errno.EIO, os.strerror(errno.EIO), "/some/file")


@pytest.fixture
def failing(run, monkeypatch):
    """Runs a verb that ends with an exception."""

    def ran(error, *options):
        def fail(_):
            raise error

        monkeypatch.setattr(verb, "run", fail)
        return run("list", "--offline", *options, "a.example/b")

    return ran


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (FULL, "server_error", "No space left on device"),
        (NAMED, "server_error", "/some/file: Input/output error"),
        (ServerError("it answers with status 500"), "server_error", "status 500"),
        (RuntimeError("no idea"), "internal", "internal error (RuntimeError: no idea)"),
        (KeyError("a\x1b[2Jb"), "internal", "internal error (KeyError"),
    ],
    ids=["full", "named", "ours", "runtime", "escape"],
)
def test_a_failure_that_no_verb_expects_could_not_tell(failing, error, code, words):
    ran = failing(error)
    assert (ran.code, ran.out) == (3, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
    ran = failing(error, "--json")
    assert ran.code == 3
    assert ran.document["error"]["code"] == code


def test_who_asks_for_more_is_shown_where_it_happened(failing):
    ran = failing(RuntimeError("no idea"), "-v")
    assert ran.code == 3
    assert "Traceback" in ran.err
    assert "in fail" in ran.err
