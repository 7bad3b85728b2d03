"""Passphrases typed at a terminal: what is asked, what is shown, and how the terminal is left."""

from __future__ import annotations

import os
import pty
import termios
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from contenttrust._core import Secret
from contenttrust.errors import InputNeededError, PassphraseError
from contenttrust.keys import PassphraseRequest
from contenttrust.keys.passphrase import PIN
from contenttrust.keys.terminal import TerminalPassphrases
from keyholder import Terminal

KEY_ID = "0123456789" * 6 + "abcd"
ASKED = "Enter passphrase for root key with ID 0123456: "
NEW, REPEAT = (f"{verb} passphrase for new repository key: " for verb in ("Enter", "Repeat"))


class Person:
    """Sits at a terminal and types each answer once its question is shown."""

    def __init__(self) -> None:
        self._own, self._other = pty.openpty()
        self.terminal = os.ttyname(self._other)
        self.settings = termios.tcgetattr(self._other)
        self.shown = ""

    def answering(self, answers: list[tuple[str, bytes]]) -> threading.Thread:
        thread = threading.Thread(target=self._answer, args=(answers,), daemon=True)
        thread.start()
        return thread

    def _answer(self, answers: list[tuple[str, bytes]]) -> None:
        unread = ""
        for question, typed in answers:
            while question not in unread:
                unread += self._read()
            unread = unread.partition(question)[2]
            os.write(self._own, typed)

    def _read(self) -> str:
        text = os.read(self._own, 65_536).decode().replace("\r\n", "\n")
        self.shown += text
        return text

    def rest(self) -> str:
        """All that was shown, now that nothing more comes."""
        os.write(self._other, b"\0")
        while not self.shown.endswith("\0"):
            self._read()
        return self.shown.removesuffix("\0")

    def is_left_alone(self) -> bool:
        """Whether the terminal is as it was."""
        return termios.tcgetattr(self._other) == self.settings

    def close(self) -> None:
        os.close(self._own)
        os.close(self._other)


@pytest.fixture
def person() -> Iterator[Person]:
    it = Person()
    yield it
    it.close()


@pytest.fixture
def asked(person: Person) -> Callable[..., Secret]:
    """Asks for one passphrase while somebody types."""
    source = TerminalPassphrases(person.terminal)

    def ask(request: PassphraseRequest, *answers: tuple[str, bytes]) -> Secret:
        typing = person.answering(list(answers))
        secret = source.give(request)
        typing.join(60)
        assert not typing.is_alive()
        return secret

    return ask


def known(role: str = "root", **options: object) -> PassphraseRequest:
    return PassphraseRequest(role=role, key_id=KEY_ID, **options)


def test_what_is_typed_is_not_shown(person: Person, asked: Callable[..., Secret]) -> None:
    assert asked(known(), (ASKED, b"  of my root \n")) == Secret(b"of my root")
    assert person.rest() == f"{ASKED}\n"
    assert person.is_left_alone()


def test_nobody_is_asked_twice_for_one_role(person: Person, asked: Callable[..., Secret]) -> None:
    first = asked(known(), (ASKED, b"of my root\n"))
    assert asked(known()) == first
    again = asked(known(attempt=1), (ASKED, b"of the other\n"))
    assert (again, asked(known())) == (Secret(b"of the other"),) * 2
    assert person.rest() == f"{ASKED}\nPassphrase incorrect. Please retry.\n{ASKED}\n"


def test_each_token_has_a_pin_of_its_own(person: Person, asked: Callable[..., Secret]) -> None:
    one, two = (PassphraseRequest(role="root", what=PIN, key_id=name) for name in ("a", "b\x1b"))
    assert asked(one, ("Enter the PIN of a: ", b"1234\n")) == Secret(b"1234")
    assert asked(two, ("Enter the PIN of b", b"5678\n")) == Secret(b"5678")
    assert "\x1b" not in person.rest()


def test_a_new_passphrase_is_long_enough_and_typed_twice(
    person: Person, asked: Callable[..., Secret]
) -> None:
    typed = asked(
        PassphraseRequest(role="targets", is_new=True),
        (NEW, b"1234567\n"),
        (NEW, b"12345678\n"),
        (REPEAT, b"12345679\n"),
        (NEW, b"12345678\n"),
        (REPEAT, b"12345678\n"),
    )
    assert typed == Secret(b"12345678")
    shown = person.rest()
    assert "Passphrase is too short" in shown
    assert "It needs at least 8 characters." in shown
    assert "Passphrases do not match" in shown
    assert "1234" not in shown


def test_after_three_tries_there_is_no_new_passphrase(
    person: Person, asked: Callable[..., Secret]
) -> None:
    question = "Enter passphrase for new root key: "
    with pytest.raises(PassphraseError, match="3 attempts were too short"):
        asked(PassphraseRequest(role="root", is_new=True), *[(question, b"short\n")] * 3)
    assert person.rest().startswith("You are about to create a new root signing key passphrase.")
    assert person.is_left_alone()


def test_the_end_of_what_is_typed_is_no_empty_passphrase(
    person: Person, asked: Callable[..., Secret]
) -> None:
    with pytest.raises(InputNeededError, match="the terminal was closed before") as told:
        asked(known(), (ASKED, b"\x04"))
    assert told.value.expected == KEY_ID
    assert person.is_left_alone()


ORPHANED = """
import os, sys, time
from contenttrust.errors import InputNeededError
from contenttrust.keys import PassphraseRequest
from contenttrust.keys.terminal import TerminalPassphrases
readable, writable = os.pipe()
if os.fork():
    os.close(writable)
    sys.stdout.buffer.write(os.read(readable, 1000))  # the terminal is ours as long as we live
else:
    parent = os.getpid()
    if os.fork():
        os._exit(0)
    os.setpgid(0, 0)
    while os.getppid() == parent:
        time.sleep(0.01)
    try:
        TerminalPassphrases().give(PassphraseRequest(role="root", key_id="0123"))
    except InputNeededError as error:
        os.write(writable, error.message.encode())
    os._exit(0)
"""


def test_a_process_in_the_background_that_nobody_waits_for_is_refused_by_name() -> None:
    it = Terminal(ORPHANED)
    try:
        code, out, err = it.end()
        assert it.is_as_before
    finally:
        it.close()
    assert (code, err) == (0, b"")
    assert b"the root key 0123 is needed, and the terminal cannot be asked (Input/output" in out


def test_a_terminal_that_is_hung_up_is_told_with_the_key() -> None:
    person = Person()

    def hang_up() -> None:
        while ASKED not in person.shown:
            person._read()
        person.close()

    threading.Thread(target=hang_up, daemon=True).start()
    with pytest.raises(InputNeededError, match=f"{KEY_ID} is needed, and the terminal cannot"):
        TerminalPassphrases(person.terminal).give(known())


def test_another_thread_than_the_main_one_may_ask(person: Person) -> None:
    person.answering([(ASKED, b"of my root\n")])
    with ThreadPoolExecutor(1) as pool:
        given = pool.submit(TerminalPassphrases(person.terminal).give, known())
        assert given.result(60) == Secret(b"of my root")
    assert person.is_left_alone()


@pytest.mark.parametrize("place", ["/dev/null", "/nowhere/at/all"])
def test_where_there_is_no_terminal_nobody_is_asked(place: str) -> None:
    with pytest.raises(InputNeededError, match="there is no terminal to ask at"):
        TerminalPassphrases(place).give(known())
