"""Whatever stands where something else belongs is refused with its place, and nothing breaks."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.gate.compose.files import composition
from contenttrust.gate.compose.services import contents
from refused_writing import refusal

PROJECT = {
    "services": {
        "a": {
            "image": "x",
            "pull_policy": "build",
            "platform": "linux/amd64",
            "profiles": ["p"],
            "volumes": [{"type": "image", "source": "v", "target": "/v"}],
            "models": ["m"],
            "build": {
                "context": ".",
                "dockerfile": "Dockerfile",
                "dockerfile_inline": "FROM y AS stage",
                "target": "stage",
                "args": {"X": "1"},
                "additional_contexts": {"base": "docker-image://z"},
                "platforms": ["linux/amd64"],
                "pull": False,
                "privileged": False,
                "sbom": "generator=s",
                "provenance": False,
                "cache_from": ["type=local,src=c"],
            },
        },
        "b": {"provider": {"type": "cloud"}},
        "c": {"image": "w", "platform": "linux/amd64"},
    }
}
KINDS: dict[str, Any] = {
    "text": "x",
    "number": 3,
    "float": 1.5,
    "switch": True,
    "list": [3],
    "texts": ["x"],
    "mapping": {"x": 3},
    "pairs": {"x": "y"},
}
BUILD = ("services", "a", "build")
# What may stand there; what is right of its kind and wrong as it is may be refused too.
MEMBERS: dict[tuple[str | int, ...], set[str]] = {
    ("services",): set(),
    ("services", "a"): set(),
    ("services", "a", "image"): {"text"},
    ("services", "a", "pull_policy"): {"text"},
    ("services", "a", "platform"): {"text"},
    ("services", "a", "profiles"): {"texts"},
    ("services", "a", "profiles", 0): {"text"},
    ("services", "a", "volumes"): {"texts"},
    ("services", "a", "volumes", 0): {"text"},
    ("services", "a", "volumes", 0, "type"): {"text"},
    ("services", "a", "volumes", 0, "source"): {"text"},
    ("services", "a", "volumes", 0, "target"): {"text"},
    ("services", "a", "models"): {"texts", "pairs", "mapping", "list"},
    ("services", "b", "provider"): {"mapping", "pairs"},
    ("services", "c", "platform"): {"text"},
    BUILD: {"text", "mapping", "pairs"},
    (*BUILD, "context"): {"text"},
    (*BUILD, "dockerfile"): {"text"},
    (*BUILD, "dockerfile_inline"): {"text"},
    (*BUILD, "target"): {"text"},
    (*BUILD, "args"): {"texts", "pairs", "mapping"},
    (*BUILD, "args", "X"): {"text", "number"},
    (*BUILD, "additional_contexts"): {"pairs"},
    (*BUILD, "additional_contexts", "base"): {"text"},
    (*BUILD, "platforms"): {"texts"},
    (*BUILD, "platforms", 0): {"text"},
    (*BUILD, "pull"): {"switch", "text"},
    (*BUILD, "privileged"): {"switch", "text"},
    (*BUILD, "sbom"): {"switch", "text"},
    (*BUILD, "provenance"): {"switch", "text"},
    (*BUILD, "cache_from"): {"texts", "list"},
}


def with_value(way: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The project with another value at a place."""
    made: Any = copy.deepcopy(PROJECT)
    below = made
    for step in way[:-1]:
        below = below[step]
    below[way[-1]] = value
    return dict(made)


WRONG = [(way, kind) for way, allowed in MEMBERS.items() for kind in KINDS if kind not in allowed]


def test_the_project_itself_is_read() -> None:
    made = composition({"compose.yaml": json.dumps(PROJECT).encode()}, env={}, program=None)

    assert [finding for finding in made.findings if finding.refused] == []
    assert [use.image for use in made.uses] == ["v", "z", "w", "y", "s"]


@pytest.mark.parametrize(("way", "kind"), WRONG)
def test_a_wrong_type_is_refused_where_it_stands(way: tuple[str | int, ...], kind: str) -> None:
    text = json.dumps(with_value(way, KINDS[kind]), indent=1)
    made = composition({"compose.yaml": text.encode()}, env={}, program=None)

    refused = [finding for finding in made.findings if finding.refused]
    assert [(finding.spot.file, finding.spot.line > 0) for finding in refused] == [
        ("compose.yaml", True)
    ]


@pytest.mark.parametrize(("way", "kind"), [(w, k) for w, k in WRONG if "profiles" not in w])
def test_a_wrong_type_that_docker_compose_lets_through_is_refused(way, kind) -> None:
    assert any(remark.refused for remark in contents(with_value(way, KINDS[kind])).remarks)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text("a/:$%{", max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abX"), inner),
    max_leaves=4,
)


@given(st.sampled_from(list(MEMBERS)), ANYTHING)
def test_nothing_that_stands_anywhere_breaks_the_reader(way, value) -> None:
    project = with_value(way, value)
    composition({"compose.yaml": json.dumps(project).encode()}, env={}, program=None)
    contents(project)


@given(ANYTHING)
def test_nothing_that_stands_beside_an_image_volume_breaks_a_file_beside(value) -> None:
    volumes = [{"type": "image", "source": "v", "target": "/t"}, value]
    project = {"services": {"a": {"image": "w", "volumes": volumes}}}
    made = composition({"compose.yaml": json.dumps(project).encode()}, env={}, program=None)
    refusal(made.override)  # it may be refused
