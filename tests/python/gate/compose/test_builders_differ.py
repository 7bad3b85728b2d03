"""Dockerfiles of which one builder reads another than the next are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.compose.files import Composition, composition
from contenttrust.gate.reports.finding import Finding


def read(folder: Path, build: str) -> Composition:
    text = f"services:\n  a:\n    build: {build}\n"
    return composition({f"{folder}/compose.yaml": text.encode()}, env={}, program=None)


def refusal(made: Composition) -> Finding:
    [finding] = made.findings
    assert (finding.refused, made.uses, made.built) == (True, (), ())
    return finding


@pytest.mark.parametrize("leads", ["../good", "good", "nowhere"])
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


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile"])
def test_t100_a_dockerfile_that_the_classic_builder_takes_for_an_inline_one_is_refused(
    tmp_path: Path, name: str
) -> None:
    inline = "{context: app, dockerfile_inline: FROM scratch}"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "other").write_text("FROM evil:1")
    (tmp_path / name).write_text("FROM evil:1")  # not in the context
    assert read(tmp_path, inline).findings == ()

    (tmp_path / "app" / name).symlink_to("other")
    finding = refusal(read(tmp_path, inline))
    assert (finding.spot.line, finding.spot.what) == (3, "services.a.build")
    assert f"builds {name} of the context in place of dockerfile_inline" in finding.message
