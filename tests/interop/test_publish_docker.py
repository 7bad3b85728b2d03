"""One image repository signed by docker and by us in turns, and pulled by docker."""

from __future__ import annotations

from itertools import product

import pytest

from contenttrust.errors import PublishError
from contenttrust.publish import images
from interop.images import Registry, layer_tar, packed
from interop.parts import docker
from interop.processes import run
from interop.readers import program
from interop.signed_repository import Repository
from servers.registry import DOCKER_IMAGE, DOCKER_INDEX, child, index, platform

HANDS = ("ours", "docker")
BOTH = list(product(HANDS, HANDS))


@pytest.mark.parametrize(("first", "second"), BOTH)
def test_a_first_and_a_second_tag_and_their_revocation(
    repository: Repository, first: str, second: str
) -> None:
    repository.sign(first, "v1", "one")
    repository.sign(second, "v2", "two")
    assert repository.pulls("v1") == repository.docker.digests["one"]
    assert repository.pulls("v2") == repository.docker.digests["two"]

    repository.revoke(second, "v1")
    repository.sign(first, "v2", "moved")

    assert repository.pulls("v1") is None
    assert repository.pulls("v2") == repository.docker.digests["moved"]


@pytest.mark.parametrize(("adds", "signs"), BOTH)
def test_signers_sign_in_every_role_whose_key_is_here(
    repository: Repository, adds: str, signs: str
) -> None:
    repository.sign(adds, "v0", "zero")
    repository.add_signer(adds, "alice")
    repository.add_signer(signs, "bob")

    repository.sign(signs, "v1", "one")

    assert repository.pulls("v1") == repository.docker.digests["one"]
    assert repository.pulls("v0") == repository.docker.digests["zero"]
    row = next(line for line in repository.inspected().splitlines() if line.startswith("v1 "))
    assert row.endswith("alice, bob")
    signers = {one.name: one for one in images.signers(repository.collection)}
    assert set(signers) == {"alice", "bob"}


@pytest.mark.parametrize("adds", HANDS)
def test_a_signer_that_is_removed_is_gone(repository: Repository, adds: str) -> None:
    """`docker trust signer remove` of docker 26 to 28 removes nothing."""
    repository.sign(adds, "v0", "zero")
    repository.add_signer(adds, "alice")
    repository.add_signer(adds, "bob")
    repository.sign(adds, "v1", "one")

    removed = images.remove_signer(repository.collection, "alice")

    assert set(removed.lost) == {"v1"}
    assert removed.signed_again == ("targets/releases",)
    assert "alice" not in repository.inspected()
    assert repository.pulls("v1") == repository.docker.digests["one"]
    repository.sign("docker", "v2", "two")
    assert repository.pulls("v2") == repository.docker.digests["two"]
    assert repository.inspected().count("bob") == 3


@pytest.mark.parametrize("adds", HANDS)
def test_the_last_signer_goes_only_by_force(repository: Repository, adds: str) -> None:
    """Docker alone could not go on: it would begin `targets/releases` anew with version 1."""
    repository.sign("ours", "v0", "zero")
    repository.add_signer("docker", "alice")
    repository.sign("docker", "v1", "one")

    with pytest.raises(PublishError, match="First add another signer"):
        images.remove_signer(repository.collection, "alice")
    removed = images.remove_signer(repository.collection, "alice", force=True)

    assert removed.unreleased == ("v1",)
    assert repository.pulls("v1") is None
    assert repository.pulls("v0") == repository.docker.digests["zero"]
    repository.add_signer(adds, "carol")
    repository.sign("ours", "v1", "again")
    repository.sign("docker", "v2", "two")
    assert repository.pulls("v1") == repository.docker.digests["again"]
    assert repository.pulls("v2") == repository.docker.digests["two"]
    assert repository.pulls("v0") == repository.docker.digests["zero"]


def test_the_first_signing_makes_the_signer_whose_key_is_here(repository: Repository) -> None:
    repository.publisher.docker(
        "trust", "key", "generate", "alice", "--dir", str(repository.folder)
    )
    repository.sign("ours", "v1", "one")

    assert repository.pulls("v1") == repository.docker.digests["one"]
    row = next(line for line in repository.inspected().splitlines() if line.startswith("v1 "))
    assert row.endswith("alice")
    repository.sign("docker", "v2", "two")
    assert repository.pulls("v2") == repository.docker.digests["two"]


@pytest.mark.parametrize("reader", ["docker", "shim"])
def test_all_tags_of_an_index_that_is_signed_with_its_images_are_pulled(
    repository: Repository, reader: str
) -> None:
    """Docker gives every signed name to its daemon as a tag, and stops at the first that is none.

    Source: docker CLI 28, `cli/command/image/trust.go` (``trustedPull``).
    """
    registry, path = Registry(repository.stack.registry), repository.docker.repository
    children = []
    for architecture in ("amd64", "arm64"):
        layer = layer_tar(f"{repository.gun} {architecture}")
        one = packed(layer, {"Cmd": ["/label"]}, architecture=architecture)
        registry.push(path, one)
        children.append(child(one.manifest, DOCKER_IMAGE, platform=platform("linux", architecture)))
    registry.put(path, index(*children, media_type=DOCKER_INDEX), DOCKER_INDEX, tag="many")
    repository.docker.store("single", tag="single")
    names = [f"{repository.gun}:{tag}" for tag in ("many", "single")]

    repository.commands("sign", *names).succeeded()
    for one in children:
        by_digest = f"{repository.gun}@{one['digest']}"
        assert repository.commands("verify", by_digest).code == 1
        repository.commands("verify", "--through-index", by_digest).succeeded()

    repository.commands("sign", "--recursive", *names).succeeded()

    client = docker() or "docker"
    env = {**repository.reader(), "CONTENTTRUST_DOCKER": client}
    words = [client] if reader == "docker" else [program(), "docker", "--"]
    pulled = run([*words, "pull", "-a", repository.gun], env).succeeded()
    assert "Pull (4 of 4): " in pulled.out
    digests = [str(one["digest"]) for one in children]
    names += [f"{repository.gun}:{one.replace(':', '-')}.child" for one in digests]
    for name in names:
        run([client, "image", "inspect", name], env).succeeded()
    for one in digests:
        repository.commands("verify", f"{repository.gun}@{one}").succeeded()
    repository.commands("revoke", names[0]).succeeded()
    rows = [line.partition(" ")[0] for line in repository.inspected().splitlines()]
    assert "single" in rows
    assert not [row for row in rows if row == "many" or row.endswith(".child")]


def test_docker_signs_a_tag_that_we_signed(repository: Repository) -> None:
    """`docker trust sign` reads our signature, and signs the same digest again."""
    repository.sign("ours", "v1", "one")
    repository.add_signer("ours", "alice")
    repository.publisher.docker("trust", "sign", f"{repository.gun}:v1", trust=False)

    assert repository.pulls("v1") == repository.docker.digests["one"]


def test_an_image_of_the_daemon_is_signed_whatever_the_registry_has(repository: Repository) -> None:
    repository.docker.push_unsigned("v1", "of the daemon")
    repository.docker.store("pushed by another", tag="v1")
    repository.commands("init", "--server-managed", "-p", repository.gun).succeeded()

    repository.commands("sign", "--local", f"{repository.gun}:v1").succeeded()

    assert repository.pulls("v1") == repository.docker.digests["of the daemon"]


def test_what_docker_has_made_is_renewed_and_docker_goes_on(repository: Repository) -> None:
    repository.sign("docker", "v0", "zero")
    repository.add_signer("docker", "alice")
    repository.sign("docker", "v1", "one")
    before = repository.versions()

    repository.commands("renew", "--within", "4000", repository.gun).succeeded()

    after = repository.versions()
    for role in ("targets", "targets/alice", "targets/releases"):
        assert after[role] == before[role] + 1
    assert repository.pulls("v1") == repository.docker.digests["one"]
    repository.sign("docker", "v1", "moved")
    assert repository.pulls("v1") == repository.docker.digests["moved"]
    assert repository.pulls("v0") == repository.docker.digests["zero"]
