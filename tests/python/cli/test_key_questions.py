"""What is asked at the terminal before keys are removed or protected, and what is not shown."""

from __future__ import annotations

import os
import pty
import resource
import signal
import threading
import types

import pytest

from at_terminal import at_a_terminal
from contenttrust.cli import confirm
from key_place import PASSPHRASES, Place


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.mark.parametrize(("typed", "code"), [("yes", 0), ("y", 0), ("no", 1), ("", 1), ("si", 1)])
def test_a_key_is_removed_once_somebody_says_so(place, typed, code):
    [key_id] = place.done("key", "generate").split()[-1:]
    where = place.trust / "private"
    question = f"Are you sure you want to remove {key_id} (role root) from {where}?  (yes/no)  "
    ran = at_a_terminal(["key", "remove", key_id], [(question, f"{typed}\n")], env=place.env)
    assert ran.code == code
    said = f"Deleted {key_id} (role root) from {where}." if code == 0 else "Aborting action."
    assert said in ran.shown
    assert place.key_ids() == ([] if code == 0 else [key_id])


def test_t101_passphrases_are_typed_twice_and_not_shown(place):
    env = {name: value for name, value in place.env.items() if name not in PASSPHRASES}
    ran = at_a_terminal(
        ["key", "generate", "alice"],
        [
            ("Enter passphrase for new alice key", "long enough\n"),
            ("Repeat passphrase for new alice key", "long enougH\n"),
            ("Passphrases do not match", ""),
            ("Enter passphrase for new alice key", "long enough\n"),
            ("Repeat passphrase for new alice key", "long enough\n"),
        ],
        env=env,
        cwd=place.here,
    )
    assert ran.code == 0, ran.shown
    assert "long enoug" not in ran.shown
    [key_id] = place.key_ids()
    ran = at_a_terminal(
        ["key", "passwd", key_id],
        [
            ("Enter passphrase for alice key", "wrong\n"),
            ("Passphrase incorrect. Please retry.", ""),
            ("Enter passphrase for alice key", "long enough\n"),
            ("Enter passphrase for new alice key", "longer than that\n"),
            ("Repeat passphrase for new alice key", "longer than that\n"),
        ],
        env=env,
    )
    assert ran.code == 0, ran.shown
    assert f"Successfully updated passphrase for key ID: {key_id}" in ran.shown


def test_no_input_asks_nobody_at_a_terminal_either(place):
    [key_id] = place.done("key", "generate").split()[-1:]
    for words in (["key", "remove", key_id], ["key", "passwd", key_id]):
        ran = at_a_terminal([*words, "--no-input"], [], env=place.env)
        assert ran.code == 1
        assert "nobody may be asked" in ran.shown


@pytest.mark.parametrize(
    ("verb", "prompt"),
    [("remove", "Are you sure"), ("passwd", "Enter passphrase for new root key")],
)
def test_t143_an_interrupt_at_a_question_is_quiet_and_changes_nothing(place, verb, prompt):
    [key_id] = place.done("key", "generate").split()[-1:]
    file = place.trust / "private" / f"{key_id}.key"
    before = file.read_bytes()
    ran = at_a_terminal(["key", verb, key_id], [(prompt, "\x03")], env=place.env)
    assert ran.code == 130
    assert "Traceback" not in ran.shown
    assert file.read_bytes() == before


def test_t143_the_terminal_s_end_is_no_answer(place):
    [key_id] = place.done("key", "generate").split()[-1:]
    ran = at_a_terminal(["key", "remove", key_id], [("Are you sure", "\x04")], env=place.env)
    assert ran.code == 1
    assert place.key_ids() == [key_id]


@pytest.mark.parametrize("name", ["ecdsa", "rsa"])
def test_a_signer_who_is_called_like_an_algorithm_is_told_before_a_passphrase_is_asked_for(
    place, name
):
    """`notary key generate rsa` makes a root key; `docker trust key generate rsa` a signer's."""
    env = {one: value for one, value in place.env.items() if one not in PASSPHRASES}
    ran = at_a_terminal(
        ["key", "generate", name],
        [
            (f"a key for a signer named {name}, as docker does", ""),
            (f"contenttrust key generate --algorithm {name}", ""),
            (f"Enter passphrase for new {name} key", "long enough\n"),
            (f"Repeat passphrase for new {name} key", "long enough\n"),
        ],
        env=env,
        cwd=place.here,
    )
    assert ran.code == 0, ran.shown
    assert (place.here / f"{name}.pub").exists()
    assert "signer named" not in place.run("key", "generate", f"{name}s").err


def _asking():
    """A request of which no option answers for whoever is asked."""
    options = types.SimpleNamespace(force=False, yes=False, no_input=False)
    return types.SimpleNamespace(options=options)


def test_t143_an_interrupt_just_before_the_answer_is_read_is_not_put_off(monkeypatch):
    """A signal that another thread is given breaks off no read, as one that comes just before."""
    terminal, other = pty.openpty()
    monkeypatch.setattr(confirm, "_TERMINAL", os.ttyname(other))

    def interrupt() -> None:
        os.read(terminal, 1024)  # the question is there
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        if not ended.wait(10):
            typed.append(os.write(terminal, b"yes\n"))

    typed: list[int] = []
    ended = threading.Event()
    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            confirm.confirmed(_asking(), "Are you sure? ")
        assert not typed
    finally:
        ended.set()
        thread.join()
        os.close(terminal)
        os.close(other)


def test_a_question_is_asked_where_very_many_files_are_open(monkeypatch):
    """The terminal has then a number that no `select` takes."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    terminal, other = pty.openpty()
    monkeypatch.setattr(confirm, "_TERMINAL", os.ttyname(other))
    held = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(2_048, limits[1]), limits[1]))
        held += [os.dup(other) for _ in range(1_024)]
        os.write(terminal, b"yes\n")
        assert confirm.confirmed(_asking(), "Are you sure? ")
    finally:
        for one in [*held, terminal, other]:
            os.close(one)
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
