"""Only names of images change, and the file that comes out names the digests (threats 98, 99)."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.dockerfile import Dockerfile, DockerfileError, parse, rewritten, settle
from dockerfile_cases import CASES, OPTIONS, Case

PIN = "registry.example.com/team/it@sha256:" + "a" * 64
FILE = (
    b"\xef\xbb\xbf# syntax=docker/dockerfile:1\r\n"
    b"# FROM alpine, as a comment\r\n"
    b"ARG BASE=alpine VERSION=3\r\n"
    b"from   --platform=$BUILDPLATFORM\t${BASE}:$VERSION  as  Base  \r\n"
    b"RUN <<EOF   # FROM alpine:3\r\nFROM alpine:3\r\nEOF\r\n"
    b"COPY --from='busybox' --link \\\r\n  # comment\r\n  /x /caf\xe9\r\n"
    b"RUN --mount='type=bind,\"from=golang:1\",target=/x' \\\r\n  go\r\n"
    b"FROM Base:1 as x\r\n"
    b"FROM al\\\r\npine"
)
WANTED = (
    b"\xef\xbb\xbf# syntax=PIN\r\n"
    b"# FROM alpine, as a comment\r\n"
    b"ARG BASE=alpine VERSION=3\r\n"
    b"from   --platform=$BUILDPLATFORM\tPIN  as  Base  \r\n"
    b"RUN <<EOF   # FROM alpine:3\r\nFROM alpine:3\r\nEOF\r\n"
    b"COPY --from='PIN' --link \\\r\n  # comment\r\n  /x /caf\xe9\r\n"
    b"RUN --mount='type=bind,\"from=PIN\",target=/x' \\\r\n  go\r\n"
    b"FROM PIN as x\r\n"
    b"FROM \\\r\nPIN"
)


def all_pinned(dockerfile: Dockerfile) -> bytes:
    return rewritten(dockerfile, {use.name: PIN for use in dockerfile.images})


def read(case: Case, text: bytes) -> Dockerfile:
    return parse(
        text,
        build_args=case.args,
        platform=case.platform,
        target=case.target,
        build_contexts=case.contexts,
    )


def test_t099_only_the_names_of_images_change() -> None:
    assert all_pinned(parse(FILE)) == WANTED.replace(b"PIN", PIN.encode())


def test_images_without_a_digest_stay() -> None:
    assert rewritten(parse("FROM a\nFROM b\n"), {"b": PIN}) == f"FROM a\nFROM {PIN}\n".encode()


@pytest.mark.parametrize("case", [*CASES, *OPTIONS], ids=lambda case: case.name)
def test_t099_read_again_every_image_is_the_digest(case: Case) -> None:
    before = read(case, case.text)
    assert rewritten(before, {}) == case.text
    after = read(case, all_pinned(before))
    assert [(use.what, use.name) for use in after.images] == [
        (what, PIN) for what, _ in case.wanted
    ]
    assert [stage.name for stage in after.stages] == [stage.name for stage in before.stages]


def test_what_names_no_digest_is_no_pin() -> None:
    with pytest.raises(ValueError, match="names no digest"):
        rewritten(parse("FROM a\n"), {"a": "a:1"})


def test_a_file_that_would_be_read_otherwise_afterwards_is_refused() -> None:
    # Without the letters between them the two escapes would no longer continue the line.
    dockerfile = parse("FROM a\nCOPY --from=\\b\\\nc x y\nRUN z\n")
    assert dockerfile.images[1].name == "bc"
    with pytest.raises(DockerfileError, match="cannot be replaced"):
        rewritten(dockerfile, {"bc": PIN})


PIECES = st.sampled_from(
    [
        *(
            "FROM ",
            "from ",
            "COPY ",
            "RUN ",
            "ONBUILD ",
            "ARG A=",
            "ADD ",
            "ENV ",
            " AS ",
            "a",
            "b",
        ),
        *("--from=", "--mount=", "from=", "--platform=", "--", "0", "scratch", "x y", "\n", "\r\n"),
        *(
            "\\\n",
            "`\n",
            "\\",
            "`",
            "'",
            '"',
            "$A",
            "${A",
            "}",
            ":-",
            ":+",
            "#",
            "%",
            "/",
            "*",
            "?",
        ),
        *(
            "# escape=`\n",
            "# syntax=s\n",
            "# c\n",
            "<<EOF",
            "<<-EOF",
            "EOF\n",
            "\tEOF\n",
            "<<",
            ",",
        ),
        *('["x"]', "[", " ", "\t", "\x0b", "\xa0", "\u3000", "é", "\udce9", "\x00", "{", "\ufeff"),
    ]
)


@given(st.lists(PIECES, max_size=30), st.booleans())
def test_whatever_is_read_is_refused_or_rewritten_to_the_same_structure(
    pieces: list[str],
    starts: bool,
) -> None:
    text = ("ARG A=aba\nFROM a AS b\n" * starts + "".join(pieces)).encode(errors="surrogateescape")
    with suppress(DockerfileError):
        before = parse(text)
        assert rewritten(before, {}) == text
        after = parse(all_pinned(before))
        assert [use.what for use in after.images] == [use.what for use in before.images]
        assert {use.name for use in after.images} <= {PIN}


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(DockerfileError):
        parse(b"FROM a\n" + data)


def test_t099_a_variable_that_means_a_digest_is_replaced() -> None:
    text = f"ARG IMG=evil\nFROM ${{IMG}}\nFROM {PIN}\n"
    read = parse(text, build_args={"IMG": PIN})

    assert rewritten(read, {PIN: PIN}) == text.replace("${IMG}", PIN).encode()
    settle(read, {PIN: PIN})


def test_t099_a_variable_that_means_a_name_without_a_digest_is_refused() -> None:
    with pytest.raises(DockerfileError, match="made:1 has no digest here") as caught:
        settle(parse("ARG IMG=evil\nFROM ${IMG}", build_args={"IMG": "made:1"}), {})
    assert caught.value.line == 2
    settle(parse("FROM made:1"), {})


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("ARG B=evil\nFROM ${B}", {"B": "scratch"}),
        ("ARG B=evil\nFROM a AS x\nFROM ${B}", {"B": "x"}),
        ("ARG B\nFROM a AS x\nFROM ${B}", {"B": "x"}),
        ("# syntax=evil\nFROM a", {"BUILDKIT_SYNTAX": "a"}),
    ],
)
def test_t099_an_argument_that_hides_an_image_is_refused(text: str, args: dict[str, str]) -> None:
    with pytest.raises(DockerfileError, match="without --build-arg, this file names another"):
        settle(parse(text, build_args=args), {"a": PIN})


def test_arguments_that_only_choose_a_stage_stay() -> None:
    text = "ARG V=x\nFROM a AS x\nFROM a AS y\nFROM ${V}\n"
    settle(parse(text, build_args={"V": "y"}), {"a": PIN})
    settle(parse("FROM a AS b-arm\nFROM b-$BUILDARCH", build_args={"BUILDARCH": "arm"}), {"a": PIN})


def test_the_arguments_that_names_rest_on_are_told() -> None:
    text = (
        "ARG A=1 B=${A}-x C\nARG SECRET UNUSED=2 NAME=it\nFROM ${NAME}:${B}$TARGETARCH AS b\n"
        "ARG LATER\nFROM b AS o\nFROM ${C:-b}\n"
    )
    found = parse(text, build_args={"SECRET": "s", "NAME": "other"}, platform="linux/arm64")

    assert found.images[0].name == "other:1-xarm64"
    assert found.arguments == {"A": "1", "B": "1-x", "C": None, "NAME": "other", "TARGETARCH": None}
    given = parse(text, build_args={"TARGETARCH": "x"}, platform="linux/arm64")
    assert given.arguments["TARGETARCH"] == "x"
