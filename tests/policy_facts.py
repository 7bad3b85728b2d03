"""What policies are tried on: facts of one image, made by hand, and policies around one section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from contenttrust import _core
from contenttrust.errors import ContentTrustError
from contenttrust.policy.facts import Facts
from contenttrust.reference import Reference

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
IMAGE = "registry.example.com/team/web:1.4"
DIGEST = "sha256:" + 64 * "d"
OTHER = "sha256:" + 64 * "e"

Roles = Mapping[str, Sequence[str]]


def key(number: int) -> str:
    """A canonical key id."""
    return f"{number:064x}"


ALICE, BOB, CAROL, STRANGER, REPOSITORY = (key(number) for number in range(1, 6))


def facts(
    image: str = IMAGE,
    signed: Roles | None = None,
    *,
    digest: str = DIGEST,
    role: str = "targets/releases",
    error: ContentTrustError | None = None,
    gun: str = "",
    **more: Any,
) -> Facts:
    """Facts of an image that these keys signed, each in its role; or of one that is refused."""
    reference = Reference.parse(image)
    gun = gun or reference.gun
    signers = tuple(
        _core.signer(name.removeprefix("targets/"), name, list(keys))
        for name, keys in (signed or {}).items()
    )
    tag = None
    if error is None:
        tag = _core.signed_tag(gun, reference.tag or "1.4", role, digest, 7, b"", signers)
    more.setdefault("now", NOW)
    return Facts(reference=reference, gun=gun, tag=tag, error=error, signatures=signers, **more)


def by(*names: str) -> dict[str, list[str]]:
    """Roles of signers as `docker trust sign` makes them, released by the last one."""
    keys = {"alice": ALICE, "bob": BOB, "carol": CAROL, "stranger": STRANGER}
    roles = {f"targets/{name}": [keys[name]] for name in names}
    return {**roles, "targets/releases": [keys[names[-1]]]} if names else roles


SECTIONS = {
    "head": "apiVersion: contenttrust/v1\nkind: TrustPolicy\nmetadata: {name: tests, version: 1}\n",
    "people": (
        f"people:\n  alice: {{keys: ['{ALICE}']}}\n  bob: {{keys: ['{BOB}']}}\n"
        f"  carol: {{keys: ['{CAROL}']}}\n"
    ),
    "teams": "teams:\n  qa: {members: [alice, bob]}\n  secops: {members: [carol]}\n",
    "pins": "pins: {'**': {tofu: once}}\n",
    "rules": "rules:\n  - match: 'registry.example.com/**'\n    require: {signed: any}\n",
}


def policy_text(**sections: str) -> str:
    """A policy that loads, with some of its sections replaced or added."""
    return "".join({**SECTIONS, **sections}.values())


def rule_text(require: str, *more: str) -> str:
    """The rules of a policy: one, over everything in the tests' registry."""
    lines = ["rules:", "  - match: 'registry.example.com/**'", f"    require: {require}", *more]
    return "\n".join(lines) + "\n"


def slips() -> dict[str, tuple[str, str, str]]:
    """Slips of a policy file, by name: the section, the words of the message, the text."""
    blocks = (
        (Path(__file__).parent / "python" / "policy" / "slips.txt").read_text().split("\n=== ")[1:]
    )
    found = {}
    for block in blocks:
        name, section, words, text = f"{block.rstrip()}\n".split("\n", 3)
        found[name] = (section, words, text.removesuffix("\\\n"))
    return found
