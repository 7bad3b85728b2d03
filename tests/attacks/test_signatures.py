"""Who signed, how often it counts, and what the list of signatures may look like."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from attacks.judge import Judge, keys_for, repository, with_releases
from simulator import Raw, Repository, Signing, after, key_pair
from simulator.encodings import compressed_spki, spki_without_null
from simulator.signatures import Maker, ecdsa_fresh, eddsa, rsa_pkcs1, rsa_pss

ROLES = ["root", "targets", "snapshot", "timestamp", "targets/releases"]
BASE_ROLES = ROLES[:-1]


def two_keys_needed(name: str) -> Repository:
    """A repository in which one role has two keys and needs both."""
    repo = with_releases()
    repo[name].keys = keys_for(repo[name], "first", "second")
    repo[name].threshold = 2
    return repo


@pytest.mark.parametrize("name", ROLES)
def test_two_signatures_by_two_keys_meet_a_threshold_of_two(judge: Judge, name: str) -> None:
    repo = judge.accepts(two_keys_needed(name).publish())

    assert (repo.degraded, set(repo.tags)) == ((), {"1.0", "2.0"})


@pytest.mark.parametrize("copies", [2, 50])
@pytest.mark.parametrize("name", ROLES)
def test_t001_one_signature_listed_again_counts_once(judge: Judge, name: str, copies: int) -> None:
    repo = two_keys_needed(name)
    repo[name].signers = repo[name].keys[:1]
    repo[name].edit_signatures(lambda entries: entries * copies)

    judge.turns_down(repo.publish(), "threshold", name)


@pytest.mark.parametrize("name", ROLES)
def test_t002_two_signatures_by_one_key_count_once(judge: Judge, name: str) -> None:
    repo = two_keys_needed(name)
    first = repo[name].keys[0]
    repo[name].signers = [Signing(first), Signing(first, make=ecdsa_fresh)]

    judge.turns_down(repo.publish(), "threshold", name)


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_t003_one_key_under_two_certificates_counts_once(judge: Judge, kind: str) -> None:
    repo = repository()
    pair = key_pair("root", kind)
    repo.root.keys = [pair.certified(repo.gun, serial=1), pair.certified(repo.gun, serial=2)]
    judge.accepts(repo.publish())

    repo.root.threshold = 2
    judge.refuses(repo.publish(), "threshold", "root")


def test_t003_one_certificate_written_in_two_ways_counts_once(judge: Judge) -> None:
    repo = repository()
    key = key_pair("root").certified(repo.gun)
    other = key_pair("root").in_pem(key.public + b"\n")
    assert key.id != other.id
    repo.root.keys = [key, other]
    judge.accepts(repo.publish())

    repo.root.threshold = 2
    judge.refuses(repo.publish(), "threshold", "root")


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
@pytest.mark.parametrize("name", ["targets", "snapshot", "timestamp", "targets/releases"])
def test_t004_a_key_and_its_certificate_count_once(judge: Judge, name: str, kind: str) -> None:
    repo = with_releases()
    pair = key_pair("twice", kind)
    repo[name].keys = [pair.bare, pair.certified("someone")]
    judge.accepts(repo.publish())

    repo[name].threshold = 2
    judge.turns_down(repo.publish(), "threshold", name)


@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
def test_t004_a_key_written_in_a_second_encoding_never_counts_besides(
    judge: Judge, kind: str
) -> None:
    repo = repository()
    pair = key_pair("twice", kind)
    recode = compressed_spki if kind == "p256" else spki_without_null
    repo.top.keys = [pair.bare, pair.bare.holding(recode(pair))]
    judge.accepts(repo.publish())

    repo.top.threshold = 2
    judge.refuses(repo.publish(), "threshold", "targets")


METHODS_THAT_DO_NOT_FIT: list[tuple[str, str, Maker | None]] = [
    ("p256", "eddsa", None),
    ("p256", "rsapss", None),
    ("p256", "rsapkcs1v15", None),
    ("rsa2048", "ecdsa", None),
    ("rsa2048", "eddsa", None),
    ("rsa2048", "rsapkcs1v15", rsa_pss),
    ("rsa2048", "rsapss", rsa_pkcs1),
    ("ed25519", "ecdsa", eddsa),
    ("ed25519", "rsapss", eddsa),
    ("p256", "none", None),
    ("p256", "hmac", None),
    ("p256", "", None),
    ("p256", "ecdsa ", None),
    ("p256", "ecdsa\u0000", None),
    ("p256", "ecd\u017fa", None),
]


@pytest.mark.parametrize(("kind", "method", "make"), METHODS_THAT_DO_NOT_FIT)
def test_t009_a_method_that_does_not_fit_the_key_does_not_count(
    judge: Judge, kind: str, method: str, make: Maker | None
) -> None:
    repo = repository()
    repo.top.keys = [key_pair("targets", kind).bare]
    judge.accepts(repo.publish())

    repo.top.signers = [Signing(repo.top.keys[0], method=method, make=make)]
    code = "malformed" if "\u0000" in method else "signature"  # NUL may stand in no string at all
    judge.refuses(repo.publish(), code, "targets")


@pytest.mark.parametrize(
    ("kind", "method", "make"),
    [
        ("p256", "ECDSA", None),
        ("rsa2048", "RsaPSS", None),
        ("rsa2048", "RSAPKCS1v15", rsa_pkcs1),
        ("ed25519", "EdDSA", None),
    ],
)
def test_t009_a_fitting_method_counts_in_any_case(
    judge: Judge, kind: str, method: str, make: Maker | None
) -> None:
    repo = repository()
    key = key_pair("targets", kind).bare
    repo.top.keys = [key]
    repo.top.signers = [Signing(key, method=method, make=make)]

    judge.accepts(repo.publish())


@pytest.mark.parametrize("name", BASE_ROLES)
@pytest.mark.parametrize("other", BASE_ROLES)
def test_t010_the_key_of_another_role_does_not_count(judge: Judge, name: str, other: str) -> None:
    repo = repository()
    repo[name].signers = repo[other].keys
    files = repo.publish()

    if name == other:
        judge.accepts(files)
    else:
        judge.refuses(files, "signature", name)


def test_t010_a_signature_under_the_name_of_the_right_key_does_not_count(judge: Judge) -> None:
    repo = repository()
    stranger = key_pair("stranger").bare
    repo.top.signers = [Signing(stranger, key_id=repo.top.keys[0].id)]

    judge.refuses(repo.publish(), "signature", "targets")


@pytest.mark.parametrize("name", ["targets", "snapshot", "timestamp"])
def test_t010_the_key_before_the_rotation_does_not_count(judge: Judge, name: str) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    old = repo[name].keys
    repo.rotate(name, keys_for(repo[name], "next"))
    repo.advance("targets")
    judge.accepts(repo.publish())

    repo[name].signers = old
    judge.refuses(repo.publish(), "signature", name)


@pytest.mark.parametrize("name", BASE_ROLES)
def test_t010_a_signature_over_other_content_does_not_count(judge: Judge, name: str) -> None:
    repo = repository()
    repo[name].expires = after(days=5)
    signed_before = json.loads(repo.publish()[name])["signatures"]
    repo[name].expires = after(days=6)
    judge.accepts(repo.publish())

    repo[name].edit_signatures(lambda _: signed_before)
    judge.refuses(repo.publish(), "signature", name)


def test_t010_a_delegates_key_does_not_count_for_its_sibling(judge: Judge) -> None:
    repo = with_releases()
    alice = repo.delegate("targets/alice")
    repo["targets/releases"].signers = alice.keys

    judge.degrades(repo.publish(), "signature", "targets/releases")


@pytest.mark.parametrize("list_of_entries", [[], None])
@pytest.mark.parametrize("name", ROLES)
def test_t014_a_document_that_nobody_signed_is_refused(
    judge: Judge, name: str, list_of_entries: list[Any] | None
) -> None:
    repo = with_releases()
    repo[name].edit_signatures(
        lambda _: Raw("null") if list_of_entries is None else list_of_entries
    )

    judge.refuses(repo.publish(), "signature", name)


@pytest.mark.parametrize("name", ROLES)
def test_t014_a_document_without_signatures_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    repo[name].edit_file(lambda document: document[: document.rindex(b',"signatures":')] + b"}")

    judge.refuses(repo.publish(), "signature", name)


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries[0],
        lambda _: "x",
        lambda _: 1,
        lambda _: True,
        lambda entries: [*entries, None],
        lambda entries: [None, *entries],
        lambda entries: [*entries, []],
        lambda entries: [*entries, "x"],
        lambda entries: [*entries, 1],
        lambda entries: [entries],
    ],
)
@pytest.mark.parametrize("name", BASE_ROLES)
def test_t014_signatures_that_are_no_list_of_entries_are_refused(
    judge: Judge, name: str, change: Callable[[list[Any]], Any]
) -> None:
    repo = repository()
    repo[name].edit_signatures(change)

    judge.refuses(repo.publish(), "malformed", name)


@pytest.mark.parametrize("member", ["keyid", "method", "sig"])
def test_t014_an_entry_that_lacks_a_member_is_refused(judge: Judge, member: str) -> None:
    repo = repository()
    repo.top.edit_signatures(lambda entries: entries[0].pop(member) and None)

    judge.refuses(repo.publish(), "malformed", "targets")


@pytest.mark.parametrize("name", ["targets", "snapshot", "timestamp"])
def test_t014_too_many_entries_are_refused_unchecked(judge: Judge, name: str) -> None:
    repo = repository()
    repo[name].edit_signatures(lambda entries: entries * 64)
    judge.accepts(repo.publish())

    repo[name].signature_edits[:] = [lambda entries: entries * 65]
    judge.refuses(repo.publish(), "limit_exceeded", name)


def test_t014_a_hundred_thousand_entries_are_refused(judge: Judge) -> None:
    repo = repository()
    repo.top.edit_signatures(lambda entries: entries * 100_000)

    judge.refuses(repo.publish(), "limit_exceeded", "targets")


def test_signatures_by_strangers_do_no_harm(judge: Judge) -> None:
    repo = repository()
    repo.top.signers = [key_pair("stranger").bare, *repo.top.keys]

    assert set(judge.accepts(repo.publish()).tags) == {"1.0"}
