"""Documents of a registry that two readers could take for two things."""

from __future__ import annotations

import json

import pytest

from contenttrust.registry.manifest import DocumentError, read
from servers.registry import (
    DOCKER_IMAGE,
    DOCKER_INDEX,
    IMAGE,
    INDEX,
    child,
    image,
    index,
    platform,
)

OTHER = f"sha256:{'0' * 64}"


def refused(body: bytes, media_type: str) -> str:
    with pytest.raises(DocumentError) as caught:
        read(body, media_type)
    assert str(caught.value).isprintable()
    return str(caught.value)


CHILD = child(image())
CONFIG = json.loads(image())["config"]


@pytest.mark.parametrize("value", [[CHILD], [], None, {}])
@pytest.mark.parametrize("media_type", [IMAGE, DOCKER_IMAGE])
def test_t091_an_image_that_is_an_index_as_well_is_refused(media_type: str, value: object) -> None:
    body = image(media_type=media_type, manifests=value)
    assert "has 'manifests' like something else" in refused(body, media_type)


@pytest.mark.parametrize("name", ["layers", "config", "fsLayers", "history", "signatures"])
@pytest.mark.parametrize("value", [[CONFIG], CONFIG, None])
@pytest.mark.parametrize("media_type", [INDEX, DOCKER_INDEX])
def test_t091_an_index_that_is_an_image_as_well_is_refused(
    media_type: str, name: str, value: object
) -> None:
    body = index(CHILD, media_type=media_type, **{name: value})
    assert f"has '{name}' like something else" in refused(body, media_type)


@pytest.mark.parametrize("inside", [INDEX, IMAGE.upper(), f"{IMAGE}; a=b", "", None, 1, [IMAGE]])
def test_t091_a_type_inside_that_is_another_is_refused(inside: object) -> None:
    assert "says of itself" in refused(image(mediaType=inside), IMAGE)


def test_t091_a_document_without_a_type_is_not_guessed() -> None:
    both = image(mediaType=..., manifests=[CHILD])
    for media_type in (IMAGE, INDEX):
        refused(both, media_type)
    for media_type in ("", "application/json", "text/plain", f"{IMAGE}, {INDEX}", f"{IMAGE}x"):
        assert "not an image's" in refused(image(mediaType=...), media_type)


@pytest.mark.parametrize("name", ["Manifests", "MANIFESTS", "manife\u017fts", "man\u0131fests"])
def test_t091_a_member_that_docker_reads_as_another_is_refused(name: str) -> None:
    body = image(**{name: [CHILD]})
    if name == "man\u0131fests":  # a dotless i is a letter of its own, also for Docker
        assert read(body, IMAGE).children == ()
    else:
        assert "which Docker reads as 'manifests'" in refused(body, IMAGE)


@pytest.mark.parametrize("name", ["Digest", "SIZE", "mediatype", "Platform"])
def test_t091_a_member_of_a_child_in_another_case_is_refused(name: str) -> None:
    assert "which Docker reads as" in refused(index(child(image(), **{name: OTHER})), INDEX)


def test_t091_a_member_that_comes_twice_is_refused() -> None:
    body = image()
    twice = body[:-1] + b', "layers": []}'
    assert "twice" in refused(twice, IMAGE)
    listed = index(CHILD).replace(b'"size"', b'"digest": "%s", "size"' % OTHER.encode())
    assert "twice" in refused(listed, INDEX)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xef\xbb\xbf{}",
        b"\xff",
        image() + b"x",
        b"[" * 100_000,
        image().decode().encode("utf-16"),
        b'{"schemaVersion":2}',
        image(layers=None),
        image(layers={}),
        image(config=[]),
        image(config=...),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_t091_what_is_no_manifest_is_refused(body: bytes) -> None:
    refused(body, IMAGE)


@pytest.mark.parametrize(
    "members",
    [
        {"digest": "sha512:" + "0" * 128},
        {"digest": OTHER.upper()},
        {"digest": f"{OTHER}\n"},
        {"digest": OTHER[:-1]},
        {"digest": None},
        {"size": -1},
        {"size": True},
        {"size": 1.0},
        {"size": "7"},
        {"size": 2**63},
        {"mediaType": ""},
        {"mediaType": "a\nb"},
        {"mediaType": None},
        {"platform": "linux/amd64"},
        {"platform": platform("linux", "amd64/v2")},
        {"platform": platform("linux/amd64", "x")},
        {"platform": platform("linux", "amd64\x1b[2J")},
        {"platform": platform("linux", "arm64", variant="v8\u202e")},
        {"platform": {"os": ["linux"], "architecture": "amd64"}},
        {"platform": {"OS": "linux", "os": "windows", "architecture": "amd64"}},
        {"annotations": ["vnd.docker.reference.type"]},
    ],
    ids=str,
)
def test_t092_a_child_that_can_be_read_in_two_ways_is_refused(members: dict[str, object]) -> None:
    good = child(image(), platform=platform("linux", "amd64"))
    refused(index(good, good | members), INDEX)


@pytest.mark.parametrize("entry", [None, "x", [], 1])
def test_t092_a_child_that_is_no_object_is_refused(entry: object) -> None:
    refused(index(entry), INDEX)


@pytest.mark.parametrize("value", [None, {}, "x", ...])
def test_t092_an_index_without_a_list_is_refused(value: object) -> None:
    refused(index(manifests=value), INDEX)


def test_t092_an_attestation_cannot_hide_behind_a_platform() -> None:
    hidden = child(
        image(),
        platform=platform("linux", "amd64"),
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
    (only,) = read(index(hidden), INDEX).children
    assert only.is_attestation
