"""What stands in compose files is found as docker compose understands it."""

from __future__ import annotations

import pytest

from contenttrust.gate.compose import places
from contenttrust.yaml_nodes import read


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("/data/", "/data"), ("//data", "/data"), ("/a/../data", "/data"), ("/./data", "/data"),
        ("/../data", "/data"), ("/", "/"), ("data/..", ""), ("../../x", "../../x"),
        ("/d$$T/", "/d$T"),
    ],
)  # fmt: skip
def test_a_target_is_what_go_makes_of_it(written: str, target: str) -> None:
    assert places.is_target(written, target)
    assert places.clean(target) == target
    assert not places.is_target(written, f"{target}x")
    assert not places.is_target(None, target)


def test_the_last_file_that_says_it_says_whether_a_value_is_open() -> None:
    texts = (
        "services: {a: {build: {target: t, context: $C}}, b: {build: $B}}",
        "services: {a: {extends: {service: x}, build: {args: ['N=$V', M=1, O]}}, b: {build: .}}",
        "services: {a: {build: {target: $$t}}, c: {build: {args: {N: $V}}}}",
    )
    documents = [one for text in texts for one in read(text, file="f")]

    def why(service: str, *path: str) -> str:
        return places.openness(documents, ("services", service, "build", *path))

    assert (why("a", "target"), why("a", "context"), why("a", "sbom")) == (
        "", "elsewhere", "elsewhere",
    )  # fmt: skip
    assert (why("b", "context"), why("b", "target"), why("none", "target")) == ("", "", "")
    assert (why("a", "args", "N"), why("a", "args", "M")) == ("variables", "")
    assert why("c", "args", "N") == "variables"
    first = places.openness(documents[:1], ("services", "b", "build", "context"))
    assert first == "variables"
