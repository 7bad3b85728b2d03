"""Signers whose signatures docker or we take away, of a repository that the other has made."""

from __future__ import annotations

import json
from itertools import product

import pytest

from contenttrust.publish.sign import Keyring
from interop.processes import run
from interop.readers import pulled
from interop.signed_repository import Repository

HANDS = ("ours", "docker")
BOTH = list(product(HANDS, HANDS))
ROTATIONS = [
    ("root", False),
    ("targets", False),
    ("snapshot", False),
    ("timestamp", True),
    ("snapshot", True),
    ("root", False),
]


def signed(repository: Repository, who: str) -> None:
    """One tag from before there were signers, and two that alice and bob have signed."""
    repository.sign(who, "v0", "zero")
    for name in ("alice", "bob"):
        repository.add_signer(who, name)
    repository.sign(who, "v1", "one")
    repository.sign(who, "v2", "two")


@pytest.mark.parametrize(("signs", "revokes"), BOTH)
def test_signatures_of_signers_are_revoked(
    repository: Repository, signs: str, revokes: str
) -> None:
    """docker leaves what `targets` lists; we leave nothing that could be pulled."""
    digests = repository.docker.digests
    signed(repository, signs)

    repository.revoke(revokes, "v1")

    assert repository.pulls("v1") is None
    assert repository.pulls("v2") == digests["two"]
    assert "No signatures" not in repository.inspected()

    repository.revoke(revokes)

    assert repository.pulls("v2") is None
    assert repository.pulls("v0") == (digests["zero"] if revokes == "docker" else None)
    repository.sign(signs, "v2", "again")
    assert repository.pulls("v2") == digests["again"]


def may_sign(repository: Repository) -> list[dict[str, str]]:
    """What doctor says of those who may sign."""
    told = json.loads(repository.commands("doctor", "--offline", "-o", "json").out)
    return [one for one in told["findings"] if one["message"].startswith("may sign")]


@pytest.mark.parametrize("makes", HANDS)
def test_whom_docker_says_it_removed_is_told_by_doctor_and_removed_by_us(
    repository: Repository, makes: str
) -> None:
    signed(repository, makes)
    words = ("trust", "signer", "remove", "--force", "alice", repository.gun)
    repository.publisher.docker(*words, trust=False)

    assert "alice" in repository.inspected()
    [finding] = may_sign(repository)
    assert finding["message"].startswith("may sign: alice, bob. 'docker trust signer remove'")
    assert "'contenttrust signer remove'" in finding["advice"]

    repository.commands("signer", "remove", "-y", "alice", repository.gun).succeeded()

    assert "alice" not in repository.inspected()
    [finding] = may_sign(repository)
    assert finding["message"].startswith("may sign: bob. ")
    assert repository.pulls("v2") == repository.docker.digests["two"]


def test_targets_that_two_keys_sign_are_pulled_and_signed_on(repository: Repository) -> None:
    """Neither docker nor notary can make such a role; who holds both keys goes on with it."""
    repository.sign("ours", "v1", "one")
    ours = repository.ours
    keys = [ours.key("targets", repository.gun) for _ in range(2)]
    request = repository.collection.prepare_rotation("targets", keys, threshold=2)
    request.sign(Keyring(ours.keys))
    repository.collection.publish_request(request)

    for who in HANDS:
        repository.sign(who, f"by-{who}", f"by {who}")

    root = json.loads((ours.trust_dir / "tuf" / repository.gun / "metadata/root.json").read_bytes())
    assert root["signed"]["roles"]["targets"]["threshold"] == 2
    reader = repository.reader()
    notary = repository.publisher.notary_at(reader)
    listed = run([*notary, "list", repository.gun], reader).succeeded().out
    for tag, label in {"v1": "one", "by-ours": "by ours", "by-docker": "by docker"}.items():
        assert repository.pulls(tag) == repository.docker.digests[label]
        assert repository.docker.digests[label].removeprefix("sha256:") in listed


@pytest.mark.parametrize("rotates", ["ours", "notary"])
@pytest.mark.parametrize("makes", HANDS)
def test_a_docker_that_has_pulled_before_follows_every_rotation(
    repository: Repository, makes: str, rotates: str
) -> None:
    """What is pulled is what a delegation lists, which no rotation touches."""
    repository.sign(makes, "v1", "in targets")
    repository.add_signer(makes, "alice")
    repository.sign(makes, "v1", "one")
    reader, image = repository.reader(), f"{repository.gun}:v1"
    assert pulled(reader, image).digest == repository.docker.digests["one"]

    for role, server_managed in ROTATIONS:
        if rotates == "notary":
            repository.docker.rotate(role, *["-r"] * server_managed)
        else:
            repository.collection.rotate_key(role, server_managed=server_managed)
        assert pulled(reader, image).digest == repository.docker.digests["one"]

    for who in HANDS:
        repository.sign(who, "v1", f"by {who}")
        assert pulled(reader, image).digest == repository.docker.digests[f"by {who}"]
    assert repository.pulls("v1") == repository.docker.digests["by docker"]
