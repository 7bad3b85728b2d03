"""The canonical form that is signed, whatever a file looks like."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacks.judge import Judge, repository
from simulator import Repository, image
from simulator.roles import digest_of


def test_t051_composed_and_decomposed_names_are_two_names(judge: Judge) -> None:
    composed, decomposed = (unicodedata.normalize(form, "caf\u00e9") for form in ("NFC", "NFD"))
    repo = repository()
    repo.top.targets |= {composed: image("composed"), decomposed: image("decomposed")}

    tags = judge.accepts(repo.publish()).tags
    assert (tags[composed].digest, tags[decomposed].digest) == (
        digest_of("composed"),
        digest_of("decomposed"),
    )


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def as_served_elsewhere(document: bytes) -> bytes:
    """The same document with other white space and escapes, its members the other way round."""
    turned = _turned(json.loads(document))
    return json.dumps(turned, indent=1, ensure_ascii=True).encode()


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _turned(value[name]) for name in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


@settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(TEXT, max_size=4, unique=True), custom=VALUES)
def test_t052_the_canonical_form_is_notarys_whatever_the_file_looks_like(
    judge: Judge, names: list[str], custom: Any
) -> None:
    repo = Repository()
    repo.top.targets = {name: image(name) for name in names} | {
        "tag": image("tag") | {"custom": custom}
    }
    repo.top.edit_file(as_served_elsewhere)

    verdict = judge.accepts(repo.publish())
    assert {name: tag.digest for name, tag in verdict.tags.items()} == {
        name: digest_of(name) for name in (*names, "tag")
    }
    assert verdict.tags["tag"].custom == custom


def test_t052_tags_come_in_the_order_of_their_code_points(judge: Judge) -> None:
    names = [
        "",
        "A",
        "a",
        "a!",
        "a0",
        "\u00e9",
        "\u2028",
        "\uffee",
        "\U00010000",
        "\U0001f600",
        "\x01",
        "\x7f",
    ]
    repo = Repository()
    repo.top.targets = {name: image(name) for name in names}

    assert list(judge.accepts(repo.publish()).tags) == sorted(names)
