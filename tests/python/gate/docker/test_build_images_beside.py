"""What BuildKit fetches beside the images of a Dockerfile: scanners, builders, other sources."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from contenttrust.gate.docker import build
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.policy.rules import Policy, Rule
from contenttrust.policy.settings import DockerSettings
from noting_docker import WEB, MakeCall, Noting
from simulator.roles import digest_of

TWO = f"{WEB}@{digest_of('two')}"
EVIL = f"generator={WEB}:9"
GOOD = f"generator={WEB}:2.0"


pytestmark = pytest.mark.usefixtures("context")


def arguments(noting: Noting) -> list[str]:
    return next(words for words in noting.started if words[0] == "build")


@pytest.mark.parametrize(
    "word",
    [
        f"--build-arg=BUILDKIT_ATTEST_SBOM={EVIL}",
        f"--build-arg=BUILDKIT_ATTEST_Sbom={EVIL}",
        f"--build-arg=BUILDKIT_ATTEST_SBOM=disabled=true,{EVIL}",
        "--build-arg=BUILDKIT_ATTEST_SBOM=",
        "--build-arg=BUILDKIT_ATTEST_SBOM=false",
        "--build-arg=BUILDKIT_ATTEST_SBOM",
        "--build-arg=BUILDKIT_ATTEST_OTHER=x",
        f"--attest=type=SBOM,{EVIL}",
        f"--attest=TYPE= sbom ,{EVIL}",
        f"--attest=type=provenance,type=sbom,{EVIL}",
        "--attest=type=other",
        f"--provenance=type=sbom,{EVIL}",
        f"--provenance=mode=max,type=SBOM,{EVIL}",
        f"--provenance=type=provenance,type=sbom,{EVIL}",
        f"--sbom=disabled=true,{EVIL}",
        f"--sbom={EVIL},Generator={WEB}:2.0",
        f"--sbom={EVIL}, generator={WEB}:2.0",
        f"--sbom={EVIL},{GOOD}",
        f"--build-arg=BUILDKIT_ATTEST_SBOM={EVIL},Generator={WEB}:2.0",
        "--attest=type=sbom,disabled=true,d\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}sabled=false",
        "--attest=type=sbom,disabled=false,disabled=true",
        '--sbom="',
    ],
)
def test_t098_no_form_of_an_sbom_brings_an_unsigned_scanner(
    call: MakeCall, noting: Noting, word: str
) -> None:
    with pytest.raises(RefusedError):
        build.run(call("build", word, ".", BUILDKIT_ATTEST_SBOM=EVIL))
    assert noting.started == []


@pytest.mark.parametrize(
    ("written", "handed_on"),
    [
        (f"--build-arg=BUILDKIT_ATTEST_SBOM={GOOD}", f"BUILDKIT_ATTEST_SBOM=generator={TWO}"),
        ("--build-arg=BUILDKIT_ATTEST_SBOM", f"BUILDKIT_ATTEST_SBOM=generator={TWO}"),
        ("--build-arg=BUILDKIT_ATTEST_PROVENANCE=mode=max", "BUILDKIT_ATTEST_PROVENANCE=mode=max"),
        ("--build-arg=BUILDKIT_ATTEST_provenance", "--build-arg=BUILDKIT_ATTEST_provenance"),
        (f"--attest=type=SBOM,{GOOD}", f"--attest=type=SBOM,generator={TWO}"),
        (f"--provenance=mode=max,type=sbom,{GOOD}", f"mode=max,type=sbom,generator={TWO}"),
        ("--provenance=mode=max", "--provenance=mode=max"),
        ("--provenance=true", "--provenance=true"),
        ("--attest=type=sbom,disabled=true", "--attest=type=sbom,disabled=true"),
    ],
)
def test_signed_scanners_are_run_by_their_digests(
    call: MakeCall, noting: Noting, written: str, handed_on: str
) -> None:
    assert build.run(call("build", written, ".", BUILDKIT_ATTEST_SBOM=GOOD)) == 0
    assert any(word.endswith(handed_on) for word in arguments(noting))


def test_a_source_policy_would_exchange_what_was_checked(call: MakeCall, noting: Noting) -> None:
    name = "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"
    with pytest.raises(RefusedError, match=f"{name} is set"):
        build.run(call("build", ".", **{name: "policy.json"}))
    assert noting.started == []
    assert build.run(call("build", ".", **{name: ""})) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Dockerfile", ["."]),
        ("Dockerfile", ["-f", "./Dockerfile", "."]),
        ("dockerfile", ["."]),
        ("../outside", ["--file=../outside", "."]),
    ],
)
def test_t100_a_policy_beside_a_dockerfile_is_not_passed_over(
    call: MakeCall, context: Path, noting: Noting, name: str, words: list[str]
) -> None:
    context.joinpath("Dockerfile").rename(context / name)
    context.joinpath(f"{name}.rego").write_text("allow := false\n")
    told = rf"{Path(name).name}: {Path(name).name}\.rego lies beside it: docker buildx 0\.31"
    with pytest.raises(RefusedError, match=told):
        build.run(call("build", *words))
    assert noting.started == []
    context.joinpath(f"{name}.rego").rename(context / "other.rego")
    assert build.run(call("build", *words)) == 0


def test_standard_input_has_no_policy_beside_it(
    call: MakeCall, context: Path, noting: Noting, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.joinpath("Dockerfile.rego").write_text("allow := false\n")
    text = io.BytesIO(f"FROM {WEB}:2.0\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    assert build.run(call("build", "-f", "-", ".")) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["--pull", "."],
        ["--pull=true", "--cache-from=type=local,src=/c", "--sbom=false", "."],
        ["--cache-from=localhost/mine", "."],
        ["--sbom=generator=localhost/mine", "."],
        ["--build-arg=BUILDKIT_SYNTAX=localhost/mine", "."],
        ["--pull", "--build-context=a=docker-image://localhost/mine", "."],
        ["--cache-from=type=registry,ref=localhost/mine", "."],
    ],
)
def test_what_is_built_here_is_not_asked_of_a_registry(
    call: MakeCall, context: Path, noting: Noting, words: list[str]
) -> None:
    if not any("localhost" in word for word in words):
        context.joinpath("Dockerfile").write_text("FROM localhost/mine\n")
    with pytest.raises(RefusedError, match="built here"):
        build.run(call("build", *words))
    assert all(started[0] == "image" for started in noting.started)


def test_a_front_end_that_is_built_here_would_be_asked_of_a_registry(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    context.joinpath("Dockerfile").write_text("# syntax=localhost/mine\nFROM localhost/mine\n")
    with pytest.raises(RefusedError, match="a builder asks a registry for what it runs"):
        build.run(call("build", "."))
    assert noting.started == []


def test_what_is_built_here_has_to_be_here(call: MakeCall, context: Path, noting: Noting) -> None:
    context.joinpath("Dockerfile").write_text("FROM localhost/mine\n")
    with pytest.raises(RefusedError, match=r"localhost/mine is built here, .* not here"):
        build.run(call("build", ".", ENDS="1"))
    assert [words[:2] for words in noting.started] == [["image", "inspect"]]
    assert build.run(call("build", ".")) == 0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Docker's configuration, with a builder of each kind."""
    folder = tmp_path / "config"
    instances = folder / "buildx" / "instances"
    instances.mkdir(parents=True)
    for name, driver in (("boxed", "docker-container"), ("far", "remote"), ("pods", "kubernetes")):
        instances.joinpath(name).write_text(json.dumps({"Name": name, "Driver": driver}))
    instances.joinpath("broken").write_text("{")
    return folder


def current(config: Path, name: str) -> None:
    config.joinpath("buildx", "current").write_text(json.dumps({"Key": "x", "Name": name}))


TOLD = "may be started from an image of its own choice"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("boxed", True), ("BOXED", True), ("pods", True), ("broken", True), ("../x", True),
        ("far", False), ("default", False), ("a-context", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["flag", "family", "variable"])
def test_a_builder_that_may_fetch_its_own_image_is_told(
    call: MakeCall,
    config: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    name: str,
    told: bool,
    by: str,
) -> None:
    words = [f"--builder={name}"] if by == "flag" else []
    env = {"BUILDX_BUILDER": name} if by == "variable" else {}
    made = call("build", *words, ".", DOCKER_CONFIG=str(config), **env)
    if by == "family":
        object.__setattr__(made, "words", ["buildx", f"--builder={name}", "build"])
    assert build.run(made) == 0
    assert (TOLD in capfd.readouterr().err) == told


def test_so_is_the_current_one_where_docker_takes_it(
    call: MakeCall, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def told(family: str = "buildx", *words: str) -> bool:
        made = call("build", *words, ".", DOCKER_CONFIG=str(config))
        object.__setattr__(made, "words", [family, "build"])
        assert build.run(made) == 0
        return TOLD in capfd.readouterr().err

    assert not told()
    current(config, "far")
    assert not told()
    current(config, "boxed")
    assert told()
    assert told("image", "--builder=")
    assert not told("image")
    config.joinpath("config.json").write_text('{"aliases": {"builder": "buildx"}}')
    assert told("image")
    config.joinpath("buildx", "current").unlink()
    assert not told()
    defaults = config / "buildx" / "defaults"
    defaults.mkdir()
    defaults.joinpath("0123").write_text("pods")
    assert told()
    defaults.joinpath("0123").unlink()
    config.joinpath("buildx", "current").write_text("no JSON")
    assert told()


def test_a_policy_may_refuse_such_a_builder(
    call: MakeCall, config: Path, noting: Noting, policy: Policy
) -> None:
    strict = Policy(
        rules=(Rule("**"),),
        docker=DockerSettings(uncovered="refuse"),
        implied_pin=policy.implied_pin,
    )
    made = call("build", "--builder=boxed", ".", policy=strict, DOCKER_CONFIG=str(config))
    with pytest.raises(RefusedError, match="the builder boxed may be started"):
        build.run(made)
    made = call("build", "--builder=boxed", ".", strict=True, DOCKER_CONFIG=str(config))
    with pytest.raises(RefusedError, match="the builder boxed may be started"):
        build.run(made)
    assert noting.started == []


@pytest.mark.parametrize(("name", "told"), [("far", True), ("boxed", True), ("default", False)])
def test_a_builder_elsewhere_has_not_what_is_built_here(
    call: MakeCall,
    context: Path,
    config: Path,
    capfd: pytest.CaptureFixture[str],
    *,
    name: str,
    told: bool,
) -> None:
    context.joinpath("Dockerfile").write_text("FROM localhost/mine\n")
    assert build.run(call("build", f"--builder={name}", ".", DOCKER_CONFIG=str(config))) == 0
    assert ("this builder asks a registry for it" in capfd.readouterr().err) == told
