"""Docker 20.10 reads some Dockerfiles otherwise than BuildKit does today: these are refused."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from contenttrust.gate.dockerfile import DockerfileError, parse
from interop.images import image
from interop.parts import docker, skip
from interop.processes import run
from interop.publisher import Publisher
from interop.trust_stack import TrustStack

# The daemon tells the name that it takes for an image's: it is none by any grammar.
_NOBODY = "NOBODY"
_DIRECTIVE = "# check=x\n# escape=`\nFROM {}\nENV a b `\nFROM NOBODY\n"
# As a trigger it is not run: the images have no shell.
_HEREDOC = "FROM {} AS x\nONBUILD RUN <<CMD\nFROM NOBODY\nCMD\n"


def want_docker_20() -> None:
    """Skip the test unless dockerd is of the version that its files are about."""
    daemon = shutil.which("dockerd")
    told = subprocess.run([daemon or "false", "--version"], check=False, capture_output=True)
    if not re.search(rb"version 20\.10\.", told.stdout):
        skip("dockerd is not 20.10, which reads Dockerfiles in an older way")


@pytest.mark.parametrize("text", [_DIRECTIVE, _HEREDOC], ids=["directive", "heredoc"])
def test_t098_what_an_older_builder_reads_otherwise_is_refused(
    docker_stack: TrustStack, publisher: Publisher, text: str
) -> None:
    want_docker_20()
    publisher.registry.push("older/base", image("older"), tag="1")
    text = text.format(f"{docker_stack.registry}/older/base:1")
    env = {**publisher.env, "DOCKER_CONTENT_TRUST": "0", "DOCKER_BUILDKIT": "0"}
    built = run([docker() or "docker", "build", "-"], env, stdin=text)
    assert f"FROM {_NOBODY}" in built.out  # a step of its own
    assert "repository name must be lowercase" in built.err
    with pytest.raises(DockerfileError, match="older builders"):
        parse(text)


_STAGE = "FROM {0} AS default\nFROM ${{TARGETSTAGE:-{1}}}\n"
_TRIGGER = "FROM {0} AS x\nONBUILD COPY --from=nobody / /\nFROM x\nFROM {0} AS nobody\n"


@pytest.mark.parametrize("text", [_STAGE, _TRIGGER], ids=["stage", "trigger"])
def test_t098_what_the_classic_builder_takes_for_an_image_is_refused(
    docker_stack: TrustStack, publisher: Publisher, text: str
) -> None:
    """There is no image of that name, and the daemon says that it looked for one."""
    publisher.registry.push("older/base", image("older"), tag="1")
    nobody = f"{docker_stack.registry}/older/nobody:1"
    text = text.format(f"{docker_stack.registry}/older/base:1", nobody)
    env = {**publisher.env, "DOCKER_CONTENT_TRUST": "0", "DOCKER_BUILDKIT": "0"}
    built = run([docker() or "docker", "build", "-"], env, stdin=text)
    assert built.code
    assert re.search(
        r"older/nobody:1 not found|flag value nobody: (Get|pull access denied)", built.err
    )
    with pytest.raises(DockerfileError, match="the classic builder"):
        parse(text)
