"""Many processes over one trust directory: nothing torn or lowered, no honest data refused."""

from __future__ import annotations

from pathlib import Path

import pytest

import contenttrust as ct
from attacks import crowds
from attacks.crashes import lay
from attacks.judge import facts, with_releases
from contenttrust.transport.cache import TrustDirectory
from simulator import GUN, NOW, image

VERSIONS = 30


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """A collection that was published many times, three times with a new root."""
    repo = with_releases()
    folder = tmp_path / "published"
    for version in range(1, VERSIONS + 1):
        lay(folder / str(version), repo.publish())
        repo.advance(*(["targets"] if version % 2 else ["targets/releases"]))
        repo.top.targets[f"1.{version}"] = image(str(version))
        if version % 10 == 0:
            repo.next_root()
    return folder


def files_of(collection: Path, version: int) -> dict[str, bytes]:
    folder = collection / str(version)
    return {
        str(path.relative_to(folder)).removesuffix(".json"): path.read_bytes()
        for path in folder.rglob("*.json")
    }


def expect_the_highest(met: list[crowds.Met], trust_dir: Path, collection: Path) -> None:
    """What everybody met fits together, and what stands in the end is the newest of all."""
    assert [one.refused for one in met if one.refused] == []
    for one in met:
        for before, after in zip(one.seen, one.seen[1:], strict=False):
            assert all(after[role] >= version for role, version in before.items())
        for accepted, seen in zip(one.accepted, one.seen, strict=True):
            assert all(seen[role] >= version for role, version in accepted.items())
    accepted = [versions for one in met for versions in one.accepted]
    state = TrustDirectory(trust_dir).state(GUN)
    assert crowds.versions(state) == {
        role: max(versions[role] for versions in accepted) for role in accepted[0]
    }
    newest = files_of(collection, VERSIONS)
    assert crowds.versions(
        ct.load(GUN, source=newest, now=NOW, trust_dir=trust_dir / "x").state
    ) == (crowds.versions(state))
    assert len({versions["timestamp"] for versions in accepted}) > 10  # or they never met


def test_t064_fifty_processes_that_meet_for_the_first_time(
    collection: Path, tmp_path: Path
) -> None:
    trust_dir = tmp_path / "trust"
    met = crowds.run(collection, trust_dir, gun=GUN, now=NOW, workers=50, killed=0, like_docker=0)
    assert len(met) == 50
    expect_the_highest(met, trust_dir, collection)
    newest = files_of(collection, VERSIONS)
    cached = TrustDirectory(trust_dir).cached(GUN)
    assert cached == {role: newest[role] for role in cached}
    assert not list(trust_dir.rglob(".*"))


def test_t064_fifty_processes_beside_one_that_locks_nothing_and_lowers_versions(
    collection: Path, tmp_path: Path
) -> None:
    trust_dir = tmp_path / "trust"
    ct.load(GUN, source=files_of(collection, 1), now=NOW, trust_dir=trust_dir, remember=True)
    met = crowds.run(collection, trust_dir, gun=GUN, now=NOW, workers=50, killed=8, like_docker=1)
    assert any(one.killed for one in met)
    expect_the_highest(met, trust_dir, collection)
    newest = files_of(collection, VERSIONS)
    after = ct.load(GUN, source=newest, now=NOW, trust_dir=trust_dir, remember=True)
    assert facts(after)[f"1.{VERSIONS - 1}"]
    with pytest.raises(ct.VerificationError) as caught:
        ct.load(GUN, source=files_of(collection, 1), now=NOW, trust_dir=trust_dir)
    assert caught.value.code == "rollback"
    cached = TrustDirectory(trust_dir).cached(GUN)
    assert cached == {role: newest[role] for role in cached}
