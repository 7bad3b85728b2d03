"""Images in YAML are exchanged for others, and no other byte changes."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contenttrust.gate.yaml_text import replaced, scalar_paths, value_of
from contenttrust.yaml_nodes import YamlError, read

NEW = "docker.io/library/alpine@sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("image: alpine # why\n", f"image: {NEW} # why\n"),
        ("image:   'alpine'  \n", f"image:   '{NEW}'  \n"),
        ('image: "alp\\x69ne"\r\nx: 1\r\n', f'image: "{NEW}"\r\nx: 1\r\n'),
        ("image:\n  alpine\n", f"image:\n  {NEW}\n"),
        ("{image: alpine, x: [1]}", f"{{image: {NEW}, x: [1]}}"),
        ('{"image":"alpine"}', f'{{"image":"{NEW}"}}'),
        ("image: &i alpine", f"image: &i {NEW}"),
        ("image: !!str alpine", f"image: !!str {NEW}"),
        ("\ufeffimage: alpine", f"\ufeffimage: {NEW}"),
        ("? image\n: alpine", f"? image\n: {NEW}"),
    ],
)
def test_the_image_changes_and_nothing_else(before: str, after: str) -> None:
    assert replaced(before, {(0, ("image",)): NEW}, file="f") == after


def test_several_documents_and_places_at_once() -> None:
    text = "a: x:1\nb: [x:1, {c: y:1}]\n---\n---\n# c\na: x:1\n"
    edits = {(0, ("b", 1, "c")): NEW, (2, ("a",)): NEW, (0, ("a",)): NEW}

    assert replaced(text, edits, file="f") == (
        f"a: {NEW}\nb: [x:1, {{c: {NEW}}}]\n---\n---\n# c\na: {NEW}\n"
    )


def test_an_alias_that_stands_for_images_only_changes_with_its_anchor() -> None:
    text = "x: &x {image: alpine}\na: *x\nb: {<<: *x, c: d}\n"
    edits = {(0, (name, "image")): NEW for name in "xab"}

    assert replaced(text, edits, file="f") == text.replace("alpine", NEW)


def test_an_alias_that_nobody_reads_changes_with_its_image() -> None:
    text = "x-i: &i alpine\nimage: *i\nx-j: [*i, other]\n"
    edits = {(0, ("image",)): NEW}

    with pytest.raises(YamlError, match=r"something else, too: x-i$"):
        replaced(text, edits, file="f")
    after = replaced(text, edits, file="f", unread=lambda path: str(path[0]).startswith("x-"))
    assert after == text.replace("alpine", NEW)
    assert edits.keys() == {(0, ("image",))}


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ("image: &i alpine\nlabel: *i\n", "something else", 1),
        ("image: |-\n  alpine\n", "one line", 1),
        ("image: >-\n  alpine\n", "one line", 1),
        ('image: "alp\\\n  ine"\n', "one line", 1),
        ("image: &i\n  alpine\n", "one line", 1),
    ],
)
def test_what_cannot_be_exchanged_alone_is_refused(text: str, words: str, line: int) -> None:
    with pytest.raises(YamlError, match=words) as caught:
        replaced(text, {(0, ("image",)): NEW}, file="f")

    assert caught.value.line == line


def test_an_alias_cannot_stand_for_two_images() -> None:
    text = "a: &i alpine\nb: *i\n"

    with pytest.raises(YamlError, match="two images"):
        replaced(text, {(0, ("a",)): NEW, (0, ("b",)): "other"}, file="f")


@pytest.mark.parametrize("value", ["a b", "a\nb: c", "a'", 'a"', "a\\", "\u00e4"])
def test_what_is_no_image_is_never_written(value: str) -> None:
    with pytest.raises(ValueError, match="no image name"):
        replaced("image: alpine", {(0, ("image",)): value}, file="f")


def test_a_name_that_begins_like_a_list_is_put_in_quotes() -> None:
    value = "[::1]:5000/web@sha256:" + "a" * 64

    assert replaced("a: x", {(0, ("a",)): value}, file="f") == f'a: "{value}"'


VALUES = st.sampled_from(["alpine:3", "'a:1'", '"b:2"', "&x c", "*x", "|-\n    d", "1", "x # y"])
LINES = st.lists(st.tuples(st.sampled_from(["image", "k", "l"]), VALUES), max_size=5)


@given(st.lists(LINES, min_size=1, max_size=3), st.data())
def test_a_round_trip_changes_the_chosen_values_and_no_other(documents, data) -> None:
    text = ""
    for lines in documents:
        text += "---\nitems:\n"
        text += "".join(f"- {name}: {value}\n" for name, value in lines) or "- x\n"
    try:
        before = read(text, file="f")
    except YamlError:
        assume(False)
    keys = [(n, path) for n, d in enumerate(before) for path in scalar_paths(d.value)]
    chosen = data.draw(st.sets(st.sampled_from(keys)))
    try:
        new = replaced(text, dict.fromkeys(chosen, NEW), file="f")
    except YamlError:
        return
    after = read(new, file="f")
    for number, path in keys:
        old = value_of(before[number].value, path)
        expected = NEW if (number, path) in chosen else old
        assert value_of(after[number].value, path) == expected
    assert new.count("\n") == text.count("\n")
