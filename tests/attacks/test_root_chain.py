"""From the trusted root to the served root: every link by old keys and by new keys."""

from __future__ import annotations

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository
from simulator import NOW, Key, Repository, before, key_pair
from simulator.keys import new_key_pair


def root_key(name: str) -> Key:
    """A root key with a certificate for the repository's GUN."""
    return key_pair(f"root {name}").certified(repository().gun)


def rotated(judge: Judge, *, from_threshold: int = 1) -> tuple[Repository, list[Key], list[Key]]:
    """A repository remembered at root 1 that stands at root 2: it, its old keys, its new keys."""
    repo = repository()
    old = [root_key("old"), root_key("old too")]
    repo.root.keys, repo.root.threshold = old, from_threshold
    judge.remembers(repo.publish())
    repo.rotate("root", [root_key("new")])
    repo.advance()
    return repo, old, repo.root.keys


def test_t011_a_root_signed_by_old_and_new_keys_follows(judge: Judge) -> None:
    repo, old, new = rotated(judge)
    repo.root.signers = [old[0], *new]

    assert judge.accepts(repo.publish()).state.root_version == 2


def test_t011_a_root_signed_by_the_new_keys_only_is_refused(judge: Judge) -> None:
    repo, _, new = rotated(judge)
    repo.root.signers = new

    judge.refuses(repo.publish(), "root_chain", "root")


def test_t011_a_root_signed_by_the_old_keys_only_is_refused(judge: Judge) -> None:
    repo, old, _ = rotated(judge)
    repo.root.signers = old

    judge.refuses(repo.publish(), "root_chain", "root")


def test_t011_the_old_threshold_must_be_met_as_well(judge: Judge) -> None:
    repo, old, new = rotated(judge, from_threshold=2)
    repo.root.threshold = 1
    repo.root.signers = [*old, *new]
    judge.accepts(repo.publish())

    repo.root.signers = [old[0], *new]
    judge.refuses(repo.publish(), "root_chain", "root")


def test_t011_the_new_threshold_must_be_met_as_well(judge: Judge) -> None:
    repo, old, new = rotated(judge)
    new.append(root_key("new too"))
    repo.root.threshold = 2
    repo.root.signers = [*old, *new]
    judge.accepts(repo.publish())

    repo.root.signers = [*old, new[0]]
    judge.refuses(repo.publish(), "root_chain", "root")


def three_links(judge: Judge) -> Repository:
    """Remembered at root 1, standing at root 4, every root with another key."""
    repo = repository()
    repo.root.keys = [root_key("1")]
    judge.remembers(repo.publish())
    for version in ("2", "3", "4"):
        repo.rotate("root", [root_key(version)])
    repo.advance()
    return repo


def test_t011_a_chain_of_three_links_is_followed(judge: Judge) -> None:
    assert judge.accepts(three_links(judge).publish()).state.root_version == 4


@pytest.mark.parametrize("missing", ["2", "3"])
def test_t011_a_chain_with_a_link_missing_is_refused(judge: Judge, missing: str) -> None:
    files = three_links(judge).publish()
    del files[f"{missing}.root"]

    judge.refuses(files, "root_chain", "root")


@pytest.mark.parametrize("link", [2, 3])
@pytest.mark.parametrize("whose", ["new", "old"])
def test_t011_every_link_of_the_chain_is_checked(judge: Judge, link: int, whose: str) -> None:
    repo = repository()
    repo.root.keys = [root_key("1")]
    judge.remembers(repo.publish())
    for version in (2, 3, 4):
        repo.next_root()
        repo.root.signers = None
        repo.root.keys = [root_key(str(version))]
        if version == link:
            repo.root.signers = repo.root.keys if whose == "new" else repo.retired_root_keys
    repo.advance()

    judge.refuses(repo.publish(), "root_chain", "root")


def test_t012_a_refused_root_is_not_trusted_at_the_next_run(judge: Judge) -> None:
    repo, _, new = rotated(judge)
    repo.root.signers = new
    files = repo.publish()

    judge.refuses(files, "root_chain", "root", remember=True)

    judge.refuses(files, "root_chain", "root", remember=True)
    assert _offline(judge).state.root_version == 1


def test_t012_after_a_refused_root_the_right_one_is_accepted(judge: Judge) -> None:
    repo, _, new = rotated(judge)
    repo.root.signers = new
    judge.refuses(repo.publish(), "root_chain", "root", remember=True)

    repo.root.signers = None
    assert judge.accepts(repo.publish(), remember=True).state.root_version == 2


def test_t012_a_root_that_was_accepted_stays_though_the_rest_is_refused(judge: Judge) -> None:
    repo, _, _ = rotated(judge)
    repo.top.signers = [key_pair("stranger").bare]
    judge.refuses(repo.publish(), "signature", "targets", remember=True)

    old = repository()
    old.root.keys = [root_key("old"), root_key("old too")]
    judge.refuses(old.publish(), "rollback", "root", remember=True)


def test_t013_an_intermediate_root_may_be_expired(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [root_key("1")]
    judge.remembers(repo.publish())
    good = repo.root.expires
    repo.rotate("root", [root_key("2")])
    repo.root.expires = before(days=1)
    repo.rotate("root", [root_key("3")])
    repo.root.expires = good
    repo.advance()

    assert judge.accepts(repo.publish()).state.root_version == 3


def test_t013_the_last_root_may_not_be_expired(judge: Judge) -> None:
    repo, _, _ = rotated(judge)
    repo.root.expires = before(days=1)

    judge.refuses(repo.publish(), "expired", "root")


def test_t013_the_first_root_may_not_be_expired(judge: Judge) -> None:
    repo = repository()
    repo.root.expires = before(days=1)

    judge.refuses(repo.publish(), "expired", "root")


def test_t013_the_same_version_with_another_signed_part_is_refused(judge: Judge) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    repo.root.expires = before(days=-1000)
    repo.advance()

    judge.refuses(repo.publish(), "root_chain", "root")


def test_t013_the_same_version_with_other_signatures_is_accepted(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [root_key("1"), root_key("2")]
    judge.remembers(repo.publish())
    repo.root.signers = repo.root.keys[:1]
    repo.advance()

    assert judge.accepts(repo.publish()).state.root_version == 1


def test_t013_a_lower_version_is_refused(judge: Judge) -> None:
    repo = repository()
    repo.root.version = 5
    judge.remembers(repo.publish())
    repo.root.version = 4
    repo.advance()

    judge.refuses(repo.publish(), "rollback", "root")


def test_t013_a_root_in_the_place_of_another_version_is_refused(judge: Judge) -> None:
    files = three_links(judge).publish()
    files["2.root"] = files["3.root"]

    judge.refuses(files, "root_chain", "root")


def test_t013_a_link_of_another_version_is_refused_whoever_signed_it(judge: Judge) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    repo.next_root()
    repo.root.version = 7
    link = repo.root_document()
    repo.root.version = 2
    repo.next_root()
    repo.advance()

    judge.accepts(repo.publish())
    judge.refuses({**repo.publish(), "2.root": link}, "root_chain", "root")


def test_t011_a_link_whose_keys_are_certified_for_another_collection_is_refused(
    judge: Judge,
) -> None:
    repo = repository()
    judge.remembers(repo.publish())
    repo.rotate("root", [new_key_pair("p256").certified("docker.io/acme/other")])
    repo.rotate("root", [root_key("3")])
    repo.advance()

    judge.refuses(repo.publish(), "root_certificate", "root")


def test_t011_a_link_that_cannot_be_read_is_refused(judge: Judge) -> None:
    files = three_links(judge).publish()

    judge.refuses({**files, "2.root": b"{"}, "malformed", "root")


def test_t013_the_remembered_root_in_the_place_of_its_successor_is_refused(judge: Judge) -> None:
    files = three_links(judge).publish()
    files["2.root"] = files["1.root"]

    judge.refuses(files, "root_chain", "root")


def many_roots(judge: Judge, count: int) -> Repository:
    """Remembered at root 1, standing `count` roots further, each with a key of its own."""
    repo = repository()
    judge.remembers(repo.publish())
    for _ in range(count):
        repo.rotate("root", [new_key_pair("p256").certified(repo.gun)])
    repo.advance()
    return repo


def test_t058_the_walk_stops_at_the_limit(judge: Judge) -> None:
    files = many_roots(judge, 10).publish()

    assert (
        judge.accepts(files, requirements=ct.Requirements(root_rotations=10)).state.root_version
        == 11
    )
    judge.refuses(files, "limit_exceeded", "root", requirements=ct.Requirements(root_rotations=9))


def test_t058_the_walk_goes_on_at_the_next_run(judge: Judge) -> None:
    files = many_roots(judge, 10).publish()
    few = ct.Requirements(root_rotations=6)
    judge.refuses(files, "limit_exceeded", "root", requirements=few, remember=True)

    assert judge.accepts(files, requirements=few, remember=True).state.root_version == 11


def test_t058_the_walk_has_a_limit_unless_told_otherwise(judge: Judge) -> None:
    files = many_roots(judge, 257).publish()

    judge.refuses(files, "limit_exceeded", "root")


def test_t042_a_cached_root_that_its_own_keys_did_not_sign_leads_nowhere(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [root_key("old")]
    repo.root.signers = [root_key("stranger")]
    judge.lay_docker_cache({"root": repo.root_document()})
    repo.root.signers = None
    repo.rotate("root", [root_key("new")])
    repo.advance()

    judge.refuses(repo.publish(), "signature", "root")


def _offline(judge: Judge) -> ct.TrustedRepository:
    return ct.load(repository().gun, trust_dir=judge.trust_dir, now=NOW, offline=True)


def test_t030_a_cached_root_of_another_collection_is_refused_and_called_what_it_is(
    judge: Judge,
) -> None:
    judge.lay_docker_cache({"root": repository("docker.io/acme/other").root_document()})

    refusal = judge.refuses(repository().publish(), "root_certificate", "root")

    assert "given as anchor" not in refusal.message
