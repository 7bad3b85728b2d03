"""Triggers of base images: their images are found as those of a file are (threat 98)."""

from __future__ import annotations

import pytest

from contenttrust.gate.dockerfile import DockerfileError, parse
from contenttrust.gate.dockerfile.triggers import Triggers, read

FILE = "FROM golang AS tools\nFROM base AS web\nFROM web AS last\n"


def found(*texts: str, file: str = FILE, stage: int = 1, **settings) -> list[tuple[str, str]]:
    told = read(texts, parse(file, **settings), stage=stage)
    assert told.not_covered == ()
    return [(image.name, image.what) for image in told.images]


@pytest.mark.parametrize(
    ("text", "images"),
    [
        ("COPY --from=b x y", [("b", "ONBUILD COPY --from")]),
        ("copy --from=b:1 x y", [("b:1", "ONBUILD COPY --from")]),
        ("RUN --mount=from=b,target=/x true", [("b", "ONBUILD RUN --mount")]),
        (
            "RUN --mount=from=b --mount=type=bind,from=c true",
            [("b", "ONBUILD RUN --mount"), ("c", "ONBUILD RUN --mount")],
        ),
        (
            "RUN --mount=from=b,target=/x <<EOF\nCOPY --from=c x y\nEOF",
            [("b", "ONBUILD RUN --mount")],
        ),
        ("COPY --from=b \\\n x y", [("b", "ONBUILD COPY --from")]),
        ("COPY --from=scratch x y", []),
        ("COPY . .", []),
        ("RUN echo --from=b", []),
        ("ENV A=b", []),
        ("COPY --from=0 x y", []),
        ("COPY --from=tools x y", []),
        ("COPY --from=TOOLS x y", []),
        ("RUN --mount=from=tools true", []),
    ],
)
def test_t098_the_images_of_a_trigger_are_found(text: str, images: list[tuple[str, str]]) -> None:
    assert found(text) == images


def test_an_image_of_several_triggers_is_one() -> None:
    assert found("COPY --from=b x y", "COPY . .", "COPY --from=b y z") == [
        ("b", "ONBUILD COPY --from")
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "ONBUILD takes one instruction"),
        ("\nCOPY --from=b x y", "ONBUILD takes one instruction"),
        ("# escape=`\nCOPY --from=b x y", "is no instruction"),
        ("\ufeffCOPY --from=b x y", "is no instruction"),
        ("FROM b", "ONBUILD takes no from"),
        ("ONBUILD COPY --from=b x y", "ONBUILD takes no onbuild"),
        ("COPY --from=$B x y", "takes no variables"),
        ("RUN --mount=from=$B true", "takes no variables"),
        ("COPY --source=b x y", "no flag"),
        ("RUN x\nNOTHING", "is no instruction"),
        ("COPY --from=web x y", "names this stage or a later one"),
        ("RUN --mount=from=last true", "names this stage or a later one"),
    ],
)
def test_t098_a_trigger_in_doubt_is_refused_with_the_line_of_its_from(
    text: str, words: str
) -> None:
    with pytest.raises(DockerfileError, match="the trigger ") as refused:
        found("COPY . .", text)
    assert words in refused.value.reason
    assert refused.value.line == 2


def test_a_second_instruction_hides_nothing() -> None:
    assert found("RUN x\nCOPY --from=b x y") == [("b", "COPY --from")]


def test_a_context_takes_the_place_of_what_a_trigger_names() -> None:
    contexts = {"docker.io/library/b:latest": "docker-image://c", "d": "./folder"}
    trigger = "RUN --mount=from=b --mount=from=b:1 --mount=from=d true"
    assert found(trigger, build_contexts=contexts) == [("b:1", "ONBUILD RUN --mount")]


def test_what_a_trigger_fetches_is_told() -> None:
    told = read(["ADD https://example.com/x /y"], parse(FILE), stage=1)
    text = "ADD fetches https://example.com/x, which no signature of an image covers"
    assert told == Triggers((), (text,))


@pytest.mark.parametrize(
    ("file", "images"),
    [
        ("FROM a\nFROM scratch\n", ["a", ""]),
        ("FROM a AS x\nFROM x\nFROM A:1\n", ["a", "", "A:1"]),
        ("ARG A=b\nFROM $A\n", ["b"]),
        ("FROM named\nFROM docker.io/library/named:latest AS y\n", ["other", "other"]),
        ("FROM folder\nFROM nothing\n", ["", ""]),
        ("FROM a AS named\nFROM named\n", ["other", ""]),
        ("FROM a AS folder\nFROM folder\n", ["", ""]),
    ],
)
def test_the_image_that_begins_a_stage_is_known(file: str, images: list[str]) -> None:
    contexts = {
        "named": "docker-image://other",
        "folder": ".",
        "nothing": "docker-image://scratch",
    }
    stages = parse(file, build_contexts=contexts).stages
    assert [stage.image for stage in stages] == images


@pytest.mark.parametrize(
    ("written", "platform"),
    [
        ("", ""),
        ("--platform=linux/arm64 ", "linux/arm64"),
        ("--platform=$TARGETPLATFORM ", "linux/s390x"),
        ("--platform=linux/${ARCH} ", "linux/386"),
        ("--platform=$BUILDPLATFORM ", None),
        ("--platform=$UNSET ", None),
        ("--platform=${UNSET:?} ", None),
    ],
)
def test_so_is_what_its_from_says_of_the_platform(written: str, platform: str | None) -> None:
    file = f"ARG ARCH=386\nFROM {written}a\n"
    assert parse(file, platform="linux/s390x").stages[0].platform == platform
