"""Programs that keep credentials: which one is asked, and what its mishaps lead to."""

from __future__ import annotations

import logging
import time

import pytest

from contenttrust.errors import UnauthorizedError
from contenttrust.transport.credential_store import ask
from docker_home import HOST, HUB, DockerHome, b64, values


@pytest.fixture
def home(tmp_path):
    return DockerHome(tmp_path)


def test_the_program_of_the_registry_wins_over_the_one_for_all(home):
    home.keep("one", {HOST: ("one", "1")})
    home.keep("all", {HOST: ("all", "2"), "other.example": ("all", "3")})
    home.write({"credHelpers": {HOST: "one"}, "credsStore": "all"})
    assert values(home.find()) == ("one", "1", False)
    assert values(home.find("other.example")) == ("all", "3", False)


def test_docker_hub_is_asked_for_by_its_url(home):
    home.keep("all", {HUB: ("hub", "1")})
    home.write({"credsStore": "all"})
    assert home.find("docker.io").username == "hub"


def test_a_program_that_has_nothing_is_not_an_error_and_auths_do_not_count_then(home):
    home.keep("all", {})
    home.write({"credsStore": "all", "auths": {HOST: {"auth": b64("a:b")}}})
    assert home.find() is None


def test_an_empty_name_of_a_program_means_auths(home):
    home.write(
        {"credHelpers": {HOST: ""}, "credsStore": "none", "auths": {HOST: {"auth": b64("a:b")}}}
    )
    assert home.find().username == "a"


def test_the_user_name_token_marks_an_identity_token(home):
    home.keep("all", {HOST: ("<token>", "idt")})
    home.write({"credsStore": "all"})
    assert values(home.find()) == ("<token>", "idt", True)


def test_the_program_sees_the_callers_environment(home):
    home.install(
        "docker-credential-env",
        "print(json.dumps({'Username': os.environ['WHO'], 'Secret': 'x'}))",
    )
    home.write({"credsStore": "env"})
    assert home.find(WHO="me").username == "me"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["sys.exit(3)"], "failed with status 3"),
        (["os.kill(os.getpid(), 9)"], "failed with status -9"),
        (["print('credentials not found in native keychain')"], "is not understood"),
        (["print('[]')"], "is not understood"),
        (["print('{}')"], "is not understood"),
        (["print(json.dumps({'Username': 'u', 'Secret': 1}))"], "is not understood"),
        (['print(\'{"Username": "u", "Username": "u", "Secret": "s"}\')'], "understood"),
        (["print(json.dumps({'Username': 'u', 'Secret': ''}))"], "but not both"),
        (["print(json.dumps({'Username': 'u:v', 'Secret': 's'}))"], "no colons"),
        (["print('x' * 70_000)"], "more than 65536 bytes"),
        (["while True: print('x' * 70_000)"], "more than 65536 bytes"),
    ],
)
def test_a_program_that_breaks_is_an_error_that_names_it(home, lines, words):
    home.install("docker-credential-bad", *lines)
    home.write({"credsStore": "bad", "auths": {HOST: {"auth": b64("a:b")}}})
    with pytest.raises(UnauthorizedError, match=words) as caught:
        home.find()
    assert "docker-credential-bad" in caught.value.message


def test_a_program_without_any_credentials_says_so_with_empty_texts(home):
    home.install("docker-credential-x", "print(json.dumps({'Username': '', 'Secret': ''}))")
    home.write({"credsStore": "x"})
    assert home.find() is None


def test_the_first_program_on_path_is_run_and_what_is_no_program_is_passed_over(home, tmp_path):
    folders = [tmp_path / name for name in ("directory", "text", "first", "second")]
    for folder in folders:
        folder.mkdir()
    (folders[0] / "docker-credential-x").mkdir()
    (folders[1] / "docker-credential-x").write_text("not executable")
    for folder in folders[2:]:
        answer = f"print(json.dumps({{'Username': {folder.name!r}, 'Secret': 's'}}))"
        home.install("docker-credential-x", answer, folder=folder)
    path = ":".join(map(str, folders))
    assert ask("x", HOST, env={"PATH": path}) == ("first", "s")


def test_a_missing_program_is_an_error_that_names_it(home):
    home.write({"credsStore": "absent"})
    with pytest.raises(UnauthorizedError, match="docker-credential-absent is configured, but"):
        home.find()


def test_a_program_that_cannot_be_started_is_an_error(home):
    (home.bin / "docker-credential-odd").write_text("no program")
    (home.bin / "docker-credential-odd").chmod(0o755)
    home.write({"credsStore": "odd"})
    with pytest.raises(UnauthorizedError, match="docker-credential-odd cannot be started"):
        home.find()


@pytest.mark.parametrize(
    "lines",
    [
        ["time.sleep(60)"],
        ["os.close(1)", "time.sleep(60)"],
        ["print('{}', flush=True)", "if not os.fork():", "    time.sleep(3)"],
    ],
    ids=["silent", "closes its output", "leaves a child behind"],
)
def test_a_program_that_does_not_end_is_given_up(home, lines):
    home.install("docker-credential-slow", *lines)
    before = time.monotonic()
    with pytest.raises(UnauthorizedError, match="docker-credential-slow did not answer within 1 s"):
        ask("slow", HOST, env=home.env, seconds=1)
    assert time.monotonic() - before < 10


def test_a_program_that_does_not_listen_may_answer(home):
    home.install(
        "docker-credential-deaf",
        "os.close(0)",
        "print(json.dumps({'Username': 'u', 'Secret': 's'}))",
    )
    assert ask("deaf", HOST, env=home.env) == ("u", "s")


@pytest.mark.parametrize("default", ["pass", "secretservice"])
def test_dockers_default_store_is_asked_where_nothing_is_configured(home, default):
    if default == "pass":
        home.install("pass")
    home.keep(default, {HOST: ("kept", "1")})
    assert home.find().username == "kept"
    home.write({"auths": {"other.example": {}}})
    assert home.find() is None


def test_a_default_store_that_fails_leaves_a_warning_but_is_no_error(home, caplog):
    home.install("docker-credential-secretservice", "print('s3cret')", "sys.exit(1)")
    with caplog.at_level(logging.WARNING):
        assert home.find() is None
    assert "docker-credential-secretservice failed" in caplog.text
    assert "s3cret" not in caplog.text
