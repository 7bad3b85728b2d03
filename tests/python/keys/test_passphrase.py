"""Where passphrases come from, in which order, and what is said where there is none."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import pytest

from contenttrust._core import Secret
from contenttrust.errors import InputNeededError, KeyStoreError, PassphraseError
from contenttrust.keys import (
    EnvironmentPassphrases,
    GivenPassphrase,
    KeyringPassphrases,
    KeyStore,
    PassphraseChain,
    PassphraseRequest,
    TerminalPassphrases,
)
from contenttrust.keys.passphrase import PIN, variables_for
from contenttrust.keys.passphrase_file import LIMIT, from_descriptor, from_file
from keyholder import GUN, Holder, store_in

ALL = {
    b"DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": b"docker root",
    b"DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": b"docker repository",
    b"NOTARY_ROOT_PASSPHRASE": b"notary root",
    b"NOTARY_TARGETS_PASSPHRASE": b"notary targets",
    b"NOTARY_SNAPSHOT_PASSPHRASE": b"notary snapshot",
    b"NOTARY_DELEGATION_PASSPHRASE": b"notary delegation",
}


def request(role: str = "targets", **options) -> PassphraseRequest:
    return PassphraseRequest(role=role, **options)


@pytest.mark.parametrize(
    ("role", "docker", "notary"),
    [
        ("root", b"docker root", b"notary root"),
        ("targets", b"docker repository", b"notary targets"),
        ("snapshot", b"docker repository", b"notary snapshot"),
        ("timestamp", b"docker repository", None),
        ("delegation", b"docker repository", b"notary delegation"),
        ("targets/releases", b"docker repository", b"notary delegation"),
        ("alice", b"docker repository", b"notary delegation"),
        ("encrypted", b"docker repository", b"notary delegation"),
        ("", b"docker repository", b"notary delegation"),
    ],
)
def test_the_environment_means_what_it_means_to_docker_and_notary(role, docker, notary) -> None:
    found = EnvironmentPassphrases(ALL).find(request(role))
    assert found == [Secret(value) for value in (docker, notary) if value]
    env = {name: b"" if name.startswith(b"DOCKER") else value for name, value in ALL.items()}
    assert EnvironmentPassphrases(env).find(request(role)) == ([Secret(notary)] if notary else [])


def test_the_environment_is_the_processs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"NOTARY_TARGETS_PASSPHRASE", b"\xff\xfe no text")
    monkeypatch.delitem(os.environb, b"DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", raising=False)
    assert EnvironmentPassphrases().find(request()) == [Secret(b"\xff\xfe no text")]


def test_the_environment_says_nothing_of_a_backup_or_a_pin() -> None:
    assert not EnvironmentPassphrases(ALL).find(request("", what="backup"))


def test_dockers_passphrase_is_tried_first_and_then_notarys(trust_dir: Path) -> None:
    entry = store_in(trust_dir, b"notary targets").generate(role="targets", gun=GUN)
    chain = PassphraseChain([EnvironmentPassphrases(ALL)])
    assert KeyStore(trust_dir, passphrases=chain).open(entry.key_id)


def test_a_wrong_one_from_the_environment_is_final(trust_dir: Path) -> None:
    entry = store_in(trust_dir).generate(role="root")
    terminal = Holder()
    env = {b"DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": b"wrong"}
    chain = PassphraseChain([EnvironmentPassphrases(env)], terminal=terminal)
    with pytest.raises(PassphraseError, match="What the environment gave does not open the root"):
        KeyStore(trust_dir, passphrases=chain).open(entry.key_id)
    assert terminal.requests == []


def test_who_sits_at_the_terminal_is_asked_where_nothing_else_knows(trust_dir: Path) -> None:
    entry = store_in(trust_dir).generate(role="root")
    terminal = Holder()
    chain = PassphraseChain([EnvironmentPassphrases({})], terminal=terminal)
    assert KeyStore(trust_dir, passphrases=chain).open(entry.key_id)
    assert [asked.key_id for asked in terminal.requests] == [entry.key_id]


@pytest.mark.parametrize("role", ["root", "targets", "alice"])
def test_where_nobody_may_be_asked_role_collection_and_key_are_named(role: str) -> None:
    chain = PassphraseChain([EnvironmentPassphrases({})])
    key_id = "0123456789abcdef" * 4
    with pytest.raises(InputNeededError) as caught:
        chain.give(request(role, gun=GUN, key_id=key_id))
    message = caught.value.message
    assert f"the {role} key {key_id} of {GUN}" in message
    assert all(name in message for name in variables_for(role))
    assert (caught.value.role, caught.value.gun, caught.value.expected) == (role, GUN, key_id)


@pytest.mark.parametrize(
    ("sources", "option", "ways"),
    [
        (True, "--passphrase", ": set {}, or use --passphrase-file or --passphrase-fd"),
        (False, "--new-passphrase", ": use --new-passphrase-file or --new-passphrase-fd"),
        (True, "", ": set {}"),
        (False, "", ""),
    ],
)
def test_where_nobody_can_be_asked_what_would_be_looked_at_is_named(
    tmp_path: Path, sources: bool, option: str, ways: str
) -> None:
    asked = [EnvironmentPassphrases({})] if sources else []
    told = ways.format(" or ".join(variables_for("targets")))
    nobody = PassphraseChain(asked, option=option)
    with pytest.raises(InputNeededError) as caught:
        nobody.give(request())
    assert caught.value.message.endswith(f"nobody may be asked for it{told}")
    absent = PassphraseChain(
        asked, terminal=TerminalPassphrases(str(tmp_path / "tty")), option=option
    )
    with pytest.raises(InputNeededError) as caught:
        absent.give(request())
    assert caught.value.message.endswith(f"there is no terminal to ask at{told}")


def test_a_pin_is_no_passphrase() -> None:
    with pytest.raises(InputNeededError) as caught:
        PassphraseChain([EnvironmentPassphrases({})]).give(request("", key_id="hsm:2", what=PIN))
    assert caught.value.message == (
        "the PIN of hsm:2 is needed, and nobody may be asked for it: use --passphrase-file or "
        "--passphrase-fd"
    )


def test_a_passphrase_that_was_given_is_the_only_one() -> None:
    given = GivenPassphrase(Secret(b"given"), name="the passphrase file")
    terminal = Holder()
    chain = PassphraseChain([given, EnvironmentPassphrases({})], terminal=terminal)
    assert chain.give(request()) == Secret(b"given")
    with pytest.raises(PassphraseError, match="the passphrase file"):
        chain.give(request(attempt=1))
    assert terminal.requests == []


def test_an_empty_passphrase_is_refused_for_a_new_key() -> None:
    chain = PassphraseChain([GivenPassphrase(Secret(b""), name="the passphrase file")])
    with pytest.raises(PassphraseError, match="is empty"):
        chain.give(request(is_new=True))
    assert len(chain.give(request())) == 0


class Keyring(types.ModuleType):
    """A keyring as the library offers it."""

    def __init__(self, answer) -> None:
        super().__init__("keyring")
        self.answer, self.asked = answer, []

    def get_password(self, service: str, username: str):
        self.asked.append((service, username))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_the_keyring_is_asked_for_keys_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = Keyring("größer als acht")
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    source = KeyringPassphrases()
    assert source.find(request(key_id="1" * 64)) == [Secret("größer als acht".encode())]
    assert keyring.asked == [("contenttrust", "1" * 64)]
    assert not source.find(request(key_id="1" * 64, is_new=True))
    assert not source.find(request())
    assert len(keyring.asked) == 1


@pytest.mark.parametrize("answer", [None, "", RuntimeError("locked")])
def test_a_keyring_without_an_answer_is_passed_over(monkeypatch, answer) -> None:
    monkeypatch.setitem(sys.modules, "keyring", Keyring(answer))
    assert not KeyringPassphrases().find(request(key_id="1" * 64))


def test_no_keyring_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not KeyringPassphrases().find(request(key_id="1" * 64))


@pytest.mark.parametrize(
    ("contents", "secret"),
    [
        (b"a passphrase\n", b"a passphrase"),
        (b"a passphrase", b"a passphrase"),
        (b"a passphrase\r\n", b"a passphrase"),
        (b" spaces stay \n", b" spaces stay "),
        (b"the first line\nthe second\n", b"the first line"),
        (b"\xff\x00\xfe\n", b"\xff\x00\xfe"),
        (b"", b""),
        (b"\n", b""),
        (b"x" * LIMIT + b"\n", b"x" * LIMIT),
    ],
)
def test_a_files_first_line_is_the_passphrase(tmp_path: Path, contents, secret) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(contents)
    path.chmod(0o600)
    assert from_file(path) == Secret(secret)


def test_a_line_that_is_too_long_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "passphrase"
    path.write_bytes(b"x" * (LIMIT + 1))
    path.chmod(0o600)
    with pytest.raises(KeyStoreError, match="its first line is longer than 4,096 bytes"):
        from_file(path)


@pytest.mark.parametrize(
    "contents", [b"from a pipe\n", b"from a pipe", b"from a pipe\r\n", b"from a pipe\nmore\n"]
)
def test_a_descriptor_gives_one_line_and_is_closed(contents: bytes) -> None:
    readable, writable = os.pipe()
    os.write(writable, contents)
    os.close(writable)
    assert from_descriptor(readable) == Secret(b"from a pipe")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(readable)


def test_a_descriptor_gives_its_line_in_pieces_and_need_not_end() -> None:
    readable, writable = os.pipe()
    os.write(writable, b"in pieces\n")  # and the writer stays
    assert from_descriptor(readable) == Secret(b"in pieces")
    os.close(writable)


def test_a_descriptor_that_is_not_open_is_told() -> None:
    with pytest.raises(KeyStoreError, match="descriptor 999: Bad file descriptor"):
        from_descriptor(999)


def test_requests_are_told_in_words() -> None:
    assert str(request("root", is_new=True, key_id="1" * 64)) == f"the new root key {'1' * 64}"
    assert str(request("", what="backup")) == "the backup"
    assert str(request("a\x1b[2J")) == "the a\\u001b[2J key" or "\x1b" not in str(request("a\x1b"))
