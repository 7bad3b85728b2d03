"""Why the root of a collection is believed: each kind of pin of a policy, and which one counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from contenttrust.gate.check import Gate
from contenttrust.policy.decision import Decision
from contenttrust.policy.load import loads
from contenttrust.transport.source import MappingSource
from policy_facts import policy_text, rule_text
from simulator.certificates import Certificate
from simulator.keys import key_pair
from simulator.repository import NOW, Repository
from simulator.roles import image

WEB = "registry.example.com/team/web"
NOBODY = 64 * "a"


def authority(name: str, *, days: int = 3650) -> Certificate:
    return Certificate(name, is_ca=True, not_after=NOW + timedelta(days=days))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a policy, with files of authorities."""
    for name, days in (("ours", 3650), ("other", 3650), ("ended", -1)):
        named = "ours" if name == "ended" else name  # the same authority, by an older certificate
        pem = authority(named, days=days).pem(key_pair(f"authority {named}").private)
        (tmp_path / f"{name}.pem").write_bytes(pem)
    return tmp_path


def published(*, days: int = 3650) -> Repository:
    """A collection whose root certificate was issued by our authority."""
    repository = Repository(WEB)
    issuer = authority("ours").as_issuer(key_pair("authority ours").private)
    leaf = Certificate(WEB, issuer=issuer, serial=7, not_after=NOW + timedelta(days=days))
    pair = key_pair("root")
    repository.root.keys = [pair.in_pem(leaf.pem(pair.private))]
    repository.targets["1.0"] = image("one")
    return repository


def decide(repository: Repository, pin: str, folder: Path, *, now: datetime = NOW) -> Decision:
    text = policy_text(pins=f"pins: {{'**': {{{pin}}}}}\n", rules=rule_text("{signed: any}"))
    source = MappingSource(repository.publish())
    policy = loads(text, folder=folder)
    return Gate(policy, source=lambda _: source, trust_dir=folder / "trust", now=now).check(
        f"{WEB}:1.0"
    )


@pytest.mark.parametrize(
    ("file", "code"), [("ours", "ok"), ("other", "anchor_mismatch"), ("ended", "anchor_mismatch")]
)
def test_the_root_certificate_must_come_from_the_pinned_authority(
    folder: Path, file: str, code: str
) -> None:
    decision = decide(published(), f"ca: 'file:{file}.pem'", folder)
    assert (decision.code, decision.allowed) == (code, code == "ok"), decision.reasons


def test_a_file_of_several_authorities_pins_each_of_them(folder: Path) -> None:
    both = (folder / "other.pem").read_bytes() + (folder / "ours.pem").read_bytes()
    (folder / "both.pem").write_bytes(both)
    assert decide(published(), "ca: 'file:both.pem'", folder).allowed


def test_a_self_signed_root_certificate_comes_from_no_authority(folder: Path) -> None:
    repository = Repository(WEB)
    repository.targets["1.0"] = image("one")
    assert decide(repository, "ca: 'file:ours.pem'", folder).code == "anchor_mismatch"


def test_a_root_certificate_that_has_ended_is_refused_under_its_authority(folder: Path) -> None:
    repository = published(days=10)
    assert decide(repository, "ca: 'file:ours.pem'", folder).allowed
    later = decide(repository, "ca: 'file:ours.pem'", folder, now=NOW + timedelta(days=11))
    assert (later.verdict, later.code) == ("deny", "root_certificate")


RIGHT_KEY = "root-keys: ['sha256:{key}']"
WRONG_KEY = f"root-keys: ['{NOBODY}']"
RIGHT_CERT = "certs: ['sha256:{certificate}']"
WRONG_CERT = f"certs: ['{NOBODY}']"


@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (f"ca: 'file:other.pem', {RIGHT_KEY}", "ok"),
        (f"ca: 'file:ours.pem', {WRONG_KEY}", "anchor_mismatch"),
        (f"{RIGHT_CERT}, {WRONG_KEY}", "anchor_mismatch"),
        (f"{WRONG_CERT}, {RIGHT_KEY}", "ok"),
        (f"ca: 'file:other.pem', {RIGHT_CERT}", "ok"),
        (f"ca: 'file:ours.pem', {WRONG_CERT}", "anchor_mismatch"),
        ("tofu: once, ca: 'file:other.pem'", "anchor_mismatch"),
        ("tofu: forbid, ca: 'file:ours.pem'", "ok"),
    ],
)
def test_of_several_kinds_the_first_alone_counts_and_its_failure_is_final(
    folder: Path, pin: str, code: str
) -> None:
    repository = published()
    root = repository.root.keys[0]
    named = pin.format(key=root.canonical_id, certificate=root.id)
    decision = decide(repository, named, folder)
    assert (decision.code, decision.allowed) == (code, code == "ok"), decision.reasons
