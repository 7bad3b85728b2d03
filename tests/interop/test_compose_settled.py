"""What the gate wrote holds where variables mean something else, and for docker stack (t099)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from interop.composed import WAYS, Composed
from interop.trust_stack import TrustStack


@pytest.fixture
def compose(docker_stack: TrustStack, place: Callable[[str], Path]) -> Iterator[Composed]:
    """A project that this test has for itself."""
    made = Composed(place("composed-settled"), docker_stack)
    yield made
    made.down()


class Images:
    """Of one repository: the signed one by its digest, and one without a signature."""

    def __init__(self, compose: Composed) -> None:
        """Upload both, and sign one."""
        path = f"composed/{compose.folder.name}"
        name = f"{compose.docker.stack.registry}/{path}"
        signed = compose.docker.upload(path, f"{path} signed", tag="1.0")
        compose.docker.sign(f"{name}:1.0")
        compose.docker.upload(path, f"{path} unsigned", tag="unsigned")
        self.pin, self.signed, self.evil = (
            f"{name}@{signed.digest}",
            f"{name}:1.0",
            f"{name}:unsigned",
        )
        self.said = f"{path} signed\n"


@pytest.fixture
def images(compose: Composed) -> Images:
    """The images of this test."""
    return Images(compose)


def of_stack(compose: Composed) -> str:
    """The image that `docker stack` reads from the file."""
    file = str(compose.folder / "compose.yaml")
    read = compose.docker.plain("stack", "config", "--compose-file", file).out
    [line] = [line for line in read.splitlines() if "image:" in line]
    return line.partition("image: ")[2]


def of_compose(compose: Composed) -> dict[str, dict]:
    """The services that docker compose reads from the files."""
    read = json.loads(compose("config", "--format=json").succeeded().out)
    found: dict[str, dict] = read["services"]
    return found


def test_t099_a_second_document_does_not_hide_the_one_that_docker_stack_deploys(
    compose: Composed, images: Images
) -> None:
    text = f"services: {{web: {{image: {images.evil}}}}}\n---\n"
    text += f"services: {{web: {{image: {images.signed}}}}}\n"
    compose.folder.joinpath("compose.yaml").write_text(text)
    compose.files = ["--file=compose.yaml"]
    assert of_compose(compose)["web"]["image"] == images.signed
    assert of_stack(compose) == images.evil

    refused = compose.gate("compose", "--strict", "--write", "compose.yaml")
    assert refused.code == 1
    assert "refused: compose.yaml:3:1: a second document: docker stack deploy reads" in refused.err
    assert compose.folder.joinpath("compose.yaml").read_text() == text
    assert compose.pin("--override-out").code == 0
    assert of_compose(compose)["web"]["image"] == images.pin


def test_t099_an_empty_image_does_not_hide_the_one_that_docker_stack_deploys(
    compose: Composed, images: Images
) -> None:
    compose.write(images.evil, "    build: .")
    compose.folder.joinpath("Dockerfile").write_text("FROM scratch\n")
    compose.folder.joinpath("second.yaml").write_text("services: {web: {image: ''}}\n")
    names = ["compose.yaml", "second.yaml"]
    compose.files = [f"--file={name}" for name in names]
    assert "image" not in of_compose(compose)["web"]
    files = [f"--compose-file={compose.folder / name}" for name in names]
    folder = compose.folder
    (folder / "compose.yaml").write_text(f"services: {{web: {{image: {images.evil}, build: .}}}}\n")
    assert images.evil in compose.docker.plain("stack", "config", *files).out

    refused = compose.gate("compose", "--write", *names)
    assert refused.code == 1
    assert "refused: second.yaml:1:25: the image is empty here" in refused.err


def test_t099_a_variable_of_the_file_env_hides_no_default_from_docker_stack(
    compose: Composed, images: Images
) -> None:
    text = f"services: {{web: {{image: '${{IMG:-{images.evil}}}'}}}}\n"
    compose.folder.joinpath("compose.yaml").write_text(text)
    compose.folder.joinpath(".env").write_text(f"IMG={images.pin}\n")
    assert of_stack(compose) == images.evil

    refused = compose.gate("compose", "--write", "compose.yaml")
    assert (refused.code, "--override-out pins it" in refused.err) == (1, True)
    assert compose.folder.joinpath("compose.yaml").read_text() == text
    compose.write(images.pin)
    compose.pin("--write").succeeded()
    assert images.pin in compose.folder.joinpath("compose.yaml").read_text()


def test_t099_the_override_holds_in_a_shell_without_the_variable(
    compose: Composed, images: Images
) -> None:
    compose.write(f"'${{IMG:-{images.evil}}}'")
    compose.env["IMG"] = images.pin
    compose.pin("--override-out").succeeded()
    del compose.env["IMG"]

    compose("pull").succeeded()
    assert compose("run", "--rm", "web").succeeded().out == images.said
    assert compose.docker.has(images.pin)
    assert not compose.docker.has(images.evil)


def test_what_the_override_writes_in_place_of_variables_is_what_docker_compose_reads(
    compose: Composed, images: Images
) -> None:
    folder = compose.folder
    for name in ("evil", "good"):
        folder.joinpath(name).mkdir()
        text = f"ARG BASE={images.evil}\nFROM ${{BASE}} AS right\nFROM {images.evil}\n"
        folder.joinpath(name, "File").write_text(text)
    compose.write(
        "mine:1",
        *f"""\
    pull_policy: ${{POLICY:-always}}
    platform: ${{PLATFORM:-linux/arm64}}
    build:
      context: ${{CONTEXT:-evil}}
      dockerfile: ${{DOCKERFILE:-Other}}
      target: ${{TARGET-}}
      sbom: ${{SBOM:-generator={images.evil}}}
      args: ['BASE=${{BASE:-{images.evil}}}', 'TOKEN=${{TOKEN:-none}}']
      additional_contexts: ['folder=${{FOLDER:-docker-image://{images.evil}}}']
    volumes:
    - {{type: image, source: '${{VOLUME:-{images.evil}}}', target: //a/../data/}}
  empty:
    build:
      context: evil
      dockerfile_inline: FROM {images.pin}
      target: ${{NONE-}}
      provenance: ${{NONE-}}
""".splitlines(),
    )
    given = {
        "POLICY": "build", "PLATFORM": "linux/amd64", "CONTEXT": "./good", "DOCKERFILE": "File",
        "TARGET": "right", "SBOM": f"generator={images.pin}", "BASE": images.signed,
        "FOLDER": "./good", "VOLUME": images.signed, "TOKEN": "secret",
    }  # fmt: skip
    compose.env |= given
    compose.pin("--override-out").succeeded()
    assert "secret" not in folder.joinpath("trust.yaml").read_text()
    before = of_compose(compose)
    for name in given:
        del compose.env[name]
    compose.env |= {"TARGET": "", "NONE": "evil"}

    web = before["web"]
    web["build"]["args"]["TOKEN"] = "none"  # not what names of images rest on
    assert of_compose(compose) == before
    assert web["build"]["additional_contexts"][images.signed] == f"docker-image://{images.pin}"
    assert [(one["source"], one["target"]) for one in web["volumes"]] == [(images.pin, "/data")]


@pytest.mark.parametrize("way", WAYS)
def test_an_image_beside_a_provider_is_pulled_by_its_digest_or_refused(
    compose: Composed, images: Images, way: str
) -> None:
    provider = "    provider: {type: model}"
    compose.write(images.evil, provider)
    refused = compose.pin(way)
    assert (refused.code, f"{images.evil}: " in refused.err) == (1, True)
    compose.files = ["--file=compose.yaml"]
    compose("pull").succeeded()
    assert compose.docker.has(images.evil)  # what happens without the gate

    compose.write(images.signed, provider)
    compose.pin(way).succeeded()
    compose("pull").succeeded()
    assert compose.docker.has(images.pin)
    assert not compose.docker.has(images.signed)


@pytest.mark.parametrize("bring", ["extends: {file: base.yaml, service: web}", "include"])
@pytest.mark.parametrize(
    ("service", "name", "elsewhere", "ways"),
    [
        ("image: '${IMG:-}'\n    build: .", "IMG", "EVIL", WAYS),
        ("build: {context: ., args: [BUILDKIT_SYNTAX]}", "BUILDKIT_SYNTAX", "EVIL", WAYS[:1]),
        ("build: {context: ., args: ['${ARG:-A=1}']}", "ARG", "BUILDKIT_SYNTAX=EVIL", WAYS[:1]),
        ("build: {context: ., args: ['${ARG-}']}", "ARG", "BUILDKIT_SYNTAX=EVIL", WAYS[:1]),
        ("build: {context: ., platforms: ['${P:-linux/amd64}']}", "P", "linux/arm64", WAYS[:1]),
        ("extends: {file: '${F:-one.yaml}', service: web}", "F", "two.yaml", WAYS),
        (
            "image: GOOD\n    volumes: [{type: image, source: EVIL, target: '${T:-/a}'}]",
            "T", "/b", WAYS,
        ),
    ],
    ids=["image", "front end", "argument", "whole argument", "platform", "file", "target"],
)  # fmt: skip
def test_t099_what_variables_of_files_that_others_bring_make_elsewhere_is_refused(  # noqa: PLR0917
    compose: Composed, images: Images, bring: str, service: str, name: str, elsewhere: str, ways
) -> None:
    def named(text: str) -> str:
        return text.replace("EVIL", images.evil).replace("GOOD", images.signed)

    folder = compose.folder
    folder.joinpath("Dockerfile").write_text(f"FROM {images.signed}\n")
    for file, image in (("one", images.signed), ("two", images.evil)):
        folder.joinpath(f"{file}.yaml").write_text(f"services: {{web: {{image: {image}}}}}\n")
    # What docker compose reads where variables have no values.
    folder.joinpath("${F:-one.yaml}").write_text("services: {web: {}}\n")
    folder.joinpath("base.yaml").write_text(f"services:\n  web:\n    {named(service)}\n")
    text = "include: [base.yaml]\n"
    text = text if bring == "include" else f"services: {{web: {{{bring}}}}}\n"
    folder.joinpath("compose.yaml").write_text(text)
    compose.files = ["--file=compose.yaml"]
    before = of_compose(compose)
    compose.env[name] = named(elsewhere)
    assert of_compose(compose) != before
    del compose.env[name]

    place = "base.yaml:3:" if name == "F" else "compose.yaml:1:"
    for way in ways:
        refused = compose.pin(way)
        assert (refused.code, f"refused: {place}" in refused.err) == (1, True), refused.err
    assert not folder.joinpath("trust.yaml").exists()


def test_arguments_of_platforms_are_left_to_builders_where_a_file_is_brought(
    compose: Composed, images: Images
) -> None:
    folder = compose.folder
    text = f"FROM {images.signed} AS of-amd64\nFROM of-$TARGETARCH\n"
    folder.joinpath("Dockerfile").write_text(text)
    base = "services: {web: {build: {context: ., ARGS}, platform: linux/amd64}}\n"
    folder.joinpath("compose.yaml").write_text("include: [base.yaml]\n")
    folder.joinpath("base.yaml").write_text(base.replace("ARGS", "args: [TARGETARCH]"))
    compose.files = ["--file=compose.yaml"]
    refused = compose.pin("--override-out")
    assert (refused.code, "in args of web" in refused.err) == (1, True)

    folder.joinpath("base.yaml").write_text(base.replace("ARGS", "pull: '${P:-false}'"))
    compose.pin("--override-out").succeeded()
    compose.env["P"] = "true"
    build = of_compose(compose)["web"]["build"]
    assert ("args" in build, "pull" in build) == (False, False)
    assert build["additional_contexts"] == {images.signed: f"docker-image://{images.pin}"}
