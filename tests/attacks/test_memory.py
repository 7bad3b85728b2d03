"""What is remembered may not be lowered by a refusal, a detour, or a stripped signature."""

from __future__ import annotations

import json

import pytest

import contenttrust as ct
from attacks.judge import Judge, keys_for, refusal_of, repository, with_releases
from simulator import NOW, Key, Repository, Signing, image, key_pair


def test_a_refusal_never_gives_back_an_older_root_than_it_was_given(judge: Judge) -> None:
    repo = repository()
    first = repo.root_document()
    for number in range(4):
        repo.rotate("root", keys_for(repo.root, str(number)))
    repo.advance()
    files = repo.publish()
    state = judge.remembers(files).state
    del files["4.root"]

    batch = ct.verify_many(
        [(repo.gun, files, state)], anchor=ct.Anchor.root(first), now=NOW, threads=1
    )

    assert batch.codes == ["root_chain"]
    assert batch.states[0] is None or batch.states[0].root_version >= state.root_version


def test_a_root_that_the_pins_refuse_is_not_remembered(judge: Judge) -> None:
    repo = repository()
    state = judge.load(repo.publish()).state
    repo.rotate("root", keys_for(repo.root, "next"))
    repo.advance()

    batch = ct.verify_many(
        [(repo.gun, repo.publish(), state)], anchor=ct.Anchor.keys(["0" * 64]), now=NOW
    )

    assert batch.codes == ["anchor_conflict"]
    assert batch.states == [None]


def test_t035_the_floor_of_a_nested_role_outlives_a_broken_parent(judge: Judge) -> None:
    repo = with_releases()
    nested = repo.delegate("targets/releases/qa")
    nested.targets["qa-1"] = image("qa-1")
    nested.version = 4
    old = repo.publish()["targets/releases/qa"]
    nested.version = 5
    repo.advance()
    state = judge.load(repo.publish()).state

    expires = repo["targets/releases"].expires
    repo["targets/releases"].expires = "2026-01-01T00:00:00Z"
    repo["targets/releases"].version += 1
    repo.advance()
    verdict = ct.verify_many([(repo.gun, repo.publish(), state)], now=NOW)[0]
    assert [notice.role for notice in verdict.degraded] == ["targets/releases"]

    assert verdict.state.versions["targets/releases/qa"] == 5
    repo["targets/releases"].expires = expires
    repo["targets/releases"].version += 1
    nested.version = 4
    repo.advance()
    files = repo.publish()
    assert json.loads(files["targets/releases/qa"])["signed"] == json.loads(old)["signed"]
    assert ct.verify_many([(repo.gun, files, verdict.state)], now=NOW).codes == ["rollback"]


def test_t033_a_higher_threshold_lifts_no_floor(judge: Judge) -> None:
    repo = repository()
    repo.top.keys = keys_for(repo.top, "a", "b")
    repo.top.version = 5
    repo.top.signers = repo.top.keys[:1]
    judge.remembers(repo.publish())
    repo.next_root()
    repo.top.threshold = 2
    repo.top.signers = repo.top.keys
    repo.top.version = 4
    repo.advance()

    judge.refuses(repo.publish(), "rollback", "targets")


def test_t033_a_stripped_signature_lifts_no_floor(judge: Judge) -> None:
    repo = repository()
    both = keys_for(repo.top, "a", "b")
    repo.top.keys = repo.top.signers = both
    repo.top.version = 5
    judge.remembers(repo.publish())
    repo.top.signers = both[:1]
    repo.advance()
    judge.remembers(repo.publish())
    repo.next_root()
    repo.top.keys = repo.top.signers = both[1:]
    repo.top.version = 4
    repo.advance()

    judge.refuses(repo.publish(), "rollback", "targets")


@pytest.mark.parametrize("count", [256, 257])
def test_t070_paths_of_one_role_are_limited(judge: Judge, count: int) -> None:
    repo = with_releases()
    repo.delegate("targets/alice", paths=[f"{number}/" for number in range(count)])
    if count <= 256:
        assert refusal_of(judge.accepts(repo.publish()), "none")[0] == "not_signed"
    else:
        judge.refuses(repo.publish(), "limit_exceeded", "targets")


def test_the_state_of_another_collection_is_refused_though_its_root_fits(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [key_pair("shared root").certified("docker.io/acme/*")]
    files = repo.publish()
    state = judge.load(files).state

    batch = ct.verify_many(
        [("docker.io/acme/other", files, None), ("docker.io/acme/other", files, state)], now=NOW
    )

    assert batch.codes == ["ok", "anchor_conflict"]


def test_t002_a_key_that_signed_twice_is_one_signer(judge: Judge) -> None:
    repo = with_releases()
    alice = repo.delegate("targets/alice")
    alice.targets["2.0"] = image("2.0")
    alice.signers = [alice.keys[0], alice.keys[0]]

    (signer,) = judge.accepts(repo.publish()).verify("2.0").signers

    assert (signer.name, len(signer.key_ids)) == ("alice", 1)


def junk(key: Key, count: int, first: int = 1) -> list[Signing]:
    """Signatures of the right length that are none, each with bytes of its own."""
    return [
        Signing(key, make=lambda *_, n=n: n.to_bytes(64, "big"))
        for n in range(first, first + count)
    ]


def junk_signatures(repo: Repository, role: str, count: int) -> None:
    """That many junk signatures before a role's good one."""
    key = repo[role].keys[0]
    repo[role].signers = [*junk(key, count), Signing(key)]


def test_t032_signatures_checked_in_vain_are_limited(judge: Judge) -> None:
    repo = with_releases()
    for name in ("a", "b", "c", "d"):
        repo.delegate(f"targets/{name}")
        junk_signatures(repo, f"targets/{name}", 63)
    junk_signatures(repo, "targets/releases", 4)

    assert judge.accepts(repo.publish()).degraded == ()

    # One more, and a good signature behind it might be overlooked: nothing is said any more.
    junk_signatures(repo, "targets/releases", 5)
    judge.refuses(repo.publish(), "limit_exceeded", "targets")
    judge.accepts(repo.publish(), requirements=ct.Requirements(invalid_signatures=257))


def test_t032_signatures_checked_in_vain_are_counted_once_in_all_rounds(judge: Judge) -> None:
    repo = repository()
    name = "targets"
    for _ in range(10):  # each level is asked for in a round of its own
        name += "/a"
        repo.delegate(name)
        junk_signatures(repo, name, 20)
    for role in ("root", "timestamp", "snapshot", "targets"):
        junk_signatures(repo, role, 14)

    judge.accepts(repo.publish())


@pytest.mark.parametrize("compatible", [False, True])
def test_t032_junk_signatures_hide_no_valid_one(judge: Judge, *, compatible: bool) -> None:
    repo = with_releases()
    repo.delegate("targets/alice", paths=["never/"])
    for number in range(5):
        repo.delegate(f"targets/alice/n{number}", paths=["never/"])
        junk_signatures(repo, f"targets/alice/n{number}", 63)
    repo.delegate("targets/releases/eu")

    requirements = ct.Requirements(compatible=compatible)
    judge.refuses(repo.publish(), "limit_exceeded", "targets", requirements=requirements)


def test_t032_junk_signatures_do_not_make_a_cached_version_forgotten(judge: Judge) -> None:
    keys = [key_pair(f"releases {number}").bare for number in (1, 2)]

    def published(version: int) -> Repository:
        repo = repository()
        releases = repo.delegate("targets/releases", keys=keys)
        releases.version = version
        releases.signers = [Signing(keys[0])]
        return repo

    files = published(5).publish()
    judge.lay_docker_cache({name: data for name, data in files.items() if name != "1.root"})
    old = published(4)
    judge.refuses(old.publish(), "rollback", "targets/releases")

    for role, count in {"root": 63, "timestamp": 63, "snapshot": 63, "targets": 63}.items():
        junk_signatures(old, role, count)
    old["targets/releases"].signers += junk(keys[1], 4)  # the budget ends before the cached file
    judge.refuses(old.publish(), "rollback", "targets/releases")
    old["targets/releases"].signers += junk(keys[1], 1, first=5)
    judge.refuses(old.publish(), "limit_exceeded", "targets")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"targets":{', '"targets/../root":{'),  # no role has that name
        ('"targets":{', '"targets":{"more":1,'),
        ('"version":1', '"version":"1"'),
        ('"version":1', '"version": 1'),
        ('"root":"', '"root":"","was":"'),
        ('"root":"', '"root":"!'),
        ('"gun":"', '"gun":"../'),
        ("{", "["),
    ],
)
def test_t042_a_damaged_state_is_never_read_as_another_one(old: str, new: str) -> None:
    text = ct.load(repository().gun, source=repository().publish(), now=NOW).state.to_json()
    assert ct.State.from_json(text).to_json() == text
    assert old in text

    with pytest.raises(ct.VerificationError, match="damaged"):
        ct.State.from_json(text.replace(old, new, 1))


def test_t035_the_floor_of_a_nested_role_outlives_a_parent_that_is_withheld(judge: Judge) -> None:
    def published(
        version: int, key: str, nested_version: int, *, withheld: bool
    ) -> dict[str, bytes]:
        repo = repository()
        alice = repo.delegate("targets/alice", keys=[key_pair(key).bare])
        alice.version, alice.published = version, not withheld
        nested = repo.delegate("targets/alice/qa")
        nested.version, nested.published = nested_version, not withheld
        repo.top.version = repo.snapshot.version = repo.timestamp.version = version
        return repo.publish()

    judge.remembers(published(5, "alice", 5, withheld=False))
    judge.remembers(published(6, "alice anew", 5, withheld=True))

    judge.refuses(published(7, "alice anew", 1, withheld=False), "rollback", "targets/alice/qa")


def test_t032_what_a_key_signed_beside_a_valid_signature_costs_nothing(judge: Judge) -> None:
    repo = repository()
    [key] = repo.top.keys
    repo.top.signers = [Signing(key), *junk(key, 4)]

    judge.accepts(repo.publish(), requirements=ct.Requirements(invalid_signatures=1))
