"""The digest of a local image, as docker tells it."""

from __future__ import annotations

import json
import time

import pytest

from contenttrust.daemon import local_manifest
from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from docker_home import DockerHome

ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
HUB = Reference.parse("alpine:3.20")
WEB = Reference.parse("localhost:5000/team/web:1")


@pytest.fixture
def home(tmp_path):
    return DockerHome(tmp_path)


@pytest.fixture
def docker(home):
    """Has docker answer as it is told; `home.path/asked` holds what it was asked."""

    def answer(*digests, printed=None):
        text = json.dumps(list(digests)) if printed is None else printed
        home.install(
            "docker",
            f"open({str(home.path / 'asked')!r}, 'w').write(json.dumps(sys.argv[1:]))",
            f"print({text!r})",
        )

    return answer


def error(home, reference=WEB, **options):
    with pytest.raises(ImageLookupError) as caught:
        local_manifest(reference, env=home.env, **options)
    assert caught.value.code == "unreachable"
    assert caught.value.gun == reference.gun
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_the_digest_of_the_repository_is_found(home, docker):
    docker(f"localhost:5000/team/web@{ONE}")
    found = local_manifest(WEB, env=home.env)
    assert str(found) == f"localhost:5000/team/web@{ONE}"
    asked = json.loads((home.path / "asked").read_text())
    assert asked == ["image", "inspect", "--format", "{{json .RepoDigests}}", str(WEB)]


def test_names_are_compared_as_docker_shortens_them(home, docker):
    docker(f"alpine@{ONE}", f"docker.io/library/alpine@{ONE}", f"localhost:5000/alpine@{TWO}")
    assert local_manifest(HUB, env=home.env).digest == ONE


@pytest.mark.parametrize(
    "digests",
    [
        [],
        [f"team/web@{ONE}"],
        [f"localhost:5000/team/web2@{ONE}"],
        [f"localhost:5001/team/web@{ONE}"],
        [f"<none>@{ONE}"],
        ["localhost:5000/team/web:1"],
        ["localhost:5000/team/web@sha512:00"],
    ],
)
def test_an_image_without_a_digest_in_the_repository_is_refused(home, docker, digests):
    docker(*digests)
    assert "push it first" in error(home)


def test_an_image_that_was_built_here_has_none(home, docker):
    docker(printed="null")
    assert "push it first" in error(home)


def test_of_two_digests_none_is_chosen(home, docker):
    docker(f"localhost:5000/team/web@{ONE}", f"localhost:5000/team/web@{TWO}")
    told = error(home)
    assert "docker knows 2 digests" in told
    assert f"('--digest' in the place of '--local'): {', '.join(sorted((ONE, TWO)))}" in told


@pytest.mark.parametrize("printed", ["", "{}", "[1]", '"x"', "[" * 100_000, "x", "1"])
def test_an_answer_that_is_no_list_of_names_is_refused(home, docker, printed):
    docker(printed=printed)
    assert "is not understood" in error(home)


def test_an_answer_that_is_too_long_is_refused(home):
    home.install("docker", "print('[' + ' ' * 2_000_000 + ']')")
    assert "is not understood" in error(home)


def test_what_docker_says_of_an_image_it_has_not_is_repeated(home):
    home.install("docker", "sys.stderr.write('Error: No such\\nimage \\x1b[2J')", "sys.exit(1)")
    told = error(home)
    assert "docker has no answer for localhost:5000/team/web" in told
    assert "Error: No such image" in told


def test_a_docker_that_is_not_there_is_told(home):
    assert "no directory of PATH has docker" in error(home)
    home.install("podman", "print('[]')")
    assert "push it first" in error(home, program="podman")


def test_a_docker_that_cannot_be_started_is_told(home):
    program = home.bin / "docker"
    program.write_bytes(b"\x7fELF")
    program.chmod(0o755)
    assert "docker cannot be started" in error(home)


def test_a_docker_that_does_not_answer_is_given_up(home):
    home.install("docker", "time.sleep(60)")
    before = time.monotonic()
    assert "did not answer within 1 seconds" in error(home, seconds=1)
    assert time.monotonic() - before < 10


def test_docker_in_the_current_directory_is_not_run(home, monkeypatch, tmp_path):
    home.install("docker", "print('[]')", folder=tmp_path)
    monkeypatch.chdir(tmp_path)
    home.env["PATH"] = f":.:{home.bin}"
    assert "no directory of PATH has docker" in error(home)


def test_no_shell_reads_the_name(home, docker):
    with pytest.raises(ValueError, match="invalid reference"):
        Reference.parse("x;touch y")
    with pytest.raises(ValueError, match="invalid reference"):
        Reference.parse("--help")
