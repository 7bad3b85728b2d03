"""P-256 signatures eight at a time or one by one: never another verdict."""

from __future__ import annotations

import platform
import random
import subprocess
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct
from contenttrust import _core, clock
from simulator import NOW, Repository, Signing, image, key_pair
from simulator.signatures import ecdsa, ecdsa_der, ecdsa_of, of
from vector_case import Case

VECTORS = Path(__file__).parents[1] / "vectors"

ROLES = ("root", "timestamp", "snapshot", "targets", "targets/releases", "targets/alice")

LIES = {
    "a flipped bit": of(
        ecdsa, lambda signature: signature[:40] + bytes([signature[40] ^ 4]) + signature[41:]
    ),
    "zero r": ecdsa_of(lambda r, s, order: (0, s)),
    "zero s": ecdsa_of(lambda r, s, order: (r, 0)),
    "s of the order": ecdsa_of(lambda r, s, order: (r, order)),
    "the other s, which is right too": ecdsa_of(lambda r, s, order: (r, order - s)),
    "r and s exchanged": ecdsa_of(lambda r, s, order: (s, r)),
    "DER": ecdsa_der,
    "a byte too many": of(ecdsa, lambda signature: signature + b"\0"),
    "nothing": of(ecdsa, lambda signature: b""),
    "another message": lambda pair, message: ecdsa(pair, message + b" "),
    "another key": lambda pair, message: ecdsa(key_pair("a stranger"), message),
}


def outcomes(items: list[Any], now: datetime, *, eight_at_a_time: bool, threads: int) -> list[Any]:
    """Everything that is said of each item."""
    batch = _core.verify_many(
        items,
        anchor=ct.Anchor.first_use(),
        now=clock.moment_or_now(now),
        threads=threads,
        eight_at_a_time=eight_at_a_time,
    )
    said = []
    for index, (code, state) in enumerate(zip(batch.codes, batch.states, strict=True)):
        remembered = state and state.to_json()
        try:
            repo = batch[index]
        except ct.VerificationError as error:
            said.append((code, remembered, error.role, str(error), error.expected, error.found))
            continue
        notices = [*repo.degraded, *repo.unusable, *repo.warnings]
        tags = [(tag.name, tag.digest, tag.role, tag.signers) for tag in repo.tags.values()]
        said.append((code, remembered, tags, [str(notice) for notice in notices]))
    return said


def assert_the_same_on_both_roads(items: list[Any], now: datetime = NOW) -> list[Any]:
    expected = outcomes(items, now, eight_at_a_time=False, threads=1)
    for threads in (1, 3):
        found = outcomes(items, now, eight_at_a_time=True, threads=threads)
        for item, one_by_one, together in zip(items, expected, found, strict=True):
            assert together == one_by_one, item[0]
    return expected


def crowd_member(number: int, chance: random.Random) -> tuple[Repository, str]:
    """A repository in which up to two roles have a signature that is a lie."""
    repo = Repository(f"docker.io/acme/app{number}")
    repo.targets["1.0"] = image(b"%d" % number)
    for name in ("targets/releases", "targets/alice"):
        repo.delegate(name).targets["1.0"] = image(b"%d" % number)
    lies = []
    for name in chance.sample(ROLES, chance.randrange(3)):
        lie = chance.choice(list(LIES))
        key = repo[name].keys[0]
        forged = Signing(key, make=LIES[lie])
        repo[name].signers = chance.choice(
            ([forged], [forged, Signing(key)], [Signing(key), forged], [forged] * 3)
        )
        lies.append(f"{name}: {lie}")
    return repo, ", ".join(lies)


def test_every_vector_has_the_same_verdict_on_both_roads() -> None:
    by_moment = defaultdict(list)
    for folder in sorted(path for path in VECTORS.iterdir() if (path / "case.json").is_file()):
        case = Case(folder)
        by_moment[case.at].append((case.gun, case.files, None))
    for moment, items in by_moment.items():
        assert_the_same_on_both_roads(items, moment)
    assert sum(map(len, by_moment.values())) > 100


def test_crowds_with_forged_signatures_have_the_same_verdicts_on_both_roads() -> None:
    chance = random.Random(20261124)
    items = []
    for number in range(150):
        repo, _ = crowd_member(number, chance)
        items.append((repo.gun, repo.publish(), None))
    codes = [said[0] for said in assert_the_same_on_both_roads(items)]
    assert 30 < codes.count("ok") < 120
    assert codes.count("signature") > 30


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("role", ROLES)
def test_a_forged_signature_is_refused_on_both_roads(lie: str, role: str) -> None:
    repo = Repository()
    repo.targets["1.0"] = image(b"1.0")
    for name in ("targets/releases", "targets/alice"):
        repo.delegate(name)
    repo[role].signers = [Signing(repo[role].keys[0], make=LIES[lie])]
    said = assert_the_same_on_both_roads([(repo.gun, repo.publish(), None)] * 4)[0]
    right = "right too" in lie
    if role in {"targets/releases", "targets/alice"}:
        assert said[0] == "ok"
        assert any("signature" in notice for notice in said[3]) != right
    else:
        assert said[0] == ("ok" if right else "signature")


def test_a_remembered_root_is_confirmed_on_both_roads() -> None:
    repo = Repository()
    repo.targets["1.0"] = image(b"1.0")
    old = repo.publish()
    first = ct.verify_many([(repo.gun, old, None)], now=NOW)
    repo.rotate("targets", [key_pair("new targets").bare])
    repo.rotate("root", [key_pair("new root").certified(repo.gun)])
    repo.advance("targets")
    new = repo.publish()
    items = [(repo.gun, files, first.states[0]) for files in (old, new)]
    assert [said[0] for said in assert_the_same_on_both_roads(items)] == ["ok", "ok"]


def test_the_build_says_which_road_it_takes() -> None:
    info = ct.build_info()
    if sys.platform == "linux" and platform.machine() == "x86_64":
        assert info["crypto_mb"] != "absent", "ipp-crypto-static was not found when this was built"
        features = set(Path("/proc/cpuinfo").read_text().split())
        fit = {"avx512ifma", "avx512_vbmi2", "avx512dq", "avx512bw", "bmi2"} <= features
    else:
        fit = False
    expected = "crypto_mb (AVX-512 IFMA)" if fit else "libcrypto one by one"
    assert info["p256_batch"] == expected


def test_threads_that_cannot_be_had_cost_no_verdict() -> None:
    script = """
import resource, sys
from datetime import datetime, timezone
import contenttrust as ct
now = datetime(2026, 11, 24, tzinfo=timezone.utc)
items = [("registry.example.com/a", {}, None)] * 64
def codes(threads):
    return list(ct.verify_many(items, anchor=ct.Anchor.first_use(), now=now, threads=threads).codes)
alone = codes(1)
# Stacks of threads are address space: of which there is no more now.
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 20), resource.RLIM_INFINITY))
assert codes(16) == alone, "codes differ"
print("same")
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert ran.stdout == "same\n", ran.stderr
