"""`contenttrust signer remove`: what only the signer lists, and who is the last one."""

from __future__ import annotations

import json

import pytest

from publisher_place import Images, PublisherPlace


@pytest.fixture
def place(tmp_path, run, monkeypatch):
    return PublisherPlace(tmp_path, run, monkeypatch)


@pytest.fixture
def images(server):
    return Images(server, "team/web")


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


def test_t078_nested_delegations_are_listed_under_their_whole_names(place, signed):
    """As by docker; one below releases is no signer that could be added or removed by name."""
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/releases/bob", "bob.pub")
    listed = json.loads(place.done("signer", "list", "-o", "json", signed))
    assert [one["name"] for one in listed["signers"]] == ["alice", "bob", "releases/bob"]
    assert place.run("signer", "remove", "releases/bob", signed).code == 2
