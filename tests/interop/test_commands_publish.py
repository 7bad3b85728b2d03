"""Our program and notary, given the same command lines on the same files: texts and outcomes."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interop.collection import P256, Collection
from interop.environment import client_env, docker_config
from interop.processes import Ran, run
from interop.publisher import PASSPHRASES, Publisher
from interop.readers import pulled
from interop.trust_stack import TrustStack

DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"
_PROGRAM = [sys.executable, "-m", "contenttrust", "--no-input"]


class Commands:
    """Runs the same words with either program; each has a collection of its own, or both share."""

    def __init__(self, place: Callable[[str], Path], stack: TrustStack) -> None:
        self.publisher = Publisher(place("publisher"), stack)
        self.files = self.publisher.folder
        (self.files / "file").write_text("content\n")
        self._stack = stack

    def notary(self, *words: str, stdin: str = "") -> Ran:
        env = self.publisher.env
        return run([*self.publisher.notary_at(env), *self._filled(words)], env, stdin=stdin)

    def ours(self, *words: str) -> Ran:
        # Docker's directory holds the server's certificate; the same as notary's --tlscacert.
        return run([*_PROGRAM, *self._filled(words)], self.publisher.env, timeout=120)

    def _filled(self, words: tuple[str, ...]) -> list[str]:
        return [word.replace("{files}", str(self.files)) for word in words]


@pytest.fixture
def commands(trust_stack: TrustStack, place: Callable[[str], Path]) -> Commands:
    return Commands(place, trust_stack)


@pytest.fixture
def twins(trust_stack: TrustStack, place: Callable[[str], Path]) -> tuple[Commands, Commands]:
    """Two publishers with a certificate of the same name: one for either program."""
    pair = Commands(place, trust_stack), Commands(place, trust_stack)
    for each in pair:
        certificate = Collection(each.publisher, "x").certify("alice", kind=P256)
        (each.files / "alice.crt").write_bytes(certificate.read_bytes())
    return pair


def told(ran: Ran, publisher: Publisher) -> tuple[int, list[str]]:
    """Exit code and output, without what is another key, folder or moment."""
    return ran.code, alike(ran.out, publisher).splitlines()


def alike(text: str, publisher: Publisher) -> str:
    """Output with one word for every key and folder; notary shortens long paths, we do not."""
    text = text.replace(str(publisher.config), "CONFIG")
    text = re.sub(r"\.\.\.\S*(?=/trust/private\b)", "CONFIG", text)
    text = text.replace("by sha512, sha256", "by sha256, sha512")  # notary's order is random
    return re.sub(r"\b(?!a0fcfe)[0-9a-f]{64}\b", "ID", text)


SAME = [
    ["key", "list"],
    ["status", "{gun}"],
    ["init", "{gun}"],
    ["key", "list"],
    ["add", "{gun}", "v1", "{files}/file"],
    ["addhash", "{gun}", "v2", "100", "--sha256", DIGEST],
    ["addhash", "{gun}", "v3", "7", "--sha256", DIGEST, "--sha512", DIGEST * 2, "-r", "targets"],
    ["remove", "{gun}", "v2"],
    ["status", "{gun}"],
    ["reset", "{gun}", "-n", "3"],
    ["status", "{gun}"],
    ["publish", "{gun}"],
    ["status", "{gun}"],
    ["init", "{other}"],
    ["delegation", "list", "{gun}"],
    ["delegation", "add", "{gun}", "targets/releases", "{files}/alice.crt", "--all-paths", "-p"],
    ["delegation", "add", "{gun}", "targets/qa", "{files}/alice.crt", "--paths", "a/,b", "-p"],
    ["delegation", "list", "{gun}"],
    ["addhash", "{gun}", "v4", "7", "--sha256", DIGEST, "-r", "targets/releases", "-p"],
    ["witness", "{gun}", "targets", "targets/releases", "-p"],
    ["delegation", "remove", "{gun}", "targets/qa", "--paths", "b", "-p"],
    # What is not there to remove is published all the same; only we say so, on standard error.
    ["delegation", "remove", "{gun}", "targets/qa", "--paths", "b", "-p"],
    ["delegation", "remove", "{gun}", "targets/qa", "0" * 64, "-p"],
    ["remove", "{gun}", "nosuch", "-p"],
    ["remove", "{gun}", "v4", "-r", "targets/releases", "-p"],
    ["key", "rotate", "{gun}", "targets"],
    ["key", "rotate", "{gun}", "snapshot", "-r"],
    ["key", "rotate", "{gun}", "timestamp", "-r"],
    ["lookup", "{gun}", "v1"],
    ["delegation", "purge", "{gun}", "--key", "0" * 64],
    ["reset", "{gun}", "--all"],
]


def test_the_same_words_print_the_same_and_end_the_same(
    twins: tuple[Commands, Commands],
) -> None:
    theirs, ours = twins
    replaced = []
    for words in SAME:
        filled = [word.replace("{gun}", "commands/NAME").replace("{other}", "other/NAME")
                  for word in words]  # fmt: skip
        expected = told(
            theirs.notary(*(word.replace("NAME", "one") for word in filled)), theirs.publisher
        )
        ran = ours.ours(*(word.replace("NAME", "two") for word in filled))
        replaced += re.findall(r"'contenttrust key remove ([0-9a-f]{64})'", ran.err)
        found = told(ran, ours.publisher)
        expected = (expected[0], [line.replace("/one", "/two") for line in expected[1]])
        assert found == expected, words
    # Notary has deleted the keys that it replaced; ours are here until somebody removes them.
    for key_id in replaced:
        ours.ours("key", "remove", "-y", key_id).succeeded()
    expected = told(theirs.notary("key", "list"), theirs.publisher)
    expected = (expected[0], [line.replace("/one", "/two") for line in expected[1]])
    assert (len(replaced), told(ours.ours("key", "list"), ours.publisher)) == (2, expected)


def test_what_one_program_stages_the_other_publishes(commands: Commands) -> None:
    gun = "commands/shared"
    commands.ours("init", "-p", gun).succeeded()
    commands.notary("addhash", gun, "theirs", "7", "--sha256", DIGEST).succeeded()
    commands.ours("addhash", gun, "ours", "7", "--sha256", DIGEST).succeeded()
    assert commands.ours("status", gun).out == commands.notary("status", gun).out
    commands.ours("publish", gun).succeeded()
    commands.ours("addhash", gun, "more", "7", "--sha256", DIGEST).succeeded()
    commands.notary("publish", gun).succeeded()
    listed = json.loads(commands.ours("list", "--json", gun).succeeded().out)
    assert [tag["name"] for tag in listed["tags"]] == ["more", "ours", "theirs"]
    rows = commands.notary("list", gun).succeeded().out.splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["more", "ours", "theirs"]


@pytest.mark.parametrize("deletes", ["ours", "notary"])
def test_what_one_program_makes_the_other_deletes(
    commands: Commands, trust_stack: TrustStack, place: Callable[[str], Path], deletes: str
) -> None:
    gun = f"commands/deleted-by-{deletes}"
    new = Commands(place, trust_stack)
    make = commands.notary if deletes == "ours" else commands.ours
    make("init", "-p", gun).succeeded()
    make("addhash", gun, "v1", "7", "--sha256", DIGEST, "-p").succeeded()

    if deletes == "ours":
        commands.ours("delete", "-y", "--remote", gun).succeeded()
    else:
        commands.notary("delete", "--remote", gun).succeeded()

    assert "does not have trust data" in new.notary("list", gun).said
    told = new.ours("list", "--json", gun)
    assert (told.code, json.loads(told.out)["error"]["code"]) == (1, "no_trust_data")


@pytest.mark.parametrize("looks", [["list"], ["addhash", "-p"]], ids=["list", "publish"])
def test_what_was_made_and_never_published_is_made_anew_by_the_other(
    commands: Commands, looks: list[str]
) -> None:
    """Its root is nobody's yet, whatever was asked of a server meanwhile."""
    gun = f"commands/anew-{looks[0]}"
    commands.ours("init", gun).succeeded()
    more = ["v1", "7", "--sha256", DIGEST] if looks[0] == "addhash" else []
    unreachable = ["--server", "https://localhost:1"] if more else []
    assert commands.ours(*unreachable, *looks, gun, *more).code != 0

    commands.notary("delete", gun).succeeded()
    commands.notary("init", "-p", gun).succeeded()

    commands.ours("list", gun).succeeded()
    commands.ours("addhash", gun, "v2", "7", "--sha256", DIGEST, "-p").succeeded()


def test_keys_go_from_one_program_to_the_other(commands: Commands, trust_stack, place) -> None:
    other = Commands(place, trust_stack)
    for algorithm in ("ecdsa", "ecdsa-p384", "rsa"):
        commands.ours(
            "key", "generate", "--role", "targets", "--gun", "g", "--algorithm", algorithm
        ).succeeded()
    commands.notary("key", "generate", "ecdsa").succeeded()
    exported = commands.ours("key", "export").succeeded().out
    assert exported == commands.notary("key", "export").succeeded().out
    (other.files / "keys.pem").write_text(exported)
    (other.files / "keys.pem").chmod(0o600)
    other.notary("key", "import", "{files}/keys.pem").succeeded()
    ours, theirs = other.ours("key", "list").out, other.notary("key", "list").out
    assert alike(ours, other.publisher) == alike(theirs, other.publisher)
    assert other.ours("key", "export").succeeded().out == exported


def test_the_root_key_is_rotated_and_old_readers_follow(
    commands: Commands, trust_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    gun = "commands/rotated"
    theirs, ours = Commands(place, trust_stack), Commands(place, trust_stack)
    commands.notary("init", "-p", gun).succeeded()
    theirs.notary("list", gun).succeeded()
    ours.ours("list", gun).succeeded()
    first = _root(theirs, gun)["signed"]["roles"]["root"]["keyids"]
    commands.ours("key", "rotate", "-y", gun, "root").succeeded()
    commands.ours("key", "rotate", "-y", "--legacy", "1", gun, "root").succeeded()
    commands.notary("addhash", gun, "v1", "7", "--sha256", DIGEST, "-p").succeeded()
    assert "v1" in theirs.notary("list", gun).succeeded().out
    assert "v1" in ours.ours("list", gun).succeeded().out
    signatures = [one["keyid"] for one in _root(theirs, gun)["signatures"]]
    assert len(signatures) == 3
    assert set(first) < set(signatures), "the key of the root before the last signs too"
    commands.notary("key", "rotate", gun, "root", "--legacy", "1", stdin="yes\n").succeeded()
    assert "v1" in ours.ours("list", gun).succeeded().out


def _root(reader: Commands, gun: str) -> dict[str, Any]:
    """The newest root that a reader has had from the server."""
    file = reader.publisher.config / "trust" / "tuf" / gun / "metadata" / "root.json"
    document: dict[str, Any] = json.loads(file.read_bytes())
    return document


def test_images_are_signed_without_a_daemon_and_pulled_by_docker(
    docker_stack: TrustStack, place: Callable[[str], Path]
) -> None:
    commands = Commands(place, docker_stack)
    it = Collection(commands.publisher, "commands/images")
    it.store("one", tag="1.0")
    it.store("two", tag="2.0")
    image = f"{it.gun}:1.0"
    for name in ("alice", "bob"):
        commands.ours("key", "generate", "--dir", "{files}", name).succeeded()
        commands.ours("signer", "add", "--key", f"{{files}}/{name}.pub", name, it.gun).succeeded()
    commands.ours("sign", image, f"{it.gun}:2.0").succeeded()
    assert pulled(_reader(place, docker_stack), image).digest == it.digests["one"]
    shown = commands.publisher.docker("trust", "inspect", "--pretty", it.gun).out
    assert "alice, bob" in shown
    assert shown == commands.ours("inspect", "--pretty", it.gun).succeeded().out

    commands.ours("signer", "remove", "bob", it.gun).succeeded()
    shown = commands.publisher.docker("trust", "inspect", it.gun).out
    assert [signer["Name"] for signer in json.loads(shown)[0]["Signers"]] == ["alice"]
    commands.ours("revoke", f"{it.gun}:2.0").succeeded()
    env = _reader(place, docker_stack)
    assert pulled(env, image).digest == it.digests["one"]
    assert pulled(env, f"{it.gun}:2.0").digest is None


def _reader(place: Callable[[str], Path], stack: TrustStack) -> dict[str, str]:
    config = docker_config(place("reader"), stack, stack)
    return {**client_env(config, stack, stack.url), **PASSPHRASES}
