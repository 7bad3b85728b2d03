"""Names that make the files of one collection stand where another one has its own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.crashes import content
from attacks.judge import Judge, found, repository
from contenttrust.transport import docker_cache
from contenttrust.transport.cache import TrustDirectory
from simulator import Repository, image

OUTER = "registry.example.com/team"
INNER = f"{OUTER}/metadata/targets/foo"


def docker_files(repo: Repository) -> dict[str, bytes]:
    """What Docker's client would have cached."""
    return {name: data for name, data in repo.publish().items() if "." not in name}


def aiming(*roles: str) -> Repository:
    """A good repository with delegations of those names and of all names above them."""
    repo = repository(OUTER)
    for role in roles:
        parts = role.split("/")
        for length in range(1, len(parts) + 1):
            name = "/".join(["targets", *parts[:length]])
            if name not in repo.publish():
                repo.delegate(name).targets["2.0"] = image("2.0")
    return repo


def names(parts: Sequence[str], longest: int) -> list[str]:
    """Every path of those parts up to a length."""
    return [
        "/".join(path)
        for length in range(1, longest + 1)
        for path in itertools.product(parts, repeat=length)
    ]


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "targets/foo"])
def test_t059_a_nested_delegation_is_not_written_over_a_file_of_another_collection(
    judge: Judge, role: str
) -> None:
    victim = repository(INNER)
    victim.delegate("targets/foo")
    judge.lay_docker_cache(docker_files(victim), gun=INNER)
    before = content(judge.trust_dir / "tuf" / INNER / "metadata")
    digest = found(judge.load(victim.publish(), gun=INNER), "1.0")

    attacker = judge.load(aiming(f"foo/metadata/{role}").publish(), gun=OUTER, remember=True)

    assert attacker.roles.keys() >= {f"targets/foo/metadata/{role}"}
    assert content(judge.trust_dir / "tuf" / INNER / "metadata") == before
    assert found(judge.load(victim.publish(), gun=INNER), "1.0") == digest


def test_t033_another_collection_does_not_lower_what_docker_s_cache_guards(judge: Judge) -> None:
    old, new = repository(INNER), repository(INNER)
    new.advance("targets")
    judge.lay_docker_cache(docker_files(new), gun=INNER)
    judge.has_docker_cache = True
    judge.refuses(old.publish(), "rollback", "timestamp", gun=INNER)

    roles = [f"foo/metadata/{role}" for role in ("timestamp", "snapshot", "targets")]
    judge.load(aiming(*roles).publish(), gun=OUTER, remember=True)

    judge.refuses(old.publish(), "rollback", "timestamp", gun=INNER)


@pytest.mark.parametrize("staged", ["changelist/x", "foo/changelist/x", "foo/changelist/x/y"])
def test_t059_a_delegation_is_never_a_staged_change_of_another_collection(
    judge: Judge, staged: str
) -> None:
    """Notary publishes what any file in `changelist` says, whatever the file is called."""
    roles = judge.load(aiming(staged).publish(), gun=OUTER, remember=True).roles

    assert f"targets/{staged}" in roles
    assert not list(judge.trust_dir.rglob("changelist"))


def test_t059_delegations_that_are_not_cached_are_remembered_and_fetched_again(
    judge: Judge,
) -> None:
    repo = aiming("metadata/x", "changelist/x")
    new = aiming("metadata/x", "changelist/x")
    new.advance("targets/metadata/x")

    judge.load(new.publish(), gun=OUTER, remember=True)

    versions = TrustDirectory(judge.trust_dir).state(OUTER).versions
    assert versions["targets/metadata/x"] == 2
    assert "targets/changelist/x" in versions
    judge.has_docker_cache = True
    judge.refuses(repo.publish(), "rollback", "timestamp", gun=OUTER)
    assert "2.0" in {
        tag.name for tag in judge.load(new.publish(), gun=OUTER).role_tags("targets/metadata/x")
    }


@pytest.mark.parametrize("role", ["metadata", "changelist", "metadata-team", "foo/metadata"])
def test_t059_delegations_whose_names_only_resemble_such_are_cached(
    judge: Judge, role: str
) -> None:
    files = aiming(role).publish()
    judge.load(files, gun=OUTER, remember=True)
    cached = TrustDirectory(judge.trust_dir).cached(OUTER)
    assert cached[f"targets/{role}"] == files[f"targets/{role}"]


@pytest.mark.parametrize(
    "below",
    [
        "metadata/targets",
        "metadata/targets/foo",
        "metadata/targets/foo.json",
        "metadata/root.json",
        "metadata/timestamp.json/x",
        "metadata/targets.json",
    ],
)
def test_t060_a_name_that_leads_through_another_collection_s_files_writes_no_cache(
    judge: Judge, below: str
) -> None:
    gun = f"{OUTER}/{below}"
    old, new = repository(gun), repository(gun)
    new.advance("targets")

    judge.load(new.publish(), gun=gun, remember=True)

    assert not (judge.trust_dir / "tuf").exists()
    state = TrustDirectory(judge.trust_dir).state(gun)
    assert (state.gun, state.versions["targets"]) == (gun, 2)
    assert judge.load(new.publish(), gun=gun, anchor=ct.Anchor.remembered()).gun == gun
    judge.has_docker_cache = True
    judge.refuses(old.publish(), "rollback", "timestamp", gun=gun)
    outer = aiming("foo")
    judge.load(outer.publish(), gun=OUTER, remember=True)
    assert TrustDirectory(judge.trust_dir).cached(OUTER) == docker_files(outer)
    assert judge.load(new.publish(), gun=gun, remember=True).state == state


@pytest.mark.parametrize("below", ["metadata", "metadata/web", "changelist", "targets/foo"])
def test_t060_a_name_that_only_resembles_such_has_its_cache(judge: Judge, below: str) -> None:
    gun = f"{OUTER}/{below}"
    repo = repository(gun)
    judge.load(repo.publish(), gun=gun, remember=True)
    assert TrustDirectory(judge.trust_dir).cached(gun) == docker_files(repo)


def test_t060_the_cache_of_a_collection_is_not_read_as_delegations_of_another(
    judge: Judge,
) -> None:
    judge.lay_docker_cache(docker_files(repository(INNER)), gun=INNER)
    assert TrustDirectory(judge.trust_dir).cached(OUTER) == {}
    assert TrustDirectory(judge.trust_dir).cached(INNER) == docker_files(repository(INNER))


def test_t060_no_two_names_of_collections_and_roles_share_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # thousands of files
    below = names(["metadata", "targets", "changelist", "root.json"], 3)
    inner = names(["metadata", "targets", "changelist", "root"], 2)
    roles = ["root", "targets", *(f"targets/{name}" for name in inner)]
    written = {}
    top = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for gun in ["host", *(f"host/{name}" for name in below)]:
            written[gun] = {role: f"{role} of {gun}".encode() for role in roles}
            docker_cache.write(top, gun, written[gun])
        held = {}
        for gun, documents in written.items():
            try:
                held[gun] = docker_cache.read(top, gun)
            except FileNotFoundError:
                held[gun] = {}
            assert held[gun].items() <= documents.items()
    finally:
        os.close(top)
    assert sum(map(bool, held.values())) > 40
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == sum(map(len, held.values()))
    assert not [path for path in files if path.parent.name == "changelist"]
