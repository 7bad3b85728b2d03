"""BuildKit behind the shim: of itself it never checked content trust."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop import builder
from interop.alternating_registry import AlternatingRegistry
from interop.shimmed import CLIENTS, DEBIAN, Shimmed
from interop.trust_stack import TrustStack


@pytest.fixture(params=(DEBIAN, *CLIENTS))
def docker(
    request: pytest.FixtureRequest, docker_stack: TrustStack, place: Callable[[str], Path]
) -> Shimmed:
    """The shim before a client of each kind that has buildx."""
    made = Shimmed(place("buildkit"), docker_stack, request.param, with_buildx=True)
    made.env["BUILDX_NO_DEFAULT_ATTESTATIONS"] = "1"
    return made


@pytest.fixture
def repository(docker: Shimmed, request: pytest.FixtureRequest) -> Iterator[str]:
    """A repository of this test's own, with a signed and an unsigned tag."""
    path = f"buildkit/{abs(hash(request.node.nodeid)):x}"
    name = f"{docker.stack.registry}/{path}"
    docker.upload(path, f"{path} signed", tag="1.0")
    docker.sign(f"{name}:1.0")
    docker.upload(path, f"{path} unsigned", tag="unsigned")
    yield name
    docker.plain("container", "prune", "--force")


def label_of(docker: Shimmed, image: str) -> str:
    return docker.plain("run", "--rm", "--network", "none", image).out


@pytest.mark.parametrize("command", ["build", "buildx build", "image build", "builder build"])
def test_buildkit_gets_the_signed_digest(docker: Shimmed, repository: str, command: str) -> None:
    file = docker.folder / "Dockerfile"
    file.write_text(f"FROM {repository}:1.0\nLABEL made={command.replace(' ', '-')}\n")
    name = f"shim-{command.replace(' ', '-')}:1"
    built = docker(*command.split(), "--progress=plain", "-t", name, ".").succeeded()
    digest = docker.upload(repository.partition("/")[2], f"{repository.partition('/')[2]} signed",
                           tag="1.0").digest  # fmt: skip
    assert f"{repository}@{digest}" in built.err
    assert label_of(docker, name).endswith(" signed\n")


@pytest.mark.parametrize(
    "text",
    ["FROM {}:unsigned\n", "FROM {}:1.0\nCOPY --from={}:unsigned /label /label\n",
     'FROM {}:1.0\nRUN --mount=type=bind,from={}:unsigned,target=/x ["/show"]\n',
     "# syntax={}:unsigned\nFROM {}:1.0\n"],
)  # fmt: skip
def test_t098_buildkit_gets_nothing_unsigned(docker: Shimmed, repository: str, text: str) -> None:
    docker.folder.joinpath("Dockerfile").write_text(text.replace("{}", repository))
    refused = docker("build", ".")
    assert refused.code == 125
    told = [line for line in refused.err.splitlines() if "first one seen" not in line]
    assert told[0].startswith("contenttrust: No valid trust data for unsigned")


def test_t089_a_tag_that_moves_between_check_and_build_never_wins(
    docker: Shimmed, repository: str
) -> None:
    path = repository.partition("/")[2]
    right = docker.upload(path, f"{path} signed", tag="1.0")
    wrong = docker.upload(path, f"{path} wrong", tag="wrong")
    with AlternatingRegistry(docker.stack.registry).running() as registry:
        name = f"{registry.host}/{path}:1.0"
        docker.sign(name, digest=right.digest)
        registry.alternate(path, "1.0", wrong.digest, right.digest, wrong.digest)
        file = docker.folder / "Dockerfile"
        file.write_text(f"FROM {name} AS one\nFROM scratch\nCOPY --from=one / /\n"
                        f'ENTRYPOINT ["/show"]\n')  # fmt: skip
        for number in range(2):
            docker("build", "--no-cache", "--pull", "-t", f"swapped:{number}", ".").succeeded()
            assert label_of(docker, f"swapped:{number}").endswith(" signed\n")


@pytest.fixture(scope="module")
def buildkitd() -> Iterator[str]:
    """The address of a newer BuildKit: that of the daemon knows no named contexts."""
    with builder.running() as started:
        yield f"unix://{started._folder}/b.sock"


def test_a_named_context_is_checked_as_an_image(
    docker: Shimmed, repository: str, buildkitd: str
) -> None:
    docker.plain("buildx", "create", "--name", "own", "--driver", "remote", buildkitd)
    docker.folder.joinpath("Dockerfile").write_text("FROM base\n")
    build = ("buildx", "--builder", "own", "build", "--output=type=local,dest=out")
    unsigned = f"base=docker-image://{repository}:unsigned"
    assert docker(*build, "--build-context", unsigned, ".").code == 125
    signed = f"base=docker-image://{repository}:1.0"
    docker(*build, "--build-context", signed, ".").succeeded()
    assert docker.folder.joinpath("out", "label").read_text().endswith(" signed\n")


def test_bake_is_said_not_to_be_covered(docker: Shimmed, repository: str) -> None:
    docker.folder.joinpath("Dockerfile").write_text(f"FROM {repository}:unsigned\n")
    docker.folder.joinpath("docker-bake.hcl").write_text('target "default" {}\n')
    baked = docker("buildx", "bake", "--print")
    assert baked.err.startswith("contenttrust: docker buildx bake is not covered")
