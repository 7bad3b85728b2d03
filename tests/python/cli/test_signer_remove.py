"""`contenttrust signer remove`: what only the signer lists, and who is the last one."""

from __future__ import annotations

import base64
import json
import shlex

import pytest

from contenttrust import _core
from contenttrust.keys import KeyStore
from contenttrust.publish.metadata import envelope, message_of
from key_place import PASSPHRASES
from publisher_place import Images


@pytest.fixture
def signed(place, images):
    """A repository with the signers alice and bob, whose keys are here, and the tag 1.0."""
    images.push("1.0")
    for name in ("alice", "bob"):
        place.done("key", "generate", name)
        place.done("signer", "add", "--key", f"{name}.pub", name, images.repository)
    place.done("sign", f"{images.repository}:1.0")
    return images.repository


def verified(place, image):
    """The result of verify for one image."""
    return json.loads(place.run("verify", "-o", "json", image).out)["results"][0]


@pytest.fixture
def only_bob(place, images, signed):
    """Bob alone signs 3.0."""
    digest = images.push("3.0")
    place.done("key", "export", "-o", "all.pem")
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    [alice] = [key["key_id"] for key in keys if key["role"] == "alice"]
    place.done("key", "remove", "-y", alice)
    place.done("sign", f"{signed}:3.0")
    place.done("key", "import", "all.pem")
    return digest


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_t078_tags_that_only_the_signer_lists_are_shown_before_others_answer_for_them(
    place, signed, only_bob, typed, code
):
    ran = place.run("signer", "remove", "bob", signed)
    assert (ran.code, "use --revoke or -y" in ran.err) == (1, True)
    assert f"which stay released: 3.0 ({only_bob}); this must" in ran.err
    with place.typing(typed) as shown:
        ran = place.run("signer", "remove", "bob", signed)
        question = shown()
    assert f'Nobody but the signer "bob" lists these tags of {signed}' in question
    assert f"\n  3.0 ({only_bob})\n" in question.replace("\r", "")
    assert "1.0" not in question
    assert ran.code == code
    assert ("has been cancelled" in ran.err) == (code == 1)
    told = f"  3.0 ({only_bob}) stays released, though nobody else lists it: to take it back, "
    assert (f"{told}contenttrust revoke {signed}:3.0\n" in ran.out) == (code == 0)


def test_t078_whose_question_was_answered_no_is_told_in_a_document(place, signed, only_bob):
    with place.typing("n"):
        ran = place.run("signer", "remove", "-o", "json", "bob", signed, f"{signed}-other")
    assert (ran.code, ran.document["done"], "removed" in ran.document) == (1, False, False)
    told = {one["gun"]: one["message"] for one in ran.document["failed"]}
    assert told[signed] == f"the removal of bob from {signed} has been cancelled"
    assert told.keys() == {signed, f"{signed}-other"}


def test_t078_an_error_names_some_tags_and_a_question_all(place, images, signed, only_bob):
    names = [f"4.{number}" for number in range(24)]
    for name in names:
        images.push(name, "one image")
    [alice] = [
        key["key_id"]
        for key in json.loads(place.done("key", "list", "--json"))["keys"]
        if key["role"] == "alice"
    ]
    place.done("key", "remove", "-y", alice)
    place.done("sign", *(f"{signed}:{name}" for name in names))
    place.done("key", "import", "all.pem")

    ran = place.run("signer", "remove", "bob", signed)
    assert f"3.0 ({only_bob}), 4.0 (" in ran.err
    assert "4.18 (" in ran.err
    assert " and 5 more; this must be confirmed" in ran.err
    assert "4.19 (" not in ran.err
    with place.typing("n") as shown:
        place.run("signer", "remove", "bob", signed)
        question = shown()
    assert all(f"\n  {name} (" in question for name in names)


def test_t078_what_is_no_text_is_no_answer(place, signed, only_bob):
    with place.typing("\udcff\udcfey"):
        ran = place.run("signer", "remove", "bob", signed)
    assert (ran.code, "has been cancelled" in ran.err) == (1, True)
    assert "bob" in place.done("signer", "list", signed)


def test_t078_without_a_question_it_is_told_what_nobody_else_lists(place, signed, only_bob):
    ran = place.run("-o", "json", "signer", "remove", "-y", "bob", signed)
    [removed] = ran.document["removed"]
    assert (removed["unvouched"], removed["revoked"]) == ({"3.0": only_bob}, {})
    assert any("3.0" in one and "stays released" in one for one in ran.document["messages"])
    place.done("revoke", f"{signed}:3.0")
    assert not verified(place, f"{signed}:3.0")["verified"]


def test_t078_what_nobody_else_lists_is_revoked_with_the_signer(place, signed, only_bob):
    out = place.done("signer", "remove", "--revoke", "bob", signed)
    assert f"  3.0 ({only_bob}) is revoked: nobody else lists it\n" in out
    assert "stays released" not in out
    assert not verified(place, f"{signed}:3.0")["verified"]
    assert verified(place, f"{signed}:1.0")["verified"]


def test_of_several_repositories_one_that_fails_stops_no_other_in_json(place, signed):
    missing = f"{signed}-nosuch"
    ran = place.run("-o", "json", "signer", "remove", "-y", "bob", missing, signed)
    assert (ran.code, ran.document["done"]) == (1, False)
    assert [one["gun"] for one in ran.document["failed"]] == [missing]
    assert [one["repository"] for one in ran.document["removed"]] == [signed]


def test_what_the_last_signer_has_delegated_is_no_other_signer(place, signed):
    place.done("key", "generate", "qa")
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/alice/qa", "qa.pub")
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/releases/qa", "qa.pub")
    place.done("signer", "remove", "-y", "bob", signed)
    with place.typing("y") as shown:
        ran = place.run("signer", "remove", "alice", signed)
        assert 'The signer "alice" is the last one of' in shown()
    assert ran.code == 0
    assert "No signers for" in place.done("signer", "list", signed)


@pytest.fixture
def only_alice(place, signed):
    place.done("signer", "remove", "-y", "bob", signed)
    return signed


@pytest.mark.parametrize("yes", [(), ("-y",)])
def test_the_last_signer_goes_by_force_or_an_answer_only(place, images, only_alice, yes):
    """-y is for what others will answer for; nobody is left here."""
    images.push("2.0")
    for role in ("targets", "targets/releases"):
        place.done("add", "-p", "-r", role, only_alice, "kept", __file__)
    place.done("sign", f"{only_alice}:2.0")
    [one, two] = [verified(place, f"{only_alice}:{tag}")["digest"] for tag in ("1.0", "2.0")]
    sent = len(place.server.uploads)

    ran = place.run("-o", "json", "signer", "remove", *yes, "alice", only_alice)

    assert ran.code == 1
    told = ran.document["error"]["message"]
    assert f'The signer "alice" is the last one of {only_alice}. ' in told
    assert f"this will make these tags unpullable: 1.0 ({one}), 2.0 ({two}); this must be" in told
    assert told.endswith("use --force.")
    assert len(place.server.uploads) == sent

    with place.typing("n") as shown:
        assert place.run("signer", "remove", *yes, "alice", only_alice).code == 1
        assert f"unpullable:\n  1.0 ({one})\n  2.0 ({two})\n" in shown().replace("\r", "")
    assert len(place.server.uploads) == sent

    ran = place.run("-o", "json", "signer", "remove", "-f", "alice", only_alice)
    assert ran.document["removed"][0]["unreleased"] == ["1.0", "2.0"]


def test_a_loop_with_yes_goes_on_where_somebody_is_the_last_signer(place, images, signed, server):
    other = Images(server, "team/api")
    other.push("1.0")
    place.done("signer", "add", "--key", "bob.pub", "bob", other.repository)
    place.done("sign", f"{other.repository}:1.0")
    ran = place.run("signer", "remove", "-y", "bob", other.repository, signed)
    assert ran.code == 1
    assert f"error removing signer from: {other.repository}\n" in ran.err
    assert f"Successfully removed bob from {signed}" in ran.out
    assert verified(place, f"{other.repository}:1.0")["verified"]


def test_a_last_signer_who_has_released_nothing_costs_no_tag(place, images):
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    with place.typing("y") as shown:
        assert place.run("signer", "remove", "alice", images.repository).code == 0
        assert "No tag is released that could be pulled only by it." in shown()


def test_t078_nested_delegations_are_listed_under_their_whole_names(place, signed):
    """As by docker; one below releases is no signer that could be added or removed by name."""
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/releases/bob", "bob.pub")
    listed = json.loads(place.done("signer", "list", "-o", "json", signed))
    assert [one["name"] for one in listed["signers"]] == ["alice", "bob", "releases/bob"]
    assert place.run("signer", "remove", "releases/bob", signed).code == 2


class _One:
    """Answers with the passphrase of the test."""

    def give(self, request):
        return _core.Secret(PASSPHRASES["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"].encode())


def listed_by_bob(place, gun, names):
    """Bob releases targets of any names, which no tool of a decent signer would take."""
    keys = KeyStore(place.config / "trust", passphrases=_One())
    [entry] = [one for one in keys.entries() if one.role == "bob"]
    key = keys.open(entry.key_id)
    signed = place.server.signed(gun, "targets/releases")
    signed["version"] += 1
    digest = base64.b64encode(bytes(32)).decode()
    for name in names:
        hashes = {"sha256": digest, "\x1b[8maa": digest}
        signed["targets"][name] = {"length": 7, "hashes": hashes}
    message = message_of(signed)
    sig = base64.b64encode(key.sign(message)).decode()
    key_id = _core.PublicKey.of(key.key_type, key.public).key_id
    entry = {"keyid": key_id, "method": key.method, "sig": sig}
    place.server.store(gun, {"targets/releases": envelope(message, [entry])})


def test_t078_a_name_that_is_no_tag_is_quoted_where_it_is_shown_and_in_every_command(place, signed):
    hostile, hidden = "1.1; touch PWNED #", "a\x1b[2Jb"
    listed_by_bob(place, signed, [hostile, hidden, "6.6"])

    out = place.done("signer", "remove", "-y", "bob", signed)

    assert "\x1b" not in out
    lines = {line for line in out.splitlines() if "stays released" in line}
    zeros = f"sha256:{'0' * 64}"
    shown = (
        f'  "{hostile}" ({zeros}) stays released, though nobody else lists it: to take it back, '
    )
    [command] = [line.removeprefix(shown) for line in lines if line.startswith(shown)]
    assert shlex.split(command)[0] == "contenttrust"
    assert hostile in shlex.split(command)
    assert f'  "a\\u001b[2Jb" ({zeros}) stays released, though nobody else lists it' in lines
    place.done(*shlex.split(command)[1:])
    assert hostile not in place.server.signed(signed, "targets/releases")["targets"]
    assert any(line.endswith(f"contenttrust revoke {signed}:6.6") for line in lines)


def test_a_removal_that_was_interrupted_asks_and_comes_to_its_end(place, signed):
    def interrupt():
        raise KeyboardInterrupt

    place.server.before_publish = [lambda: listed_by_bob(place, signed, ["6.6"])]
    place.server.after_publish = [interrupt]
    assert place.run("signer", "remove", "-y", "bob", signed).code == 130
    place.server.after_publish = []

    ran = place.run("signer", "remove", "bob", signed)
    assert (ran.code, "signed again as it was shown then: 1.0 (sha256:" in ran.err) == (1, True)
    with place.typing("n") as shown:
        ran = place.run("signer", "remove", "bob", signed)
        assert (ran.code, "was interrupted" in shown()) == (1, True)
        assert "changes that, if it is signed: tag removed: 6.6 (sha256:" in ran.err
    assert not verified(place, f"{signed}:1.0")["verified"]
    place.done("signer", "remove", "-y", "bob", signed)
    assert verified(place, f"{signed}:1.0")["verified"]
    assert "6.6" not in place.server.signed(signed, "targets/releases")["targets"]
    assert place.run("signer", "remove", "bob", signed).code == 1


def test_a_lost_key_of_the_only_signer_is_exchanged_and_every_tag_stays(place, images):
    """As the page on recovery has it."""
    gun = images.repository
    images.push("1.0")
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", gun)
    place.done("sign", f"{gun}:1.0")
    [old] = [it for it in keys_here(place) if it["role"] == "alice"]
    place.done("key", "remove", "-y", old["key_id"])
    place.here.joinpath("alice.pub").unlink()
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", gun)
    early = place.run("delegation", "remove", "-p", gun, "targets/releases", old["key_id"])
    assert early.code == 1
    place.done("reset", "--all", gun)

    place.done("witness", "-p", gun, "targets/alice", "targets/releases")
    place.done("delegation", "remove", gun, "targets/alice", old["key_id"])
    place.done("delegation", "remove", "-p", gun, "targets/releases", old["key_id"])

    assert verified(place, f"{gun}:1.0")["verified"]
    given = place.server.signed(gun, "targets")["delegations"]
    assert len(given["keys"]) == 1


def keys_here(place):
    return json.loads(place.done("key", "list", "--json"))["keys"]
