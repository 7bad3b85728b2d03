"""Passphrases: never shown, never left in a terminal, never taken from a file that others read."""

from __future__ import annotations

import logging
import os
import pickle
import signal
from pathlib import Path

import pytest

from contenttrust._core import Secret
from contenttrust.errors import KeyStoreError, PassphraseError
from contenttrust.keys import (
    EnvironmentPassphrases,
    GivenPassphrase,
    KeyStore,
    PassphraseChain,
    PassphraseRequest,
)
from contenttrust.keys.passphrase_file import from_file
from contenttrust.keys.terminal import TerminalPassphrases
from keyholder import GUN, PASSPHRASE, Terminal, run_in_python, store_in

KEY_ID = "0123456789abcdef" * 4
ASK = """
import sys
from contenttrust.errors import ContentTrustError
from contenttrust._core import Secret
from contenttrust.keys import PassphraseRequest
from contenttrust.keys.terminal import TerminalPassphrases
role, is_new, meant, attempts = sys.argv[1:]
asked = TerminalPassphrases()
try:
    for attempt in range(int(attempts)):
        secret = asked.give(PassphraseRequest(
            role=role, key_id="0123456789abcdef" * 4, is_new=is_new == "new", attempt=attempt))
        print(secret == Secret(meant.encode()), flush=True)
except ContentTrustError as error:
    print(type(error).__name__, error.message)
"""
PINS = """
from contenttrust._core import Secret
from contenttrust.keys import PassphraseRequest
from contenttrust.keys.terminal import TerminalPassphrases
asked = TerminalPassphrases()
for label in "aba":
    request = PassphraseRequest(role="", key_id=f"hsm:2?label={label}", what="PIN")
    print(asked.give(request) == Secret(b"correct horse battery"), flush=True)
"""
# A shell that runs the rest as a job in the foreground, and says so when it stops.
SHELL = """
import os, signal
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
terminal = os.open("/dev/tty", os.O_RDWR)
job = os.fork()
if job:
    print(job, flush=True)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os._exit(os.waitstatus_to_exitcode(status))
        print("stopped", flush=True)
os.setpgid(0, 0)
os.tcsetpgrp(terminal, os.getpgrp())
signal.signal(signal.SIGTTOU, signal.SIG_DFL)
"""
OPEN = """
import sys
from contenttrust.errors import ContentTrustError
from contenttrust.keys import KeyStore
from contenttrust.keys.terminal import TerminalPassphrases
store = KeyStore(sys.argv[1], passphrases=TerminalPassphrases())
try:
    print(store.open(sys.argv[2]).key_id)
except ContentTrustError as error:
    print(type(error).__name__, error.message)
"""


@pytest.fixture
def terminal(request: pytest.FixtureRequest):
    """Starts a program at a terminal of its own."""

    def start(code: str, *arguments: str) -> Terminal:
        started = Terminal(code, *arguments)
        request.addfinalizer(started.close)
        return started

    return start


def asking(terminal, role: str, kind: str = "known", attempts: int = 1) -> Terminal:
    return terminal(ASK, role, kind, PASSPHRASE.decode(), str(attempts))


def test_t101_the_prompt_is_dockers_and_nothing_is_shown(terminal) -> None:
    user = asking(terminal, "root")
    user.wait_for("Enter passphrase for root key with ID 0123456: ")
    assert user.is_silent
    user.type(PASSPHRASE)
    assert user.end() == (0, b"True\n", b"")
    assert PASSPHRASE not in user.shown
    assert user.is_as_before


@pytest.mark.parametrize(
    ("role", "called"),
    [
        ("targets", "repository"),
        ("snapshot", "repository"),
        ("alice", "alice"),
        ("x\x1b", "x\\u001b"),
    ],
)
def test_t101_keys_are_called_as_docker_calls_them(terminal, role: str, called: str) -> None:
    user = asking(terminal, role)
    user.wait_for(f"Enter passphrase for {called} key with ID 0123456: ")
    user.type(PASSPHRASE)
    assert user.end()[1] == b"True\n"


def test_t101_each_token_has_a_pin_of_its_own(terminal) -> None:
    """A wrong PIN, tried at other tokens too, would close them."""
    user = terminal(PINS)
    for address in ("hsm:2?label=a", "hsm:2?label=b"):
        user.wait_for(f"Enter the PIN of {address}: ")
        user.type(PASSPHRASE)
    assert user.end()[1] == b"True\n" * 3


def test_t101_spaces_around_it_do_not_belong_to_it(terminal) -> None:
    user = asking(terminal, "root")
    user.wait_for(": ")
    user.type(b" \t" + PASSPHRASE + b"  ")
    assert user.end()[1] == b"True\n"


def test_t101_a_new_passphrase_is_asked_for_twice(terminal) -> None:
    user = asking(terminal, "root", "new")
    user.wait_for("Enter passphrase for new root key with ID 0123456: ")
    assert b"You are about to create a new root signing key passphrase." in user.shown
    user.type(PASSPHRASE)
    user.wait_for("Repeat passphrase for new root key with ID 0123456: ")
    assert user.is_silent
    user.type(PASSPHRASE)
    assert user.end() == (0, b"True\n", b"")
    assert user.is_as_before


def test_t101_a_new_passphrase_that_does_not_match_or_is_short_is_asked_for_again(terminal) -> None:
    user = asking(terminal, "alice", "new")
    user.wait_for("Enter passphrase for new alice key")
    user.type(PASSPHRASE)
    user.wait_for("Repeat passphrase")
    user.type(b"something else")
    user.wait_for("Passphrases do not match. Please retry.")
    user.wait_for("Enter passphrase")
    user.type(b"1234567")
    user.wait_for("Passphrase is too short. Please use a password manager")
    user.wait_for("Enter passphrase")
    user.type(PASSPHRASE)
    user.wait_for("Repeat passphrase")
    user.type(PASSPHRASE)
    assert user.end()[1] == b"True\n"


def test_t101_three_new_passphrases_that_will_not_do_are_the_end(terminal) -> None:
    user = asking(terminal, "root", "new")
    for _ in range(3):
        user.wait_for("Enter passphrase for new root key with ID 0123456: ")
        user.type(b"")  # empty
    code, out, _ = user.end()
    assert (code, out.split()[0]) == (0, b"PassphraseError")
    assert b"at least 8 characters" in out


def test_t101_three_wrong_passphrases_are_the_end(terminal, tmp_path: Path) -> None:
    entry = store_in(tmp_path).generate(role="targets", gun=GUN)
    user = terminal(OPEN, str(tmp_path), entry.key_id)
    for attempt in range(3):
        if attempt:
            user.wait_for("Passphrase incorrect. Please retry.")
        user.wait_for(f"Enter passphrase for repository key with ID {entry.key_id[:7]}: ")
        user.type(b"wrong passphrase")
    code, out, _ = user.end()
    assert (code, out.split()[0]) == (0, b"PassphraseError")
    assert b"password invalid, operation has failed." in out
    assert b"wrong passphrase" not in out + user.shown


def test_t101_the_second_try_may_be_right(terminal, tmp_path: Path) -> None:
    entry = store_in(tmp_path).generate(role="root")
    user = terminal(OPEN, str(tmp_path), entry.key_id)
    user.wait_for(": ")
    user.type(b"wrong")
    user.wait_for("retry.\r\nEnter passphrase for root key")
    user.type(PASSPHRASE)
    assert user.end()[1].decode().strip() == entry.key_id


def test_t143_ctrl_c_leaves_the_terminal_as_it_was(terminal) -> None:
    user = asking(terminal, "root")
    user.wait_for(": ")
    assert user.is_silent
    os.write(user.master, b"p4ssw\x03")
    code, out, err = user.end()
    assert (code, out) == (-signal.SIGINT, b"")
    assert err.rstrip().endswith(b"KeyboardInterrupt")
    assert b"p4ssw" not in user.shown + err
    assert user.is_as_before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_t143_a_signal_that_ends_the_process_leaves_the_terminal_as_it_was(
    terminal, number
) -> None:
    user = asking(terminal, "root")
    user.wait_for(": ")
    assert user.is_silent
    user.process.send_signal(number)
    assert user.end()[0] == -number
    assert user.is_as_before


def test_t143_a_stop_shows_the_terminal_again_and_a_continuation_asks_again(terminal) -> None:
    user = terminal(SHELL + ASK, "root", "known", PASSPHRASE.decode(), "1")
    user.wait_for("Enter passphrase for root key with ID 0123456: ")
    job = int(user.process.stdout.readline())
    os.kill(job, signal.SIGTSTP)
    assert user.process.stdout.readline() == b"stopped\n"
    assert user.is_as_before
    user.shown = b""
    os.kill(job, signal.SIGCONT)
    user.wait_for("Enter passphrase for root key with ID 0123456: ")
    assert user.is_silent
    user.type(PASSPHRASE)
    assert user.end()[1] == b"True\n"
    assert user.is_as_before


def test_t143_a_terminal_that_ends_is_no_passphrase(terminal) -> None:
    user = asking(terminal, "root")
    user.wait_for(": ")
    os.write(user.master, b"\x04")
    assert user.end()[1].split()[0] == b"InputNeededError"
    assert user.is_as_before


def test_t101_without_a_terminal_nobody_is_asked() -> None:
    done = run_in_python(ASK, "root", "known", "x", "1", input=b"a passphrase on standard input\n")
    assert done.stdout.startswith(b"InputNeededError")
    assert b"there is no terminal to ask at" in done.stdout
    assert KEY_ID.encode() in done.stdout


def test_t101_a_file_in_the_terminals_place_is_none(tmp_path: Path) -> None:
    path = tmp_path / "tty"
    path.write_bytes(PASSPHRASE)
    with pytest.raises(KeyStoreError, match="no terminal"):
        TerminalPassphrases(str(path)).give(PassphraseRequest(role="root"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o601])
def test_t101_a_passphrase_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE)
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match=rf"others may read or write it \(mode {mode:04o}\)"):
        from_file(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_t101_a_passphrase_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(PASSPHRASE)
    path.chmod(0o600)
    os.chown(path, 12345, 12345)
    with pytest.raises(KeyStoreError, match="owned by another user"):
        from_file(path)


def test_t101_a_passphrase_file_that_never_ends_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(KeyStoreError, match=r"not a regular file|Is a directory"):
            from_file(path)


def test_t101_secrets_are_not_shown_and_stay_where_they_are() -> None:
    secret = Secret(bytearray(PASSPHRASE))
    given = GivenPassphrase(secret, name="the passphrase file")
    chain = PassphraseChain(
        [given, EnvironmentPassphrases({b"NOTARY_ROOT_PASSPHRASE": PASSPHRASE})]
    )
    for thing in (secret, given, chain):
        assert PASSPHRASE.decode() not in repr(thing) + str(thing)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_t101_a_buffer_is_wiped_when_a_secret_is_made_of_it() -> None:
    buffer = bytearray(PASSPHRASE)
    Secret(buffer)
    assert buffer == bytes(len(PASSPHRASE))


def test_t101_errors_and_logs_hold_no_passphrase(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    entry = store_in(tmp_path).generate(role="root")
    wrong = b"this one is wrong"
    env = EnvironmentPassphrases({b"NOTARY_ROOT_PASSPHRASE": wrong})
    store = KeyStore(tmp_path, passphrases=PassphraseChain([env]))
    with pytest.raises(PassphraseError) as caught:
        store.open(entry.key_id)
    error: BaseException | None = caught.value
    told = caplog.text
    while error is not None:
        told += repr(error) + str(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    assert wrong.decode() not in told
    assert PASSPHRASE.decode() not in told
