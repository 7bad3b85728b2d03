"""YAML is read strictly, with the position of every value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.yaml_nodes import YamlError, read


def values(text: str) -> list[Any]:
    return [document.value for document in read(text, file="f.yaml")]


def refused(text: bytes | str) -> YamlError:
    with pytest.raises(YamlError) as caught:
        read(text, file="f.yaml")
    return caught.value


def test_documents_of_a_stream_come_in_order_with_their_lines() -> None:
    documents = read("a: 1\n--- # second\nb: [x]\n---\n", file="f.yaml")

    assert [(document.value, document.line) for document in documents] == [
        ({"a": 1}, 1),
        ({"b": ["x"]}, 3),
        (None, 5),
    ]


def test_a_value_is_found_by_its_path() -> None:
    text = '\ufeffa:\r\n  - b: &x "c:1"\r\n    d: *x\r\n'
    [document] = read(text.encode(), file="f.yaml")
    found = document.scalar(("a", 0, "b"))

    assert (found.line, found.column, found.end_column) == (2, 8, 16)
    assert text[found.start : found.end] == '&x "c:1"'
    assert document.scalar(("a", 0, "d")) == found


@pytest.mark.parametrize("path", [("x",), ("a", 1), ("a", "b"), ("a", 0, "b", 0), ("a", -1)])
def test_a_path_to_nothing_is_an_error(path: tuple[str | int, ...]) -> None:
    [document] = read("a: [{b: c}]", file="f.yaml")

    with pytest.raises(KeyError):
        document.scalar(path)


def test_merged_members_have_the_position_of_where_they_are_written() -> None:
    [document] = read("x: &x\n  image: a\ny:\n  <<: *x\n  z: 1\n", file="f.yaml")

    assert document.value["y"] == {"image": "a", "z": 1}
    assert document.scalar(("y", "image")).line == 2


def test_of_merged_mappings_the_first_holds_and_own_members_hold_most() -> None:
    text = "a: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2, s: 2}\nc: {<<: [*a, *b], s: 3}\n"

    assert values(text)[0]["c"] == {"p": 1, "q": 1, "r": 2, "s": 3}


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: 1\na: 2", 2, 1, "'a' is there twice"),
        ("1: a\n'1': b", 2, 1, "'1' is there twice"),
        ('x:\n  a: 1\n  "a": 2', 3, 3, "'a' is there twice"),
        ("a: &a [*a]", 1, 4, "an alias within"),
        ("a: &a {<<: *a}", 1, 4, "an alias within"),
        ("x: !foo 1", 1, 4, "the tag !foo"),
        ("x: !!binary aGk=", 1, 4, "binary"),
        ("x: !!str [y]", 1, 4, "the tag"),
        ("x: !!map y", 1, 4, "the tag"),
        ("x: !!bool z", 1, 4, "the tag"),
        ("x: !!null web:1", 1, 4, "the tag"),
        ("x: !!!null web:1", 1, 4, "the tag"),
        ("x: !<tag:yaml.org,2002:str> y", 1, 4, "the tag"),
        ("x: " + "9" * 5000, 1, 4, "cannot be read"),
        ("image: &web:1 # c", 1, 8, "the anchor web:1"),
        ("&http://x: 1", 1, 1, "the anchor http:"),
        ("a: &a.b {image: c}\nd: *a.b", 1, 4, "the anchor a.b"),
        ("x: ! 012", 1, 4, "the tag !: readers"),
        ("x: [! ]", 1, 5, "the tag !: readers"),
        ("x: ! {a: b}", 1, 4, "the tag !: readers"),
        ("! x: 1", 1, 1, "the tag !: readers"),
        ("a: {q: 1}\nq: 3\n<<: {q: 1}", 3, 1, "put it first"),
        ("a: 1\n<<: {q: 1}\n<<: {q: 2}", 3, 1, "'<<' is there twice"),
        ("<<: {q: 1}\na: 1\n<<: {p: 2}", 3, 1, "'<<' is there twice"),
        ("<<: []\n<<: [{p: 2}]", 2, 1, "'<<' is there twice"),
        ("x: {&a.b <<: {q: 1}}", 1, 5, "the anchor a.b"),
        ('"<<": {}', 1, 1, "<< in quotes"),
        ("<<: 3", 1, 5, "<< merges mappings only"),
        ("<<: *none", 1, 5, "undefined alias"),
        ("? [a]\n: 1", 1, 3, "no plain text"),
        ("null: 1", 1, 1, "null"),
        ("{image\t:web}", 1, 2, "a tab behind a key"),
        ("x: [{a: 1, image \t :\u00a0}]", 1, 12, "a tab behind a key"),
        ("{? a\n\t:b}", 1, 4, "a tab behind a key"),
        ("{<<\t:{a: b}}", 1, 2, "a tab behind a key"),
        ("a: 1 # b\u2028c: 2", 1, 9, "line break"),
        ("a: 1 # b\rc: 2", 1, 9, "line break"),
        ("a: 1\n---b: 1", 2, 1, "begins with ---"),
        ("a: 1\n--- {b: 1}", 2, 1, "begins with ---"),
        ("a: 1\n---#x:\n  b: 1", 2, 1, "begins with ---"),
        ("---# c\r\na: 1", 1, 1, "put a space before #"),
        ("\ufeff---#x:\n  b: 1", 1, 1, "begins with ---"),
        ("a: 1\n---\u3000\nb: 1", 2, 1, "begins with ---"),
        ("a: 1\n---\v\nb: 1", 2, 1, "begins with ---"),
        ("a: 1\n---\n\ufeffb: 1", 3, 1, "byte order mark"),
        ("\ufeff\ufeffa: 1", 1, 2, "byte order mark"),
        ("%YAML 1.1\n---\na: on", 1, 1, "directive"),
        ('{"a": 1}\n{"a": 2}', 2, 1, "a line --- must be between two, also where they are JSON"),
        ('{"a": 1}{"a": 2}', 1, 9, "more stands behind the end of the document"),
        ("# c\n{a: 1}\nb: 2", 3, 1, "more stands behind the end of the document"),
        ("a: [", 1, 5, "flow node"),
        ("a:\n  b: c: d", 2, 7, "not allowed here"),
        ("[" * 300 + "]" * 300, 1, 202, "deep"),
        ("[" * 100_000, 1, 1, "deep"),
        ("a: \x01", 1, 1, "unacceptable character"),
        ('a: 1\nb: "x\\U00110000"', 2, 8, "stands for no character"),
        ('a: "\\UFFFFFFFF"', 1, 7, "stands for no character"),
        ('--- # 1\n"\\U00110000": 1', 2, 4, "stands for no character"),
        (b"a: b\nc: \xff\n", 2, 1, "not UTF-8"),
    ],
)
def test_what_readers_may_differ_on_is_refused_with_its_place(
    text: bytes | str, line: int, column: int, words: str
) -> None:
    error = refused(text)

    assert (error.line, error.column) == (line, column)
    assert words in error.problem
    assert error.message == f"f.yaml:{line}:{column}: {error.problem}"
    assert str(error) == error.message


def test_aliases_that_would_fill_the_memory_are_refused() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"

    assert "when aliases are written out" in refused(text).problem


def test_merges_of_merges_are_read_once_each() -> None:
    text = "a: &a {x: 1}\n"
    for number in range(30):
        before, name = "b" * number or "a", "b" * (number + 1)
        text += f"k{number}: &{name} {{<<: [{', '.join([f'*{before}'] * 10)}]}}\n"

    assert values(text)[0]["k29"] == {"x": 1}


def test_a_text_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contenttrust.yaml_nodes._LONGEST", 10)

    assert "longer than" in refused(b"a: 12345678").problem


def test_tags_that_say_what_a_value_is_anyway_are_read() -> None:
    assert values("a: !!str 1\nb: !!map {c: d}\ne: !!seq [f]\n") == [
        {"a": "1", "b": {"c": "d"}, "e": ["f"]}
    ]


def test_a_moment_is_text_as_it_is_written() -> None:
    assert values("a: 2026-11-24T00:00:00Z\nb: 2026-11-24") == [
        {"a": "2026-11-24T00:00:00Z", "b": "2026-11-24"}
    ]


@given(st.text(alphabet=st.sampled_from("ab:-[]{}*&!#|>'\"% \n\t?,<~1.\\xuUF"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(text, file="f")
    except YamlError as refusal:
        error = refusal
    else:
        return
    assert (error.line, error.column) >= (1, 1)


def test_tags_of_docker_compose_are_read_as_it_reads_them() -> None:
    text = "a: !override\n  b: x:1\n  c: !override &n [1]\n  d: *n\nr: !reset x:2\ns: !override 1\n"
    [document] = read(text, file="f", compose_tags=True)

    assert document.value == {"a": {"b": "x:1", "c": [1], "d": [1]}, "s": "1"}
    assert (document.scalar(("a", "b")).line, document.scalar(("a", "b")).column) == (2, 6)
    with pytest.raises(KeyError):
        document.scalar(("r",))
    for line in text.splitlines()[-2:]:
        with pytest.raises(YamlError, match=r"the tag !(override|reset)"):
            read(line, file="f")


@pytest.mark.parametrize(
    "text",
    [
        "a: {<<: {b: 1}, b: !reset null}",
        "a: {<<: {b: !reset 1}}",
        "a: {<<: [{b: !reset 1}]}",
        "a: {<<: !reset {b: 1}}",
        "a: [!reset b]",
        "a: [{b: !reset c}]",
        "a: &a !reset b",
        "a: &a {b: !reset c}\nd: *a",
        "a: !override {b: !reset c}",
        "!reset {a: b}",
        "!reset a: b",
        "!reset a: !reset b",
    ],
)
def test_t099_what_is_taken_away_where_that_is_not_plain_is_refused(text: str) -> None:
    with pytest.raises(YamlError):
        read(text, file="f", compose_tags=True)
    assert read(text.replace("!reset", ""), file="f", compose_tags=True)
