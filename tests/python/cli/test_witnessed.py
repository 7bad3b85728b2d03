"""Witnessed roles at the command line: what is shown, what is asked, and what answers."""

from __future__ import annotations

import json
import threading
import time

import pytest

from contenttrust import _core
from contenttrust.keys import KeyStore
from contenttrust.publish.delegations import authority_in
from contenttrust.publish.sign import Keyring
from contenttrust.transport.cache import TrustDirectory
from key_place import PASSPHRASES
from publisher_place import PublisherPlace

GUN = "collection.example/team/files"
RELEASES = "targets/releases"
DIGEST = "a0fcfe068505f89a2f2a03e3e3eb99b97e9188c29e84e23be8e1c106207ab629"
TOLD = (
    f"{RELEASES} of {GUN} is broken: it does not count now. Whoever witnesses it answers for what "
    "it listed when it was valid here:"
)


class _One:
    """Answers with the passphrase of the test."""

    def give(self, request):
        return _core.Secret(PASSPHRASES["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"].encode())


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    return PublisherPlace(tmp_path, run, monkeypatch)


@pytest.fixture
def released(place):
    """A collection whose releases list 1.9 and 1.10, signed by alice; bob's key is here too."""
    place.done("init", "--server-managed", "-p", GUN)
    for name in ("alice", "bob"):
        place.done("key", "generate", name)
    place.done("delegation", "add", "-p", "--all-paths", GUN, RELEASES, "alice.pub")
    for tag in ("1.10", "1.9"):
        place.done("addhash", "-p", "-r", RELEASES, GUN, tag, "7", "--sha256", DIGEST)
    place.done("delegation", "add", "-p", GUN, RELEASES, "bob.pub")
    return place


@pytest.fixture
def broken(released):
    """The same; somebody has taken out alice's key, as notary lets them."""
    return without_alice(released)


def without_alice(released):
    alice = _core.PublicKey.read((released.here / "alice.pub").read_bytes())
    signed = released.server.signed(GUN, "targets")
    for role in signed["delegations"]["roles"]:
        role["keyids"].remove(alice.key_id)
    signed["version"] += 1
    owner = authority_in(released.server.signed(GUN, "root"), "targets")
    keyring = Keyring(KeyStore(released.config / "trust", passphrases=_One()))
    released.server.store(GUN, {"targets": keyring.signed(signed, [owner])}, judged=False)
    return released


def version(place):
    return place.server.signed(GUN, RELEASES)["version"]


def test_what_a_sound_role_lists_is_said_and_nobody_is_asked(released):
    ran = released.run("witness", "-p", GUN, RELEASES)
    assert ran.code == 0
    assert ran.out.splitlines()[-2:] == [
        f"Auto-publishing changes to {GUN}",
        f"Successfully published changes for repository {GUN}",
    ]
    assert ran.err.endswith(
        f"{RELEASES} of {GUN} is signed again as it is. It lists:\n"
        f"  1.9 (sha256:{DIGEST})\n  1.10 (sha256:{DIGEST})\n"
    )
    assert released.run("-q", "witness", "-p", GUN, RELEASES).err == ""


@pytest.mark.parametrize("words", [["publish"], ["remove", "-p", "nosuch"]])
def test_where_nobody_can_be_asked_nothing_is_published_and_the_tags_are_named(broken, words):
    broken.done("witness", GUN, RELEASES)
    sent = len(broken.server.uploads)
    ran = broken.run(words[0], *words[1:2], GUN, *words[2:])
    assert ran.code == 1
    listed = f"1.9 (sha256:{DIGEST}), 1.10 (sha256:{DIGEST})"
    assert f"{TOLD} {listed}; this must be confirmed" in ran.err
    assert "use -y" in ran.err
    assert len(broken.server.uploads) == sent
    assert "witness" in broken.done("status", GUN)
    assert broken.run(words[0], "-y", *words[1:2], GUN, *words[2:]).code == 0
    assert version(broken) == 3


def test_where_nobody_can_be_asked_every_broken_role_is_named(released):
    """What answers for one answers for all."""
    released.done("delegation", "add", "-p", "--all-paths", GUN, "targets/qa", "alice.pub")
    released.done("addhash", "-p", "-r", "targets/qa", GUN, "qa-1", "7", "--sha256", DIGEST)
    released.done("delegation", "add", "-p", GUN, "targets/qa", "bob.pub")
    ran = without_alice(released).run("witness", "-p", GUN, "targets/qa", RELEASES)
    assert ran.code == 1
    qa = TOLD.replace(RELEASES, "targets/qa")
    listed = f"1.9 (sha256:{DIGEST}), 1.10 (sha256:{DIGEST})"
    told = f"{TOLD} {listed}; {qa} qa-1 (sha256:{DIGEST}); this must be confirmed"
    assert told in ran.err


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_what_a_broken_role_lists_is_shown_before_somebody_answers_for_it(broken, typed, code):
    with broken.typing(typed) as shown:
        ran = broken.run("witness", "-p", GUN, RELEASES)
        question = shown().replace("\r", "")
    assert f"{TOLD}\n  1.9 (sha256:{DIGEST})\n  1.10 (sha256:{DIGEST})\nSign" in question
    assert ran.code == code
    said_no = f"{RELEASES} of {GUN} was not witnessed: nothing was signed or published\n"
    assert ran.err.endswith(said_no) == (typed == "n")
    assert version(broken) == (3 if typed == "y" else 2)
    assert ("witness" in broken.done("status", GUN)) == (typed == "n")


def test_an_option_that_answers_shows_it_too(broken):
    ran = broken.run("witness", "-p", "-y", GUN, RELEASES)
    assert ran.code == 0
    assert f"{TOLD}\n  1.9 (sha256:{DIGEST})\n  1.10 (sha256:{DIGEST})\n" in ran.err


def test_the_document_says_what_was_witnessed(broken):
    [told] = broken.run("-o", "json", "witness", "-p", "-y", GUN, RELEASES).document["witnessed"]
    tags = dict.fromkeys(("1.10", "1.9"), f"sha256:{DIGEST}")
    assert told == {
        "gun": GUN,
        "role": RELEASES,
        "broken": True,
        "tags": tags,
        "delegations": [],
        "outside": [],
    }


def test_a_request_signs_what_was_shown(broken):
    broken.done("witness", GUN, RELEASES)
    ran = broken.run("signing-request", "prepare", GUN, "request.json")
    assert (ran.code, TOLD in ran.err) == (1, True)
    with broken.typing("n") as shown:
        assert broken.run("signing-request", "prepare", GUN, "request.json").code == 1
        assert f"1.9 (sha256:{DIGEST})" in shown()
    assert not (broken.here / "request.json").exists()
    broken.done("signing-request", "prepare", "-y", GUN, "request.json")
    broken.done("signing-request", "publish", "request.json")
    assert version(broken) == 3


def test_a_name_from_a_stranger_commands_no_terminal(broken):
    broken.done("addhash", "-r", RELEASES, GUN, "a\u202eb", "7", "--sha256", DIGEST)
    with broken.typing("n") as shown:
        broken.run("witness", "-p", GUN, RELEASES)
        assert "\u202e" not in shown()


def test_what_another_program_took_from_the_changelist_is_no_success(released):
    """As docker trust sign does, which empties it."""
    waits = TrustDirectory(released.config / "trust")
    changelist = released.config / "trust" / "tuf" / GUN / "changelist"
    held = threading.Event()

    def empty():
        with waits.locked(GUN, "publish"):
            held.set()
            while not (staged := list(changelist.iterdir())):
                time.sleep(0.01)
            for file in staged:
                file.unlink()

    other = threading.Thread(target=empty)
    other.start()
    held.wait()
    ran = released.run("addhash", "-p", GUN, "2.0", "7", "--sha256", DIGEST)
    other.join()
    assert ran.code == 1
    assert "create target 2.0" in ran.err
    assert "do it again" in ran.err
    assert "Successfully" not in ran.out
    assert "2.0" not in json.dumps(released.server.signed(GUN, "targets")["targets"])


def test_a_role_that_does_not_exist_cannot_be_witnessed_and_stays_staged(released):
    absent = "targets/nosuch"
    sent = len(released.server.uploads)
    released.done("witness", GUN, absent)
    for words in (["publish", GUN], ["witness", "-p", GUN, absent]):
        ran = released.run(*words)
        assert ran.code == 1
        assert (
            f"cannot be applied: there is no delegation {absent}; nothing was published" in ran.err
        )
        assert "Successfully published" not in ran.out
    assert "2 staged changes stay so" in ran.err
    assert len(released.server.uploads) == sent
    assert released.done("status", GUN).count(absent) == 2


def test_what_was_not_there_to_remove_is_a_warning(released):
    for words, told in (
        ([RELEASES, "0" * 64], f"{RELEASES} does not have the key {'0' * 64}"),
        ([RELEASES, "--paths", "qa-"], f"{RELEASES} does not have the path 'qa-'"),
        (["targets/nosuch", "-y"], "there is no delegation targets/nosuch"),
    ):
        ran = released.run("delegation", "remove", "-p", GUN, *words)
        assert ran.code == 0
        assert ran.err == f"warning: {told}: there was nothing to remove\n"
        assert ran.out.endswith(f"Successfully published changes for repository {GUN}\n")
