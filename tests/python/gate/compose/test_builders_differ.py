"""Dockerfiles of which one builder reads another than the next are all judged, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.gate.reports.finding import Finding
from contenttrust.yaml_nodes import YamlError


def read(folder: Path, build: str) -> Composition:
    text = f"services:\n  a:\n    build: {build}\n"
    return composition({f"{folder}/compose.yaml": text.encode()}, env={}, program=None)


def refusal(made: Composition) -> Finding:
    [finding] = made.findings
    assert (finding.refused, made.uses, made.built) == (True, (), ())
    return finding


@pytest.mark.parametrize("leads", ["../good", "./good", "nowhere"])
def test_t100_a_dockerfile_that_is_a_link_is_refused(tmp_path: Path, leads: str) -> None:
    (tmp_path / "good").write_text("FROM x")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "good").write_text("FROM x")
    (tmp_path / "app" / "Dockerfile").symlink_to(leads)

    finding = refusal(read(tmp_path, "app"))
    assert finding.spot.file == str(tmp_path / "app" / "Dockerfile")
    assert "it is a link, which BuildKit follows within its own folder only" in finding.message


def test_t100_a_folder_of_a_dockerfile_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM x")
    (tmp_path / "link").symlink_to("app")

    assert [use.image for use in read(tmp_path, "link").uses] == ["x"]


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile", "app.Dockerfile"])
def test_t100_a_policy_beside_a_dockerfile_that_is_built_is_refused(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / name).write_text("FROM x")
    (tmp_path / f"{name}.rego").write_text("allow")  # not beside it
    named = f"{{context: ., dockerfile: app/{name}}}"
    assert [use.image for use in read(tmp_path, named).uses] == ["x"]

    (tmp_path / "app" / f"{name}.rego").write_text("allow")
    finding = refusal(read(tmp_path, named))
    assert finding.spot.file == f"{tmp_path}/app/{name}"
    assert finding.message.startswith(f"{name}.rego lies beside it: docker buildx 0.31 and newer")
    if name != "app.Dockerfile":
        assert refusal(read(tmp_path, "app")) == finding


def test_an_inline_dockerfile_has_no_policy_beside_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile.rego").write_text("allow")
    made = read(tmp_path, "{dockerfile_inline: FROM x}")
    assert ([use.image for use in made.uses], made.findings) == (["x"], ())
    (tmp_path / "Dockerfile").write_text("FROM y")  # for the classic builder, which reads no policy
    made = read(tmp_path, "{dockerfile_inline: FROM x}")
    assert ([use.image for use in made.uses], made.findings) == (["x", "y"], ())


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile"])
def test_t100_a_dockerfile_that_the_classic_builder_takes_for_an_inline_one_is_judged_too(
    tmp_path: Path, name: str
) -> None:
    inline = '{context: app, dockerfile_inline: "FROM x AS one", args: {V: "1"}}'
    (tmp_path / "app").mkdir()
    (tmp_path / name).write_text("FROM evil:1")  # not in the context
    assert [use.image for use in read(tmp_path, inline).uses] == ["x"]

    (tmp_path / "app" / name).write_text("ARG V\nFROM evil:$V")
    made = read(tmp_path, inline)
    assert made.findings == ()
    assert [(use.image, use.spot.file, use.spot.line) for use in made.uses] == [
        ("x", f"{tmp_path}/compose.yaml", 3),
        ("evil:1", f"{tmp_path}/app/{name}", 2),
    ]
    assert len(made.builds) == 2  # so that their triggers are looked at
    pinned = made.override({"x": "x@sha256:1", "evil:1": "evil@sha256:2"}).decode()
    assert "docker-image://x@sha256:1" in pinned
    assert '"evil:1": "docker-image://evil@sha256:2"' in pinned


def test_t100_the_classic_builder_goes_back_over_a_link_as_docker_does(tmp_path: Path) -> None:
    for folder in ("here/x", "else/where", "else/x"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "here" / "link").symlink_to("../else/where")
    (tmp_path / "here" / "x" / "Dockerfile").write_text("FROM evil:1")

    made = read(tmp_path / "here", "{context: link/../x, dockerfile_inline: FROM x}")
    assert [use.image for use in made.uses] == ["x", "evil:1"]


def test_t100_what_the_classic_builder_would_build_is_refused_as_ever(tmp_path: Path) -> None:
    for text, told in (
        ("FROM x AS one\nCOPY --from=$X / /", "--from takes no"),
        ("FROM x AS other", "one"),
    ):
        (tmp_path / "Dockerfile").write_text(text)
        [finding] = read(tmp_path, '{dockerfile_inline: "FROM x AS one", target: one}').findings
        assert finding.refused
        assert finding.spot.file == f"{tmp_path}/Dockerfile"
        assert told in finding.message
        assert finding.message.endswith("builds Dockerfile in place of dockerfile_inline)")


def test_t100_an_override_gives_no_stage_of_the_other_file_an_image(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM base")
    made = read(tmp_path, '{dockerfile_inline: "FROM x AS base"}')

    with pytest.raises(YamlError, match="cannot be pinned beside this file"):
        made.override({"base": "base@sha256:1"})


@pytest.mark.parametrize(
    ("member", "is_classic"),
    [("additional_contexts: {y: ./y}", False), ("secrets: [s]", False), ("ssh: [default]", False),
     ("privileged: true", False), ("privileged: false", True), ("privileged: 'false'", True),
     ("secrets: []", True), ("platforms: [linux/amd64, linux/arm64]", True)],
)  # fmt: skip
def test_t100_what_the_classic_builder_refuses_it_builds_from_no_other_file(
    tmp_path: Path, member: str, is_classic: bool
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM y")
    text = f"services: {{a: {{build: {{dockerfile_inline: FROM x, {member}}}}}}}\n"
    text += "secrets: {s: {file: ./s}}"
    made = composition({f"{tmp_path}/compose.yaml": text.encode()}, env={}, program=None)

    assert [finding for finding in made.findings if finding.refused] == []
    assert [use.image for use in made.uses] == ["x", "y"][: 1 + is_classic]


def test_a_dockerfile_in_small_letters_is_read_where_builders_read_it(tmp_path: Path) -> None:
    (tmp_path / "dockerfile").write_text("FROM small")
    for build in (".", "{context: ., dockerfile: Dockerfile}"):
        [use] = read(tmp_path, build).uses
        assert (use.image, use.spot.file) == ("small", f"{tmp_path}/dockerfile")
    (tmp_path / "Dockerfile").write_text("FROM large")
    assert [use.image for use in read(tmp_path, ".").uses] == ["large"]
    assert "No such file" in refusal(read(tmp_path, "{dockerfile: other/Dockerfile}")).message
