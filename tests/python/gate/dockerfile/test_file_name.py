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


@pytest.mark.parametrize(
    "leads",
    ["../Dockerfile", "./other", "sub/other", "nowhere", "/etc/passwd", "sub", ".", "..",
     "Dockerfile", "o*r", "out"],
)  # fmt: skip
def test_t100_a_dockerfile_that_is_a_link_is_refused(tmp_path: Path, leads: str) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("other", "o*r", "sub/other"):
        (tmp_path / name).write_text("FROM scratch\n")
    (tmp_path / "out").symlink_to("sub/other")
    (tmp_path / "Dockerfile").symlink_to(leads)

    for name in (tmp_path / "Dockerfile", tmp_path / "link" / ".." / "Dockerfile"):
        with pytest.raises(DockerfileError, match="it is a link, which BuildKit follows within"):
            as_built(str(name))


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")

    name = str(tmp_path / "link" / "Dockerfile")
    assert as_built(name) == name


def test_a_link_to_a_file_beside_it_is_that_file_to_every_builder(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "Containerfile").symlink_to("Dockerfile")
    (tmp_path / "Dockerfile.prod").symlink_to("Containerfile")

    for link in ("Containerfile", "Dockerfile.prod"):
        assert as_built(str(tmp_path / link)) == str(tmp_path / link)


@pytest.mark.parametrize("name", ["Dockerfile", "dockerfile", "app.Dockerfile", "link"])
@pytest.mark.parametrize("leads", ["", "elsewhere"])
def test_t100_a_policy_of_buildx_beside_a_dockerfile_is_refused(
    tmp_path: Path, name: str, leads: str
) -> None:
    (tmp_path / "file").write_text("FROM scratch\n")
    (tmp_path / "link").symlink_to("file")
    policy = tmp_path / f"{name}.rego"
    if leads:
        policy.symlink_to(leads)
    else:
        policy.write_text('allow if pin_image(input.image, "sha256:…")\n')

    with pytest.raises(
        DockerfileError, match=rf"^{name}\.rego lies beside it: docker buildx 0\.31"
    ):
        as_built(str(tmp_path / name))


def test_a_policy_that_only_a_build_names_is_not_looked_for(tmp_path: Path) -> None:
    for other in ("policy.rego", "file.rego", "Dockerfile.policy", ".rego", "sub.rego"):
        (tmp_path / other).write_text("allow\n")
    (tmp_path / "file").write_text("FROM scratch\n")
    (tmp_path / "Dockerfile").symlink_to("file")

    assert as_built(str(tmp_path / "Dockerfile")) == str(tmp_path / "Dockerfile")


def test_what_a_process_has_open_is_named_otherwise() -> None:
    with Path("/dev/null").open() as file:
        for name in (f"/dev/fd/{file.fileno()}", f"/proc/self/fd/{file.fileno()}"):
            with pytest.raises(DockerfileError, match=r"standard input where the name is -$"):
                as_built(name)
