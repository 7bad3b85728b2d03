"""Triggers of base images in `docker build`: what they name is verified, pinned, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from contenttrust.gate.check import Gate
from contenttrust.gate.docker import build, flags, grammar
from contenttrust.gate.docker.call import Call
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.policy.rules import Default, Policy, Rule
from contenttrust.policy.settings import DockerSettings
from contenttrust.transport.source import MappingSource
from kept_bases import KeptBases
from noting_docker import WEB, KeptDocker, MakeCall, Noting
from servers import HttpsServer
from servers.answers import status
from servers.registry import (
    blob_path_of,
    configuration,
    digest_of,
    image,
    name_of,
    push,
    push_for_platforms,
    push_with_triggers,
    signed_meta,
)
from simulator.repository import NOW, Repository
from simulator.roles import digest_of as signed_digest
from simulator.roles import image as signed_image

ONE = f"{WEB}@{signed_digest('one')}"
TWO = f"{WEB}@{signed_digest('two')}"
CLASSIC = {"ENDS": "125", "ENDS_WITH": "--help"}
"""A docker whose builder has no named contexts."""
PINNED = f"--build-context={WEB}:2.0=docker-image://{TWO}"


pytestmark = pytest.mark.usefixtures("context")


def built(noting: Noting) -> list[str]:
    """The arguments of the build itself."""
    [words] = [each for each in noting.started if "build" in each and "--help" not in each]
    return words


def refused(call: Call, noting: Noting) -> tuple[str, ...]:
    """Why a build is, which docker knows nothing of."""
    with pytest.raises(RefusedError) as caught:
        build.run(call)
    assert [words for words in noting.started if "--help" not in words] == []
    return caught.value.lines


@pytest.mark.parametrize(
    "trigger", [f"COPY --from={WEB}:2.0 / /", f"RUN --mount=from={WEB}:2.0 true"]
)
@pytest.mark.parametrize("form", ["build", "buildx build"])
def test_t098_what_a_trigger_names_is_pinned_by_a_context(
    call: MakeCall, noting: Noting, bases: KeptBases, trigger: str, form: str
) -> None:
    bases.kept[ONE] = (trigger, "COPY . .")
    made = call("build", ".")
    object.__setattr__(made, "words", form.split())
    assert build.run(made) == 0
    assert PINNED in built(noting)
    asked = [*form.split(), "--build-context=none=docker-image://scratch", "--help"]
    assert noting.started[0] == asked


@pytest.mark.parametrize(
    "trigger", [f"COPY --from={WEB}:9 / /", f"RUN --mount=from={WEB}:9,target=/x true"]
)
def test_t098_an_unsigned_image_of_a_trigger_is_a_refusal(
    call: MakeCall, noting: Noting, bases: KeptBases, trigger: str
) -> None:
    bases.kept[ONE] = (trigger,)
    lines = refused(call("build", "."), noting)
    assert lines[0].startswith("No valid trust data for 9")
    what = "ONBUILD COPY --from" if "COPY" in trigger else "ONBUILD RUN --mount"
    assert lines[-1] == f"Dockerfile:1: {what} of {WEB}:1.0: {WEB}:9"


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ("COPY --from=$X / /", "takes no variables"),
        ("NOTHING", "is no instruction"),
        ("COPY --from=last / /", "names this stage or a later one"),
    ],
)
def test_t098_a_trigger_in_doubt_is_a_refusal(
    call: MakeCall, context: Path, noting: Noting, bases: KeptBases, *, trigger: str, words: str
) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0 AS web\nFROM web AS last\n")
    bases.kept[ONE] = (trigger,)
    [line] = refused(call("build", "."), noting)
    assert line.startswith(f"Dockerfile:1: what the triggers (ONBUILD) of {WEB}:1.0 bring is not ")
    assert words in line


def test_a_builder_without_named_contexts_is_refused(
    call: MakeCall, noting: Noting, bases: KeptBases
) -> None:
    bases.kept[ONE] = (f"COPY --from={WEB}:2.0 / /",)
    [line] = refused(call("build", ".", ENDS="125"), noting)
    assert f"use {WEB}:2.0, and this builder has no named contexts to pin them by" in line


@pytest.mark.parametrize(
    "trigger", [f"COPY --from={TWO} / /", "COPY --from=scratch / /", "RUN echo", "COPY . ."]
)
def test_a_trigger_that_needs_no_pin_is_for_every_builder(
    call: MakeCall, noting: Noting, bases: KeptBases, trigger: str
) -> None:
    bases.kept[ONE] = (trigger,)
    assert build.run(call("build", ".")) == 0
    assert noting.started[0] == built(noting)
    assert not any(word.startswith("--build-context") for word in built(noting))


def test_a_digest_that_is_not_signed_is_a_refusal(
    call: MakeCall, noting: Noting, bases: KeptBases
) -> None:
    bases.kept[ONE] = (f"COPY --from={WEB}@{signed_digest('other')} / /",)
    assert refused(call("build", "."), noting)


def test_only_what_begins_a_stage_has_triggers(
    call: MakeCall, context: Path, noting: Noting, bases: KeptBases
) -> None:
    context.joinpath("Dockerfile").write_text(
        f"FROM {WEB}:1.0 AS web\nFROM web\nCOPY --from={WEB}:2.0 / /\nFROM scratch\n"
    )
    assert build.run(call("build", ".")) == 0
    assert bases.asked == [ONE]


def test_a_context_that_begins_a_stage_has_triggers_too(
    call: MakeCall, context: Path, noting: Noting, bases: KeptBases
) -> None:
    context.joinpath("Dockerfile").write_text("FROM base\n")
    bases.kept[ONE] = (f"COPY --from={WEB}:9 / /",)
    words = f"--build-context=base=docker-image://{WEB}:1.0"
    assert refused(call("build", words, "."), noting)[0].startswith("No valid trust data for 9")
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:2.0\nCOPY --from=base / /\n")
    assert build.run(call("build", words, ".")) == 0


def test_a_context_is_built_upon_as_it_was_decided(
    call: MakeCall, context: Path, noting: Noting, bases: KeptBases, trust_dir: Path
) -> None:
    """A trust server gives the tag another digest whenever it is asked."""

    def moved() -> Iterator[Mapping[str, bytes]]:
        repository = Repository(WEB)
        for number in range(9):
            repository.targets["1.0"] = signed_image(f"number {number}")
            yield repository.publish()
            repository.advance("targets")

    answers = moved()
    context.joinpath("Dockerfile").write_text("FROM base\nFROM base AS again\n")
    made = call("build", f"--build-context=base=docker-image://{WEB}:1.0", ".")
    gate = Gate(Policy.docker_content_trust(), env={}, trust_dir=trust_dir, now=NOW, bases=bases,
                source=lambda _: MappingSource(next(answers)))  # fmt: skip
    object.__setattr__(made, "gate", gate)
    assert build.run(made) == 0
    [flag] = [word for word in built(noting) if word.startswith("--build-context")]
    assert (
        bases.asked == [flag.rpartition("//")[2]] * 2 == [f"{WEB}@{signed_digest('number 0')}"] * 2
    )


def test_a_context_of_the_command_line_takes_the_place_of_what_a_trigger_names(
    call: MakeCall, noting: Noting, bases: KeptBases
) -> None:
    bases.kept[ONE] = ("COPY --from=b / /",)
    assert build.run(call("build", f"--build-context=b=docker-image://{WEB}:2.0", ".")) == 0
    contexts = [word for word in built(noting) if word.startswith("--build-context")]
    assert contexts == [f"--build-context=b=docker-image://{TWO}"]


def test_what_is_unknown_where_the_policy_only_watches_is_told(
    call: MakeCall, noting: Noting, bases: KeptBases, capfd: pytest.CaptureFixture[str]
) -> None:
    bases.kept[ONE] = ("NOTHING",)
    pin = Policy.docker_content_trust().implied_pin
    for settings in (DockerSettings(), DockerSettings(uncovered="refuse")):
        watching = Policy(rules=(Rule("**", mode="warn"),), docker=settings, implied_pin=pin)
        made = call("build", ".", policy=watching)
        if settings.uncovered == "refuse":
            assert "bring is not known" in refused(made, noting)[0]
            continue
        assert build.run(made) == 0
        told = capfd.readouterr().err
        assert f"Dockerfile:1: what the triggers (ONBUILD) of {WEB}:1.0 bring is not known" in told
        noting.notes.unlink()


def test_a_signed_base_is_not_held_to_more_than_an_unsigned_one(
    call: MakeCall, bases: KeptBases, capfd: pytest.CaptureFixture[str]
) -> None:
    bases.kept[ONE] = ("NOTHING",)
    pin = Policy.docker_content_trust().implied_pin
    lenient = Policy(default=Default("warn"), docker=DockerSettings(), implied_pin=pin)
    assert build.run(call("build", ".", policy=lenient)) == 0
    assert "bring is not known" in capfd.readouterr().err


def test_what_a_trigger_fetches_is_told(
    call: MakeCall, bases: KeptBases, capfd: pytest.CaptureFixture[str]
) -> None:
    bases.kept[ONE] = ("ADD https://example.com/x /x",)
    assert build.run(call("build", ".")) == 0
    told = f"Dockerfile:1: a trigger (ONBUILD) of {WEB}:1.0: ADD fetches https://example.com/x"
    assert told in capfd.readouterr().err


def test_what_is_let_through_without_a_signature_is_not_looked_into(
    call: MakeCall, context: Path, bases: KeptBases
) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:9\nFROM localhost/mine\n")
    rules = (Rule("registry.example.com/**", mode="warn"), Rule("localhost/**", local_build=True))
    pin = Policy.docker_content_trust().implied_pin
    assert build.run(call("build", ".", policy=Policy(rules=rules, implied_pin=pin))) == 0
    assert bases.asked == []


class Signed:
    """A registry of this machine, in whose one repository some images are signed."""

    def __init__(self, server: HttpsServer, noting: Noting, trust_dir: Path) -> None:
        self.server = server
        self.repository = Repository(name_of(server, ""))
        self.others: dict[str, Repository] = {}
        self._noting = noting
        self._trust_dir = trust_dir

    def sign(self, tag: str, digest: str) -> str:
        """The name of an image, signed."""
        self.repository.targets[tag] = signed_meta(digest)
        return name_of(self.server, f":{tag}")

    def call(self, *words: str, without_registry: bool = False, **env: str) -> Call:
        known = {self.repository.gun: self.repository, **self.others}
        files = {gun: repository.publish() for gun, repository in known.items()}
        env = {"PATH": "/usr/bin:/bin", "NOTES": str(self._noting.notes), **env}
        gate = Gate(Policy.docker_content_trust(), env=env, trust_dir=self._trust_dir, now=NOW,
                    source=lambda gun: MappingSource(files[gun]),
                    without_registry=without_registry)  # fmt: skip
        docker = KeptDocker(str(self._noting.path), [], env)
        line = grammar.parse(words, flags.BUILD)
        return Call(name="build", words=["build"], line=line, docker=docker, gate=gate, env=env)


@pytest.fixture
def signed(server: HttpsServer, noting: Noting, trust_dir: Path) -> Signed:
    return Signed(server, noting, trust_dir)


def test_t098_the_registry_of_the_base_tells_its_triggers(
    signed: Signed, context: Path, noting: Noting
) -> None:
    tool = signed.sign("tool", push(signed.server, image("tool"), tag=None))
    base = signed.sign("base", push_with_triggers(signed.server, f"COPY --from={tool} / /"))
    context.joinpath("Dockerfile").write_text(f"FROM {base}\n")
    assert build.run(signed.call(".")) == 0
    pinned = name_of(signed.server, f"@{digest_of(image('tool'))}")
    assert f"--build-context={tool}=docker-image://{pinned}" in built(noting)

    push_with_triggers(signed.server, f"COPY --from={tool} / /", "RUN more")
    noting.notes.unlink()
    unsigned = name_of(signed.server, ":other")
    signed.sign("base", push_with_triggers(signed.server, f"COPY --from={unsigned} / /"))
    assert f": {unsigned}" in refused(signed.call("."), noting)[-1]


def test_docker_is_asked_once_what_is_built_for(
    signed: Signed, context: Path, noting: Noting
) -> None:
    one = signed.sign("one", push_for_platforms(signed.server, amd64="RUN a", arm64="NOTHING"))
    two = signed.sign("two", push_for_platforms(signed.server, amd64="RUN b", arm64="NOTHING"))
    context.joinpath("Dockerfile").write_text(f"FROM {one}\nFROM {two}\n")
    assert build.run(signed.call(".", PRINTS="linux/amd64\n")) == 0
    assert [words[0] for words in noting.started].count("version") == 1


def test_a_pin_that_would_replace_a_stage_is_refused(
    signed: Signed, context: Path, noting: Noting
) -> None:
    mine = Repository("docker.io/library/mine")
    mine.targets["latest"] = signed_image("mine")
    signed.others[mine.gun] = mine
    base = signed.sign("base", push_with_triggers(signed.server, "COPY --from=mine:latest / /"))
    context.joinpath("Dockerfile").write_text(f"FROM {base}\nFROM scratch AS Mine\n")
    lines = refused(signed.call("."), noting)
    assert lines[0].startswith("mine:latest cannot be pinned, because a stage is named mine")
    assert lines[-1] == f"Dockerfile:1: ONBUILD COPY --from of {base}: mine:latest"
    context.joinpath("Dockerfile").write_text(f"FROM {base}\nFROM scratch AS other\n")
    assert build.run(signed.call(".")) == 0
    pinned = f"mine@{signed_digest('mine')}"
    assert f"--build-context=mine=docker-image://{pinned}" in built(noting)


def test_a_registry_that_does_not_tell_is_a_refusal(
    signed: Signed, context: Path, noting: Noting
) -> None:
    base = signed.sign("base", push_with_triggers(signed.server, "COPY . ."))
    signed.server.answer(blob_path_of(digest_of(configuration("COPY . ."))), status(503))
    context.joinpath("Dockerfile").write_text(f"FROM {base}\n")
    [line] = refused(signed.call("."), noting)
    assert line.startswith(
        f"Dockerfile:1: what the triggers (ONBUILD) of {base} bring is not known"
    )
    assert "answers with status 503" in line
    assert line.endswith("; --without-registry leaves that unchecked")


def test_t088_a_base_of_another_length_than_is_signed_is_a_refusal(
    signed: Signed, context: Path, noting: Noting
) -> None:
    base = signed.sign("base", push_with_triggers(signed.server, "RUN true"))
    signed.repository.targets["base"]["length"] += 1
    context.joinpath("Dockerfile").write_text(f"FROM {base}\n")
    [line] = refused(signed.call("."), noting)
    assert " are signed with its digest: have its publisher sign it anew" in line
    signed.repository.targets["base"]["length"] -= 1
    assert build.run(signed.call(".")) == 0


def test_without_registries_nobody_is_asked_and_that_is_told(
    signed: Signed, context: Path, noting: Noting, capfd: pytest.CaptureFixture[str]
) -> None:
    base = signed.sign("base", push_with_triggers(signed.server, "NOTHING"))
    context.joinpath("Dockerfile").write_text(f"FROM scratch\nFROM {base}\n")
    assert build.run(signed.call(".", without_registry=True)) == 0
    text = f"Dockerfile:2: the triggers (ONBUILD) of {base} are not looked at (--without-registry)"
    assert text in capfd.readouterr().err
    assert signed.server.requests == []


@pytest.mark.parametrize(
    ("words", "env", "told", "refuses"),
    [
        (["--platform=linux/arm64"], {}, "linux/amd64\n", False),
        (["--platform=linux/arm64,linux/amd64"], {}, "linux/amd64\n", True),
        ([], {"DOCKER_DEFAULT_PLATFORM": "linux/arm64"}, "linux/amd64\n", False),
        ([], {}, "linux/arm64\n", False),
        ([], {}, "linux/amd64\n", True),
        ([], {}, "", True),
        ([], CLASSIC, "linux/arm64\n", True),
        (["--platform=linux/arm64"], CLASSIC, "", False),
        (["--builder=far"], {}, "linux/arm64\n", True),
    ],
)
def test_only_what_may_be_built_upon_is_looked_into(
    signed: Signed,
    context: Path,
    noting: Noting,
    tmp_path: Path,
    *,
    words: list[str],
    env: dict[str, str],
    told: str,
    refuses: bool,
) -> None:
    """The image of amd64 has a trigger that refuses the build, that of arm64 has none."""
    base = signed.sign("base", push_for_platforms(signed.server, amd64="NOTHING", arm64="RUN true"))
    context.joinpath("Dockerfile").write_text(f"FROM {base}\n")
    instances = tmp_path / "config" / "buildx" / "instances"
    instances.mkdir(parents=True)
    instances.joinpath("far").write_text('{"Name": "far", "Driver": "remote"}')
    made = signed.call(*words, ".", DOCKER_CONFIG=str(tmp_path / "config"), PRINTS=told, **env)
    if refuses:
        with pytest.raises(RefusedError, match="is no instruction"):
            build.run(made)
    else:
        assert build.run(made) == 0
