"""Valid JSON that is no valid metadata: every value replaced by every other kind of value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import contenttrust as ct
from attacks.judge import Judge, with_releases
from simulator import Raw, Repository, canonical, key_pair
from simulator.roles import Replacement
from simulator.walk import ABSENT, Path, changed, places

ROLES = ["root", "targets", "targets/releases", "snapshot", "timestamp"]
VALUES: dict[str, Any] = {
    "null": None,
    "true": True,
    "0": 0,
    "-1": -1,
    "1.5": Raw("1.5"),
    "1e400": Raw("1e400"),
    '""': "",
    '"x"': "x",
    "[]": [],
    "{}": {},
    "[[]]": [[]],
    "absent": ABSENT,
}

TOLERATED = {
    # what Notary's own files may lack, or say without a change of meaning
    r"root consistent_snapshot": {"true", "absent"},
    r"\S+ (delegations )?keys \w+ keyval private": {"null", "absent"},
    # empty lists, which Go writes as null
    r"targets(/releases)? targets": {"null", "{}", "absent"},
    r"targets(/releases)? delegations( roles)?": {"null", "[]", "{}", "absent"},
    r"targets/releases delegations keys": {"null", "{}", "absent"},
    r"targets delegations roles 0 keyids( \d)?": {"null", "[]", "absent"},
    r"targets delegations roles 0": {"absent"},
    r"targets delegations roles 0 paths": {"null", "[]", "absent"},
    # any text is a prefix
    r"targets delegations roles 0 paths 0": {'""', '"x"', "absent"},
    # a tag without a usable digest stays out, the others stay
    r"targets(/releases)? targets \S+": {"absent"},
    r"targets(/releases)? targets \S+ hashes": {"null", "{}", "absent"},
    r"targets(/releases)? targets \S+ hashes sha256": {'""', "absent"},
    # no check rests on the length of an image that is to be fetched by its digest
    r"targets(/releases)? targets \S+ length": {"0"},
    # the publisher's own data
    r"targets(/releases)? targets \S+ custom.*": set(VALUES) - {"1.5", "1e400"},
    # one known hash is enough; a role that the snapshot does not list is not published
    r"(snapshot|timestamp) meta \S+ hashes sha(256|512)": {"absent"},
    r"snapshot meta targets/releases": {"absent"},
    # a delegation that is expired or that no key signed breaks alone
    r"targets/releases expires": {"absent"},
    r"targets/releases signatures 0 (keyid|method)": {'""', '"x"'},
    r"targets/releases signatures 0 sig": {'""'},
}


def rich() -> Repository:
    """A repository with something in every member."""
    repo = with_releases()
    repo["targets/releases"].keys.append(key_pair("another").certified("alice"))
    repo.targets["1.0"]["custom"] = {"x": ["y", {"z": 1}]}
    return repo


def digests(repo: ct.TrustedRepository) -> dict[str, tuple[str, str]]:
    """What a wrong value must never change: tag to digest and role."""
    return {name: (tag.digest, tag.role) for name, tag in repo.tags.items()}


def tolerated(role: str, path: Path, value: str) -> bool:
    """Whether a document with that value at that place may be accepted."""
    text = " ".join([role, *map(str, path)])
    return any(
        re.fullmatch(pattern, text) and value in values for pattern, values in TOLERATED.items()
    )


def verdict(judge: Judge, files: dict[str, bytes]) -> ct.TrustedRepository | None:
    """The verified repository, or nothing where it is refused as metadata."""
    try:
        return judge.load(files)
    except ct.VerificationError:  # anything else is a crash
        return None


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("role", ROLES)
def test_t045_no_value_of_the_wrong_kind_is_taken_in_the_signed_part(
    judge: Judge, role: str, value: Any, request: pytest.FixtureRequest
) -> None:
    repo = rich()
    good = digests(judge.accepts(repo.publish()))
    name = request.node.callspec.id.split("-", 1)[1]
    signed = json.loads(repo.publish()[role])["signed"]

    for path, old in list(places(signed)):
        if not path or old == value or (isinstance(value, Raw) and old is value):
            continue
        repo[role].edits[:] = [
            lambda part, at=path: Replacement(changed(part, at, lambda _: value))
        ]
        found = verdict(judge, repo.publish())
        assert (found is None) or tolerated(role, path, name), f"{role} {path} accepted with {name}"
        if found is not None:
            assert digests(found).items() <= good.items(), (
                f"{role} {path} with {name} changed the verdict"
            )


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES.keys())
@pytest.mark.parametrize("role", ROLES)
def test_t045_no_value_of_the_wrong_kind_is_taken_around_it(
    judge: Judge, role: str, value: Any, request: pytest.FixtureRequest
) -> None:
    repo = rich()
    good = digests(judge.accepts(repo.publish()))
    name = request.node.callspec.id.split("-", 1)[1]
    whole = json.loads(repo.publish()[role])
    envelope = {"signed": whole["signed"], "signatures": whole["signatures"][:1]}
    outside = [
        path for path, _ in places(envelope) if len(path) == 1 or path[:1] == ("signatures",)
    ]

    for path in [(), *outside]:
        document = changed(envelope, path, lambda _: value)
        text = b"" if document is ABSENT else canonical(document).encode()
        repo[role].file_edits[:] = [lambda _, data=text: data]
        found = verdict(judge, repo.publish())
        assert (found is None) or tolerated(role, path, name), f"{role} {path} accepted with {name}"
        if found is not None:
            assert digests(found).items() <= good.items()
