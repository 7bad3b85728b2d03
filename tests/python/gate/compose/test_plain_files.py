"""What `docker compose up` reads beside the files that are named is not passed over in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contenttrust.gate.compose.files import composition

SERVICES = b"services: {a: {image: x}}\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What is refused of files of the current folder, where all of these are."""
    monkeypatch.chdir(tmp_path)

    def check(*named: str, there: str = "", made: str | None = None, **env: str) -> list[str]:
        for name in [*there.split(), *named]:
            tmp_path.joinpath(name).write_bytes(SERVICES)
        texts = {str(tmp_path / name): SERVICES for name in named}
        made = made and str(tmp_path / made)
        project = composition(texts, env=env, program=None, made=made)
        assert all(finding.spot.file == str(tmp_path / named[0]) for finding in project.findings)
        return [f.message.replace(f"{tmp_path}/", "") for f in project.findings if f.refused]

    return check


FIRST = (
    "without -f docker compose takes variables from .env here first: "
    "set COMPOSE_ENV_FILES to the files that count"
)


def names(*files: str) -> list[str]:
    told = f"without -f docker compose reads {' and '.join(files)} here"
    return [f"{told}: name these, or set COMPOSE_FILE to what you start"]


@pytest.mark.parametrize(
    "file", ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
)
@pytest.mark.parametrize(
    "override",
    [
        "compose.override.yml",
        "compose.override.yaml",
        "docker-compose.override.yml",
        "docker-compose.override.yaml",
    ],
)
def test_an_override_that_is_not_named_is_refused(told, file: str, override: str) -> None:
    assert told(file) == []
    assert told(file, there=override) == names(file, override)
    assert told(file, override) == []


def test_only_the_first_of_several_overrides_counts(told) -> None:
    there = "docker-compose.override.yml compose.override.yaml"

    assert told("compose.yaml", there=there) == names("compose.yaml", "compose.override.yaml")
    assert told("compose.yaml", "compose.override.yaml") == []


def test_a_file_that_goes_before_is_told(told) -> None:
    assert told("docker-compose.yml", there="compose.yaml") == names("compose.yaml")


def test_files_that_only_f_can_name_stand_for_themselves(told) -> None:
    there = "compose.yaml compose.override.yaml"

    assert told("compose.prod.yaml", there=there) == []
    assert told("compose.yaml", "compose.prod.yaml") == []


def test_compose_file_says_what_is_started(told, tmp_path: Path) -> None:
    there = "compose.override.yaml other.yaml"

    assert told("compose.yaml", there=there, COMPOSE_FILE="compose.yaml") == []
    both = os.pathsep.join(["compose.yaml", "other.yaml"])
    assert told("compose.yaml", there=there, COMPOSE_FILE=both) == names(
        "compose.yaml", "other.yaml"
    )
    assert told("compose.yaml", "other.yaml", COMPOSE_FILE=both) == []
    assert told("other.yaml", there=there, COMPOSE_FILE=both) == names("compose.yaml", "other.yaml")
    assert told("third.yaml", COMPOSE_FILE=both) == []
    assert told("compose.yaml", COMPOSE_FILE="other.yaml") == names("other.yaml")
    separated = {"COMPOSE_FILE": "compose.yaml;other.yaml", "COMPOSE_PATH_SEPARATOR": ";"}
    assert told("compose.yaml", **separated) == names("compose.yaml", "other.yaml")


def test_so_does_the_file_env_beside_and_the_environment_goes_before(told, tmp_path: Path) -> None:
    tmp_path.joinpath(".env").write_text("COMPOSE_FILE=compose.yaml:evil.yaml\n")
    there = "evil.yaml"

    assert told("compose.yaml", there=there) == names("compose.yaml", "evil.yaml")
    assert told("compose.yaml", there=there, COMPOSE_FILE="compose.yaml") == []
    tmp_path.joinpath(".env").write_text(
        "COMPOSE_PATH_SEPARATOR=,\nCOMPOSE_FILE=compose.yaml,evil.yaml\n"
    )
    assert told("compose.yaml", there=there) == names("compose.yaml", "evil.yaml")
    tmp_path.joinpath("other.env").write_text("COMPOSE_FILE=compose.yaml\n")
    assert told("compose.yaml", there=there, COMPOSE_ENV_FILES="other.env") == []


def test_a_file_env_that_is_not_simple_is_refused_only_where_it_may_say_it(told, tmp_path) -> None:
    file = tmp_path / ".env"
    file.write_text("OTHER=$(id)\n")
    assert told("compose.yaml") == []
    file.write_text("OTHER=$(id)\nCOMPOSE_FILE=compose.yaml\n")
    [message] = told("compose.yaml")
    assert "cannot be told" in message
    assert "set COMPOSE_FILE" in message
    assert told("compose.yaml", COMPOSE_FILE="compose.yaml") == []
    file.unlink()
    file.mkdir()
    assert told("compose.yaml") == []


def test_the_file_that_is_made_of_the_others_need_not_be_named(told) -> None:
    both = os.pathsep.join(["compose.yaml", "trust.yaml"])

    assert told("compose.yaml", COMPOSE_FILE=both) == names("compose.yaml", "trust.yaml")
    assert told("compose.yaml", COMPOSE_FILE=both, made="trust.yaml") == []


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, "7"),
        ({"COMPOSE_DISABLE_ENV_FILE": "0"}, "7"),
        ({"COMPOSE_DISABLE_ENV_FILE": "1"}, "the variable TAG is not set"),
        ({"COMPOSE_DISABLE_ENV_FILE": "yes"}, "COMPOSE_DISABLE_ENV_FILE is neither true nor false"),
        ({"COMPOSE_DISABLE_ENV_FILE": "yes", "TAG": "8"}, "8"),
        ({"COMPOSE_ENV_FILES": "a.env"}, "a"),
        ({"COMPOSE_ENV_FILES": "a.env,b.env", "COMPOSE_DISABLE_ENV_FILE": "1"}, "b"),
        ({"COMPOSE_ENV_FILES": ","}, "7"),
        ({"COMPOSE_ENV_FILES": "missing.env"}, "missing.env: [Errno 2]"),
        ({"COMPOSE_ENV_FILES": "c.env"}, "docker compose must read it"),
    ],
)
def test_variables_come_from_the_files_that_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {".env": "7", "a.env": "a", "b.env": "b"}.items():
        Path(name).write_text(f"TAG={value}\n")
    Path("c.env").write_text("TAG=c\nCOMPOSE_DISABLE_ENV_FILE=1\n")  # it says so of itself
    env = {"COMPOSE_FILE": "f", **env}
    made = composition({"f": b"services: {a: {image: 'x:$TAG'}}"}, env=env, program=None)

    assert [
        *(use.image.removeprefix("x:") for use in made.uses),
        *(finding.message[finding.message.find(expected) :][: len(expected)]
          for finding in made.findings if finding.refused),
    ] == [expected]  # fmt: skip


def test_a_file_env_that_is_not_read_names_no_files(told, tmp_path: Path) -> None:
    tmp_path.joinpath(".env").write_text("COMPOSE_FILE=compose.yaml:evil.yaml\n")
    read = names("compose.yaml", "evil.yaml")

    assert told("compose.yaml", there="evil.yaml", COMPOSE_DISABLE_ENV_FILE="false") == read
    assert told("compose.yaml", COMPOSE_DISABLE_ENV_FILE="true") == []
    [message] = told("compose.yaml", COMPOSE_DISABLE_ENV_FILE="on")
    assert "COMPOSE_DISABLE_ENV_FILE is neither true nor false" in message
    assert told("compose.yaml", COMPOSE_ENV_FILES=",") == read


def test_the_environment_speaks_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deploy").mkdir()
    for name in ("compose.yaml", "evil.yaml"):
        Path("deploy", name).write_bytes(SERVICES)
    checked = {"deploy/compose.yaml": SERVICES}

    def refused(**env: str) -> list[str]:
        project = composition(checked, env=env, program=None)
        return [finding.message for finding in project.findings if finding.refused]

    assert refused(COMPOSE_FILE="deploy/compose.yaml") == []
    assert refused(COMPOSE_FILE="deploy/compose.yaml:deploy/evil.yaml") == names(
        "deploy/compose.yaml", "deploy/evil.yaml"
    )


def test_of_several_files_of_the_environment_the_last_counts(told, tmp_path: Path) -> None:
    tmp_path.joinpath("a.env").write_text("COMPOSE_FILE=compose.yaml\n")
    tmp_path.joinpath("b.env").write_text("COMPOSE_FILE=compose.yaml:evil.yaml\n")
    assert told("compose.yaml", there="evil.yaml", COMPOSE_ENV_FILES="a.env,b.env") == names(
        "compose.yaml", "evil.yaml"
    )


def test_compose_file_of_the_current_folder_counts_and_brings_its_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("deploy").mkdir()
    for name in ("compose.yaml", "evil.yaml"):
        Path("deploy", name).write_bytes(SERVICES)

    def refused(**env: str) -> list[str]:
        texts = {"deploy/compose.yaml": SERVICES}
        project = composition(texts, env=env, program=None)
        return [finding.message for finding in project.findings if finding.refused]

    first = [FIRST]
    Path(".env").write_text("TAG=evil\n")
    assert refused() == refused(COMPOSE_FILE="other.yaml:deploy/evil.yaml")[1:] == []
    assert refused(COMPOSE_FILE="deploy/compose.yaml") == first
    assert refused(COMPOSE_FILE="deploy/compose.yaml", COMPOSE_ENV_FILES=".env") == []
    assert refused(COMPOSE_FILE="deploy/compose.yaml", COMPOSE_DISABLE_ENV_FILE="1") == []
    Path(".env").write_text("COMPOSE_FILE=deploy/compose.yaml\n")
    assert refused() == first
    Path(".env").write_text("COMPOSE_FILE=deploy/compose.yaml:deploy/evil.yaml\n")
    assert refused() == [*names("deploy/compose.yaml", "deploy/evil.yaml"), *first]
    Path(".env").unlink()
    assert refused(COMPOSE_FILE="deploy/compose.yaml") == []


def test_variables_of_the_current_folder_count_where_the_file_is_found_around_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = tmp_path / "sub" / "below"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    tmp_path.joinpath("compose.yaml").write_bytes(SERVICES)

    def refused(**env: str) -> list[str]:
        project = composition({"../../compose.yaml": SERVICES}, env=env, program=None)
        return [finding.message for finding in project.findings if finding.refused]

    assert refused() == []
    Path(".env").write_text("TAG=evil\n")
    assert refused() == [FIRST]
    assert refused(COMPOSE_ENV_FILES=".env") == []
    tmp_path.joinpath("sub", "docker-compose.yml").write_bytes(SERVICES)
    assert refused() == []
