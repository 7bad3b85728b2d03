"""A repository in memory that can lie in every way an attacker can.

The simulator shares no code with the engine: it writes its own canonical JSON, computes its own
key ids and signs with another library. What it publishes is right in everything but the lies a test
asks for, so that a refusal can only come from the check that the test is about.
"""

from __future__ import annotations

from simulator.canonical import Pairs, Raw, canonical, served
from simulator.certificates import Certificate
from simulator.keys import Key, KeyPair, key_pair
from simulator.repository import GUN, NOW, Repository, after, before
from simulator.roles import Role, TargetsRole, image
from simulator.signatures import Signing

__all__ = [
    "GUN",
    "NOW",
    "Certificate",
    "Key",
    "KeyPair",
    "Pairs",
    "Raw",
    "Repository",
    "Role",
    "Signing",
    "TargetsRole",
    "after",
    "before",
    "canonical",
    "image",
    "key_pair",
    "served",
]
