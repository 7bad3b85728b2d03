"""What is built here and not pulled: by that name alone, and where somebody builds it (t099)."""

from __future__ import annotations

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.yaml_nodes import YamlError, read

PIN = "docker.io/library/web@sha256:" + "a" * 64
BUILD = "build: {dockerfile_inline: FROM scratch}"


def project(text: str, **env: str) -> Composition:
    made = composition({"compose.yaml": text.encode()}, env=env, program=None)
    assert [one.message for one in made.findings if one.refused] == []
    return made


def beside(made: Composition, **values: str) -> dict:
    [document] = read(made.override(values), file="trust.yaml")
    return document.value["services"]


def test_an_image_that_is_not_pulled_is_judged_where_the_service_that_builds_it_pulls_it() -> None:
    text = (
        f"services: {{web: {{image: 'web:1', {BUILD}}}, w: {{image: 'web:1', pull_policy: never}}}}"
    )
    made = project(text)

    assert [(one.service, one.pulled) for one in made.started] == [("web", True), ("w", False)]
    assert "say pull_policy: build where it is built" in made.uses[1].advice
    assert beside(made, **{"web:1": PIN})["w"] == {"image": PIN}
    assert made.pinned({"web:1": PIN})["compose.yaml"].count(PIN.encode()) == 2
    only_built = project(text.replace(BUILD, f"pull_policy: build, {BUILD}"))
    assert only_built.started == ()


@pytest.mark.parametrize(
    ("builder", "worker"), [("built:dev", "${IMG:-built:dev}"), ("${IMG:-built:dev}", "built:dev")]
)
def test_t099_a_name_that_is_built_here_is_that_name_elsewhere(builder: str, worker: str) -> None:
    text = (
        f"services: {{b: {{image: '{builder}', pull_policy: build, {BUILD}}}, "
        f"w: {{image: '{worker}', pull_policy: never}}}}"
    )
    made = project(text)

    with pytest.raises(YamlError, match="image has variables, or comes from another file"):
        made.pinned({})
    changed = "w" if "$" in worker else "b"
    assert beside(made)[changed]["image"] == "built:dev"
    assert project(text.replace("${IMG:-built:dev}", "built:dev")).pinned({}) == {}


def test_a_name_by_a_variable_of_what_is_always_built_is_left_in_place_and_written_beside() -> None:
    text = f"services: {{b: {{image: 'built:${{TAG:-dev}}', pull_policy: build, {BUILD}}}}}"
    made = project(text, TAG="7")

    assert made.pinned({}) == {}
    assert beside(made)["b"] == {"image": "built:7"}
