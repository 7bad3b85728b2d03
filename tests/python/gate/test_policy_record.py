"""An older policy does not come back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contenttrust.errors import PolicyError, TrustDirectoryError
from contenttrust.gate import policy_record
from contenttrust.transport.cache import TrustDirectory


@dataclass
class Versioned:
    """What of a policy matters here."""

    name: str
    version: int


def check(place: Path, name: str, version: int, **settings: Any) -> None:
    policy: Any = Versioned(name, version)
    policy_record.check(TrustDirectory(place), policy, **settings)


def test_versions_only_rise(trust_dir: Path) -> None:
    check(trust_dir, "production", 3)
    check(trust_dir, "production", 3)
    check(trust_dir, "production", 5)
    with pytest.raises(PolicyError, match="version 5 was used here before") as refused:
        check(trust_dir, "production", 4)
    assert (refused.value.expected, refused.value.found) == ("5", "4")
    check(trust_dir, "staging", 1)


def test_what_is_not_remembered_binds_nobody(trust_dir: Path) -> None:
    check(trust_dir, "production", 9, remember=False)
    check(trust_dir, "production", 1)


def test_a_policy_without_a_name_is_compared_with_nothing(trust_dir: Path) -> None:
    check(trust_dir, "", 0)
    assert not list(trust_dir.iterdir())


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"production": "x"}', b'{"production": null}'])
def test_a_damaged_record_is_a_refusal(trust_dir: Path, content: bytes) -> None:
    check(trust_dir, "production", 3)
    record = trust_dir / "contenttrust" / "policies" / "versions.json"
    record.write_bytes(content)
    with pytest.raises(TrustDirectoryError, match="damaged"):
        check(trust_dir, "production", 3)


def test_a_record_that_others_may_write_is_a_refusal(trust_dir: Path) -> None:
    check(trust_dir, "production", 3)
    (trust_dir / "contenttrust" / "policies" / "versions.json").chmod(0o666)
    with pytest.raises(TrustDirectoryError):
        check(trust_dir, "production", 3)
