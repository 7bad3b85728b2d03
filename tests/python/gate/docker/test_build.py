"""What `docker build` is given: the checked bytes with digests in them, and no unchecked image."""

from __future__ import annotations

import io
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contenttrust.gate.docker import build, build_context
from contenttrust.gate.docker.refusal import RefusedError
from contenttrust.policy.rules import Policy, Rule
from contenttrust.policy.settings import DockerSettings
from kept_bases import KeptBases
from noting_docker import WEB, MakeCall, Noting
from simulator.roles import digest_of

ONE = f"{WEB}@{digest_of('one')}"
TWO = f"{WEB}@{digest_of('two')}"


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def built(noting: Noting) -> tuple[list[str], dict[str, str]]:
    """The arguments of the build, and the files beside the Dockerfile that it was given."""
    [told] = [each for each in noting.told if each["arguments"][0] == "build"]
    return told["arguments"], told["files"]


def test_t099_docker_gets_the_digest_and_the_file_stays(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    text = f"# FROM {WEB}:1.0\nFROM {WEB}:1.0 AS a\nCOPY --from={WEB}:2.0 /x /x\nRUN echo FROM\n"
    context.joinpath("Dockerfile").write_text(text)
    assert build.run(call("build", "-t", "x", ".")) == 0
    arguments, files = built(noting)
    assert files["Dockerfile"] == text.replace(f"\nFROM {WEB}:1.0", f"\nFROM {ONE}").replace(
        f"{WEB}:2.0", TWO
    )
    assert arguments[:2] == ["build", "--tag=x"]
    assert arguments[-1] == str(context)
    assert context.joinpath("Dockerfile").read_text() == text
    assert not Path(arguments[-2].removeprefix("--file=")).exists()


def test_images_get_their_tags_as_docker_gives_them(
    call: MakeCall, context: Path, noting: Noting, capfd: pytest.CaptureFixture[str]
) -> None:
    build.run(call("build", "."))
    assert noting.started[-1] == ["image", "tag", ONE, f"{WEB}:1.0"]
    assert capfd.readouterr().err == f"Tagging {ONE} as {WEB}:1.0\n"


def test_a_build_that_fails_ends_with_dockers_code(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    assert build.run(call("build", ".", ENDS="17")) == 17
    assert len(noting.started) == 1


@pytest.mark.parametrize(
    "text",
    [
        f"FROM {WEB}:9\n",
        f"FROM {WEB}:1.0\nCOPY --from={WEB}:9 / /\n",
        f"FROM {WEB}:1.0\nRUN --mount=from={WEB}:9 true\n",
        f"# syntax={WEB}:9\nFROM {WEB}:1.0\n",
        f"FROM {WEB}:1.0\nONBUILD COPY --from={WEB}:9 / /\n",
        "FROM $UNKNOWN\n",
        "RUN nothing\n",
        "",
    ],
)
def test_t098_an_unsigned_image_anywhere_is_a_refusal(
    call: MakeCall, context: Path, noting: Noting, text: str
) -> None:
    context.joinpath("Dockerfile").write_text(text)
    with pytest.raises(RefusedError):
        build.run(call("build", "."))
    assert noting.started == []


def test_a_refusal_says_where_the_image_stands(call: MakeCall, context: Path) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0\nCOPY --from={WEB}:9 / /\n")
    with pytest.raises(RefusedError) as refused:
        build.run(call("build", "."))
    assert refused.value.lines[0].startswith("No valid trust data for 9")
    assert refused.value.lines[-1] == f"Dockerfile:2: COPY --from {WEB}:9"


def test_build_arguments_are_in_the_names(call: MakeCall, context: Path, noting: Noting) -> None:
    context.joinpath("Dockerfile").write_text(f"ARG TAG=9\nFROM {WEB}:$TAG\n")
    build.run(call("build", "--build-arg", "TAG=1.0", "."))
    assert built(noting)[1]["Dockerfile"] == f"ARG TAG=9\nFROM {ONE}\n"
    build.run(call("build", "--build-arg", "TAG", ".", TAG="1.0"))
    with pytest.raises(RefusedError):
        build.run(call("build", "--build-arg", "TAG", "."))


def test_stages_behind_the_target_are_not_needed(call: MakeCall, context: Path) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0 AS a\nFROM {WEB}:9\n")
    assert build.run(call("build", "--target", "a", ".")) == 0


BOTH = "--platform=linux/amd64,linux/arm64"


@pytest.mark.parametrize(
    "words", [[BOTH], ["--platform", "linux/amd64", "--platform=linux/arm64"], [BOTH, "-qt=x"]]
)
def test_stages_may_be_chosen_by_the_platform(
    call: MakeCall, context: Path, noting: Noting, words: list[str]
) -> None:
    text = f"FROM {WEB}:1.0 AS for-amd64\nFROM {WEB}:2.0 AS for-arm64\nFROM for-$TARGETARCH\n"
    context.joinpath("Dockerfile").write_text(text)
    assert build.run(call("build", *words, ".")) == 0
    _, files = built(noting)
    assert files["Dockerfile"] == text.replace(f"{WEB}:1.0", ONE).replace(f"{WEB}:2.0", TWO)


@pytest.mark.parametrize(
    "file",
    [
        f"FROM {WEB}:$TARGETARCH\n",
        f"FROM {WEB}:1.0 AS for-amd64\nFROM for-$TARGETARCH\n",
        f"ARG V=${{TARGETARCH#a}}\nFROM {WEB}:$V\n",
    ],
)
def test_images_may_not_be_chosen_by_the_platform_in_one_build(
    call: MakeCall, context: Path, noting: Noting, file: str
) -> None:
    context.joinpath("Dockerfile").write_text(file)
    with pytest.raises(RefusedError, match=r"^Dockerfile:[12]: this image depends on the platform"):
        build.run(call("build", BOTH, "."))
    assert noting.started == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("other.Dockerfile", ["-f", "other.Dockerfile", "."]),
        ("dockerfile", ["."]),
        ("../outside", ["--file=../outside", "."]),
    ],
)
def test_the_file_is_found_where_docker_finds_it(
    call: MakeCall, context: Path, noting: Noting, name: str, words: list[str]
) -> None:
    context.joinpath("Dockerfile").unlink()
    context.joinpath(name).write_text(f"FROM {WEB}:2.0\n")
    context.joinpath(f"{name}.dockerignore").write_text("secret\n")
    build.run(call("build", *words))
    _, files = built(noting)
    assert files == {"Dockerfile": f"FROM {TWO}\n", "Dockerfile.dockerignore": "secret\n"}


@pytest.mark.parametrize("name", ["Dockerfile", "Dockerfile.dockerignore"])
def test_t100_a_pipe_that_nobody_named_is_not_waited_for(
    call: MakeCall, context: Path, noting: Noting, name: str
) -> None:
    context.joinpath(name).unlink(missing_ok=True)
    os.mkfifo(context / name)
    with pytest.raises(RefusedError, match=f"{name}: it is no regular file"):
        build.run(call("build", "."))
    assert noting.started == []


def test_t100_a_pipe_that_is_named_is_read_once(
    call: MakeCall, context: Path, noting: Noting, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as others:
        others.submit(pipe.write_text, f"FROM {WEB}:2.0\n")
        build.run(call("build", "-f", str(pipe), "."))
    assert built(noting)[1]["Dockerfile"] == f"FROM {TWO}\n"


@pytest.mark.parametrize("words", [["."], ["-f", "Dockerfile", "."]])
def test_a_large_file_is_not_read(call: MakeCall, context: Path, words: list[str]) -> None:
    context.joinpath("Dockerfile").write_bytes(b"#" * (build_context.LARGEST + 1))
    with pytest.raises(RefusedError, match="Dockerfile: it is larger than 4,194,304 bytes"):
        build.run(call("build", *words))


def test_t100_what_is_built_is_what_was_read(
    call: MakeCall, context: Path, noting: Noting, tmp_path: Path
) -> None:
    real = tmp_path / "elsewhere"
    real.write_text(f"FROM {WEB}:2.0\n")
    context.joinpath("Dockerfile").unlink()
    context.joinpath("Dockerfile").symlink_to(real)
    build.run(call("build", "."))
    arguments, files = built(noting)
    assert files["Dockerfile"] == f"FROM {TWO}\n"
    assert str(real) not in arguments


@pytest.mark.parametrize("words", [["-"], ["-f", "-", "."]])
def test_t100_standard_input_is_read_once(
    call: MakeCall,
    context: Path,
    noting: Noting,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    given(monkeypatch, f"FROM {WEB}:2.0\n".encode())
    build.run(call("build", *words))
    arguments, files = built(noting)
    assert files["Dockerfile"] == f"FROM {TWO}\n"
    assert (arguments[-1] == str(context)) == (words != ["-"])
    given(monkeypatch, f"FROM {WEB}:9\n".encode())
    with pytest.raises(RefusedError):
        build.run(call("build", *words))


@pytest.mark.parametrize(
    "words",
    [
        ["https://example.com/context.tar"],
        ["git@example.com:team/web.git"],
        ["github.com/team/web"],
        ["missing"],
        ["-f", "Dockerfile", "https://example.com/context.tar"],
        ["-f", "missing", "."],
        ["-f", "https://example.com/Dockerfile", "."],
        [],
        [".", "."],
        ["--build-context", f"a=docker-image://{WEB}:9", "."],
        ["--build-context", "a=https://example.com/a.git", "."],
        ["--build-context", "a", "."],
        ["--build-context=a=.", "--build-context=a=..", "."],
        ["--cache-from", f"{WEB}:9", "."],
        ["--cache-from", f"type=registry,ref={WEB}:9", "."],
        ["--cache-from", "type=gha", "."],
        ["--cache-from", f"type=registry,ref={WEB}:9, type=local", "."],
        ["--cache-from", f"type=registry,ref={WEB}:9,type=local", "."],
        ["--cache-from", f"type=registry,ref={WEB}:1.0,ref={WEB}:9", "."],
        ["--build-arg", f"BUILDKIT_SYNTAX={WEB}:9", "."],
        ["--sbom=true", "."],
        ["--sbom", f"generator={WEB}:9", "."],
        ["--attest", f"type=sbom,generator={WEB}:9", "."],
        ["--attest", "type=sbom", "."],
    ],
)
def test_what_cannot_be_checked_is_not_built(
    call: MakeCall, context: Path, noting: Noting, words: list[str]
) -> None:
    with pytest.raises(RefusedError):
        build.run(call("build", *words))
    assert noting.started == []


@pytest.mark.parametrize(
    ("written", "handed_on"),
    [
        (f"--build-context=a=docker-image://{WEB}:2.0", f"--build-context=a=docker-image://{TWO}"),
        ("--build-context=a=docker-image://scratch", "--build-context=a=docker-image://scratch"),
        (f"--cache-from={WEB}:2.0", f"--cache-from={TWO}"),
        (f"--cache-from=type=registry,ref={WEB}:2.0", f"--cache-from=type=registry,ref={TWO}"),
        ("--cache-from=type=local,src=/cache", "--cache-from=type=local,src=/cache"),
        (f"--build-arg=BUILDKIT_SYNTAX={WEB}:2.0", f"--build-arg=BUILDKIT_SYNTAX={TWO}"),
        ("--build-arg=A=b", "--build-arg=A=b"),
        (f"--sbom=generator={WEB}:2.0", f"--sbom=generator={TWO}"),
        ("--sbom=false", "--sbom=false"),
        (f"--attest=type=sbom,generator={WEB}:2.0", f"--attest=type=sbom,generator={TWO}"),
        ("--attest=type=provenance,mode=max", "--attest=type=provenance,mode=max"),
    ],
)
def test_images_of_flags_are_replaced_too(
    call: MakeCall, context: Path, noting: Noting, written: str, handed_on: str
) -> None:
    assert build.run(call("build", written, ".")) == 0
    assert handed_on in built(noting)[0]


def test_a_context_takes_the_place_of_an_image(
    call: MakeCall, context: Path, noting: Noting
) -> None:
    context.joinpath("Dockerfile").write_text("FROM base\n")
    assert build.run(call("build", "--build-context", f"base={context}", ".")) == 0
    assert built(noting)[1]["Dockerfile"] == "FROM base\n"


@pytest.mark.parametrize("data", [b"\x1f\x8b\x08\0archive", b"name\0\0\0ustar"])
def test_t100_an_archive_on_standard_input_is_refused(
    call: MakeCall, context: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    given(monkeypatch, data)
    with pytest.raises(RefusedError, match="archive"):
        build.run(call("build", "-"))


def test_a_file_without_end_is_not_read(
    call: MakeCall, context: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, b"#" * (build_context.LARGEST + 1))
    with pytest.raises(RefusedError, match="standard input: it is larger than"):
        build.run(call("build", "-"))


@pytest.mark.parametrize(
    ("words", "published"),
    [
        (["--push"], True),
        (["--output=type=registry"], True),
        (["-o", "type=image,name=x,push=true"], True),
        (["-o", "type=image,name=x,push="], True),
        (["-o", 'type=image,"name=x,y",PUSH=T'], True),
        (["--push=false"], False),
        (["-o", "out"], False),
        (["-o", "push"], False),
        (["--output", "type=image,name=push"], False),
    ],
)
def test_what_a_build_publishes_is_said_not_to_be_signed(
    call: MakeCall,
    context: Path,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    published: bool,
) -> None:
    assert build.run(call("build", *words, ".")) == 0
    assert ("published and not signed" in capfd.readouterr().err) == published


@pytest.mark.parametrize("uncovered", ["warn", "refuse"])
def test_what_a_build_fetches_beside_images_is_said(
    call: MakeCall, context: Path, capfd: pytest.CaptureFixture[str], policy: Policy, uncovered: str
) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0\nADD https://example.com/x /x\n")
    strict = Policy(
        rules=(Rule("**"),),
        docker=DockerSettings(uncovered=uncovered),
        implied_pin=policy.implied_pin,
    )
    made = call("build", ".", policy=strict)
    if uncovered == "refuse":
        with pytest.raises(RefusedError, match=r"example\.com"):
            build.run(made)
    else:
        assert build.run(made) == 0
        assert "Dockerfile:2: ADD fetches https://example.com/x" in capfd.readouterr().err


_MOVING = "\x1b[2K\x1b[1A\u202eok"


@pytest.mark.parametrize(
    ("instruction", "trigger"),
    [
        (f"ADD https://evil.example/{_MOVING} /x", ""),
        (f"ADD https://git.example/{_MOVING}.git#a /x", ""),
        ("", f"ADD https://evil.example/{_MOVING} /x"),
        ("", f"COPY --from=$UNKNOWN{_MOVING} / /x"),
        ("", f"NO{_MOVING}"),
    ],
)
def test_t082_what_is_told_of_a_build_moves_no_cursor(
    call: MakeCall,
    context: Path,
    capfd: pytest.CaptureFixture[str],
    bases: KeptBases,
    *,
    instruction: str,
    trigger: str,
) -> None:
    context.joinpath("Dockerfile").write_text(f"FROM {WEB}:1.0\n{instruction}\n")
    bases.kept[ONE] = (trigger,) if trigger else ()
    watching = Policy(
        rules=(Rule("**", mode="warn"),),
        implied_pin=Policy.docker_content_trust().implied_pin,
    )
    assert build.run(call("build", ".", policy=watching)) == 0
    told = capfd.readouterr().err
    assert "Dockerfile:" in told
    assert told.replace("\n", "").isprintable()
