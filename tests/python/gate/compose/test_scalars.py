"""Texts that are numbers to docker compose: none is written without quotes, and none read so."""

from __future__ import annotations

import pytest

from contenttrust.gate.compose.files import Composition, composition

NUMBERS = ["0B1", "0X1F", "0O7", "6e_3", "1E_3", "1e5_", "0_x1F", "0_B1", "0B_1", "0X_F", "0b-1"]


def project(args: str, **env: str) -> Composition:
    build = f'{{args: {args}, dockerfile_inline: "ARG V\\nFROM x:a$$V"}}'
    files = {"compose.yaml": f"services: {{'0B1': {{build: {build}}}}}".encode()}
    return composition(files, env=env, program=None)


@pytest.mark.parametrize("text", NUMBERS)
def test_t099_an_argument_that_is_a_number_to_docker_compose_has_quotes_in_an_override(
    text,
) -> None:
    made = project(f"{{V: '{text}'}}")
    assert [use.image for use in made.uses] == [f"x:a{text}"]

    written = made.override({f"x:a{text}": ""}).decode()
    assert f'"V": "{text}"\n' in written
    assert '"0B1":\n' in written


def test_t099_line_breaks_of_some_readers_are_escaped_in_an_override() -> None:
    made = project('{"BUILDKIT_ATTEST_X": "a\\N\\L\\_\\tb", V: ""}')

    written = made.override({}).decode()
    assert '"BUILDKIT_ATTEST_X": "a\\N\\L\\_\\tb"\n' in written
    assert written.isascii()


@pytest.mark.parametrize("text", NUMBERS)
def test_t099_an_argument_that_is_a_number_to_docker_compose_is_refused_without_it(text) -> None:
    for args in (f"{{V: {text}}}", f"{{V: &a {text}}}"):
        [finding] = project(args).findings
        assert finding.refused
        assert finding.message == "the value of V is a number to docker compose: put it in quotes"


@pytest.mark.parametrize(
    "args", ["{V: '${W}'}", "{V: '0B1'}", '{V: "0B1"}', "{V: 0B$W}", "[V=0B1]", "{V: '0B${W}'}"]
)
def test_an_argument_that_is_a_text_to_docker_compose_is_read(args: str) -> None:
    made = project(args, W="1")

    assert [finding.message for finding in made.findings] == []
    assert [use.image for use in made.uses] in (["x:a1"], ["x:a0B1"])
