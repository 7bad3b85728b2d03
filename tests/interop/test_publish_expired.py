"""Collections that have expired at a real trust server, and are renewed."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from contenttrust import load
from contenttrust.errors import ContentTrustError
from contenttrust.publish import Collection
from interop.our_publisher import OurPublisher
from interop.processes import run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack

LIFE = timedelta(days=1_095)
LEFT = timedelta(seconds=3)
"""Whole seconds are written, and the server refuses what has expired already."""


def digest(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()


@pytest.mark.parametrize("snapshot", ["the server's", "ours"])
def test_what_has_expired_is_renewed(
    trust_stack: TrustStack, place: Callable[[str], Path], snapshot: str
) -> None:
    """With a snapshot of the client's the server answers 500 then, and notary can do nothing."""
    publisher = Publisher(place("publisher"), trust_stack)
    ours = OurPublisher(publisher.config / "trust", trust_stack)
    gun = f"{publisher.registry.host}/expired/{publisher.folder.name.lower()}"
    ends = datetime.now(timezone.utc) + LEFT
    old = Collection(
        gun, keys=ours.keys, sink=ours.server, trust_dir=ours.trust_dir, now=ends - LIFE
    )
    old.initialize(server_managed=["timestamp"] + ["snapshot"] * (snapshot == "the server's"))
    old.add_delegation("targets/a", keys=[ours.key("a")], paths=[""])
    old.add_target("v1", size=7, sha256=digest("v1"), roles=["targets/a"])
    old.publish()
    while datetime.now(timezone.utc) <= ends:
        time.sleep(0.05)
    with tempfile.TemporaryDirectory() as empty, pytest.raises(ContentTrustError):
        load(gun, source=ours.server, trust_dir=empty)

    done = ours.collection(gun).renew()

    assert {"targets", "targets/a"} <= set(done.versions)
    with tempfile.TemporaryDirectory() as empty:
        repository = load(gun, source=ours.server, trust_dir=empty)
        assert [tag.name for tag in repository.role_tags("targets/a")] == ["v1"]
        listed = run([*publisher.notary_at(publisher.env)[:-1], empty, "list", gun], publisher.env)
        assert digest("v1") in listed.succeeded().out
