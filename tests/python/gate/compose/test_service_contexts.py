"""Services that others build upon: what their Dockerfiles leave for those builds is checked too."""

from __future__ import annotations

import pytest

from contenttrust.gate.compose.files import composition

BAKE = {"COMPOSE_BAKE": "true"}
DIGEST = "tool@sha256:" + "a" * 64


def read(dockerfile: str, *, more: str = "", context: str = "service:b") -> tuple[list, list]:
    inline = "\n".join(f"        {line}" for line in dockerfile.splitlines())
    text = f"""services:
  a:
    build:
      dockerfile_inline: FROM base
      additional_contexts: {{base: '{context}'}}
  b:
    build:
      {more or "target:"}
      dockerfile_inline: |
{inline}
"""
    made = composition({"f": text.encode()}, env=BAKE, program=None)
    told = [(f.spot.line, f.message) for f in made.findings if f.code != "not_covered"]
    return [use.image for use in made.uses], told


def test_bases_of_a_service_that_is_a_context_are_those_of_its_own_build() -> None:
    assert read("FROM x:1\nONBUILD COPY . /app\nONBUILD RUN make") == (["x:1"], [])
    text = (
        b"services: {b: {build: {dockerfile_inline: FROM x}}, a: {build: {dockerfile_inline: %s}}}"
    )
    built = b"FROM base, additional_contexts: {base: 'service:b'}"
    assert composition({"f": text % built}, env=BAKE, program=None).findings == ()  # no note either


@pytest.mark.parametrize(
    ("dockerfile", "more"),
    [
        ("FROM x\nONBUILD COPY --from=evil / /", ""),
        ("FROM evil\nONBUILD COPY --from=evil / /", ""),
        ("FROM x AS evil\nFROM x\nONBUILD COPY --from=evil / /", ""),
        ("FROM x\nONBUILD COPY --from=evil / /", "additional_contexts: {evil: 'service:a'}"),
        ("FROM x\nONBUILD COPY --from=evil / /", "additional_contexts: {evil: ./here}"),
        ("FROM x\nONBUILD RUN --mount=from=evil make", "additional_contexts: {evil: ./here}"),
        (f"FROM x\nONBUILD COPY --from={DIGEST} / /",
         f"additional_contexts: {{'{DIGEST}': ./here}}"),
    ],
)  # fmt: skip
def test_t098_a_trigger_for_another_service_names_digests_or_nothing(
    dockerfile: str, more: str
) -> None:
    _, [(line, message)] = read(dockerfile, more=more)

    assert line == 8
    assert "ONBUILD runs in the build of the service that has b as a context" in message
    assert read(dockerfile, more=more, context="docker-image://b")[1] == []


def test_a_trigger_that_names_a_digest_is_checked_where_it_stands() -> None:
    assert read(f"FROM x\nONBUILD COPY --from={DIGEST} / /") == (["x", DIGEST], [])


def test_a_trigger_that_cannot_be_read_by_itself_is_refused() -> None:
    _, [(_, message)] = read("FROM x\nONBUILD RUN <<EOF\nmake\nEOF")

    assert "has no end" in message


def test_a_service_that_is_not_built_is_no_context() -> None:
    text = b"""services:
  a: {build: {dockerfile_inline: FROM base, additional_contexts: {base: 'service:b'}}}
  b: {image: x}
"""
    [finding] = composition({"f": text}, env=BAKE, program=None).findings
    assert (finding.refused, finding.spot.line) == (True, 2)
    assert "the service b is not built: write docker-image:// and its image" in finding.message
