"""What `--override-out` pins of Dockerfiles is what docker compose builds upon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop import builder
from interop.composed import Composed
from interop.trust_stack import TrustStack


@pytest.fixture(scope="module")
def buildkitd() -> Iterator[str]:
    """The address of a newer BuildKit: that of the daemon knows no named contexts."""
    with builder.running() as started:
        yield f"unix://{started._folder}/b.sock"


@pytest.fixture
def compose(
    docker_stack: TrustStack, place: Callable[[str], Path], buildkitd: str
) -> Iterator[Composed]:
    """A project that this test has for itself, with a builder."""
    made = Composed(place("composed-builds"), docker_stack)
    made.docker.plain("buildx", "create", "--name", "own", "--driver", "remote", buildkitd)
    yield made
    made.down()


DOCKERFILES = {
    "FROM": "FROM {}:1.0\n",
    "an argument": "ARG VERSION=1.0\nFROM {}:$VERSION\n",
    "COPY --from": "FROM {}:1.0\nCOPY --from={}:1.0 /label /label\n",
    "RUN --mount": 'FROM {}:1.0\nRUN --mount=from={}:1.0,target=/x ["/show"]\n',
    "a stage": "FROM {}:1.0 AS web\nFROM web\n",
    "ONBUILD": "FROM {}:1.0 AS web\nONBUILD COPY --from={}:1.0 /label /label\nFROM web\n",
}


@pytest.mark.parametrize("text", DOCKERFILES.values(), ids=DOCKERFILES)
def test_t099_what_dockerfiles_name_is_pinned_by_the_override(compose: Composed, text: str) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(f"{name}:1.0")
    compose.folder.joinpath("Dockerfile").write_text(text.replace("{}", name))
    compose.write("mine:1", "    build: .", "    pull_policy: build")
    compose.pin("--override-out").succeeded()
    compose.docker.upload(path, f"{path} unsigned", tag="1.0")  # the tag moves

    def built() -> str:
        compose("build", "--builder=own", "--pull", "--no-cache").succeeded()
        return compose.docker.plain("run", "--rm", "--network=none", "mine:1").out

    assert built() == f"{path} signed\n"
    compose.files = ["--file=compose.yaml"]
    assert built() == f"{path} unsigned\n"


def test_t099_up_and_watch_build_upon_what_the_override_pins(compose: Composed) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(name)
    compose.folder.joinpath("Dockerfile").write_text(f"FROM {name}\n")
    watch = "    develop: {watch: [{action: rebuild, path: Dockerfile}]}"
    compose.write(f"{compose.folder.name}:1", "    build: .", "    pull_policy: build", watch)
    compose.pin("--override-out").succeeded()
    compose.docker.upload(path, f"{path} unsigned", tag="1.0")  # the tag moves

    compose.env["BUILDX_BUILDER"] = "own"
    up = compose("up", "--build", "--no-color", "--no-log-prefix").succeeded()
    assert f"{path} signed\n" in up.out
    compose.down()
    assert compose.watched() == f"{path} signed\n"


def test_t100_the_classic_builder_builds_no_other_file_than_the_one_that_is_checked(
    compose: Composed,
) -> None:
    path = f"composed/{compose.folder.name}"
    compose.docker.upload(path, f"{path} unsigned", tag="1.0")
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.folder.joinpath("dockerfile").write_text(f"FROM {name}\n")
    inline = "    build: {context: ., dockerfile_inline: FROM scratch}"
    compose.write("mine:2", inline, "    pull_policy: build")
    refused = compose.pin("--override-out")
    assert refused.code == 1
    assert "dockerfile:1" in refused.err
    assert name in refused.err

    compose.files = ["--file=compose.yaml"]
    compose.env["DOCKER_BUILDKIT"] = "0"
    compose("build").succeeded()  # what happens without the gate
    ran = compose.docker.plain("run", "--rm", "--network=none", "mine:2")
    assert ran.out == f"{path} unsigned\n"


def test_a_builder_without_named_contexts_builds_nothing_from_the_override(
    compose: Composed,
) -> None:
    path = f"composed/{compose.folder.name}"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(f"{compose.docker.stack.registry}/{path}:1.0")
    dockerfile = compose.folder / "Dockerfile"
    dockerfile.write_text(f"FROM {compose.docker.stack.registry}/{path}:1.0\n")
    compose.write("mine:2", "    build: .", "    pull_policy: build")
    compose.pin("--override-out").succeeded()
    for env in ({}, {"DOCKER_BUILDKIT": "0"}):
        compose.env |= env
        refused = compose("build")
        assert refused.code != 0
        assert "contexts" in refused.err
    compose.gate("dockerfile", "--write", "Dockerfile").succeeded()
    compose.pin("--override-out").succeeded()
    compose("build").succeeded()


@pytest.mark.parametrize("args", ['{BASE: "${BASE:-EVIL}"}', "[BASE]"])
def test_t099_the_override_holds_arguments_that_bases_rest_on(compose: Composed, args: str) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(f"{name}:1.0")
    compose.docker.upload(path, f"{path} unsigned", tag="evil")
    good, evil = f"{name}:1.0", f"{name}:evil"
    default = good if args == "[BASE]" else evil
    compose.folder.joinpath("Dockerfile").write_text(f"ARG BASE={default}\nFROM ${{BASE}}\n")
    build = f"    build: {{context: ., args: {args.replace('EVIL', evil)}}}"
    compose.write("mine:3", build, "    pull_policy: build")
    compose.env |= {} if args == "[BASE]" else {"BASE": good}
    compose.pin("--override-out").succeeded()
    compose.env |= {"BASE": evil if args == "[BASE]" else ""}

    def built() -> str:
        compose("build", "--builder=own", "--pull", "--no-cache").succeeded()
        return compose.docker.plain("run", "--rm", "--network=none", "mine:3").out

    assert built() == f"{path} signed\n"
    compose.files = ["--file=compose.yaml"]
    assert built() == f"{path} unsigned\n"


def test_a_signed_image_beside_build_is_started_and_built_by_nobody_until_it_says_so(
    compose: Composed,
) -> None:
    path = f"composed/{compose.folder.name}"
    name = f"{compose.docker.stack.registry}/{path}:1.0"
    compose.docker.upload(path, f"{path} signed", tag="1.0")
    compose.docker.sign(name)
    compose.folder.joinpath("Dockerfile").write_text(f"FROM {name}\nLABEL built=here\n")
    compose.env["BUILDX_BUILDER"] = "own"
    up = ("up", "--no-color", "--no-log-prefix")
    for way in ("--override-out", "--write"):
        compose.write(name, "    build: .")
        told = compose.pin(way).succeeded()
        assert "note: compose.yaml:3:12: web: the image has its digest now" in told.err
        assert f"{path} signed\n" in compose(*up).succeeded().out
        for words in (("build",), (*up, "--build")):
            refused = compose(*words)
            assert refused.code != 0
            assert "tag" in refused.err  # which no digest is, say builders
        compose.down()

    compose.write(name, "    build: .", "    pull_policy: build")
    assert "note: compose.yaml:3:12" not in compose.pin("--override-out").succeeded().err
    assert f"{path} signed\n" in compose(*up, "--build").succeeded().out
    told = compose.docker.plain("image", "inspect", "--format={{.Config.Labels}}", name)
    assert "built:here" in told.out
