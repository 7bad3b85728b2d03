"""An image that is not signed, and that an index lists which is: accepted where it is asked for."""

from __future__ import annotations

import json

import pytest

from contenttrust.cli import index_images
from servers.answers import document, status
from servers.registry import INDEX, index


@pytest.fixture
def signed(place, images):
    """The signed index 1.0 of two images, and a signed image; digests of index and images."""
    made, *children = images.push_index("1.0", ["linux/amd64", "linux/arm64"])
    images.push("single")
    place.done("sign", f"{images.repository}:1.0", f"{images.repository}:single")
    return [made, *children]


def verified(place, image, *options):
    ran = place.run("verify", "-o", "json", *options, image)
    [result] = json.loads(ran.out)["results"]
    return ran.code, result


def refused(place, image):
    code, result = verified(place, image, "--through-index")
    assert not result["verified"]
    assert result["index"] is None
    return code, result["error"]["code"]


@pytest.mark.parametrize("tag", ["", ":1.0"])
def test_an_image_of_a_signed_index_is_accepted_where_that_is_asked_for(place, images, signed, tag):
    made, *children = signed
    for child in children:
        image = f"{images.repository}{tag}@{child}"
        assert verified(place, image)[0] == 1
        code, found = verified(place, image, "--through-index")
        assert (code, found["digest"]) == (0, child)
        assert found["size"] == images.child(child)["size"]
        assert found["pinned"] == f"{images.repository}@{child}"
        assert (found["index"]["name"], found["index"]["digest"]) == ("1.0", made)
        told = place.done("verify", "--through-index", image)
        assert f"listed by  the signed index 1.0, {made}\n" in told


def test_what_is_signed_itself_is_accepted_as_without_it(place, images, signed, server):
    before = len(server.requests)
    code, found = verified(place, f"{images.repository}@{signed[0]}", "--through-index")
    assert (code, found["digest"], found["index"]) == (0, signed[0], None)
    asked = [one.path for one in server.requests[before:]]
    assert not [path for path in asked if "/manifests/" in path]


def test_images_that_are_signed_beside_their_index_are_not_asked_for(place, images, server, signed):
    place.done("sign", "--recursive", f"{images.repository}:1.0")
    before = len(server.requests)
    assert refused(place, f"{images.repository}@sha256:{'0' * 64}") == (1, "not_signed")
    asked = [one.path for one in server.requests[before:] if "/manifests/" in one.path]
    assert not [path for path in asked if path.endswith(tuple(signed[1:]))]


def test_an_image_of_an_index_in_a_signed_index_is_accepted(place, images):
    child = images.push("a")
    inner = images.push_index_of("inner", [images.child(child)])
    images.push_index_of("1.0", [images.child(inner)])
    place.done("sign", f"{images.repository}:1.0")
    assert verified(place, f"{images.repository}@{child}", "--through-index")[0] == 0


def test_what_no_signed_index_lists_is_refused(place, images, signed):
    other = images.push("other")
    images.push_index_of("unsigned", [images.child(other)])
    assert refused(place, f"{images.repository}@{other}") == (1, "not_signed")
    assert refused(place, f"{images.repository}:single@{signed[1]}") == (1, "not_signed")
    place.done("revoke", f"{images.repository}:1.0")
    assert refused(place, f"{images.repository}@{signed[1]}") == (1, "not_signed")


@pytest.mark.parametrize(
    "said",
    [
        {"platform": {"os": "unknown", "architecture": "unknown"}},
        {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
        {"mediaType": "application/vnd.oci.image.layer.v1.tar"},
    ],
)
def test_what_an_index_lists_beside_images_is_none(place, images, said):
    child = images.push("a")
    images.push_index_of("1.0", [{**images.child(child), **said}])
    place.done("sign", f"{images.repository}:1.0")
    assert refused(place, f"{images.repository}@{child}") == (1, "not_signed")


def test_bytes_that_are_not_what_is_signed_prove_nothing(place, images, server, signed):
    """A registry, or who stands before it, answers with an index of its own."""
    other = images.push("other")
    forged = document(index(images.child(other)), headers={"Content-Type": INDEX})
    server.answer(f"/v2/{images.path}/manifests/{signed[0]}", forged)
    assert refused(place, f"{images.repository}@{other}")[0] == 3
    assert refused(place, f"{images.repository}:1.0@{signed[1]}")[0] == 3


def test_an_index_of_another_length_than_is_signed_is_refused(place, images, signed):
    made, child, _ = signed
    place.done("revoke", f"{images.repository}:1.0")
    words = [images.repository, "1.0", "7", "--sha256", made.removeprefix("sha256:")]
    place.done("addhash", "-p", *words)
    assert refused(place, f"{images.repository}@{child}") == (1, "length")


@pytest.mark.usefixtures("signed")
def test_what_a_search_cannot_afford_is_a_refusal(place, images, monkeypatch):
    monkeypatch.setattr(index_images, "REQUESTS", 1)
    image = f"{images.repository}@sha256:{'0' * 64}"
    assert refused(place, image) == (1, "limit_exceeded")
    told = place.run("verify", "--through-index", image).err
    assert "NAME:TAG@DIGEST" in told
    assert "Do not use this data" not in told


def test_a_registry_that_is_slow_says_nothing_against_an_image(place, images, monkeypatch, signed):
    monkeypatch.setattr(index_images, "SECONDS", 0.0)
    image = f"{images.repository}@{signed[1]}"
    assert refused(place, image) == (3, "unreachable")
    told = place.run("verify", "--through-index", image).err
    assert "took more than 0 seconds" in told
    assert "Do not use this data" not in told


def test_a_limit_hides_no_index_that_the_registry_did_not_give(
    place, images, server, signed, monkeypatch
):
    monkeypatch.setattr(index_images, "REQUESTS", 1)
    server.answer(f"/v2/{images.path}/manifests/{signed[0]}", status(404))
    assert refused(place, f"{images.repository}@sha256:{'0' * 64}")[0] == 3


def test_a_registry_is_needed(place, images):
    ran = place.run("verify", "--offline", "--through-index", f"{images.repository}:1.0")
    assert ran.code == 2
    assert "--through-index asks the registry: leave out --offline" in ran.err
