"""Docker's daemon and clients behind the shim: what is not signed is neither fetched nor run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.alternating_registry import AlternatingRegistry
from interop.images import Image, Registry
from interop.processes import run
from interop.publisher import PASSPHRASES
from interop.runnable import runnable
from interop.shimmed import CLIENTS, DEBIAN, Shimmed
from interop.trust_stack import TrustStack
from servers.registry import DOCKER_IMAGE, DOCKER_INDEX, child, index, platform

TEXT_OF_NO_DATA = "Error: remote trust data does not exist for "


@pytest.fixture(params=(DEBIAN, *CLIENTS))
def docker(
    request: pytest.FixtureRequest, docker_stack: TrustStack, place: Callable[[str], Path]
) -> Shimmed:
    """The shim before a client of each kind."""
    return Shimmed(place("shim"), docker_stack, request.param)


@pytest.fixture
def repository(docker: Shimmed, request: pytest.FixtureRequest) -> Iterator[str]:
    """A repository of this test's own, with a signed and an unsigned tag."""
    path = f"shim/{abs(hash(request.node.nodeid)):x}"
    name = f"{docker.stack.registry}/{path}"
    docker.upload(path, f"{path} signed", tag="1.0")
    docker.sign(f"{name}:1.0")
    docker.upload(path, f"{path} unsigned", tag="unsigned")
    yield name
    docker.plain("container", "prune", "--force")


def path_of(name: str) -> str:
    return name.partition("/")[2]


def signed_digest(docker: Shimmed, name: str) -> str:
    return docker.upload(path_of(name), f"{path_of(name)} signed", tag="1.0").digest


def test_pull_prints_and_does_what_docker_does(
    docker: Shimmed, repository: str, place: Callable[[str], Path]
) -> None:
    by_shim = docker("pull", f"{repository}:1.0").succeeded()
    real = Shimmed(place("real"), docker.stack, "28")
    by_docker = run([real.real, "pull", f"{repository}:1.0"], real.env).succeeded()
    digest = signed_digest(docker, repository)

    # Docker does not say that a root was believed because it is the first one seen.
    said = [line for line in by_shim.err.splitlines() if " warning: " not in line]
    assert (
        said == by_docker.err.splitlines() == [f"Tagging {repository}@{digest} as {repository}:1.0"]
    )
    ours, theirs = by_shim.out.splitlines(), by_docker.out.splitlines()
    assert ours[0] == theirs[0] == f"Pull (1 of 1): {repository}:1.0@{digest}"
    assert ours[-1] == theirs[-1] == f"{repository}:1.0"
    assert [line for line in ours if "Digest" in line] == [
        line for line in theirs if "Digest" in line
    ]
    assert digest in docker.digests(f"{repository}:1.0")


def test_pull_says_nothing_but_the_name_when_quiet(docker: Shimmed, repository: str) -> None:
    quiet = docker("image", "pull", "-q", f"{repository}:1.0").succeeded()
    digest = signed_digest(docker, repository)
    assert quiet.out == f"Pull (1 of 1): {repository}:1.0@{digest}\n{repository}:1.0\n"


@pytest.mark.parametrize("command", ["pull", "image pull"])
def test_an_unsigned_tag_is_not_pulled(docker: Shimmed, repository: str, command: str) -> None:
    refused = docker(*command.split(), f"{repository}:unsigned")
    assert refused.code == 1
    assert refused.err.startswith("contenttrust: No valid trust data for unsigned")
    assert not docker.has(f"{repository}:unsigned")


@pytest.mark.parametrize("command", ["run", "container run", "create", "container create"])
def test_an_unsigned_tag_is_not_started(docker: Shimmed, repository: str, command: str) -> None:
    refused = docker(*command.split(), "--network", "none", f"{repository}:unsigned")
    assert refused.code == 125
    assert refused.err.startswith("contenttrust: No valid trust data for unsigned")
    assert not docker.has(f"{repository}:unsigned")


def test_a_repository_without_trust_data_is_refused(docker: Shimmed) -> None:
    name = f"{docker.stack.registry}/shim/never-signed"
    docker.upload("shim/never-signed", "never signed", tag="1")
    refused = docker("run", f"{name}:1")
    assert refused.code == 125
    assert refused.err.startswith(f"contenttrust: {TEXT_OF_NO_DATA}{name}: ")


@pytest.mark.parametrize("command", ["run", "container run"])
def test_run_starts_the_signed_digest_and_passes_the_exit_code(
    docker: Shimmed, repository: str, command: str
) -> None:
    first = docker(*command.split(), "--rm", "--network", "none", f"{repository}:1.0", "7")
    assert (first.code, first.out) == (7, f"{path_of(repository)} signed\n")
    digest = signed_digest(docker, repository)
    assert f"Tagging {repository}@{digest} as {repository}:1.0" in first.err
    assert f"Unable to find image '{repository}:1.0' locally" in first.err
    again = docker(*command.split(), "--rm", "--network", "none", f"{repository}:1.0")
    assert (again.code, again.err) == (0, "")


def test_create_names_the_signed_digest(docker: Shimmed, repository: str) -> None:
    made = docker("create", "--network", "none", f"{repository}:1.0").succeeded().out.strip()
    digest = signed_digest(docker, repository)
    wanted = docker.plain("inspect", "--format", "{{.Config.Image}}", made).out.strip()
    assert wanted == f"{repository}@{digest}"


@pytest.fixture
def swapped(docker: Shimmed, repository: str) -> Iterator[tuple[str, Image, Image]]:
    """A signed name whose registry gives the wrong image at every other request."""
    path = path_of(repository)
    right = docker.upload(path, f"{path} signed", tag="1.0")
    wrong = docker.upload(path, f"{path} wrong", tag="wrong")
    with AlternatingRegistry(docker.stack.registry).running() as registry:
        name = f"{registry.host}/{path}"
        docker.sign(f"{name}:1.0", digest=right.digest)
        registry.alternate(path, "1.0", wrong.digest, right.digest, wrong.digest)
        yield f"{name}:1.0", right, wrong


def test_t089_a_tag_that_moves_between_check_and_pull_never_wins(
    docker: Shimmed, swapped: tuple[str, Image, Image]
) -> None:
    name, right, wrong = swapped
    for _ in range(3):
        docker("pull", name).succeeded()
        assert right.digest in docker.digests(name)
        assert not docker.has(f"{name.rpartition(':')[0]}@{wrong.digest}")


def test_t089_nor_between_check_and_start(
    docker: Shimmed, swapped: tuple[str, Image, Image]
) -> None:
    name, right, _ = swapped
    for pull in ("missing", "always", "missing"):
        ran = docker("run", "--rm", "--network", "none", f"--pull={pull}", name)
        assert ran.out.endswith(" signed\n"), ran
    made = docker("create", "--network", "none", "--pull", "always", name).succeeded().out.strip()
    assert (
        docker.plain("inspect", "--format", "{{.Config.Image}}", made)
        .out.strip()
        .endswith(right.digest)
    )


def test_t089_nor_between_check_and_build(
    docker: Shimmed, swapped: tuple[str, Image, Image]
) -> None:
    name, _, wrong = swapped
    docker.folder.joinpath("Dockerfile").write_text(f"FROM {name}\nLABEL a=b\n")
    docker("build", "--pull", "-t", "shim-swapped:1", ".").succeeded()
    ran = docker.plain("run", "--rm", "--network", "none", "shim-swapped:1")
    assert ran.out.endswith(" signed\n")
    assert not docker.has(f"{name.rpartition(':')[0]}@{wrong.digest}")


def test_t083_a_tag_beside_a_digest_must_be_signed_for_it(docker: Shimmed, repository: str) -> None:
    digest = signed_digest(docker, repository)
    other = docker.upload(path_of(repository), f"{path_of(repository)} unsigned", tag="unsigned")
    docker("pull", f"{repository}:1.0@{digest}").succeeded()
    refused = docker("run", f"{repository}:1.0@{other.digest}")
    assert refused.code == 125
    assert refused.err.startswith("contenttrust: ")


def test_t084_a_digest_is_looked_up_among_what_is_signed(docker: Shimmed, repository: str) -> None:
    digest = signed_digest(docker, repository)
    ran = docker("run", "--rm", "--network", "none", f"{repository}@{digest}").succeeded()
    assert ran.out == f"{path_of(repository)} signed\n"
    other = docker.upload(path_of(repository), f"{path_of(repository)} unsigned", tag="unsigned")
    for command, code in (("pull", 1), ("run", 125), ("create", 125)):
        refused = docker(command, f"{repository}@{other.digest}")
        assert refused.code == code
        assert not docker.has(f"{repository}@{other.digest}")


def test_t085_an_image_id_is_no_way_round(docker: Shimmed, repository: str) -> None:
    docker.plain("pull", f"{repository}:unsigned")
    full = docker.plain("image", "inspect", "-f", "{{.Id}}", f"{repository}:unsigned").out.strip()
    for written in (full, full.removeprefix("sha256:"), full[7:19], full[7:10]):
        refused = docker("run", "--rm", "--network", "none", written)
        assert (refused.code, refused.out) == (125, ""), written


def test_t093_what_somebody_tagged_afterwards_is_not_run(docker: Shimmed, repository: str) -> None:
    docker("pull", f"{repository}:1.0").succeeded()
    docker.plain("pull", f"{repository}:unsigned")
    docker.plain("tag", f"{repository}:unsigned", f"{repository}:1.0")
    ran = docker("run", "--rm", "--network", "none", f"{repository}:1.0").succeeded()
    assert ran.out == f"{path_of(repository)} signed\n"


def test_t092_the_platform_is_chosen_within_what_is_signed(
    docker: Shimmed, repository: str
) -> None:
    path, registry = path_of(repository), Registry(docker.stack.registry)
    for tag in ("many", "others"):
        images = {of: runnable(f"{path} {tag} for {of}", of) for of in ("amd64", "arm64")}
        for image in images.values():
            registry.push(path, image)
        children = [
            child(image.manifest, DOCKER_IMAGE, platform=platform("linux", of))
            for of, image in images.items()
        ]
        registry.put(path, index(*children, media_type=DOCKER_INDEX), DOCKER_INDEX, tag=tag)
    docker.sign(f"{repository}:many")

    for of in ("arm64", "amd64"):
        words = ("--platform", f"linux/{of}")
        docker("pull", *words, f"{repository}:many").succeeded()
        form = "{{.Architecture}} {{.Id}}"
        told = docker.plain("image", "inspect", "-f", form, f"{repository}:many").out.split()
        assert told[0] == of
        ran = docker("run", "--rm", "--network=none", *words, f"{repository}:many").succeeded()
        assert ran.out == f"{path} many for {of}\n"
        assert docker("pull", *words, f"{repository}:others").code == 1
        assert docker("run", "--rm", *words, f"{repository}:others").code == 125
        # This daemon keeps one image of an index.
        docker.plain("image", "rm", "--force", told[1])


def test_t094_all_tags_are_those_that_are_signed(docker: Shimmed, repository: str) -> None:
    docker.upload(path_of(repository), f"{path_of(repository)} second", tag="2.0")
    docker.sign(f"{repository}:2.0")
    pulled = docker("pull", "-a", repository).succeeded()
    assert "Pull (1 of 2): " in pulled.out
    assert "Pull (2 of 2): " in pulled.out
    assert pulled.out.endswith(f"{repository}\n")
    assert docker.has(f"{repository}:1.0")
    assert docker.has(f"{repository}:2.0")
    assert not docker.has(f"{repository}:unsigned")
    assert docker("pull", "-a", f"{repository}:1.0").code == 1


def test_t094_without_a_tag_latest_is_meant_and_must_be_signed(
    docker: Shimmed, repository: str
) -> None:
    docker.upload(path_of(repository), "latest of shim", tag="latest")
    refused = docker("pull", repository)
    assert refused.code == 1
    assert refused.out == "Using default tag: latest\n"
    assert refused.err.startswith("contenttrust: No valid trust data for latest")


def test_t096_the_switch_counts_where_docker_has_it(docker: Shimmed, repository: str) -> None:
    name = f"{repository}:unsigned"
    docker("pull", "--disable-content-trust", name).succeeded()
    assert docker("pull", "--disable-content-trust=false", name, DOCKER_CONTENT_TRUST="0").code == 1
    assert docker("run", name, "--disable-content-trust").code == 125
    ran = docker("run", "--rm", "--network=none", "--disable-content-trust", name).succeeded()
    assert ran.out == f"{path_of(repository)} unsigned\n"


def test_without_the_variable_docker_is_what_it_was(docker: Shimmed, repository: str) -> None:
    docker("pull", f"{repository}:unsigned", DOCKER_CONTENT_TRUST="").succeeded()


def test_a_build_on_an_unsigned_image_is_refused(docker: Shimmed, repository: str) -> None:
    docker.folder.joinpath("Dockerfile").write_text(f"FROM {repository}:unsigned\n")
    refused = docker("build", ".")
    assert refused.code == 125
    assert refused.err.startswith("contenttrust: No valid trust data for unsigned")
    assert "Dockerfile:1" in refused.err


def test_a_build_uses_the_signed_digest_and_leaves_the_file_alone(
    docker: Shimmed, repository: str
) -> None:
    file = docker.folder / "Dockerfile.mine"
    text = f"FROM {repository}:1.0 AS one\nFROM scratch\nCOPY --from=one /label /label\n"
    file.write_text(text)
    built = docker("image", "build", "-f", "Dockerfile.mine", "-t", "shim-built:1", ".").succeeded()
    digest = signed_digest(docker, repository)
    assert f"FROM {repository}@{digest} AS one" in built.out
    assert f"Tagging {repository}@{digest} as {repository}:1.0" in built.err
    assert file.read_text() == text
    file.write_text(f"{text}COPY --from={repository}:unsigned /label /other\n")
    assert docker("build", "-f", "Dockerfile.mine", ".").code == 125


@pytest.mark.parametrize("what", ["-", "-f - ."])
def test_t100_a_dockerfile_on_standard_input_is_checked(
    docker: Shimmed, repository: str, what: str
) -> None:
    arguments = ["build", "-t", "shim-stdin:1", *what.split()]
    docker(*arguments, stdin=f"FROM {repository}:1.0\n").succeeded()
    assert docker(*arguments, stdin=f"FROM {repository}:unsigned\n").code == 125


def test_push_signs_what_was_pushed(docker: Shimmed, repository: str) -> None:
    new = f"{repository}-pushed"
    docker.plain("pull", f"{repository}:unsigned")
    docker.plain("tag", f"{repository}:unsigned", f"{new}:1")
    pushed = docker("push", f"{new}:1", **PASSPHRASES).succeeded()
    assert "Signing and pushing trust metadata\n" in pushed.out
    assert f'Finished initializing "{new}"\n' in pushed.out
    assert pushed.out.endswith(f"Successfully signed {new}:1\n")
    docker("pull", f"{new}:1").succeeded()

    docker.plain("tag", f"{repository}:unsigned", f"{new}:2")
    again = docker("image", "push", f"{new}:2", **PASSPHRASES).succeeded()
    assert "Finished initializing" not in again.out
    quiet = docker("push", "-q", f"{new}:2", **PASSPHRASES).succeeded()
    assert quiet.out.startswith(f"{new}:2\n")
    unsigned = docker("push", "--disable-content-trust", f"{new}:2").succeeded()
    assert "Signing" not in unsigned.out


def test_docker_with_content_trust_accepts_what_push_signed(
    docker: Shimmed, repository: str, place: Callable[[str], Path]
) -> None:
    new = f"{repository}-for-docker"
    docker.plain("pull", f"{repository}:unsigned")
    docker.plain("tag", f"{repository}:unsigned", f"{new}:1")
    docker("push", f"{new}:1", **PASSPHRASES).succeeded()
    real = Shimmed(place("real"), docker.stack, "28")
    run([real.real, "pull", f"{new}:1"], real.env).succeeded()


def test_what_docker_fails_at_ends_with_its_exit_code(docker: Shimmed, repository: str) -> None:
    nowhere = f"{repository}-nowhere"
    refused = docker("push", f"{nowhere}:1", **PASSPHRASES)
    assert refused.code == 1
    assert "Signing" not in refused.out
    assert docker("run", "--rm", "--network=none", f"{repository}:1.0", "41").code == 41
