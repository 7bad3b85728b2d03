"""Delegations as verified files say them."""

from __future__ import annotations

from contenttrust.publish import delegations_in


def test_a_delegation_is_a_value_like_others(mallory, server):
    gun = mallory.collection().gun
    first, again = (set(delegations_in(server.files[gun])) for _ in range(2))
    assert first == again
    assert {one.role for one in first} >= {"targets/mallory", "targets/releases"}
