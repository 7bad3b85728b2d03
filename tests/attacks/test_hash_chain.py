"""Files that are not the ones that signed metadata names."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from attacks.judge import Judge, refusal_of, repository, with_releases
from simulator import Raw, Repository, image
from simulator.roles import b64

LISTED = ["root", "targets", "targets/releases", "snapshot"]
"""Roles whose files are named by snapshot or timestamp."""

Meta = dict[str, Any]


def change_meta(repo: Repository, name: str, change: Callable[[Meta], Any]) -> None:
    """Have `change` applied to the entry of `name` in the file that names it."""
    parent = repo.timestamp if name == "snapshot" else repo.snapshot
    parent.edit(lambda signed: change(signed["meta"][name]) and None)


def flipped(text: str) -> str:
    """Base64 of the same length whose first letter differs."""
    return ("A" if text[0] != "A" else "B") + text[1:]


HASH_LIES: dict[str, Callable[[Meta], Any]] = {
    "sha256 wrong": lambda meta: meta["hashes"].update(sha256=flipped(meta["hashes"]["sha256"])),
    "sha512 wrong": lambda meta: meta["hashes"].update(sha512=flipped(meta["hashes"]["sha512"])),
    "sha256 wrong and alone": lambda meta: meta.update(
        hashes={"sha256": flipped(meta["hashes"]["sha256"])}
    ),
    "sha512 wrong and alone": lambda meta: meta.update(
        hashes={"sha512": flipped(meta["hashes"]["sha512"])}
    ),
    "no hashes": lambda meta: meta.update(hashes={}),
    "null": lambda meta: meta.update(hashes=None),
    "absent": lambda meta: meta.pop("hashes") and None,
    "md5 only": lambda meta: meta.update(hashes={"md5": b64(hashlib.md5(b"").digest())}),
    "sha1 only": lambda meta: meta.update(hashes={"sha1": b64(hashlib.sha1(b"").digest())}),
    "unknown only": lambda meta: meta.update(hashes={"blake9": meta["hashes"]["sha256"]}),
    "SHA256": lambda meta: meta.update(hashes={"SHA256": meta["hashes"]["sha256"]}),
    "sha256 of 31 bytes": lambda meta: meta["hashes"].update(sha256=b64(b"\x01" * 31)),
    "sha256 of 33 bytes": lambda meta: meta["hashes"].update(sha256=b64(b"\x01" * 33)),
    "sha256 of no bytes": lambda meta: meta["hashes"].update(sha256=""),
    "sha256 of 64 bytes": lambda meta: meta["hashes"].update(sha256=meta["hashes"]["sha512"]),
    "sha512 of 32 bytes": lambda meta: meta["hashes"].update(sha512=meta["hashes"]["sha256"]),
    "sha512 of no bytes": lambda meta: meta["hashes"].update(sha512=""),
}


@pytest.mark.parametrize("lie", HASH_LIES.values(), ids=HASH_LIES.keys())
@pytest.mark.parametrize("name", LISTED)
def test_t027_every_known_hash_must_fit_and_one_must_be_there(
    judge: Judge, name: str, lie: Callable[[Meta], Any]
) -> None:
    repo = with_releases()
    judge.accepts(repo.publish())

    change_meta(repo, name, lie)
    judge.refuses(repo.publish(), "hash", name)


HASH_VARIANTS: dict[str, Callable[[Meta], Any]] = {
    "sha256 alone": lambda meta: meta["hashes"].pop("sha512") and None,
    "sha512 alone": lambda meta: meta["hashes"].pop("sha256") and None,
    "an unknown one besides": lambda meta: meta["hashes"].update(blake9="AAAA"),
    "a wrong sha1 besides": lambda meta: meta["hashes"].update(sha1="AAAA"),
}


@pytest.mark.parametrize("variant", HASH_VARIANTS.values(), ids=HASH_VARIANTS.keys())
@pytest.mark.parametrize("name", LISTED)
def test_t027_one_known_hash_is_enough(
    judge: Judge, name: str, variant: Callable[[Meta], Any]
) -> None:
    repo = with_releases()
    change_meta(repo, name, variant)

    judge.accepts(repo.publish())


@pytest.mark.parametrize(
    "text", ["not base64!", "0" * 63, "00 " * 32, None, 5, [], {}], ids=lambda text: str(text)[:12]
)
@pytest.mark.parametrize("name", LISTED)
def test_t027_a_hash_that_is_no_base64_is_refused(judge: Judge, name: str, text: Any) -> None:
    repo = with_releases()
    change_meta(repo, name, lambda meta: meta["hashes"].update(sha256=text))

    judge.refuses(repo.publish(), "malformed", "timestamp" if name == "snapshot" else "snapshot")


def test_t027_a_hash_in_hexadecimal_has_the_wrong_length(judge: Judge) -> None:
    repo = repository()
    change_meta(
        repo, "targets", lambda meta: meta["hashes"].update(sha256=hashlib.sha256(b"").hexdigest())
    )

    judge.refuses(repo.publish(), "hash", "targets")


@pytest.mark.parametrize(
    "hashes",
    [
        {},
        None,
        {"sha512": b64(b"\x01" * 64)},
        {"md5": b64(b"\x01" * 16)},
        {"sha256": b64(b"\x01" * 31)},
        {"sha256": b64(b"\x01" * 33)},
        {"sha256": ""},
    ],
)
@pytest.mark.parametrize("role", ["targets", "targets/releases"])
def test_t027_a_tag_without_a_digest_is_unusable_and_the_others_stay(
    judge: Judge, role: str, hashes: Any
) -> None:
    repo = with_releases()
    repo[role].targets["broken"] = image("broken") | {"hashes": hashes}

    verdict = judge.accepts(repo.publish())

    assert set(verdict.tags) == {"1.0", "2.0"}
    assert [(notice.name, notice.role, notice.code) for notice in verdict.unusable] == [
        ("broken", role, "tag_unusable")
    ]
    assert refusal_of(verdict, "broken") == ("tag_unusable", role)


def test_t027_an_unusable_tag_in_releases_does_not_fall_back_to_targets(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].targets["1.0"] = {"hashes": {}, "length": 5}

    verdict = judge.accepts(repo.publish())

    assert "1.0" not in verdict.tags
    assert refusal_of(verdict, "1.0") == ("tag_unusable", "targets/releases")


@pytest.mark.parametrize("by", [-1, 1, 1000])
@pytest.mark.parametrize("name", LISTED)
def test_t027_a_file_has_its_signed_length(judge: Judge, name: str, by: int) -> None:
    repo = with_releases()
    change_meta(repo, name, lambda meta: meta.update(length=meta["length"] + by))

    judge.refuses(repo.publish(), "length", name)


@pytest.mark.parametrize("length", [0, -1, "5", None, Raw("5.0"), Raw("5e1"), 2**53 + 1, True, []])
@pytest.mark.parametrize("name", LISTED)
def test_t027_a_length_that_is_none_is_refused(judge: Judge, name: str, length: Any) -> None:
    repo = with_releases()
    change_meta(repo, name, lambda meta: meta.update(length=length))

    with_no_length = name if length == 0 and not isinstance(length, bool) else None
    parent = "timestamp" if name == "snapshot" else "snapshot"
    judge.refuses(repo.publish(), "length", with_no_length or parent)


def generations() -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The files of two publications of one repository, every file of which differs."""
    repo = with_releases()
    old = repo.publish()
    repo.targets["1.0"] = image("1.0 anew")
    repo["targets/releases"].targets["2.0"] = image("2.0 anew")
    repo.advance("targets", "targets/releases")
    return old, repo.publish()


@pytest.mark.parametrize("stale", ["snapshot", "targets", "targets/releases"])
def test_t037_a_file_of_an_older_publication_is_refused(judge: Judge, stale: str) -> None:
    old, new = generations()
    judge.accepts(new)
    mixed = new | {stale: old[stale]}
    same_length = len(old[stale]) == len(new[stale])

    judge.refuses(mixed, "hash" if same_length else "length", stale)


def test_t037_an_older_snapshot_with_its_targets_is_refused(judge: Judge) -> None:
    old, new = generations()

    mixed = old | {"timestamp": new["timestamp"]}
    code = "hash" if len(old["snapshot"]) == len(new["snapshot"]) else "length"
    judge.refuses(mixed, code, "snapshot")


def test_t037_a_newer_file_than_the_snapshot_names_is_refused(judge: Judge) -> None:
    old, new = generations()
    code = "hash" if len(old["targets"]) == len(new["targets"]) else "length"

    judge.refuses(old | {"targets": new["targets"]}, code, "targets")


def test_t037_another_root_than_the_snapshot_names_is_refused(judge: Judge) -> None:
    repo = repository()
    old = repo.publish()
    repo.next_root()
    new_root = repo.root_document()
    code = "hash" if len(old["root"]) == len(new_root) else "length"

    judge.refuses(old | {"root": new_root, "2.root": new_root}, code, "root")


def test_t037_a_byte_of_white_space_behind_a_file_is_refused(judge: Judge) -> None:
    files = repository().publish()

    judge.refuses(files | {"targets": files["targets"] + b"\n"}, "length", "targets")


def test_t037_one_changed_byte_is_refused_by_its_hash(judge: Judge) -> None:
    files = with_releases().publish()
    for name in ("targets", "targets/releases", "snapshot"):
        broken = files[name].replace(b"e", b"f", 1)
        judge.refuses(files | {name: broken}, "hash", name)


@pytest.mark.parametrize("name", ["targets", "snapshot", "targets/releases"])
def test_t037_a_file_that_signed_metadata_names_must_be_there(judge: Judge, name: str) -> None:
    files = with_releases().publish()
    del files[name]

    judge.refuses(files, "missing_role", name)
