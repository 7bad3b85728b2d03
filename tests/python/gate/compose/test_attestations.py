"""The images that make the SBOM of what compose builds are found in each place."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition


def project(build: str, **env: str) -> Composition:
    text = f"services:\n  a:\n    build: {{dockerfile_inline: FROM x, {build}}}\n"
    return composition({"compose.yaml": text.encode()}, env=env, program=None)


@pytest.mark.parametrize(
    "build",
    [
        "sbom: generator=scan",
        "sbom: 'type=SBOM,generator=scan'",
        "sbom: 'disabled=true,generator=scan'",
        "sbom: 'generator=${SCAN}'",
        "provenance: 'type=sbom,generator=scan'",
        "provenance: 'mode=max,type=Sbom,generator=scan'",
        "args: {BUILDKIT_ATTEST_SBOM: generator=scan}",
        "args: ['BUILDKIT_ATTEST_Sbom=generator=scan']",
        "args: [BUILDKIT_ATTEST_SBOM]",
    ],
)
def test_t098_the_scanner_of_a_build_is_an_image(build: str) -> None:
    made = project(build, SCAN="scan", BUILDKIT_ATTEST_SBOM="generator=scan")
    assert made.findings == ()
    assert [(use.image, use.spot.line) for use in made.uses] == [("x", 3), ("scan", 3)]


@pytest.mark.parametrize(
    "build",
    ["sbom: true", "sbom: 'true'", "provenance: type=sbom", "args: {BUILDKIT_ATTEST_SBOM: ''}"],
)
def test_the_scanner_that_buildkit_chooses_is_told_as_not_covered(build: str) -> None:
    made = project(build)
    assert [use.image for use in made.uses] == ["x"]
    assert [(f.level, f.code, f.spot.line) for f in made.findings] == [("note", "not_covered", 3)]
    assert "docker/buildkit-syft-scanner" in made.findings[0].message


@pytest.mark.parametrize(
    "build",
    ["sbom: false", "provenance: true", "provenance: mode=max", "sbom: 'false'", "sbom: ''",
     "args: {BUILDKIT_ATTEST_PROVENANCE: mode=max}"],
)  # fmt: skip
def test_without_an_sbom_nothing_is_run(build: str) -> None:
    made = project(build)
    assert [use.image for use in made.uses] == ["x"]
    assert made.findings == ()


@pytest.mark.parametrize(
    "build",
    ["sbom: 'type=other'", "provenance: 'type=sbom,type=provenance'", "sbom: [true]", "sbom: 1",
     "args: {BUILDKIT_ATTEST_OTHER: ''}", "sbom: 'generator=evil,Generator=good'",
     "args: {BUILDKIT_ATTEST_SBOM: 'generator=evil,generator=good'}"],
)  # fmt: skip
def test_an_attestation_that_is_not_understood_is_refused(build: str) -> None:
    assert [f.refused for f in project(build).findings] == [True]


@pytest.mark.parametrize("args", ["[BUILDKIT_ATTEST_SBOM, TAG]", "{BUILDKIT_ATTEST_SBOM: , TAG: }"])
def test_build_arguments_without_a_value_have_that_of_the_file_env(
    tmp_path: Path, args: str
) -> None:
    tmp_path.joinpath(".env").write_text("BUILDKIT_ATTEST_SBOM=1\nTAG=7\n")
    inline = 'dockerfile_inline: "ARG TAG=1\\nFROM x:$TAG"'
    text = f"services:\n  a:\n    build: {{{inline}, args: {args}}}\n"
    made = composition({f"{tmp_path}/compose.yaml": text.encode()}, env={}, program=None)
    assert [f.code for f in made.findings] == ["not_covered"]  # the scanner that BuildKit chooses
    assert [use.image for use in made.uses] == ["x:7"]
    tmp_path.joinpath(".env").write_text("TAG=$(7)\n")
    made = composition({f"{tmp_path}/compose.yaml": text.encode()}, env={}, program=None)
    assert [f.refused for f in made.findings] == [True]
