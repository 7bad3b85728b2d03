"""Which file is checked under the name of a Dockerfile: the one that is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from contenttrust.gate.dockerfile import DockerfileError, as_built


@pytest.mark.parametrize(
    ("name", "built"),
    [
        ("Dockerfile", "Dockerfile"),
        ("./a//Dockerfile", "a/Dockerfile"),
        ("link/../Dockerfile", "Dockerfile"),
        ("a/link/../../Dockerfile", "Dockerfile"),
        ("/a/../Dockerfile", "/Dockerfile"),
        ("./-", "./-"),
        ("a/../-", "./-"),
    ],
)
def test_t100_a_name_is_shortened_as_buildx_does_it(name: str, built: str) -> None:
    assert as_built(name) == built


@pytest.mark.parametrize("leads", ["../Dockerfile", "other", "nowhere", "/etc/passwd"])
def test_t100_a_dockerfile_that_is_a_link_is_refused(tmp_path: Path, leads: str) -> None:
    (tmp_path / "other").write_text("FROM scratch\n")
    (tmp_path / "Dockerfile").symlink_to(leads)

    for name in (tmp_path / "Dockerfile", tmp_path / "link" / ".." / "Dockerfile"):
        with pytest.raises(DockerfileError, match="it is a link, which BuildKit follows within"):
            as_built(str(name))


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")

    name = str(tmp_path / "link" / "Dockerfile")
    assert as_built(name) == name
