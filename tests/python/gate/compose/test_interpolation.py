"""Variables of compose files are replaced as docker compose replaces them, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.compose.environment_file import EnvironmentFileError, variables
from contenttrust.gate.compose.interpolation import (
    InterpolationError,
    has_variables,
    interpolated,
)

ENV = {"TAG": "7", "EMPTY": "", "Mixed_1": "m", "DOLLAR": "$TAG"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web:1", "web:1"),
        ("web:$TAG", "web:7"),
        ("web:${TAG}", "web:7"),
        ("web:${TAG}-${Mixed_1}$TAG", "web:7-m7"),
        ("$TAG.x", "7.x"),
        ("web:$$TAG", "web:$TAG"),
        ("$${TAG}", "${TAG}"),
        ("web:${DOLLAR}", "web:$TAG"),
        ("${NONE:-web}:1", "web:1"),
        ("${NONE-web}:1", "web:1"),
        ("${EMPTY:-web}:1", "web:1"),
        ("${EMPTY-web}:1", ":1"),
        ("${EMPTY}", ""),
        ("${TAG:-web}", "7"),
        ("${NONE:-}", ""),
        ("${NONE:-${TAG}}", "7"),
        ("${NONE:-${EMPTY:-x${TAG}y}}z", "x7yz"),
        ("${NONE:-a:-b}", "a:-b"),
        ("${TAG:?needed}", "7"),
        ("${EMPTY?needed}", ""),
        ("${TAG:+set}", "set"),
        ("${EMPTY:+set}", ""),
        ("${EMPTY+set}", "set"),
        ("${NONE+set}", ""),
        ("${NONE:-$${TAG}}", "${TAG}"),
        ("${TAG}{}${TAG}", "7{}7"),
    ],
)
def test_variables_are_replaced(text: str, expected: str) -> None:
    assert interpolated(text, ENV.get) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web:$NONE", "NONE is not set"),
        ("web:${NONE}", "NONE is not set"),
        ("${NONE:?say which}", "NONE is required"),
        ("${EMPTY:?}", "EMPTY is required"),
        ("${NONE?}", "NONE is required"),
        ("${NONE:-$OTHER}", "OTHER is not set"),
        ("a$", "write \\$\\$"),
        ("$1", "write \\$\\$"),
        ("$ {TAG}", "write \\$\\$"),
        ("${TAG", "without }"),
        ("${}", "without a name"),
        ("${1}", "without a name"),
        ("${TAG!x}", "in a form"),
        ("${TAG:x}", "in a form"),
        ("${TAG x}", "in a form"),
        ("${TAG:-http://x:1/{y}}", "{ within"),
        ("${TAG:-{}:1.4${NONE:-}", "{ within"),
        ("${NONE:-${}}", "{ within"),
        ("${A:-" * 30 + "}" * 30, "too deep"),
    ],
)
def test_what_is_not_sure_is_refused(text: str, words: str) -> None:
    with pytest.raises(InterpolationError, match=words):
        interpolated(text, ENV.get)


@pytest.mark.parametrize("letter", ["\u017f", "\u212a"])
@pytest.mark.parametrize("text", ["$TAG{}", "$TAG{}X", "${}", "${{TAG{}}}", "${{{}}}"])
def test_t100_letters_that_go_on_a_name_for_docker_compose_are_refused(
    text: str, letter: str
) -> None:
    with pytest.raises(InterpolationError):
        interpolated(text.format(letter), ENV.get)
    assert interpolated(f"${{TAG}}{letter}", ENV.get) == f"7{letter}"


@given(st.text(alphabet="${}:-?+TAGx1 ", max_size=30))
def test_any_text_is_replaced_or_refused(text: str) -> None:
    try:
        made = interpolated(text, ENV.get)
    except InterpolationError:
        return
    if not has_variables(text):
        assert made == text


def test_simple_lines_of_an_environment_file_are_read() -> None:
    text = "\ufeff# a comment\r\nTAG=7\n\nexport B='two words # here'\nC=\"x y\"\nD=\nTAG=8  \n"

    assert variables(text) == {"TAG": "8", "B": "two words # here", "C": "x y", "D": ""}


@pytest.mark.parametrize(
    "line", ["A=$B", "A=b c", "A='b", 'A="b\\n"', "A: b", "A", "A=b # c", " A=b", "A=`id`", "=b"]
)
def test_other_lines_are_left_to_docker_compose(line: str) -> None:
    with pytest.raises(EnvironmentFileError, match=r"\.env:2: not a simple"):
        variables(f"X=1\n{line}\n")
