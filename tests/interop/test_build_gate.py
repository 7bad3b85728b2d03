"""Builds by BuildKit from what `gate dockerfile` checked: what is signed is what is built."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contenttrust.gate.dockerfile.contexts import key_of
from interop import built_parts, parts
from interop.alternating_registry import AlternatingRegistry
from interop.builder import Builder, running
from interop.environment import client_env, docker_config
from interop.images import Image, Registry, image, sha256
from interop.processes import Ran
from interop.publisher import PASSPHRASES
from interop.trust_stack import TrustStack
from interop.trust_stack import running as stack_running

_PROGRAM = Path(sys.executable).parent / "contenttrust"


@pytest.fixture(scope="module")
def stack() -> Iterator[TrustStack]:
    """A registry and a trust server."""
    parts.want_servers()
    with stack_running() as stack:
        yield stack


@pytest.fixture(scope="module")
def builder() -> Iterator[Builder]:
    """A BuildKit."""
    with running() as builder:
        yield builder


class Gate:
    """Our command, at home where images are signed."""

    def __init__(self, folder: Path, stack: TrustStack) -> None:
        folder.mkdir()
        self.folder = folder
        self.stack = stack
        config = docker_config(folder / "docker", stack, stack)
        self.env = {**client_env(config, stack, stack.url), **PASSPHRASES}
        self._registry = Registry(stack.registry)

    def run(self, *arguments: str, stdin: bytes = b"", **env: str) -> tuple[Ran, bytes]:
        """Run it; what it wrote is given as bytes, too."""
        command = [str(_PROGRAM), *arguments]
        env = {**self.env, **env}
        done = subprocess.run(
            command, check=False, capture_output=True, env=env, input=stdin, timeout=60
        )
        out = done.stdout.decode(errors="replace")
        return Ran(command, done.returncode, out, done.stderr.decode()), done.stdout

    def push(self, name: str, label: str, *, signed: bool = True, host: str = "") -> str:
        """Upload an image, and sign it under the name that it has at a host."""
        repository, _, tag = name.partition(":")
        self._registry.push(repository, image(label), tag=tag)
        full = f"{host or self.stack.registry}/{name}"
        if signed:
            self.run("sign", full)[0].succeeded()
        return full

    def checked(self, dockerfile: bytes, *options: str) -> bytes:
        """The Dockerfile, pinned."""
        ran, out = self.run("gate", "dockerfile", "--write", *options, "-", stdin=dockerfile)
        ran.succeeded()
        return out


@pytest.fixture
def gate(place: Callable[[str], Path], stack: TrustStack) -> Gate:
    """The command with keys and a memory of its own."""
    return Gate(place("gate"), stack)


def test_t099_a_signed_base_is_built_by_its_signed_digest(gate: Gate, builder: Builder) -> None:
    name = gate.push("build/signed:1", "signed one")
    other = gate.push("build/other:2", "signed other")
    dockerfile = (
        "# FROM a comment\r\n"
        f"ARG NAME={name.rpartition(':')[0]}\n"
        "from ${NAME}:1 AS Base\n"
        "COPY <<FILE /dockerfile\nFROM nothing that is an image\nFILE\n"
        f"COPY --from={other} /label /other\n"
        "FROM base\n"
    ).encode()
    pinned = gate.checked(dockerfile)

    digest = image("signed one").digest
    expected = dockerfile.replace(b"${NAME}:1", f"{name.rpartition(':')[0]}@{digest}".encode())
    other_pinned = f"{other.rpartition(':')[0]}@{image('signed other').digest}"
    assert pinned == expected.replace(other.encode(), other_pinned.encode())
    ran, files = builder.build(pinned)
    ran.succeeded()
    assert files == {
        "label": "signed one",
        "other": "signed other",
        "dockerfile": "FROM nothing that is an image",
    }
    assert digest in ran.err


@pytest.mark.parametrize(
    "line", ["FROM {}", "FROM scratch\nCOPY --from={} /label /x", "# syntax={}\nFROM scratch"]
)
def test_t098_an_unsigned_image_is_refused_wherever_it_stands(gate: Gate, line: str) -> None:
    name = gate.push("build/unsigned:1", "unsigned", signed=False)
    dockerfile = line.format(name).encode()
    ran, out = gate.run("gate", "dockerfile", "--write", "-", stdin=dockerfile)
    assert (ran.code, out) == (1, b"")
    assert f"refused: -:{dockerfile[: dockerfile.index(name.encode())].count(10) + 1}:" in ran.err
    assert "does not have trust data for" in ran.err or "no trust data" in ran.err.lower()


def test_t099_a_registry_that_swaps_the_tag_never_wins(gate: Gate, builder: Builder) -> None:
    with AlternatingRegistry(gate.stack.registry).running() as liar:
        name = gate.push("build/swapped:1", "signed swapped", host=liar.host)
        gate.push("build/swapped:evil", "evil", signed=False)
        evil, good = image("evil").digest, image("signed swapped").digest
        liar.alternate("build/swapped", "1", evil, good)
        dockerfile = f"FROM {name}\n".encode()

        ran, files = builder.build(dockerfile)
        ran.succeeded()
        assert files == {"label": "evil"}  # what happens without the gate
        for _ in range(3):
            ran, files = builder.build(gate.checked(dockerfile))
            ran.succeeded()
            assert files == {"label": "signed swapped"}


def test_t098_a_named_context_is_checked_and_takes_the_place_of_names(
    gate: Gate, builder: Builder
) -> None:
    name = gate.push("build/context:1", "signed context")
    nowhere = f"{gate.stack.registry}/build/nowhere"
    dockerfile = (
        f"FROM {nowhere}:9 AS Base\nRUN never\nFROM base\nCOPY --from={nowhere}:1 /label /copied\n"
    ).encode()
    contexts = {"base": name, f"{nowhere}:1": name}
    given = [f"--build-context={key}=docker-image://{value}" for key, value in contexts.items()]

    ran, out = gate.run("gate", "dockerfile", "-o", "json", *given, "-", stdin=dockerfile)
    ran.succeeded()
    results = json.loads(out)["results"]
    assert [result["what"] for result in results] == [f"--build-context {key}" for key in contexts]
    pins = [result["decision"]["pinned"] for result in results]
    assert set(pins) == {f"{name.rpartition(':')[0]}@{image('signed context').digest}"}
    assert gate.checked(dockerfile, *given) == dockerfile

    options = [f"--build-context={key}=docker-image://{pins[0]}" for key in contexts]
    ran, files = builder.build(dockerfile, *options)
    ran.succeeded()  # nobody asked for what is nowhere
    assert files == {"label": "signed context", "copied": "signed context"}


def test_t098_an_unsigned_context_is_refused(gate: Gate) -> None:
    name = gate.push("build/unsigned:1", "unsigned", signed=False)
    option = f"--build-context=base=docker-image://{name}"
    ran, _ = gate.run("gate", "dockerfile", option, "-", stdin=b"FROM base\n")
    assert ran.code == 1
    assert name in ran.err


def test_t100_what_was_checked_is_built_whatever_the_file_is_by_then(
    gate: Gate, builder: Builder
) -> None:
    name = gate.push("build/raced:1", "signed raced")
    evil = gate.push("build/raced-evil:1", "evil", signed=False)
    file, link = gate.folder / "one", gate.folder / "Dockerfile"
    file.write_text(f"FROM {name}\n")
    link.symlink_to(file)
    with link.open("rb") as opened:
        pinned = gate.checked(opened.read())
    other = gate.folder / "two"
    other.write_text(f"FROM {evil}\n")
    link.unlink()
    link.symlink_to(other)

    ran, files = builder.build(pinned)
    ran.succeeded()
    assert files == {"label": "signed raced"}
    assert gate.run("gate", "dockerfile", str(link))[0].code == 1
    assert file.read_text() == f"FROM {name}\n"  # on disk nothing has changed


def test_t099_written_files_build_and_their_lock_holds_the_next_day(
    gate: Gate, builder: Builder
) -> None:
    name = gate.push("build/locked:1", "signed today")
    file, lock = gate.folder / "Dockerfile", gate.folder / "trust.lock"
    file.write_text(f"FROM {name}\n")
    gate.run("gate", "dockerfile", "--lock", str(lock), str(file))[0].succeeded()
    assert file.read_text() == f"FROM {name}\n"

    gate.push("build/locked:1", "signed tomorrow")
    refused, _ = gate.run("gate", "dockerfile", "--lock", str(lock), "--locked", str(file))
    assert refused.code == 1
    assert image("signed today").digest in refused.err

    gate.run("gate", "dockerfile", "--write", str(file))[0].succeeded()
    ran, files = builder.build(file.read_bytes())
    ran.succeeded()
    assert files == {"label": "signed tomorrow"}


def with_trigger(label: str, trigger: str) -> Image:
    """An image with an instruction for builds that begin with it."""
    plain = image(label)
    config = json.loads(plain.blobs[0])
    config["config"]["OnBuild"] = [trigger]
    blob = json.dumps(config).encode()
    manifest = json.loads(plain.manifest)
    manifest["config"] |= {"size": len(blob), "digest": sha256(blob)}
    return Image(json.dumps(manifest).encode(), (blob, *plain.blobs[1:]))


def signed_base(gate: Gate, name: str, trigger: str) -> str:
    """A signed image with a trigger, in the registry."""
    repository, _, tag = name.partition(":")
    base = f"{gate.stack.registry}/{name}"
    Registry(gate.stack.registry).push(repository, with_trigger(name, trigger), tag=tag)
    gate.run("sign", base)[0].succeeded()
    return base


def test_t098_what_a_trigger_names_is_refused_until_a_context_pins_it(
    gate: Gate, builder: Builder
) -> None:
    tool = gate.push("build/trigger:1", "signed tool")
    base = signed_base(gate, "build/onbuild:1", f"COPY --from={tool} /label /copied")
    dockerfile = f"FROM {base}\n".encode()
    gate.push("build/trigger:1", "evil", signed=False)
    ran, files = builder.build(dockerfile)
    ran.succeeded()
    assert files["copied"] == "evil"  # what happens without the gate

    ran, out = gate.run("gate", "dockerfile", "--write", "-", stdin=dockerfile)
    assert (ran.code, out) == (1, b"")
    pinned = f"{tool.rpartition(':')[0]}@{image('signed tool').digest}"
    option = f"--build-context={tool}=docker-image://{pinned}"
    assert f"say {option.replace('=', ' ', 1)} here and to the build\n" in ran.err
    ran, files = builder.build(gate.checked(dockerfile, option), option)
    ran.succeeded()
    assert files == {"label": "build/onbuild:1", "copied": "signed tool"}


def test_t098_an_unsigned_image_of_a_trigger_is_refused(gate: Gate) -> None:
    unsigned = gate.push("build/untrusted:1", "unsigned", signed=False)
    base = signed_base(gate, "build/bad:1", f"RUN --mount=from={unsigned},target=/x true")
    ran, _ = gate.run("gate", "dockerfile", "-", stdin=f"FROM scratch\nFROM {base}\n".encode())
    assert ran.code == 1
    assert f"refused: -:2: {unsigned}: " in ran.err


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("tool:1", "tool:1"),
        ("tool", "tool"),
        ("tool:latest", "tool"),
        ("docker.io/library/tool:1", "tool:1"),
        ("docker.io/team/tool", "team/tool"),
        ("example.com/tool:latest", "example.com/tool"),
    ],
)
def test_the_form_of_a_name_by_which_we_pin_it_is_the_one_that_buildkit_finds(
    gate: Gate, builder: Builder, written: str, key: str
) -> None:
    """Nobody here could be asked for these names."""
    assert key_of(written) == key
    tool = gate.push("build/found:1", "signed tool", signed=False)
    made = with_trigger("base", f"COPY --from={written} /label /copied")
    Registry(gate.stack.registry).push("build/forms", made, tag="1")
    option = f"--build-context={key}=docker-image://{tool}"
    base = f"{gate.stack.registry}/build/forms:1"
    ran, files = builder.build(f"FROM {base}\n".encode(), option)
    ran.succeeded()
    assert files == {"label": "base", "copied": "signed tool"}


def test_t098_a_build_behind_docker_pins_what_triggers_name(gate: Gate, builder: Builder) -> None:
    program = parts.docker()
    if program is None:
        parts.skip("no docker client")
    plugins = Path(gate.env["DOCKER_CONFIG"], "cli-plugins")
    plugins.mkdir()
    plugins.joinpath("docker-buildx").symlink_to(built_parts.buildx())
    env = {"CONTENTTRUST_DOCKER": program, "BUILDX_CONFIG": builder.config}
    tool = gate.push("build/behind-tool:1", "signed tool")
    base = signed_base(gate, "build/behind:1", f"COPY --from={tool} /label /copied")
    gate.push("build/behind-tool:1", "evil", signed=False)
    gate.folder.joinpath("context").mkdir()
    gate.folder.joinpath("context", "Dockerfile").write_text(f"FROM {base}\n")

    def build(name: str) -> Ran:
        out = gate.folder / name
        words = ("--builder", "interop", "--no-cache", "--output", f"type=local,dest={out}")
        return gate.run("docker", "--", "buildx", "build", *words, str(gate.folder / "context"),
                        **env)[0]  # fmt: skip

    build("one").succeeded()
    assert gate.folder.joinpath("one", "copied").read_text() == "signed tool\n"
    unsigned = gate.push("build/behind-bad:1", "unsigned", signed=False)
    signed_base(gate, "build/behind:1", f"COPY --from={unsigned} /label /copied")
    refused = build("two")
    assert refused.code == 125
    assert f"ONBUILD COPY --from of {base}: {unsigned}" in refused.err
    assert not gate.folder.joinpath("two").exists()


def test_the_classic_builder_is_told_from_buildkit(gate: Gate) -> None:
    program = parts.docker()
    if program is None:
        parts.skip("no docker client")
    plugins = Path(gate.env["DOCKER_CONFIG"], "cli-plugins")
    plugins.mkdir()
    plugins.joinpath("docker-buildx").symlink_to(built_parts.buildx())
    tool = gate.push("build/classic-tool:1", "signed tool")
    base = signed_base(gate, "build/classic:1", f"COPY --from={tool} /label /copied")
    gate.folder.joinpath("Dockerfile").write_text(f"FROM {base}\n")
    told = {}
    for buildkit in ("0", "1"):
        env = {"CONTENTTRUST_DOCKER": program, "DOCKER_BUILDKIT": buildkit}
        told[buildkit] = gate.run("docker", "--", "build", str(gate.folder), **env)[0]
    assert told["0"].code == 125
    assert "this builder has no named contexts to pin them by" in told["0"].err
    assert "named contexts" not in told["1"].err  # whatever else: there may be no daemon
