"""What is raised while libcurl calls back: pycurl would print it and go on."""

from __future__ import annotations

import signal
import threading

import pytest

from contenttrust.transport import polling, transfer
from contenttrust.transport.callbacks import Callbacks
from contenttrust.transport.http import Client, Request
from contenttrust.transport.tls import Tls
from servers.answers import document

CALLBACKS = [
    (polling._Sockets, "watch"),
    (polling._Sockets, "set_timer"),
    (transfer.Transfer, "_take_header"),
    (transfer.Transfer, "_take_body"),
]


def interrupt():
    signal.raise_signal(signal.SIGINT)


def divide():
    raise ZeroDivisionError


@pytest.fixture
def client(authority):
    client = Client(tls=Tls(ca_files=(authority.ca_file,)), timeout=5)
    yield client
    client.close()


@pytest.mark.parametrize("act", [interrupt, divide])
@pytest.mark.parametrize(("owner", "name"), CALLBACKS)
def test_t143_nothing_raised_in_a_callback_is_lost_or_printed(  # noqa: PLR0917 - fixtures
    server, client, monkeypatch, capfd, owner, name, act
):
    server.answer_all(document(b"x" * 100))
    original = getattr(owner, name)
    acts = [act] * 3

    def call(self, *arguments):
        if acts:
            acts.pop()()
        return original(self, *arguments)

    monkeypatch.setattr(owner, name, call)
    with pytest.raises((KeyboardInterrupt, ZeroDivisionError)):
        client.get([Request(f"{server.url}/", 1000)] * 3)
    acts.clear()
    assert capfd.readouterr() == ("", "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    (answer,) = client.get([Request(f"{server.url}/", 1000)])  # what remained was put in order
    assert answer.body == b"x" * 100


def test_t143_an_interrupt_waits_for_the_end_of_the_block_and_no_longer():
    steps = []
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - what is raised where is the test
        with Callbacks():
            interrupt()
            steps.append("inside")
        steps.append("behind")
    assert steps == ["inside"]


def test_t143_somebody_elses_handler_is_called_and_stays():
    seen = []

    def handler(number, frame):
        seen.append(number)

    before = signal.signal(signal.SIGINT, handler)
    try:
        with Callbacks():
            interrupt()
            assert seen == []
        assert seen == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_t143_an_interrupt_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Callbacks():
            interrupt()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_may_ask_too(server, client):
    server.answer_all(document(b"x"))
    answers = []
    thread = threading.Thread(
        target=lambda: answers.extend(client.get([Request(f"{server.url}/", 10)]))
    )
    thread.start()
    thread.join(30)
    assert [answer.body for answer in answers] == [b"x"]
    client.close()
