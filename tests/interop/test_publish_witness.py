"""Roles that notary or we sign once more as they are, of a collection that either has made."""

from __future__ import annotations

import tempfile
from itertools import product

import pytest

from contenttrust import load
from interop.hands import certificate
from interop.shared import Shared, canonical, digest

RELEASES = "targets/releases"
BOTH = list(product(("ours", "notary"), repeat=2))


@pytest.mark.parametrize(("makes", "witnesses"), BOTH)
def test_a_witness_signs_the_same_once_more(shared: Shared, makes: str, witnesses: str) -> None:
    first = shared.hands[makes]
    first.create(server_snapshot=True)
    first.delegate(RELEASES, certificate(shared.publisher, "alice"))
    first.add("v1", digest("v1"), RELEASES)
    before = shared.served(RELEASES)["signed"]

    shared.hands[witnesses].witness(RELEASES)

    after = shared.served(RELEASES)["signed"]
    assert after["version"] == before["version"] + 1
    assert after["targets"] == before["targets"]
    assert shared.listed() == {"v1": digest("v1")}


@pytest.mark.parametrize(("makes", "heals"), BOTH)
def test_a_role_that_lost_its_signature_is_healed(shared: Shared, makes: str, heals: str) -> None:
    """notary takes the only key that has signed away; we would refuse to."""
    first = shared.hands[makes]
    alice, bob = (certificate(shared.publisher, name) for name in ("alice", "bob"))
    first.create(server_snapshot=True)
    first.delegate(RELEASES, alice)
    first.add("v1", digest("v1"), RELEASES)
    first.delegate(RELEASES, bob)
    shared.hands["notary"].take_key(RELEASES, canonical(alice))
    before = shared.served(RELEASES)["signed"]
    with tempfile.TemporaryDirectory() as empty:
        broken = load(shared.gun, source=shared.ours.server, trust_dir=empty)
    assert [one.role for one in broken.degraded] == [RELEASES]

    shared.hands[heals].witness(RELEASES)

    assert shared.served(RELEASES)["signed"]["version"] == before["version"] + 1
    assert shared.listed() == {"v1": digest("v1")}
