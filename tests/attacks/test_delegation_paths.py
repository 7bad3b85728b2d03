"""What a delegation may speak of, and what it may be called."""

from __future__ import annotations

import pytest

from attacks.judge import Judge, found, repository, with_releases
from simulator import Repository, image
from simulator.roles import digest_of


def paths_of(judge: Judge, paths: list[str] | None, *names: str) -> set[str]:
    """Which of the names count when `targets/releases` lists them all and may speak of `paths`."""
    repo = Repository()
    releases = repo.delegate("targets/releases", paths=paths)
    if paths is None:
        releases.paths = None
    releases.targets |= {name: image(name) for name in names}
    return set(judge.accepts(repo.publish()).tags)


@pytest.mark.parametrize(
    ("paths", "names", "allowed"),
    [
        ([""], ["", "a", "b/c"], ["", "a", "b/c"]),
        (["a"], ["a", "ab", "a/b", "b", "A", "ba", ""], ["a", "ab", "a/b"]),
        (["a/"], ["a", "a/", "a/b", "ab", "b/a/"], ["a/", "a/b"]),
        (["a", "b"], ["a1", "b1", "c1"], ["a1", "b1"]),
        (["a*"], ["a1", "a*", "a*1"], ["a*", "a*1"]),
        (["*"], ["a", "*", "*a"], ["*", "*a"]),
        (["a?c"], ["abc", "a?c"], ["a?c"]),
        (["[ab]"], ["a", "[ab]"], ["[ab]"]),
        (["a/.."], ["b", "a/../b"], ["a/../b"]),
        (["."], ["a", ".a"], [".a"]),
        (["^a"], ["a", "^a"], ["^a"]),
        (["\u00e9"], ["\u00e9a", "e\u0301a", "\u00c9a"], ["\u00e9a"]),
        ([], ["a", ""], []),
        (None, ["a", ""], []),
    ],
)
def test_t073_paths_are_prefixes_and_nothing_else(
    judge: Judge, paths: list[str] | None, names: list[str], allowed: list[str]
) -> None:
    assert paths_of(judge, paths, *names) == set(allowed)


def test_t073_path_hash_prefixes_allow_nothing(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].paths = None
    repo.top.edit(
        lambda part: part["delegations"]["roles"][0].__setitem__("path_hash_prefixes", [""])
    )

    assert set(judge.accepts(repo.publish()).tags) == {"1.0"}


def test_t073_a_tag_outside_the_paths_hides_nothing(judge: Judge) -> None:
    repo = with_releases()
    releases = repo["targets/releases"]
    releases.paths = ["2"]
    releases.targets["1.0"] = image("1.0 outside")

    assert found(judge.accepts(repo.publish()), "1.0") == (digest_of("1.0"), "targets")


def test_t073_signers_count_only_within_their_paths(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice", paths=["2"]).targets |= {
        "1.0": image("1.0"),
        "2.0": image("2.0"),
    }
    verdict = judge.accepts(repo.publish())

    assert [signer.name for signer in verdict.tags["2.0"].signers] == ["alice"]
    assert "alice" not in [signer.name for signer in verdict.tags["1.0"].signers]


ILLEGAL_NAMES = [
    "targets",
    "targets/",
    "targets//a",
    "/targets/a",
    "targets/../root",
    "targets/a/..",
    "targets/./a",
    "targets/A",
    "targets/a b",
    "targets/a.b",
    "targets/\u00e4",
    "targets/a\\b",
    "targets/a%2fb",
    "targets/*",
    "targets/" + "a" * 248,
    "targets2/a",
    "target/a",
    "a",
    "",
    "root",
    "timestamp",
    "../targets/a",
    "targets/a/b",
    "targets/a\n",
]


@pytest.mark.parametrize("name", ILLEGAL_NAMES)
def test_t074_a_name_that_no_delegation_can_have_is_refused(judge: Judge, name: str) -> None:
    repo = with_releases()
    illegal = repo.delegate(name, parent="targets")
    illegal.published = False

    judge.refuses(repo.publish(), "role_name", "targets")


@pytest.mark.parametrize(
    "name", ["targets/a", "targets/-", "targets/a_b-c0", "targets/" + "a" * 247]
)
def test_t074_a_name_that_notary_allows_is_accepted(judge: Judge, name: str) -> None:
    repo = repository()
    repo.delegate(name)

    assert name in judge.accepts(repo.publish()).roles


def test_t074_a_delegation_may_only_be_listed_by_its_direct_parent(judge: Judge) -> None:
    repo = with_releases()
    grandchild = repo.delegate("targets/releases/qa/deep", parent="targets/releases")
    grandchild.published = False

    judge.refuses(repo.publish(), "role_name", "targets/releases")


def nested(judge: Judge, parent_paths: list[str], paths: list[str], *names: str) -> set[str]:
    """Which of the names count for a role two levels down."""
    repo = Repository()
    repo.delegate("targets/releases", paths=parent_paths)
    child = repo.delegate("targets/releases/qa", paths=paths)
    child.targets |= {name: image(name) for name in names}
    verdict = judge.accepts(repo.publish())
    return {tag.name for tag in verdict.role_tags("targets/releases/qa")}


@pytest.mark.parametrize(
    ("parent_paths", "paths", "allowed"),
    [
        ([""], ["a"], {"a", "a/b"}),
        (["a"], ["a"], {"a", "a/b"}),
        (["a"], ["a/"], {"a/b"}),
        (["a/"], ["a"], set()),
        (["a"], [""], set()),
        (["b"], ["a"], set()),
        (["a"], ["b", "a"], {"a", "a/b"}),
    ],
)
def test_t074_a_nested_role_keeps_only_the_paths_within_its_parents(
    judge: Judge, parent_paths: list[str], paths: list[str], allowed: set[str]
) -> None:
    assert nested(judge, parent_paths, paths, "a", "a/b", "b") == allowed
