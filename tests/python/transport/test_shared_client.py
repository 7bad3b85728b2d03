"""Who may use connections: one thread at a time, and no process but the one that made them."""

from __future__ import annotations

import os
import threading

import pytest

from contenttrust.transport.http import Request
from contenttrust.transport.shared_client import SharedClient
from contenttrust.transport.tls import Tls

NO_END = float("inf")


@pytest.fixture
def shared(authority):
    return SharedClient(tls=Tls(ca_files=(authority.ca_file,)), timeout=30.0)


def test_one_client_serves_all_and_knows_for_whom(shared):
    with shared.held("one", until=1.0) as first:
        assert (first.gun, first.until) == ("one", 1.0)
    with shared.held("two", until=NO_END) as second:
        assert (second.gun, second.until) == ("two", NO_END)
    assert first is second


def test_a_failure_lets_the_next_have_it(shared):
    with pytest.raises(ValueError, match="wrong"), shared.held("one", until=NO_END):
        raise ValueError("wrong")
    with shared.held("two", until=NO_END) as client:
        assert client.gun == "two"


def test_threads_take_turns(shared):
    inside, most = 0, 0

    def use():
        nonlocal inside, most
        for _ in range(20):
            with shared.held("gun", until=NO_END):
                inside += 1
                most = max(most, inside)
                os.sched_yield()
                inside -= 1

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_waits_for_no_thread_of_its_parent_and_connects_anew(shared, server):
    server.answer("/file", b"body")
    request = Request(f"{server.url}/file", 10)
    with shared.held("parent", until=NO_END) as client:  # and so it is held in the child, too
        client.get([request])
        process = os.fork()
        if process == 0:
            good = False
            try:
                with shared.held("child", until=NO_END) as another:
                    (answer,) = another.get([request])
                good = another is not client and answer.body == b"body"
            finally:
                os._exit(0 if good else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        client.get([request])
    assert server.connections == 2
