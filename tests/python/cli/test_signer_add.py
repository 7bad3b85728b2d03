"""`contenttrust signer add`: what the same key has signed before comes back to nobody unseen."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from contenttrust import clock
from contenttrust._core import PrivateKey


@pytest.fixture
def removed(place, images):
    """Alice was the only signer; she has signed 1.0, and was removed. Her key is here."""
    digest = images.push("1.0")
    place.done("key", "generate", "alice")
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    place.done("sign", f"{images.repository}:1.0")
    place.done("signer", "remove", "-f", "alice", images.repository)
    return digest


@pytest.fixture
def elsewhere(place, removed):
    """Her private key is not here."""
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    [alice] = [key["key_id"] for key in keys if key["role"] == "alice"]
    place.done("key", "remove", "-y", alice)
    return removed


def released(place, repository):
    listed = json.loads(place.done("list", "-o", "json", repository))
    return [tag["name"] for tag in listed["tags"]]


def test_where_the_private_key_is_the_signer_begins_anew(place, images, removed):
    ran = place.run("signer", "add", "--key", "alice.pub", "alice", images.repository)
    assert ran.code == 0
    assert "targets/releases begins anew: what it listed before it was removed" in ran.err
    assert f"1.0 ({removed})" in ran.err
    assert released(place, images.repository) == []


def test_a_certificate_that_is_not_valid_yet_is_refused_as_by_docker(place, images):
    begins = datetime.now(timezone.utc) + timedelta(days=5)
    made = PrivateKey.generate("ecdsa").certificate(
        "alice", clock.instant(begins), clock.instant(begins + timedelta(days=400))
    )
    (place.here / "alice.crt").write_bytes(made)
    sent = len(place.server.uploads)
    ran = place.run("signer", "add", "--key", "alice.crt", "alice", images.repository)
    assert ran.code == 2
    assert "alice.crt: the certificate of alice is not valid before 20" in ran.err
    assert len(place.server.uploads) == sent


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_tags_that_would_come_back_are_shown_and_asked_about(place, images, elsewhere, typed, code):
    add = ("signer", "add", "--key", "alice.pub", "alice", images.repository)
    sent = len(place.server.uploads)
    ran = place.run(*add)
    assert (ran.code, "use -y" in ran.err) == (1, True)
    assert f"targets/releases lists 1.0 ({elsewhere})" in ran.err
    assert len(place.server.uploads) == sent

    with place.typing(typed) as shown:
        ran = place.run(*add)
        assert f"targets/releases lists 1.0 ({elsewhere})" in shown()

    assert ran.code == code
    assert released(place, images.repository) == (["1.0"] if code == 0 else [])
    assert (len(place.server.uploads) == sent) == (code == 1)


def test_of_a_role_that_is_there_and_broken_the_question_says_so(place, images, removed):
    """Bob has made it again since, and has signed nothing; her private key is here."""
    place.done("key", "generate", "bob")
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    [bob] = [key["key_id"] for key in keys if key["role"] == "bob"]
    place.done("key", "remove", "-y", bob)
    place.done("signer", "add", "--key", "bob.pub", "bob", images.repository)

    ran = place.run("signer", "add", "--key", "alice.pub", "alice", images.repository)

    assert ran.code == 1
    assert f"this counts again: targets/releases lists 1.0 ({removed});" in ran.err
    assert "first sign targets/releases with a key that it has" in ran.err
    assert "where the private key is" not in ran.err


def test_without_a_question_what_comes_back_is_told(place, images, elsewhere):
    add = ("signer", "add", "-y", "--key", "alice.pub", "alice", images.repository)
    ran = place.run("-o", "json", *add)
    messages = [one["message"] for one in ran.document["warnings"]]
    assert f"targets/releases lists 1.0 ({elsewhere}) again" in messages
    assert released(place, images.repository) == ["1.0"]


def test_notary_s_verb_refuses_and_says_what_to_do(place, images, elsewhere):
    gun = images.repository
    words = ("delegation", "add", "-p", "--all-paths", gun, "targets/releases", "alice.pub")
    ran = place.run(*words)
    assert ran.code == 1
    assert f"1.0 ({elsewhere})" in ran.err
    assert "signing-request prepare" in ran.err
    assert released(place, images.repository) == []


@pytest.mark.parametrize("role", ["root", "targets"])
def test_a_key_of_the_collection_itself_as_a_signer_s_is_told_with_the_way_out(place, images, role):
    images.push("1.0")
    place.done("key", "generate", "alice")
    own = ("signer", "add", "--key", "alice.pub", "alice", images.repository)
    ran = place.run(*own)
    assert (ran.code, "more than sign tags" in ran.err) == (0, False)
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    [key_id] = [key["key_id"] for key in keys if key["role"] == role]
    place.done("key", "public", key_id, "theirs.pub")

    ran = place.run("signer", "add", "--key", "theirs.pub", "alice", images.repository)

    assert ran.code == 0
    assert f"key {key_id} of alice is a key of {role} too" in ran.err
    for one in ("targets/alice", "targets/releases"):
        way = f"contenttrust delegation remove -p {images.repository} {one} {key_id}"
        assert way in ran.err
        place.done(*way.split()[1:])
