"""Every image of a Dockerfile is found, or the file is refused (threat 98)."""

from __future__ import annotations

import pickle

import pytest

from contenttrust.gate.dockerfile import DockerfileError, parse
from contenttrust.gate.dockerfile.contexts import images
from dockerfile_cases import CASES, OPTIONS, Case
from refused_dockerfiles import REFUSED


@pytest.mark.parametrize("case", [*CASES, *OPTIONS], ids=lambda case: case.name)
def test_t098_every_image_of_a_dockerfile_is_found(case: Case) -> None:
    dockerfile = parse(
        case.text,
        build_args=case.args,
        platform=case.platform,
        target=case.target,
        build_contexts=case.contexts,
    )
    assert [(use.what, use.name) for use in dockerfile.images] == case.wanted


@pytest.mark.parametrize(("text", "reason"), REFUSED, ids=lambda text: text[:30])
def test_t098_what_cannot_be_told_without_doubt_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DockerfileError) as refused:
        parse(text)
    assert reason in str(refused.value)


def test_the_corpus_is_large() -> None:
    assert len(CASES) + len(OPTIONS) + len(REFUSED) >= 120


def test_line_and_column_are_those_of_the_name() -> None:
    text = "\ufeff# syntax=s\r\nFROM \\\r\n# x\r\n --platform=x  'a'b AS c\r\nCOPY --from=\"d\" x y"
    found = [(use.name, use.line, use.column, text[slice(*use.span)]) for use in parse(text).images]
    assert found == [("s", 1, 10, "s"), ("ab", 4, 16, "'a'b"), ("d", 5, 14, "d")]


def test_a_name_over_two_lines_stands_in_two_pieces() -> None:
    text = "FROM al\\\n# x\npine\n"
    (use,) = parse(text).images
    assert [text[slice(*span)] for span in use.spans] == ["al", "pine"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a\n\nNO b\n", 3),
        ("FROM a\nRUN x \\\n y\nFROM $A\n", 4),
        ("FROM a\nRUN <<EOF\nx\n", 2),
        ("FROM a\nRUN <<EOF\nx\nEOF\nCOPY --from=9 x y\n", 5),
        ("FROM a\nRUN <<${A:-" + "${A:-" * 60 + "}" * 61 + "\n", 2),
    ],
)
def test_a_refusal_names_its_line(text: str, line: int) -> None:
    with pytest.raises(DockerfileError) as refused:
        parse(text)
    assert refused.value.line == line
    assert str(refused.value) == f"line {line}: {refused.value.reason}"
    assert pickle.loads(pickle.dumps(refused.value)).line == line


def test_a_character_in_two_lines_is_refused() -> None:
    with pytest.raises(DockerfileError, match="line 2: a line is continued within a character"):
        parse(b"FROM a\nRUN x\xc2\\\n\xa0y\n")


def test_names_of_others_cannot_write_on_a_terminal() -> None:
    with pytest.raises(DockerfileError) as refused:
        parse("FROM a\n\x1b[2J\u202e x\n")
    assert str(refused.value).isprintable()


def test_stages_are_told() -> None:
    stages = parse("ARG A=one\nFROM a AS One\nFROM $A\nFROM scratch AS two\n", target="two").stages
    assert [(stage.name, stage.base, stage.base_stage, stage.line) for stage in stages] == [
        ("one", "a", None, 2),
        ("", "one", 0, 3),
        ("two", "scratch", None, 4),
    ]


def test_a_target_that_is_no_stage_is_refused() -> None:
    with pytest.raises(DockerfileError, match="no stage 'x'"):
        parse("FROM a AS b\n", target="x")


BOTH = "linux/amd64, linux/arm64"


def test_stages_may_be_chosen_by_several_platforms() -> None:
    text = "FROM a AS s-amd64\nFROM --platform=$TARGETPLATFORM b AS s-arm64\nFROM s-$TARGETARCH\n"
    read = parse(text, platform=BOTH)
    assert [use.name for use in read.images] == ["a", "b"]
    assert [stage.platform for stage in read.stages] == ["", None, ""]  # it is both
    assert parse(text, platform="linux/arm64").stages[1].platform == "linux/arm64"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("FROM a\nFROM b:$TARGETARCH\n", 2),
        ("FROM a AS s-amd64\nFROM s-$TARGETARCH\n", 2),
        ("FROM a AS s-arm64\nFROM s-$TARGETARCH\n", 2),
        ("FROM a\nFROM x-$TARGETARCH\n", 2),  # what takes the place of both is an image of its own
    ],
)
def test_images_may_not_be_chosen_by_several_platforms(text: str, line: int) -> None:
    contexts = {"x-amd64": "docker-image://one", "x-arm64": "docker-image://two"}
    with pytest.raises(DockerfileError, match="depends on the platform") as refused:
        parse(text, platform=BOTH, build_contexts=contexts)
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("https://h/x", True),
        ("HTTP://h/x", True),
        ("git@github.com:a/b", True),
        ("ssh://h/a", True),
        ("h/a.git#main", True),
        ("./x", False),
        ("x.gitignore", False),
    ],
)
def test_t098_what_add_fetches_is_told_as_not_covered(source: str, told: bool) -> None:
    notices = parse(f"FROM a\nADD --chown=1 y {source} /z\n").not_covered
    assert [(notice.line, source in notice.text) for notice in notices] == [(2, True)] * told


def test_a_front_end_of_its_own_is_told() -> None:
    assert parse("# syntax=docker/dockerfile:1.7-labs\nFROM a\n").not_covered == ()
    (notice,) = parse("# syntax=team/front\nFROM a\n").not_covered
    assert (notice.line, "team/front" in notice.text) == (1, True)


def test_a_context_that_is_no_image_is_told() -> None:
    contexts = {"a": "./folder", "b": "docker-image://c", "d": "docker-image://scratch"}
    (notice,) = parse("FROM a\n", build_contexts=contexts).not_covered
    assert "./folder" in notice.text


def test_t098_images_beside_the_file_are_named() -> None:
    arguments = {"BUILDKIT_SYNTAX": " team/front:1 x=y", "A": "b"}
    contexts = {"a": "docker-image://b:1", "c": "docker-image:d", "e": "https://f", "g": "./h"}
    assert images(arguments, contexts) == [
        ("team/front:1", "--build-arg BUILDKIT_SYNTAX"),
        ("b:1", "--build-context a"),
        ("d", "--build-context c"),
    ]


@pytest.mark.parametrize("contexts", [{"A/B": "./x"}, {"a": "./x", "docker.io/library/a": "./y"}])
def test_names_of_contexts_are_held_to_the_grammar(contexts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"invalid reference|two contexts"):
        parse("FROM a\n", build_contexts=contexts)


def test_a_file_that_is_too_long_is_refused() -> None:
    with pytest.raises(DockerfileError, match="longer than"):
        parse("#" * 100 + "\n" * (1 << 22))


@pytest.mark.parametrize(
    "name", ["HTTP_PROXY", "https_proxy", "FTP_PROXY", "no_proxy", "ALL_PROXY"]
)
def test_an_argument_that_docker_may_give_by_itself_is_no_name_of_an_image(name: str) -> None:
    for argument in (f"ARG {name}=good", f"ARG {name}"):
        text = f"{argument}\nFROM x:${name}\n"
        with pytest.raises(DockerfileError, match="which docker may give it by itself"):
            parse(text)
        assert [use.name for use in parse(text, build_args={name: "1"}).images] == ["x:1"]
