"""Why the first root is believed, and what is believed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository
from simulator import GUN, NOW, Certificate, Key, Repository, key_pair

STRANGER = "0" * 64


def vouched(root_key: Key) -> Repository:
    """A repository with that root key."""
    repo = repository()
    repo.root.keys = [root_key]
    return repo


def authority(name: str, *, days: int = 3650) -> Certificate:
    """A certificate authority of its own."""
    return Certificate(name, is_ca=True, not_after=NOW + timedelta(days=days))


def authority_pem(name: str, **span: int) -> bytes:
    """Its certificate."""
    return authority(name, **span).pem(key_pair(name).private)


def issued_by(name: str, *chain: bytes, **span: int) -> Key:
    """A root key whose certificate that authority issued, with a bundle behind it."""
    issuer = authority(name, **span).as_issuer(key_pair(name).private)
    pair = key_pair("root")
    return pair.in_pem(
        Certificate(GUN, issuer=issuer, serial=7).pem(pair.private) + b"".join(chain)
    )


@pytest.mark.parametrize("make", [ct.Anchor.keys, ct.Anchor.certificates])
def test_t015_a_pin_of_nothing_is_no_pin(make: Callable[[list[str]], ct.Anchor]) -> None:
    with pytest.raises(ValueError, match=r"id"):
        make([])


@pytest.mark.parametrize(
    "text", ["", "abc", "0" * 63, "0" * 65, "G" * 64, "A" * 64, " " + "0" * 63]
)
@pytest.mark.parametrize("make", [ct.Anchor.keys, ct.Anchor.certificates])
def test_t015_a_pin_that_is_no_key_id_is_refused_at_once(
    make: Callable[[list[str]], ct.Anchor], text: str
) -> None:
    with pytest.raises(ValueError, match=r"id"):
        make([text])


@pytest.mark.parametrize("pem", [b"", b"\n", b"not a certificate"])
def test_t015_an_authority_that_is_none_lets_nothing_through(judge: Judge, pem: bytes) -> None:
    with pytest.raises((ValueError, ct.VerificationError)):
        judge.load(repository().publish(), anchor=ct.Anchor.ca(pem))


@pytest.mark.parametrize("document", [b"", b"{}", b"null"])
def test_t015_a_root_that_is_none_lets_nothing_through(judge: Judge, document: bytes) -> None:
    with pytest.raises((ValueError, ct.VerificationError)):
        judge.load(repository().publish(), anchor=ct.Anchor.root(document))


def test_t015_without_a_pin_or_first_use_nothing_is_believed(judge: Judge) -> None:
    judge.refuses(repository().publish(), "anchor_mismatch", "root", anchor=ct.Anchor.remembered())


def test_t015_remembered_is_enough_for_what_is_remembered(judge: Judge) -> None:
    files = repository().publish()
    judge.remembers(files)

    judge.accepts(files, anchor=ct.Anchor.remembered())


def test_t031_a_pinned_key_is_believed_and_another_is_not(judge: Judge) -> None:
    repo = repository()
    [key] = repo.root.keys

    judge.accepts(repo.publish(), anchor=ct.Anchor.keys([key.canonical_id]))
    judge.accepts(repo.publish(), anchor=ct.Anchor.keys([STRANGER, key.canonical_id]))
    judge.refuses(repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.keys([STRANGER]))


def test_t031_a_pinned_certificate_is_believed_and_another_is_not(judge: Judge) -> None:
    repo = repository()
    [key] = repo.root.keys

    judge.accepts(repo.publish(), anchor=ct.Anchor.certificates([key.id]))
    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.certificates([STRANGER])
    )
    renewed = vouched(key.pair.certified(GUN, serial=2))
    judge.refuses(
        renewed.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.certificates([key.id])
    )
    judge.accepts(renewed.publish(), anchor=ct.Anchor.keys([key.canonical_id]))


def test_t031_ids_of_keys_and_of_certificates_are_not_taken_for_each_other(judge: Judge) -> None:
    repo = repository()
    [key] = repo.root.keys

    judge.refuses(repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.keys([key.id]))
    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.certificates([key.canonical_id])
    )


def test_t031_a_pinned_key_of_another_role_is_not_enough(judge: Judge) -> None:
    repo = repository()

    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.keys([repo.top.keys[0].id])
    )


def test_t031_a_pinned_key_that_is_listed_but_did_not_sign_is_not_enough(judge: Judge) -> None:
    repo = repository()
    pinned = key_pair("pinned").certified(GUN)
    repo.root.keys.append(pinned)
    judge.accepts(repo.publish(), anchor=ct.Anchor.certificates([pinned.id]))

    repo.root.signers = repo.root.keys[:1]
    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.certificates([pinned.id])
    )


def test_t031_the_roots_threshold_holds_for_pinned_keys_too(judge: Judge) -> None:
    repo = repository()
    repo.root.keys.append(key_pair("second root").certified(GUN))
    repo.root.threshold = 2
    both = [key.id for key in repo.root.keys]

    judge.accepts(repo.publish(), anchor=ct.Anchor.certificates(both))
    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.certificates(both[:1])
    )


def test_t031_a_certificate_of_the_pinned_authority_is_believed(judge: Judge) -> None:
    files = vouched(issued_by("our CA")).publish()

    judge.accepts(files, anchor=ct.Anchor.ca(authority_pem("our CA")))
    judge.accepts(files, anchor=ct.Anchor.ca(authority_pem("other CA") + authority_pem("our CA")))
    judge.refuses(files, "anchor_mismatch", "root", anchor=ct.Anchor.ca(authority_pem("other CA")))


def test_t031_a_certificate_that_only_names_the_pinned_authority_is_not_believed(
    judge: Judge,
) -> None:
    pair = key_pair("root")
    impostor = authority("our CA").as_issuer(key_pair("impostor").private)
    files = vouched(pair.in_pem(Certificate(GUN, issuer=impostor).pem(pair.private))).publish()

    judge.refuses(files, "anchor_mismatch", "root", anchor=ct.Anchor.ca(authority_pem("our CA")))


def test_t031_a_self_signed_certificate_is_not_its_own_authority(judge: Judge) -> None:
    repo = repository()

    judge.refuses(
        repo.publish(), "anchor_mismatch", "root", anchor=ct.Anchor.ca(repo.root.keys[0].public)
    )


def test_t031_a_chain_over_a_bundled_intermediate_is_believed(judge: Judge) -> None:
    top = authority("our CA").as_issuer(key_pair("our CA").private)
    middle = Certificate("middle CA", is_ca=True, issuer=top, not_after=NOW + timedelta(days=3650))
    middle_pem = middle.pem(key_pair("middle CA").private)
    bundled = vouched(issued_by("middle CA", middle_pem)).publish()

    judge.accepts(bundled, anchor=ct.Anchor.ca(authority_pem("our CA")))
    alone = vouched(issued_by("middle CA")).publish()
    judge.refuses(alone, "anchor_mismatch", "root", anchor=ct.Anchor.ca(authority_pem("our CA")))


def test_t031_an_intermediate_that_is_no_authority_vouches_for_nobody(judge: Judge) -> None:
    top = authority("our CA").as_issuer(key_pair("our CA").private)
    leaf = Certificate("middle CA", issuer=top).pem(key_pair("middle CA").private)
    repo = vouched(issued_by("middle CA", leaf))

    judge.refuses(
        repo.publish(), "root_certificate", "root", anchor=ct.Anchor.ca(authority_pem("our CA"))
    )


def test_t031_an_expired_authority_vouches_for_nobody(judge: Judge) -> None:
    files = vouched(issued_by("our CA")).publish()

    judge.refuses(
        files, "anchor_mismatch", "root", anchor=ct.Anchor.ca(authority_pem("our CA", days=-1))
    )


def test_t031_all_parts_of_an_anchor_must_hold(judge: Judge) -> None:
    files = vouched(issued_by("our CA")).publish()
    key = ct.Anchor.keys([key_pair("root").bare.id])
    ca = ct.Anchor.ca(authority_pem("our CA"))

    judge.accepts(files, anchor=key & ca)
    for wrong in (key & ct.Anchor.ca(authority_pem("other CA")), ca & ct.Anchor.keys([STRANGER])):
        judge.refuses(files, "anchor_mismatch", "root", anchor=wrong)


def test_t031_a_pin_that_fails_does_not_fall_back_to_first_use(judge: Judge) -> None:
    files = repository().publish()

    for anchor in (
        ct.Anchor.keys([STRANGER]) & ct.Anchor.first_use(),
        ct.Anchor.first_use() & ct.Anchor.keys([STRANGER]),
    ):
        judge.refuses(files, "anchor_mismatch", "root", anchor=anchor)


def test_t031_a_given_root_is_followed_to_its_successors(judge: Judge) -> None:
    repo = repository()
    first = repo.root_document()
    repo.rotate("root", [key_pair("next root").certified(GUN)])

    judge.accepts(repo.publish(), anchor=ct.Anchor.root(first))


def test_t031_a_given_root_is_not_followed_to_a_stranger(judge: Judge) -> None:
    given = repository().root_document()
    other = vouched(key_pair("stranger").certified(GUN))
    judge.refuses(other.publish(), "root_chain", "root", anchor=ct.Anchor.root(given))

    other.next_root()
    judge.refuses(other.publish(), "root_chain", "root", anchor=ct.Anchor.root(given))


def test_t031_a_root_below_the_given_one_is_refused(judge: Judge) -> None:
    repo = repository()
    old = repo.publish()
    repo.next_root()

    judge.refuses(old, "rollback", "root", anchor=ct.Anchor.root(repo.root_document()))


def test_t031_an_anchor_against_what_is_remembered_is_a_conflict(judge: Judge) -> None:
    repo = repository()
    files = repo.publish()
    judge.remembers(files)
    judge.accepts(files, anchor=ct.Anchor.keys([repo.root.keys[0].canonical_id]))

    judge.refuses(files, "anchor_conflict", "root", anchor=ct.Anchor.keys([STRANGER]))
    judge.refuses(files, "anchor_conflict", "root", anchor=ct.Anchor.certificates([STRANGER]))
    judge.refuses(files, "anchor_conflict", "root", anchor=ct.Anchor.ca(authority_pem("our CA")))
    other = vouched(key_pair("stranger").certified(GUN)).root_document()
    judge.refuses(files, "anchor_conflict", "root", anchor=ct.Anchor.root(other))


def test_t042_another_root_of_the_same_version_is_never_believed_again(judge: Judge) -> None:
    judge.remembers(repository().publish())

    judge.refuses(vouched(key_pair("stranger").certified(GUN)).publish(), "root_chain", "root")


def test_t042_another_root_of_a_higher_version_is_never_believed_again(judge: Judge) -> None:
    judge.remembers(repository().publish())
    other = vouched(key_pair("stranger").certified(GUN))
    other.root.version = 2

    judge.refuses(other.publish(), "root_chain", "root")
    judge.refuses(other.publish(), "root_chain", "root", anchor=ct.Anchor.first_use())


def test_t042_dockers_cached_root_is_believed_before_a_served_one(judge: Judge) -> None:
    judge.lay_docker_cache({"root": repository().root_document()})
    other = vouched(key_pair("stranger").certified(GUN))

    judge.refuses(other.publish(), "root_chain", "root")


def test_t042_our_record_holds_though_dockers_cache_was_removed_or_replaced(judge: Judge) -> None:
    judge.remembers(repository().publish())
    other = vouched(key_pair("stranger").certified(GUN)).publish()
    for path in (judge.trust_dir / "tuf").rglob("*.json"):
        path.unlink()
    judge.refuses(other, "root_chain", "root")

    judge.lay_docker_cache(other)
    judge.refuses(other, "anchor_conflict", "root")


def _records(judge: Judge) -> list:
    return list((judge.trust_dir / "contenttrust").glob("*.json"))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b"{}"),
        lambda path: path.write_bytes(b"null"),
        lambda path: path.write_bytes(b"\x00" * path.stat().st_size),
        lambda path: path.write_bytes(path.read_bytes().replace(b"acme/app", b"acme/apq")),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (
            path.rename(path.with_suffix(".moved")),
            path.symlink_to(path.with_suffix(".moved")),
        ),
    ],
    ids=[
        "zero bytes",
        "half",
        "cut",
        "empty object",
        "null",
        "zeros",
        "other GUN",
        "directory",
        "symlink",
    ],
)
def test_t042_a_damaged_record_never_turns_first_use_on_again(
    judge: Judge, damage: Callable[[object], object]
) -> None:
    files = repository().publish()
    judge.remembers(files)
    [record] = _records(judge)
    damage(record)

    for candidate in (files, vouched(key_pair("stranger").certified(GUN)).publish()):
        with pytest.raises(ct.ContentTrustError):
            judge.load(candidate)


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\x00\xff"])
def test_t042_a_damaged_root_in_dockers_cache_never_turns_first_use_on(
    judge: Judge, data: bytes
) -> None:
    judge.lay_docker_cache({"root": data})

    with pytest.raises(ct.ContentTrustError):
        judge.load(repository().publish())


@pytest.mark.parametrize("name", ["timestamp", "snapshot", "targets"])
@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\x00\xff"])
def test_t042_any_other_damaged_file_in_dockers_cache_is_a_cache_miss(
    judge: Judge, name: str, data: bytes
) -> None:
    files = repository().publish()
    judge.lay_docker_cache(files | {name: data})

    assert set(judge.accepts(files).tags) == {"1.0"}


def test_t042_first_use_is_reported(judge: Judge) -> None:
    files = repository().publish()

    assert "first_use" in {notice.code for notice in judge.accepts(files).warnings}
    judge.remembers(files)
    assert "first_use" not in {notice.code for notice in judge.accepts(files).warnings}


def test_a_root_of_another_collection_is_no_anchor(judge: Judge) -> None:
    given = repository("docker.io/acme/other").root_document()
    repo = repository()
    repo.next_root()
    repo.advance()

    judge.refuses(repo.publish(), "root_certificate", "root", anchor=ct.Anchor.root(given))


def test_a_root_of_another_collection_is_no_anchor_at_the_same_version_either(
    judge: Judge,
) -> None:
    given = repository("docker.io/acme/other").root_document()

    error = judge.refuses(
        repository().publish(), "root_certificate", "root", anchor=ct.Anchor.root(given)
    )
    assert "given as anchor" in error.message
