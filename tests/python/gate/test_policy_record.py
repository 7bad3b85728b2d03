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
    policy_record.check(TrustDirectory(place), policy, file="team/policy.yaml", **settings)


def test_versions_only_rise(trust_dir: Path) -> None:
    check(trust_dir, "production", 3)
    check(trust_dir, "production", 3)
    check(trust_dir, "production", 5)
    told = "version 5 of that name was used here before"
    with pytest.raises(PolicyError, match=told) as refused:
        check(trust_dir, "production", 4)
    assert (refused.value.expected, refused.value.found) == ("5", "4")
    check(trust_dir, "staging", 1)


def test_of_two_policies_with_one_name_the_file_and_the_way_out_are_told(trust_dir: Path) -> None:
    check(trust_dir, "production", 3)
    with pytest.raises(PolicyError) as refused:
        check(trust_dir, "production", 1)
    for text in (str(refused.value), refused.value.explain()):
        assert text.startswith("team/policy.yaml: the policy production is of version 1")
        assert "give it a metadata.name of its own" in text
        assert "signer" not in text  # nobody's signature is missing
    check(trust_dir, "production of b", 1)


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


# --- a policy that is gone ----------------------------------------------------


def check_none(place: Path) -> None:
    policy_record.check_none(TrustDirectory(place), f"{place}/contenttrust/trust-policy.yaml")


def test_a_policy_that_stood_in_the_trust_directory_is_missed_when_it_is_gone(
    trust_dir: Path,
) -> None:
    check_none(trust_dir)
    check(trust_dir, "production", 8, standing=True)
    with pytest.raises(PolicyError) as refused:
        check_none(trust_dir)
    record = trust_dir / "contenttrust" / "policies" / "in_force.json"
    for words in ("production (version 8)", "trust-policy.yaml is gone", f"remove {record} too"):
        assert words in str(refused.value)
    assert "signer" not in str(refused.value)
    record.unlink()
    check_none(trust_dir)


def test_the_last_one_that_stood_there_is_missed(trust_dir: Path) -> None:
    check(trust_dir, "first", 1, standing=True)
    check(trust_dir, "second", 3, standing=True)
    check(trust_dir, "named", 9)
    with pytest.raises(PolicyError, match=r"the policy second \(version 3\) was in force"):
        check_none(trust_dir)


def test_a_policy_that_was_named_or_is_not_remembered_is_not_missed(trust_dir: Path) -> None:
    check(trust_dir, "named", 8)
    check(trust_dir, "draft", 8, standing=True, remember=False)
    check_none(trust_dir)


def test_a_damaged_record_of_what_stood_there_is_a_refusal(trust_dir: Path) -> None:
    check(trust_dir, "production", 8, standing=True)
    (trust_dir / "contenttrust" / "policies" / "in_force.json").write_bytes(b"{")
    with pytest.raises(TrustDirectoryError, match=r"remove contenttrust/policies/in_force\.json"):
        check_none(trust_dir)
