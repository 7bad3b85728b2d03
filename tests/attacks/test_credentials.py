"""Credentials that somebody wants: by a challenge, by a redirect, by a log, by a planted file."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest

from contenttrust.errors import FetchError, ServerError, UnauthorizedError
from contenttrust.transport.auth import Challenge, authorization, challenge_of
from contenttrust.transport.credentials import Credentials
from contenttrust.transport.http import Request, Response
from docker_home import HOST, DockerHome, b64, values

GUN = f"{HOST}/team/web"
SECRET = "S3cretOfMine"  # nothing else contains it
ALICE = Credentials("alice", SECRET)
IDENTITY = Credentials("<token>", SECRET, identity_token=True)


class Recorder:
    """Stands for the client: whatever reaches it would have left this machine."""

    def __init__(self, status: int = 200, body: bytes = b'{"token": "t"}') -> None:
        self.sent: list[Request] = []
        self._answer = Response(status=status, body=body, headers={}, url="https://x.example")

    def get(self, requests: list[Request]) -> list[Response]:
        self.sent += requests
        return [self._answer] * len(requests)

    def post(self, request: Request, form: dict[str, str]) -> Response:
        self.sent.append(request)
        return self._answer


def answer_to(
    realm: str,
    client: Recorder,
    *,
    scheme: str = "bearer",
    credentials: Credentials | None = ALICE,
    server_url: str = "https://trust.example",
) -> str | FetchError:
    return authorization(
        client,  # type: ignore[arg-type]
        Challenge(scheme, realm, service="s"),
        scopes=("repository:x:pull",),
        credentials=credentials,
        server_url=server_url,
        gun=GUN,
    )


@pytest.fixture
def home(tmp_path: Path) -> DockerHome:
    return DockerHome(tmp_path)


REALMS = [
    "http://auth.example/token",
    "HTTP://auth.example/token",
    "http://localhost:5001/token",
    "ftp://auth.example/token",
    "file:///etc/passwd",
    "//auth.example/token",
    "/token",
    "auth.example/token",
    "https:auth.example",
    "https:///token",
    "https://:443/token",
    "https://",
    "https://user:pw@auth.example/token",
    "https://auth.example@evil.example/token",
    "https://auth.example\\@evil.example/token",
    "https://auth.example/token\r\nX: y",
    "https://auth.example/to ken",
    "https://auth.ex\u0430mple/token",
    "https://auth.example:99999/token",
    "https://auth.example:port/token",
    "https://[::1/token",
    "",
]


@pytest.mark.parametrize("credentials", [ALICE, IDENTITY, None], ids=["password", "token", "none"])
@pytest.mark.parametrize("realm", REALMS)
def test_t066_a_realm_that_is_not_surely_https_is_never_asked(
    realm: str, credentials: Credentials | None
) -> None:
    client = Recorder()
    error = answer_to(realm, client, credentials=credentials)
    assert isinstance(error, UnauthorizedError)
    assert client.sent == []
    assert "pw" not in str(error)


def test_t066_credentials_go_to_the_realm_and_nowhere_else() -> None:
    client = Recorder()
    answer_to("https://auth.example:8443/token", client)
    (request,) = client.sent
    assert request.url.startswith("https://auth.example:8443/token?")
    assert SECRET not in request.url
    assert request.credentials == f"alice:{SECRET}"


@pytest.mark.parametrize(
    "url", ["http://trust.example", "http://localhost:4443", "ftp://trust.example", "trust.example"]
)
def test_t066_a_password_is_not_sent_in_the_clear(url: str) -> None:
    error = answer_to("trust", Recorder(), scheme="basic", server_url=url)
    assert isinstance(error, UnauthorizedError)


def test_t066_a_challenge_with_two_realms_is_not_answered() -> None:
    assert challenge_of('Bearer realm="https://good.example",realm="https://evil.example"') is None


def test_t066_a_header_made_to_be_slow_is_not_read() -> None:
    for header in ('Bearer realm="' + "," * 10_000_000, "a=," * 5_000, '"' * 16_001, "\\" * 16_000):
        assert challenge_of(header) is None


@pytest.mark.parametrize("body", [b'{"token": "a\\r\\nHost: b"}', b'{"token": "a\\u0000"}'])
def test_t066_a_token_cannot_add_a_header(body: bytes) -> None:
    assert isinstance(answer_to("https://a.example", Recorder(body=body)), ServerError)


def shown_by(error: BaseException) -> str:
    """Everything that an error and what led to it would show in a log or a crash report."""
    texts = [repr(error), str(error), "".join(traceback.format_exception(error))]
    texts += [repr(argument) for argument in error.args]
    link: BaseException | None = error
    while link is not None:
        texts += [repr(link), str(link), repr(vars(link)), repr(link.args)]
        link = link.__context__
    return "\n".join(texts)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 500])
@pytest.mark.parametrize("credentials", [ALICE, IDENTITY], ids=["password", "identity token"])
def test_t066_an_error_of_the_token_server_does_not_repeat_secrets(
    status: int, credentials: Credentials
) -> None:
    body = json.dumps({"details": f"wrong: {SECRET}", "token": f"not usable {SECRET}"}).encode()
    client = Recorder(status, body)
    error = answer_to("https://auth.example", client, credentials=credentials)
    assert isinstance(error, FetchError)
    assert SECRET not in shown_by(error)


BROKEN = [
    {"auths": {HOST: {"auth": f"?{SECRET}"}}},
    {"auths": {HOST: {"auth": b64(f"{SECRET}")}}},
    {"auths": {HOST: {"auth": b64(f":{SECRET}")}}},
    {"auths": {HOST: {"password": SECRET}}},
    {"auths": {HOST: {"username": "a:b", "password": SECRET}}},
    {"auths": {HOST: {"auth": 1, "password": SECRET}}},
    {"auths": {HOST: {"Auth": SECRET}}},
    {"auths": {HOST: SECRET}},
    {"auths": {HOST: [SECRET]}},
    {"auths": SECRET},
    f'{{"auths": {{"{HOST}": {{"auth": "{SECRET}", "auth": "x"}}}}}}',
    f'{{"auths": "{SECRET}',
    f'"{SECRET}"',
]


@pytest.mark.parametrize("config", BROKEN)
@pytest.mark.parametrize("place", ["file", "variable"])
def test_t066_a_broken_configuration_does_not_show_its_secrets(
    home: DockerHome, caplog: pytest.LogCaptureFixture, config: object, place: str
) -> None:
    variables = {}
    if place == "file":
        home.write(config)
    else:
        text = config if isinstance(config, str) else json.dumps(config)
        variables = {"DOCKER_AUTH_CONFIG": text}
    with caplog.at_level(logging.DEBUG), pytest.raises(UnauthorizedError) as caught:
        home.find(**variables)
    assert SECRET not in shown_by(caught.value) + caplog.text
    assert b64(SECRET)[:-4] not in shown_by(caught.value)


def test_t066_ambiguous_entries_do_not_show_their_secrets(home: DockerHome) -> None:
    keys = [f"https://{HOST}/v1/", f"https://{HOST}/v2/"]
    home.write({"auths": {key: {"auth": b64(f"{key[-3:]}:{SECRET}")} for key in keys}})
    with pytest.raises(UnauthorizedError, match="different credentials") as caught:
        home.find()
    assert SECRET not in shown_by(caught.value)


def test_t066_bytes_that_are_no_text_do_not_show_the_secrets_beside_them(home: DockerHome) -> None:
    home.config.write_bytes(b'{"auths": "' + SECRET.encode() + b'\xff"}')
    with pytest.raises(UnauthorizedError) as caught:
        home.find()
    assert SECRET not in shown_by(caught.value)


@pytest.mark.parametrize(
    "text", [SECRET, f"?{SECRET}", b64(SECRET), b64(f":{SECRET}"), f"{SECRET}é"]
)
def test_t066_a_broken_notary_auth_is_not_shown(home: DockerHome, text: str) -> None:
    with pytest.raises(UnauthorizedError) as caught:
        home.find(NOTARY_AUTH=text)
    assert SECRET not in shown_by(caught.value)
    assert text not in shown_by(caught.value)


@pytest.mark.parametrize(
    "lines",
    [
        [f"print({SECRET!r})", "sys.exit(1)"],
        [f"print({SECRET!r})"],
        [f"print(json.dumps({{'Username': 'a:b', 'Secret': {SECRET!r}}}))"],
        [f"print(json.dumps({{'Username': '', 'Secret': {SECRET!r}}}))"],
        [f'print(\'{{"Secret": "{SECRET}", "Secret": 1}}\')'],
        [f"os.write(1, b'{SECRET}\\xff')"],
        [f"print({SECRET!r} * 10_000)"],
    ],
)
def test_t066_what_a_credential_store_printed_is_not_shown(
    home: DockerHome, lines: list[str]
) -> None:
    home.install("docker-credential-odd", *lines)
    home.write({"credsStore": "odd"})
    with pytest.raises(UnauthorizedError) as caught:
        home.find()
    assert SECRET not in shown_by(caught.value)


def test_t066_no_secret_is_in_a_command_line(home: DockerHome) -> None:
    home.install(
        "docker-credential-spy",
        "seen = b''",
        "for pid in (os.getpid(), os.getppid()):",
        "    seen += open(f'/proc/{pid}/cmdline', 'rb').read()",
        "print(json.dumps({'Username': 'seen', 'Secret': seen.decode(errors='replace')}))",
    )
    home.write({"credsStore": "spy", "auths": {HOST: {"auth": b64(f"alice:{SECRET}")}}})
    found = home.find()
    assert found is not None
    assert found.secret.count("docker-credential-spy") >= 1
    assert SECRET not in found.secret
    assert HOST not in found.secret  # not even what is asked: others need not know


def test_t066_credentials_and_challenges_hide_their_secrets_and_stay_in_the_process() -> None:
    for credentials in (ALICE, IDENTITY):
        assert SECRET not in f"{credentials!r} {credentials} {credentials!s} {[credentials]}"
        with pytest.raises(TypeError, match="neither copied nor written down"):
            pickle.dumps(credentials)
    challenge = Challenge("bearer", f"https://user:{SECRET}@auth.example")
    assert SECRET not in f"{challenge!r} {challenge}"


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "/bin/sh", "", " ", "a b", "a;b", "a\nb", "a\0b", "ä", "$(x)", "`x`"]
)
def test_t106_a_credential_store_is_a_plain_name(home: DockerHome, name: str) -> None:
    home.write({"credHelpers": {HOST: name or " "}})
    with pytest.raises(UnauthorizedError, match="a credential store cannot be called"):
        home.find()


@pytest.mark.parametrize("folder", ["", ".", "here", "./"])
def test_t106_a_program_in_the_current_directory_is_never_run(
    home: DockerHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    ran = tmp_path / "ran"
    for program in ("docker-credential-x", "pass", "docker-credential-pass"):
        home.install(program, f"open({str(ran)!r}, 'w')", folder=here)
    monkeypatch.chdir(here if folder != "here" else tmp_path)
    home.env["PATH"] = f"{folder}:{home.bin}:"
    assert home.find() is None  # Docker's default store would be the planted one
    home.write({"credsStore": "x"})
    with pytest.raises(UnauthorizedError, match="no directory of PATH has it"):
        home.find()
    assert not ran.exists()


def test_t106_without_a_path_nothing_is_run(home: DockerHome) -> None:
    home.keep("x", {HOST: ("a", "b")})
    home.write({"credsStore": "x"})
    del home.env["PATH"]
    with pytest.raises(UnauthorizedError, match="no directory of PATH has it"):
        home.find()


def test_t106_a_configuration_in_the_current_directory_is_not_read(
    home: DockerHome, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    (here / ".docker").mkdir(parents=True)
    for planted in (here / "config.json", here / ".docker" / "config.json"):
        planted.write_text(json.dumps({"auths": {HOST: {"auth": b64("a:b")}}}))
    monkeypatch.chdir(here)
    assert home.find() is None
    assert home.find(DOCKER_CONFIG="") is None
    found = home.find(DOCKER_CONFIG=".")  # said so by the user
    assert values(found) == ("a", "b", False)


def test_t106_the_variables_that_count_are_those_that_are_documented(home: DockerHome) -> None:
    entry = json.dumps({"auths": {HOST: {"auth": b64("a:b")}}})
    for name in ("REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "NETRC"):
        folder = home.path / name / "containers"
        folder.mkdir(parents=True)
        for planted in (folder / "auth.json", folder.parent / "config.json"):
            planted.write_text(entry)
        assert home.find(**{name: str(folder.parent)}) is None
        assert home.find(**{name: str(folder / "auth.json")}) is None


def test_a_configuration_cannot_make_a_store_see_more_than_one_server(home: DockerHome) -> None:
    home.keep("x", {"a.example\nb.example": ("u", SECRET)})
    home.write({"credsStore": "x"})
    with pytest.raises(UnauthorizedError, match="no registry can be called"):
        home.find("a.example\nb.example")


@pytest.mark.parametrize("identity_token", [False, True])
def test_t066_a_secret_that_is_no_text_is_refused_and_not_shown(
    identity_token: bool,
) -> None:
    with pytest.raises(ValueError, match="UTF-8") as caught:
        Credentials("bob", f"{SECRET}\ud800", identity_token=identity_token)
    assert type(caught.value) is ValueError  # a UnicodeError holds the text
    assert caught.value.__context__ is None
    assert SECRET not in shown_by(caught.value)


def test_t066_a_configured_secret_that_is_no_text_is_an_error_of_the_login(
    home: DockerHome,
) -> None:
    entry = f'{{"username": "bob", "password": "{SECRET}\\ud800"}}'
    home.config.write_text(f'{{"auths": {{"{HOST}": {entry}}}}}')
    with pytest.raises(UnauthorizedError) as caught:
        home.find()
    assert SECRET not in shown_by(caught.value)
