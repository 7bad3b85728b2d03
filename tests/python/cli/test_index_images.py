"""The images of an index: signed with it by their digests, and taken back with it."""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

from contenttrust.cli import index_images
from contenttrust.errors import RejectedError


def is_signed(place, images, digest):
    ran = place.run("verify", "-o", "json", f"{images.repository}@{digest}")
    return json.loads(ran.out)["results"][0]["verified"]


@pytest.fixture
def two(place, images):
    """The signed indexes 1.0 and 2.0, which have one image in common."""
    first = images.push("a"), images.push("b")
    second = first[1], images.push("c")
    images.push_index_of("1.0", [images.child(one) for one in first])
    images.push_index_of("2.0", [images.child(one) for one in second])
    place.done("sign", "--recursive", f"{images.repository}:1.0", f"{images.repository}:2.0")
    return first[0], first[1], second[1]


def test_images_go_with_the_tag_whose_index_they_are_in(place, images, two):
    own, shared, others = two
    out = place.done("revoke", f"{images.repository}:1.0")
    assert f"Deleted the signature for {own}, an image of it\n" in out
    assert [is_signed(place, images, one) for one in two] == [False, True, True]
    place.done("revoke", f"{images.repository}:2.0")
    assert not any(is_signed(place, images, one) for one in (shared, others))


def names_of(place, images):
    listed = json.loads(place.done("list", "-o", "json", images.repository))["tags"]
    return sorted(one["name"] for one in listed)


def test_images_are_signed_under_names_that_are_tags_and_nobody_else_s(place, images, two):
    """Neither `sha256-HEX` of OCI's referrers nor `sha256-HEX.sig` of cosign."""
    children = [f"{one.replace(':', '-')}.child" for one in two]
    assert names_of(place, images) == sorted(["1.0", "2.0", *children])
    for one, child in zip(two, children, strict=True):
        ran = place.run("verify", "-o", "json", f"{images.repository}:{child}")
        assert json.loads(ran.out)["results"][0]["digest"] == one


@pytest.mark.parametrize("how", ["tag", "digest"])
def test_images_under_the_name_with_a_colon_are_read_and_revoked(place, images, how):
    """Names that an earlier version gave."""
    image = images.push("a")
    images.push_index_of("1.0", [images.child(image)])
    place.done("sign", f"{images.repository}:1.0")
    words = [images.repository, image, "7", "--sha256", image.removeprefix("sha256:")]
    place.done("addhash", "-p", *words)
    assert is_signed(place, images, image)
    if how == "digest":
        place.done("sign", "--recursive", f"{images.repository}:1.0")
        place.done("revoke", f"{images.repository}@{image}")
        assert names_of(place, images) == ["1.0"]
    else:
        place.done("revoke", f"{images.repository}:1.0")
        assert names_of(place, images) == []


def test_an_image_is_revoked_by_its_digest(place, images, two):
    place.done("revoke", f"{images.repository}@{two[0]}")
    assert [is_signed(place, images, one) for one in two] == [False, True, True]


@pytest.mark.parametrize("gone", ["1.0", "2.0"])
def test_what_stays_signed_is_told_with_the_way_out_if_an_index_is_not_to_be_had(
    place, images, server, two, gone
):
    listed = json.loads(place.done("list", "-o", "json", images.repository))
    [digest] = [tag["digest"] for tag in listed["tags"] if tag["name"] == gone]
    server.answer(f"/v2/{images.path}/manifests/{digest}", b"{}")

    ran = place.run("revoke", f"{images.repository}:1.0")

    assert ran.code == 0
    stay = two if gone == "1.0" else two[:2]
    for one in two:
        way = f"contenttrust revoke {images.repository}@{one}"
        assert (way in ran.err) == (one in stay)
        assert is_signed(place, images, one)


def test_without_images_by_digest_the_registry_is_not_asked(place, images, server):
    image = images.push("1.0")
    place.done("sign", f"{images.repository}:1.0")
    server.answer(f"/v2/{images.path}/manifests/{image}", b"{}")
    out = place.done("revoke", f"{images.repository}:1.0")
    assert out == f"Successfully deleted signature for {images.repository}:1.0\n"


def test_images_of_an_index_in_an_index_are_signed_and_revoked_too(place, images):
    image = images.push("a")
    inner = images.push_index_of("inner", [images.child(image)])
    images.push_index_of("1.0", [images.child(inner)])
    place.done("sign", "--recursive", f"{images.repository}:1.0")
    assert is_signed(place, images, image)
    assert is_signed(place, images, inner)
    place.done("revoke", f"{images.repository}:1.0")
    assert not is_signed(place, images, image)
    assert not is_signed(place, images, inner)


def test_an_image_that_an_index_has_many_times_is_one(place, images, server):
    child = images.child(images.push("a"))
    images.push_index_of("1.0", [child] * 20_000)
    before = len(server.requests)
    place.done("sign", "--recursive", f"{images.repository}:1.0")
    assert len(server.requests) - before <= 4


@pytest.mark.parametrize("deep", [False, True])
def test_an_index_of_too_much_is_refused(place, images, deep):
    child = images.child(images.push("a"))
    children = [{**child, "digest": f"sha256:{number:064x}"} for number in range(257)]
    if deep:
        children = [child]
        for number in range(4):
            children = [images.child(images.push_index_of(f"level{number}", children))]
    images.push_index_of("1.0", children)
    ran = place.run("-o", "json", "sign", "--recursive", f"{images.repository}:1.0")
    assert (ran.code, ran.document["error"]["code"]) == (1, "limit_exceeded")
    assert "Leave out --recursive" in ran.out
    assert not place.server.uploads


def test_an_image_that_is_not_what_the_index_says_is_named(place, images):
    child = images.child(images.push("a"))
    images.push_index_of("1.0", [{**child, "size": child["size"] + 1}])
    ran = place.run("sign", "--recursive", f"{images.repository}:1.0")
    assert ran.code == 3
    assert f"the index has {child['digest']} with another size" in ran.err


@pytest.fixture
def moved(place, images):
    """The tag 1.0 was signed with its images, these, and now has another index."""
    old = [images.push("a"), images.push("b"), images.push("c")]
    images.push_index_of("1.0", [images.child(one) for one in old])
    images.push_index_of("2.0", [images.child(one) for one in old[:1]])
    place.done("sign", "--recursive", f"{images.repository}:1.0", f"{images.repository}:2.0")
    images.push_index_of("1.0", [images.child(one) for one in (old[1], images.push("d"))])
    return old


def ways(images, digests):
    return [f"contenttrust revoke {images.repository}@{one}" for one in digests]


@pytest.mark.parametrize("recursive", [["--recursive"], []])
def test_images_that_a_tag_has_lost_are_named_with_the_way_to_take_them_back(
    place, images, moved, recursive
):
    ran = place.run("sign", *recursive, f"{images.repository}:1.0")
    assert ran.code == 0
    lost, kept = ways(images, [moved[2]]), ways(images, moved[:2])
    assert all(way in ran.err for way in lost)
    assert not any(way in ran.err for way in kept)
    place.done(*lost[0].split()[1:])
    assert [is_signed(place, images, one) for one in moved] == [True, True, False]


def test_all_that_may_be_lost_is_named_if_the_older_index_is_not_to_be_had(
    place, images, server, moved
):
    listed = json.loads(place.done("list", "-o", "json", images.repository))
    [former] = [tag["digest"] for tag in listed["tags"] if tag["name"] == "1.0"]
    server.answer(f"/v2/{images.path}/manifests/{former}", b"{}")
    ran = place.run("sign", "--recursive", f"{images.repository}:1.0")
    assert ran.code == 0
    assert ways(images, [moved[2]])[0] in ran.err


def test_images_that_no_signed_index_has_are_named_when_a_tag_is_revoked(place, images, moved):
    place.done("sign", "--recursive", f"{images.repository}:1.0")
    ran = place.run("revoke", f"{images.repository}:1.0")
    assert ran.code == 0
    lost, others = ways(images, [moved[2]]), ways(images, moved[:2])
    assert all(way in ran.err for way in lost)
    assert not any(way in ran.err for way in others)
    assert [is_signed(place, images, one) for one in moved] == [True, False, True]


def test_an_image_that_has_a_signed_tag_itself_is_not_named(place, images, moved):
    images.push("c")
    place.done("sign", f"{images.repository}:c")
    assert "To take them back" not in place.run("sign", f"{images.repository}:1.0").err


def test_where_no_tag_moves_the_registry_is_not_asked_for_older_indexes(place, images, server, two):
    before = len(server.requests)
    place.done("sign", f"{images.repository}:1.0")
    assert len(server.requests) - before <= 2


def test_what_was_signed_for_itself_is_no_image_that_a_tag_has_lost(place, images, moved):
    """Only who revokes is told of it: signing is no occasion."""
    own = images.push("e")
    words = [images.repository, own, "7", "--sha256", own.removeprefix("sha256:")]
    place.done("addhash", "-p", *words)
    ran = place.run("sign", f"{images.repository}:1.0")
    assert ways(images, [moved[2]])[0] in ran.err
    assert own not in ran.err
    assert ways(images, [own])[0] in place.run("revoke", f"{images.repository}:1.0").err


def asked_for(server, images):
    return [one.path for one in server.requests if one.path.startswith(f"/v2/{images.path}/")]


def digest_of(place, images, tag):
    listed = json.loads(place.done("list", "-o", "json", images.repository))["tags"]
    return next(one["digest"] for one in listed if one["name"] == tag)


def test_a_registry_does_not_hold_up_the_revocation_of_a_tag(
    place, images, server, two, monkeypatch
):
    monkeypatch.setattr(index_images, "SECONDS", 0.5)
    index, uploads, before = digest_of(place, images, "1.0"), [], len(place.server.uploads)

    def never(exchange):
        uploads.append(len(place.server.uploads))
        exchange.ended.wait()

    server.answer(f"/v2/{images.path}/manifests/{index}", never)
    began = time.monotonic()
    ran = place.run("revoke", f"{images.repository}:1.0")

    assert time.monotonic() - began < 25  # a request alone may take 30
    assert ran.code == 0
    assert set(uploads) == {before + 1}
    assert f"Successfully deleted signature for {images.repository}:1.0" in ran.out
    assert all(way in ran.err for way in ways(images, two))
    assert not is_signed(place, images, index)


@pytest.mark.parametrize("output", ["text", "json"])
def test_an_interrupt_while_images_are_searched_says_what_was_not_revoked(
    place, images, server, two, output
):
    index = digest_of(place, images, "1.0")

    def interrupt(exchange):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        exchange.ended.wait()

    server.answer(f"/v2/{images.path}/manifests/{index}", interrupt)
    image = f"{images.repository}:1.0"
    ran = place.run("-o", output, "revoke", image)

    assert ran.code == 130
    assert f"interrupted: the signature of {image} is deleted; images that may" in ran.err
    assert all(way in ran.err for way in ways(images, two))
    assert output == "json" or f"Successfully deleted signature for {image}" in ran.out
    assert not is_signed(place, images, index)


def test_an_interrupt_while_lost_images_are_searched_says_that_it_is_signed(
    place, images, server, moved
):
    former = digest_of(place, images, "1.0")

    def interrupt(exchange):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        exchange.ended.wait()

    server.answer(f"/v2/{images.path}/manifests/{former}", interrupt)
    image = f"{images.repository}:1.0"
    ran = place.run("sign", image)

    assert ran.code == 130
    assert ran.out.endswith(f"Successfully signed {image}\n")
    assert "interrupted: all that was named is signed" in ran.err
    assert all(way in ran.err for way in ways(images, moved))
    assert digest_of(place, images, "1.0") != former


def test_an_interrupt_while_images_are_revoked_names_those(place, images, two, monkeypatch):
    publish, sent = place.server.publish, []

    def once(gun, files):
        if sent:
            raise KeyboardInterrupt
        sent.append(gun)
        publish(gun, files)

    monkeypatch.setattr(place.server, "publish", once)
    ran = place.run("revoke", f"{images.repository}:1.0")

    assert ran.code == 130
    assert [way in ran.err for way in ways(images, two)] == [True, False, False]


@pytest.mark.parametrize(("name", "most"), [("REQUESTS", 1), ("SECONDS", 0.0)])
@pytest.mark.usefixtures("two")
def test_what_a_search_cannot_afford_is_told(place, images, server, *, monkeypatch, name, most):
    monkeypatch.setattr(index_images, name, most)
    before = len(asked_for(server, images))
    ran = place.run("revoke", f"{images.repository}:1.0")
    assert ran.code == 0
    assert len(asked_for(server, images)) - before <= most
    assert "could not be found out which belong to it alone" in ran.err
    assert f"contenttrust revoke {images.repository}@sha256:" in ran.err


def test_images_themselves_are_not_asked_for(place, images, server, two):
    before = len(asked_for(server, images))
    place.done("revoke", f"{images.repository}:1.0")
    assert len(set(asked_for(server, images)[before:])) == 2  # the two indexes
    assert not is_signed(place, images, two[0])


@pytest.mark.parametrize("as_json", [False, True])
def test_images_that_could_not_be_revoked_after_their_tag_are_told(
    place, images, two, monkeypatch, as_json
):
    index, publish = digest_of(place, images, "1.0"), place.server.publish
    sent = []

    def once(gun, files):
        if sent:
            raise RejectedError("the server is tired")
        sent.append(gun)
        publish(gun, files)

    monkeypatch.setattr(place.server, "publish", once)
    words = ["revoke", f"{images.repository}:1.0"]
    ran = place.run(*(["-o", "json"] if as_json else []), *words)
    monkeypatch.setattr(place.server, "publish", publish)

    assert ran.code == 1
    [way] = ways(images, two[:1])
    if as_json:
        assert not ran.document["done"]
        assert [one["gun"] for one in ran.document["published"]] == [images.repository]
        assert ran.document["failed"][0]["message"] == "the server is tired"
        assert way in ran.document["warnings"][0]["message"]
    else:
        assert "could not remove the signatures of its images: the server is tired" in ran.err
        assert way in ran.err
    assert not is_signed(place, images, index)
    assert is_signed(place, images, two[0])
