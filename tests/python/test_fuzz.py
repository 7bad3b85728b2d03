"""The run of the fuzz targets: how it shares time, and what it makes of an end."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz import seeds
from fuzz.campaign import Campaign, outcome_of, shares, table, targets

TESTS = Path(__file__).resolve().parents[1]


def test_all_targets_together_end_when_the_minutes_do() -> None:
    time = shares(targets(), 30, 2)
    assert abs(sum(time.values()) - 30 * 60 * 2) < len(time)
    assert shares(["root"], 30, 2) == {"root": 30 * 60}


def test_every_target_has_seeds(tmp_path: Path) -> None:
    seeds.write(tmp_path)
    for target in targets():
        kept = list((tmp_path / target).iterdir())
        assert kept, target
        for seed in kept:
            assert hashlib.sha256(seed.read_bytes()).hexdigest().startswith(seed.name)


def test_a_collection_is_packed_with_right_signatures_and_without_digests() -> None:
    timestamp = b'{"signed":{"meta":{"snapshot":{"hashes":{"sha256":"%s"},"length":2}}},%s'
    digest = b"RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="  # of {}
    files = {
        "snapshot": b"{}",
        "timestamp": timestamp % (digest, b'"signatures":[{"sig":"AAAA"}]}'),
    }
    case = {"gun": "a/b", "verify_at": "2026-11-24T00:00:00Z"}
    packed = seeds.packed(case, [files, files], signed=False).decode()
    assert packed.startswith("== gun a/b\n== now 2026-11-24T00:00:00Z\n== snapshot\n{}\n")
    assert packed.count("== then\n") == 1
    assert packed.count('"meta":{"snapshot":"@snapshot"}') == 2
    assert packed.count('"sig":"cmlnaHQ="') == 2


def finding_target(folder: Path, script: str) -> Campaign:
    program = folder / "tests" / "fuzz" / "fuzz_names"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    return Campaign(folder, folder / "work")


@pytest.mark.parametrize("words", [("nan",), ("json_reader", "nan"), ("0",), ("inf",), ("nosuch",)])
def test_what_is_no_time_is_refused_before_the_build(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "fuzz", "--dry-run", *words]
    ran = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr


LEAK = """
#include <cstddef>
#include <cstdint>
#include <cstdlib>
void* volatile kept;
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t size) {
    if (size > 2) kept = std::malloc(77);
    kept = nullptr;
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("clang++") is None, reason="fuzzing needs clang++")
def test_a_leak_is_a_finding(tmp_path: Path) -> None:
    campaign = finding_target(tmp_path, "exit 1")
    program = campaign.program("names")
    source = program.with_suffix(".cpp")
    source.write_text(LEAK)
    built = subprocess.run(
        ["clang++", "-fsanitize=fuzzer,address", str(source), "-o", str(program)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if "libclang_rt" in built.stderr:
        pytest.skip("clang++ has no libFuzzer here")
    assert built.returncode == 0, built.stderr
    assert campaign.run("names", 5).finding is not None


@pytest.mark.parametrize(
    ("script", "finding"),
    [
        ("echo 'stat::number_of_executed_units: 1' >&2; exit 0", None),
        ("exit 0", "output.txt"),
        ("echo x >work/findings/names/crash-1; exit 77", "crash-1"),
        ("echo broken >&2; exit 1", "output.txt"),
    ],
)
def test_an_end_that_is_not_right_is_a_finding(
    tmp_path: Path, script: str, finding: str | None
) -> None:
    outcome = finding_target(tmp_path, f"cd {tmp_path}; {script}\n").run("names", 1)
    assert (outcome.finding and outcome.finding.name) == finding


def test_the_table_says_executions_a_second_and_core() -> None:
    output = "#9 DONE cov: 12 ft: 3 corp: 4/9b\nstat::number_of_executed_units: 9000\n"
    lines = table([outcome_of("names", output, 3.0, None)]).splitlines()
    assert lines[1].split() == ["names", "9,000", "3", "3,000", "12", "none"]


def test_the_table_says_how_many_collections_were_judged_a_second_and_core() -> None:
    output = "stat::number_of_executed_units: 9000\nstat::judgements: 15000\n"
    lines = table([outcome_of("verification", output, 3.0, None)]).splitlines()
    assert lines[1].split() == ["verification", "9,000", "3", "3,000", "5,000", "0", "none"]


def dry_run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fuzz", "--dry-run", *words]
    where = Path(__file__).resolve().parents[1]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)


def test_a_wrong_argument_is_refused_without_a_build(tmp_path: Path) -> None:
    seed = tmp_path / "seed"
    seed.touch()
    for words in ([], ["root"], ["root", "1"], ["2.5"], ["root", str(seed)]):
        assert dry_run(*words).returncode == 0, words
    for words in (["nosuch"], ["root", "nosuch"], ["root", "1", "2"], ["root", str(seed), "1"]):
        refused = dry_run(*words)
        assert refused.returncode == 2, words
        assert "./dev fuzz: error:" in refused.stderr
