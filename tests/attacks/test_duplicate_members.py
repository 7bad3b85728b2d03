"""Members that stand twice, or once in capitals and once in small letters."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from attacks.judge import Judge, repository, with_releases
from simulator import Pairs, Raw, image
from simulator.roles import Replacement, digest_of
from simulator.walk import changed, places

ROLES = ["root", "targets", "targets/releases", "snapshot", "timestamp"]


def signed_objects(files: dict[str, bytes], role: str) -> list[tuple[str | int, ...]]:
    """The way to every object with members inside the signed part."""
    return [
        path
        for path, value in places(json.loads(files[role])["signed"])
        if isinstance(value, dict) and value
    ]


def escaped(name: str) -> Raw:
    """A member's name with its first character spelt as an escape."""
    return Raw(f'"\\u{ord(name[0]):04x}{name[1:]}"')


TWINS: dict[str, Callable[[dict[str, Any]], Pairs]] = {
    "the same again": lambda value: Pairs([*value.items(), *list(value.items())[:1]]),
    "another value behind": lambda value: Pairs([*value.items(), (next(iter(value)), None)]),
    "another value in front": lambda value: Pairs([(next(iter(value)), None), *value.items()]),
    "spelt with an escape": lambda value: Pairs(
        [*value.items(), (escaped(next(iter(value))), next(iter(value.values())))]
    ),
}


@pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS.keys())
@pytest.mark.parametrize("role", ROLES)
def test_t047_a_member_stands_once_in_every_object(
    judge: Judge, role: str, twin: Callable[[dict[str, Any]], Pairs]
) -> None:
    repo = with_releases()
    repo.targets["1.0"]["custom"] = {"a": {"b": 1}}
    files = repo.publish()
    judge.accepts(files)

    for path in signed_objects(files, role):
        repo[role].edits[:] = [lambda part, at=path: Replacement(changed(part, at, twin))]
        judge.refuses(repo.publish(), "malformed", role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("member", ["signed", "signatures"])
@pytest.mark.parametrize("front", [True, False])
def test_t047_the_envelopes_members_stand_once(
    judge: Judge, role: str, member: str, front: bool
) -> None:
    repo = with_releases()
    value = b"{}" if member == "signed" else b"[]"
    text = b'"%s":%s' % (member.encode(), value)
    repo[role].edit_file(
        lambda data: b"{" + text + b"," + data[1:] if front else data[:-1] + b"," + text + b"}"
    )

    judge.refuses(repo.publish(), "malformed", role)


TYPED = {
    "root": ["_type", "expires", "version", "keys", "roles", "consistent_snapshot"],
    "targets": ["_type", "expires", "version", "targets", "delegations"],
    "targets/releases": ["targets", "delegations"],
    "snapshot": ["_type", "expires", "version", "meta"],
    "timestamp": ["_type", "expires", "version", "meta"],
}
FOLDED = [(role, member) for role, members in TYPED.items() for member in members]


@pytest.mark.parametrize(("role", "member"), FOLDED)
def test_t048_a_member_that_differs_only_in_case_is_refused(
    judge: Judge, role: str, member: str
) -> None:
    repo = with_releases()
    for twin in {member.upper(), member.capitalize(), member.swapcase()} - {member}:
        repo[role].edits[:] = [lambda part, name=twin, of=member: part.__setitem__(name, part[of])]
        judge.refuses(repo.publish(), "malformed", role)


@pytest.mark.parametrize(
    ("role", "path", "twin"),
    [
        ("targets", (), "target\u017f"),
        ("targets", (), "delegation\u017f"),
        ("targets", (), "ver\u017fion"),
        ("root", (), "\u212aeys"),
        ("root", (), "role\u017f"),
        ("root", ("roles", "targets"), "\u212aeyids"),
        ("root", ("roles", "targets"), "Threshold"),
        ("targets", ("delegations",), "role\u017f"),
        ("targets", ("delegations", "roles", 0), "Paths"),
        ("targets", ("delegations", "roles", 0), "Name"),
        ("targets", ("targets", "1.0"), "Ha\u017fhes"),
        ("targets", ("targets", "1.0"), "Length"),
        ("snapshot", ("meta", "targets"), "ha\u017fhes"),
        ("snapshot", ("meta", "targets"), "LENGTH"),
    ],
)
def test_t048_letters_that_fold_to_ascii_are_refused_too(
    judge: Judge, role: str, path: tuple[str | int, ...], twin: str
) -> None:
    repo = with_releases()
    repo[role].edit(
        lambda part: Replacement(changed(part, path, lambda value: value | {twin: None}))
    )

    judge.refuses(repo.publish(), "malformed", role)


@pytest.mark.parametrize(
    "name", ["Signed", "SIGNED", "\u017figned", "Signatures", "\u017fignatures", "signature\u017f"]
)
def test_t048_a_second_envelope_in_other_letters_is_refused(judge: Judge, name: str) -> None:
    repo = repository()
    repo.top.edit_file(lambda data: b'{"%s":{},' % name.encode() + data[1:])

    judge.refuses(repo.publish(), "malformed", "targets")


def test_t048_names_of_targets_are_not_folded(judge: Judge) -> None:
    repo = repository()
    repo.top.targets |= {"Latest": image("capital"), "latest": image("small")}

    tags = judge.accepts(repo.publish()).tags
    assert {name: tags[name].digest for name in ("Latest", "latest")} == {
        "Latest": digest_of("capital"),
        "latest": digest_of("small"),
    }
