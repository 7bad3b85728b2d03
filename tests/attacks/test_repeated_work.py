"""Work that grows faster than the documents: per round, per role, per tag, per certificate."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository, with_releases
from attacks.measured import measured
from simulator import GUN, NOW, Repository, image, key_pair


def processor_seconds(files: dict[str, bytes], **options: Any) -> tuple[ct.Batch, float]:
    """The verdict in one pass, and what it cost."""
    before = time.process_time()
    batch = ct.verify_many([(GUN, files, None)], now=NOW, threads=1, **options)
    return batch, time.process_time() - before


def unusable_keys(count: int) -> dict[str, Any]:
    """Keys of 64 KiB each, under the ids that are really theirs."""
    keys = {}
    for number in range(count):
        public = base64.b64encode(b"x%03d" % number * 16384).decode()
        key = {"keytype": "ecdsa-x509", "keyval": {"private": None, "public": public}}
        text = json.dumps(key, separators=(",", ":"), sort_keys=True)
        keys[hashlib.sha256(text.encode()).hexdigest()] = key
    return keys


def nested(repo: Repository, depth: int) -> Repository:
    """The same with that many delegations below one another: each is a round of its own."""
    name, keys = "targets", [key_pair("nested").bare]
    for _ in range(depth):
        name += "/a"
        repo.delegate(name, keys=keys)
    return repo


def test_t070_delegations_below_one_another_are_limited(judge: Judge) -> None:
    judge.accepts(nested(repository(), 16).publish())
    deeper = nested(repository(), 17).publish()
    judge.refuses(deeper, "limit_exceeded", "targets" + 17 * "/a")
    judge.accepts(deeper, requirements=ct.Requirements(delegation_depth=17))


def test_t032_long_keys_are_not_read_again_for_every_role_in_every_round(tmp_path: Path) -> None:
    repo = nested(repository(), 16)
    keys = unusable_keys(64)
    roles = [
        {"keyids": list(keys), "name": f"targets/r{number}", "paths": [""], "threshold": 1}
        for number in range(512)
    ]

    def add(part: dict[str, Any]) -> None:
        part["delegations"]["keys"].update(keys)
        part["delegations"]["roles"] += roles

    repo.top.edit(add)

    cost = measured(repo.publish(), tmp_path)
    assert (cost.code, cost.seconds < 2) == ("ok", True), cost


def test_t046_a_document_in_another_spelling_is_made_canonical_once(tmp_path: Path) -> None:
    repo = nested(repository(), 16)
    repo.targets.update({f"t{number}": image("x") for number in range(50_000)})
    repo.top.edit_file(lambda data: data.replace(b'"_type"', b' "_type"', 1))

    cost = measured(repo.publish(), tmp_path)
    assert (cost.code, cost.seconds < 1) == ("ok", True), cost


@pytest.mark.parametrize("parent", ["targets", "targets/releases"])
def test_t070_tags_times_roles_times_paths_cost_no_more_than_their_sum(parent: str) -> None:
    repo = with_releases()
    repo.targets.update({f"t{number}": image("x") for number in range(10_000)})
    keys = [key_pair("wide").bare]
    for number in range(500):
        role = repo.delegate(f"{parent}/r{number}", keys=keys)
        role.paths = [*(f"t{path}|" for path in range(255)), ""]
        role.targets |= {f"t{tag}x": image("y") for tag in range(16)}

    batch, seconds = processor_seconds(repo.publish())
    assert (batch.codes, seconds < 2) == (["ok"], True), seconds
    before = time.process_time()
    assert len(list(batch[0].tags.values())) == 10_002
    assert time.process_time() - before < 1


def test_a_file_of_authorities_is_decoded_once_however_many_root_keys_there_are() -> None:
    repo = repository()
    repo.root.keys = [key_pair(f"root {number}").certified(GUN) for number in range(64)]
    repo.root.signers = repo.root.keys[:1]
    files = repo.publish()
    one = key_pair("authority").certified("our CA", is_ca=True).public
    pem = one * (1024 * 1024 // len(one))

    before = time.process_time()
    anchor = ct.Anchor.ca(pem)
    decoding = time.process_time() - before
    batch, seconds = processor_seconds(files, anchor=anchor)

    assert batch.codes == ["anchor_mismatch"]
    assert seconds < decoding + 0.5


def test_t057_all_files_together_have_a_limit(judge: Judge) -> None:
    repo = with_releases()
    files = repo.publish()
    total = sum(len(files[name]) for name in ("snapshot", "targets", "targets/releases"))

    judge.accepts(files, requirements=ct.Requirements(total_length=total))
    judge.refuses(
        files,
        "limit_exceeded",
        "targets/releases",
        requirements=ct.Requirements(total_length=total - 1),
    )


def test_t032_the_paths_of_a_delegation_are_the_callers_to_limit(judge: Judge) -> None:
    repo = repository()
    repo.delegate("targets/alice", paths=[f"v{number}" for number in range(257)])

    judge.refuses(repo.publish(), "limit_exceeded", "targets")
    judge.accepts(repo.publish(), requirements=ct.Requirements(paths=257))
