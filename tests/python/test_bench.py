"""The benchmarks run, and what they compare with does the work: nothing is timed here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench import pack, workloads
from bench.programs import Floor, Ours, RefusedError
from bench.verdicts import at_most
from bench.workloads import Workload

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"

EVERYDAY = workloads.everyday("test", 1)
LONG_LIVED = workloads.long_lived("test", 4)
OURS = Ours(sys.executable)


@pytest.fixture(scope="module")
def floor() -> Floor:
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    return Floor.build(BUILD)


def changed(work: Workload, role: str, old: bytes, new: bytes, folder: Path) -> Path:
    """The pack of `work` with one text of one file replaced, under all names of that file."""
    ((gun, files),) = pack.read(work.pack(folder))
    was = files[role]
    assert old in was
    for name in [name for name, document in files.items() if document == was]:
        files[name] = was.replace(old, new, 1)
    path = folder / "changed.pack"
    pack.write(path, [(gun, files)])
    return path


def first_signature(work: Workload, role: str, folder: Path) -> bytes:
    ((_, files),) = pack.read(work.pack(folder))
    return files[role].partition(b'"sig":"')[2][:8]


def test_a_quick_run_prints_every_figure(floor: Floor) -> None:
    command = (sys.executable, "-m", "bench.verification", "--quick", "--with", sys.executable)
    done = subprocess.run(
        [*command, "--build", BUILD],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "MEAN NOTHING" in lines[0]
    for name in (
        "W1 in bulk, one thread",
        "W1 in bulk, two threads",
        "W2, 500 tags  ",
        "W2, 500 tags, peak memory",
        "W2, 500 tags, one looked up",
        "W2, 2,000 tags  ",
        "W3, 60 repositories, floor",
        "W3, 60 repositories, notary",
        "W3, 60 repositories  ",
        "W4, 20 delegations",
        "growth, 20 to 2,000 tags",
        "growth, 1 to 100 delegations",
        "growth, 2 to 200 root versions",
    ):
        (line,) = [line for line in lines if line.startswith(name)]
        promised = "≤" in line or "≥" in line
        assert line.endswith("kept") == promised, line


@pytest.mark.parametrize("work", [EVERYDAY, LONG_LIVED], ids=["everyday", "long_lived"])
def test_the_floor_verifies_every_signature_and_every_tag(
    work: Workload, floor: Floor, tmp_path: Path
) -> None:
    walked = floor.walk(work.pack(tmp_path), passes=1)
    assert (walked.signatures, walked.tags) == (work.signatures, work.tags_in_all)


def test_floor_and_package_read_the_same_tags(floor: Floor, tmp_path: Path) -> None:
    path = workloads.everyday("several", 3).pack(tmp_path)
    walked = floor.walk(path, threads=2, passes=1, listed=True)
    verified = OURS.verify(path, "--list", passes=1)
    assert (walked.fingerprint, walked.tags) == (verified.fingerprint, verified.tags)
    assert walked.tags == 300


@pytest.mark.parametrize(
    "role",
    ["root", "timestamp", "snapshot", "targets", *(f"targets/{n}" for n, _ in workloads.SIGNERS)],
)
def test_the_floor_refuses_another_version_in_any_file(
    role: str, floor: Floor, tmp_path: Path
) -> None:
    path = changed(EVERYDAY, role, b'"version":1', b'"version":2', tmp_path)
    with pytest.raises(RefusedError):
        floor.walk(path, passes=1)
    with pytest.raises(RefusedError):
        OURS.verify(path, passes=1)


def test_the_floor_refuses_a_changed_signature(floor: Floor, tmp_path: Path) -> None:
    # no hash covers the timestamp
    signature = first_signature(EVERYDAY, "timestamp", tmp_path)
    path = changed(EVERYDAY, "timestamp", signature, signature[::-1], tmp_path)
    with pytest.raises(RefusedError, match="a signature is wrong"):
        floor.walk(path, passes=1)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_the_walk_along_the_roots_refuses_a_changed_root(
    version: int, floor: Floor, tmp_path: Path
) -> None:
    was, now = f'"version":{version}'.encode(), f'"version":{version + 5}'.encode()
    path = changed(LONG_LIVED, f"{version}.root", was, now, tmp_path)
    with pytest.raises(RefusedError):
        floor.walk(path, passes=1)
    with pytest.raises(RefusedError):
        OURS.verify(path, "--chain", passes=1)


def test_what_was_generated_is_found_again(tmp_path: Path) -> None:
    path = EVERYDAY.pack(tmp_path)
    first = path.read_bytes()
    assert EVERYDAY.pack(tmp_path).read_bytes() == first
    assert workloads.everyday("test", 2).pack(tmp_path) != path
    assert not path.exists()  # outdated: only one of that name is kept


def test_every_repository_has_keys_of_its_own(tmp_path: Path) -> None:
    roots = [files["root"] for _, files in pack.read(workloads.everyday("two", 2).pack(tmp_path))]
    keys = [set(root.split(b'"public":"')[1:]) for root in roots]
    assert not keys[0] & keys[1]


def test_a_tag_takes_the_bytes_that_are_stated() -> None:
    text = workloads.tags("label", 3).text
    assert len(text) == 3 * workloads.ENTRY + 1


def test_a_figure_above_its_goal_is_not_kept() -> None:
    assert at_most("name", 1.3, 1.3, 1.0, "a tag").kept
    assert not at_most("name", 1.3, 1.31, 1.0, "a tag").kept
