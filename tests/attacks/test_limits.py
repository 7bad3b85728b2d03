"""Documents that ask for more work or memory than any honest one are refused cheaply."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository, with_releases
from attacks.measured import measured
from simulator import NOW, Raw, Repository, Signing, image, key_pair
from simulator import encodings as lies

MIB = 1024 * 1024


def huge_rsa_keys(bits: int, count: int) -> list[Any]:
    """Numbers of the right size, on which verification works as hard as on real keys."""
    pair = key_pair("targets", "rsa2048")
    return [
        pair.bare.holding(lies.rsa_spki((1 << bits) - 1 - 2 * number, 65537))
        for number in range(count)
    ]


def signed_in_vain(keys: list[Any], bits: int, copies: int) -> list[Signing]:
    """Signatures by those keys that have the right length and are none."""
    return [
        Signing(key, make=lambda *_, n=number: (n + 2).to_bytes(bits // 8, "big"), method=method)
        for number in range(copies)
        for key in keys
        for method in ("rsapss",)
    ]


@pytest.mark.parametrize("role", ["targets", "targets/releases"])
def test_t032_ten_thousand_signatures_by_huge_keys_cost_nothing(tmp_path: Path, role: str) -> None:
    repo = with_releases()
    repo[role].keys = huge_rsa_keys(16384, 1)
    repo[role].signers = signed_in_vain(repo[role].keys, 16384, 10_000)

    cost = measured(repo.publish(), tmp_path)
    assert cost.code == "limit_exceeded"
    assert cost.seconds < 1


def test_t032_as_many_huge_keys_and_signatures_as_are_allowed_cost_little(tmp_path: Path) -> None:
    repo = repository()
    repo.top.keys = huge_rsa_keys(8192, 64)
    repo.top.signers = signed_in_vain(repo.top.keys, 8192, 1)

    cost = measured(repo.publish(), tmp_path)
    assert cost.code == "signature"
    assert cost.seconds < 1


def test_t032_more_keys_for_a_role_than_allowed_are_refused(judge: Judge) -> None:
    repo = repository()
    repo.top.keys = [key_pair(f"one of many {number}").bare for number in range(64)]
    judge.accepts(repo.publish())

    repo.top.keys.append(key_pair("one of many 64").bare)
    judge.refuses(repo.publish(), "limit_exceeded", "root")


def test_t032_more_keys_for_a_delegation_than_allowed_are_refused(judge: Judge) -> None:
    repo = repository()
    keys = [key_pair(f"one of many {number}").bare for number in range(65)]
    repo.delegate("targets/releases", keys=keys)

    judge.refuses(repo.publish(), "limit_exceeded", "targets")


JUNK: dict[str, bytes] = {
    "zeros": b"0" * 100 * MIB,
    "brackets": b"[" * 100 * MIB,
    "braces": b'{"a":' * 20 * MIB,
    "an endless text": b'"' + b"a" * 100 * MIB,
    "NULs": bytes(100 * MIB),
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK.keys())
@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("root", "limit_exceeded"),
        ("timestamp", "limit_exceeded"),
        ("snapshot", "length"),
        ("targets", "length"),
    ],
)
def test_t046_t057_a_file_beyond_its_limit_is_not_read(
    tmp_path: Path, role: str, code: str, junk: bytes
) -> None:
    files = repository().publish()

    cost = measured(files | {role: junk}, tmp_path)
    assert cost.code == code
    assert cost.seconds < 0.1
    assert cost.megabytes < 64


def well_hashed(document: bytes) -> dict[str, bytes]:
    """A repository whose snapshot names that very document as `targets`."""
    repo = repository()
    repo.top.edit_file(lambda _: document)
    return repo.publish()


DEPTH = 100_000
BOMBS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "lists in lists": (lambda: b"[" * DEPTH + b"]" * DEPTH, {"limit_exceeded", "malformed"}),
    "objects in objects": (
        lambda: b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        {"limit_exceeded", "malformed"},
    ),
    "lists that never end": (lambda: b"[" * DEPTH, {"limit_exceeded", "malformed"}),
    "objects that never end": (lambda: b'{"a":' * DEPTH, {"limit_exceeded", "malformed"}),
    "a million members": (
        lambda: b"{" + b",".join(b'"%d":0' % number for number in range(10**6)) + b"}",
        {"malformed"},
    ),
    "a million equal members": (lambda: b"{" + b'"a":0,' * 10**6 + b'"a":0}', {"malformed"}),
    "a text of 10 MB": (lambda: b'"' + b"a" * 10 * MIB + b'"', {"malformed"}),
    "a text of 10 MB that never ends": (lambda: b'"' + b"a" * 10 * MIB, {"malformed"}),
    "escapes without end": (lambda: b'"' + b"\\" * 5 * MIB, {"malformed"}),
    "a number of 10 MB": (lambda: b"1" * 10 * MIB, {"malformed"}),
    "a fraction of 10 MB": (lambda: b"0." + b"1" * 10 * MIB, {"malformed"}),
    "white space": (lambda: b" " * 10 * MIB, {"malformed"}),
}


@pytest.mark.parametrize(("make", "codes"), BOMBS.values(), ids=BOMBS.keys())
def test_t046_a_document_that_is_only_large_is_refused_cheaply(
    tmp_path: Path, make: Callable[[], bytes], codes: set[str]
) -> None:
    document = make()

    cost = measured(well_hashed(document), tmp_path)
    assert cost.code in codes
    assert cost.seconds < 1
    assert cost.megabytes < 64 + 16 * len(document) / MIB


@pytest.mark.parametrize("depth", [60, 65, 100, 1000, 100_000])
def test_t046_custom_data_may_not_be_nested_without_end(judge: Judge, depth: int) -> None:
    repo = repository()
    repo.targets["1.0"]["custom"] = Raw("[" * depth + "]" * depth)
    # custom itself stands in signed, targets, the tag: levels 1 to 4 are the document's own
    if depth + 4 <= 64:
        judge.accepts(repo.publish())
    else:
        judge.refuses(repo.publish(), "limit_exceeded", "targets")


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_t046_every_beginning_of_a_document_is_refused(judge: Judge, role: str) -> None:
    repo = repository()
    whole = repo.publish()[role]
    step = max(1, len(whole) // 200)

    for length in range(0, len(whole), step):
        repo[role].file_edits[:] = [lambda _, n=length: whole[:n]]
        judge.refuses(repo.publish(), "malformed", role)


def test_t057_root_and_timestamp_have_limits_of_their_own(judge: Judge) -> None:
    for role, limit in (("root", 512_000), ("timestamp", MIB)):
        repo = repository()
        repo[role].edit_file(lambda data, n=limit: data.ljust(n))
        judge.accepts(repo.publish())

        repo[role].file_edits[:] = [lambda data, n=limit: data.ljust(n + 1)]
        judge.refuses(repo.publish(), "limit_exceeded", role)


def test_t057_the_limits_are_the_callers(judge: Judge) -> None:
    files = repository().publish()
    for role, name in (("root", "root_length"), ("timestamp", "timestamp_length")):
        size = len(files[role])
        judge.accepts(files, requirements=ct.Requirements(**{name: size}))
        judge.refuses(
            files, "limit_exceeded", role, requirements=ct.Requirements(**{name: size - 1})
        )


@pytest.mark.parametrize("role", ["targets", "snapshot"])
def test_t057_a_signed_length_above_the_limit_is_refused(judge: Judge, role: str) -> None:
    repo = repository()
    repo.top.targets |= (
        {f"tag-{number}": image("x") for number in range(50)} if role == "targets" else {}
    )
    files = repo.publish()
    largest = max(len(files["targets"]), len(files["snapshot"]))
    judge.accepts(files, requirements=ct.Requirements(file_length=largest))

    role_of_largest = max(("targets", "snapshot"), key=lambda name: len(files[name]))
    judge.refuses(
        files,
        "limit_exceeded",
        role_of_largest,
        requirements=ct.Requirements(file_length=largest - 1),
    )


def test_t057_a_source_is_asked_for_no_more_than_the_signed_length(judge: Judge) -> None:
    files = repository().publish()
    asked: dict[str, int] = {}

    class Watched:
        def fetch(self, gun: str, wanted: list[Any]) -> list[bytes | None]:
            asked.update({file.name: file.limit for file in wanted})
            return [files.get(file.name) for file in wanted]

    ct.load(repository().gun, source=Watched(), trust_dir=judge.trust_dir, now=NOW)
    assert asked["root"] == 512_000
    assert asked["timestamp"] == MIB
    assert {name: asked[name] for name in ("snapshot", "targets")} == {
        name: len(files[name]) for name in ("snapshot", "targets")
    }


def wide(children: int, grandchildren: int) -> Repository:
    """A graph of delegations that grows by multiplication."""
    repo = with_releases()
    keys = [key_pair("wide").bare]
    for child in range(children):
        repo.delegate(f"targets/c{child}", keys=keys)
        repo[f"targets/c{child}"].edit(
            lambda part, c=child: part["delegations"].update(
                keys={keys[0].id: keys[0].json},
                roles=[
                    {
                        "keyids": [keys[0].id],
                        "name": f"targets/c{c}/g{g}",
                        "paths": [""],
                        "threshold": 1,
                    }
                    for g in range(grandchildren)
                ],
            )
        )
    return repo


def test_t070_a_graph_of_delegations_that_multiplies_is_refused_in_time(tmp_path: Path) -> None:
    cost = measured(wide(50, 200).publish(), tmp_path)

    assert cost.code == "limit_exceeded"
    assert cost.seconds < 1
    assert cost.megabytes < 200


def test_t079_role_names_cost_no_more_than_their_length(tmp_path: Path) -> None:
    repo = repository()
    for name in ("a" * 100_000, "a/" * 50_000, "-" * 100_000, "../" * 30_000):
        repo.top.edits[:] = [
            lambda part, n=name: part["delegations"]["roles"].append(
                {"keyids": [], "name": f"targets/{n}", "paths": [""], "threshold": 1}
            )
        ]
        cost = measured(repo.publish(), tmp_path)
        assert cost.code == "role_name"
        assert cost.seconds < 0.05


def test_t079_paths_and_tags_cost_no_more_than_their_length(tmp_path: Path) -> None:
    repo = with_releases()
    repo["targets/releases"].paths = [f"{number:04}" + "a" * 1000 for number in range(256)]
    repo["targets/releases"].targets |= {
        "a" * 1000 + str(number): image("x") for number in range(1000)
    }

    cost = measured(repo.publish(), tmp_path)
    assert (cost.code, cost.seconds < 1) == ("ok", True)
