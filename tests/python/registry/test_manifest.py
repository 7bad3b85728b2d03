"""Documents of registries: what they are read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.registry.manifest import DocumentError, read
from servers.registry import (
    DOCKER_IMAGE,
    DOCKER_INDEX,
    IMAGE,
    INDEX,
    child,
    digest_of,
    image,
    index,
    platform,
)

AMD, ARM = image("amd"), image("arm")


@pytest.mark.parametrize("media_type", [IMAGE, DOCKER_IMAGE])
def test_an_image_is_called_by_the_digest_of_its_bytes(media_type):
    body = image(media_type=media_type)
    manifest = read(body, media_type)
    assert manifest.digest == digest_of(body)
    assert (manifest.size, manifest.body) == (len(body), body)
    assert (manifest.media_type, manifest.children) == (media_type, ())
    assert not manifest.is_index


@pytest.mark.parametrize("media_type", [INDEX, DOCKER_INDEX])
def test_an_index_names_its_children_in_order(media_type):
    body = index(
        child(ARM, platform=platform("linux", "arm64", variant="v8")),
        child(AMD, platform=platform("linux", "amd64")),
        child(AMD),
        media_type=media_type,
    )
    manifest = read(body, media_type)
    assert manifest.is_index
    assert [each.platform for each in manifest.children] == ["linux/arm64/v8", "linux/amd64", ""]
    assert [each.digest for each in manifest.children] == [digest_of(b) for b in (ARM, AMD, AMD)]
    assert {each.size for each in manifest.children} == {len(AMD)}
    assert {each.media_type for each in manifest.children} == {IMAGE}
    assert not any(each.is_attestation for each in manifest.children)


@pytest.mark.parametrize(
    "members",
    [
        {"platform": platform("unknown", "unknown")},
        {"annotations": {"vnd.docker.reference.type": "attestation-manifest"}},
        {
            "platform": platform("linux", "amd64"),
            "annotations": {"vnd.docker.reference.type": "something new"},
        },
    ],
)
def test_t092_what_speaks_of_another_child_is_marked_as_attestation(members):
    manifest = read(index(child(AMD), child(ARM, **members)), INDEX)
    assert [each.is_attestation for each in manifest.children] == [False, True]


@pytest.mark.parametrize(
    "members",
    [
        {"platform": None},
        {"platform": {}},
        {"platform": {"os": "linux"}},
        {"platform": {"os": "", "architecture": ""}},
        {"platform": platform("", "amd64")},
        {"annotations": None},
    ],
)
def test_a_child_may_have_no_platform(members):
    (only,) = read(index(child(AMD, **members)), INDEX).children
    assert (only.platform, only.is_attestation) == ("", False)


def test_an_index_may_be_empty():
    assert read(index(), INDEX).children == ()


def test_only_oci_allows_that_a_document_does_not_tell_its_type():
    assert read(image(mediaType=...), IMAGE).media_type == IMAGE
    assert read(index(mediaType=...), INDEX).media_type == INDEX
    for body, media_type in (
        (image(mediaType=...), DOCKER_IMAGE),
        (index(mediaType=...), DOCKER_INDEX),
    ):
        with pytest.raises(DocumentError, match="says of itself that it is no type"):
            read(body, media_type)


@pytest.mark.parametrize("written", [f"{IMAGE}; charset=utf-8", f" {IMAGE} ;q", IMAGE.upper()])
def test_a_content_type_is_read_as_http_writes_it(written):
    assert read(image(), written).media_type == IMAGE


def test_what_others_may_add_is_passed_over():
    body = image(subject=child(AMD), artifactType="application/x", more=[1.5, None])
    assert read(body, IMAGE).digest == digest_of(body)


def test_a_manifest_shows_no_body():
    assert "label" not in repr(read(image(), IMAGE))


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    ],
)
def test_schema_1_is_refused_by_name(media_type):
    with pytest.raises(DocumentError, match="schema 1"):
        read(image(), media_type)


@pytest.mark.parametrize("version", [1, 3, True, "2", None, 2.5, ...])
def test_there_is_one_schema_version(version):
    with pytest.raises(DocumentError, match="schemaVersion"):
        read(image(schemaVersion=version), IMAGE)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def outcome(body, media_type):
    """What is read, or why it is refused."""
    try:
        return read(body, media_type)
    except DocumentError as error:
        return error


@given(st.sampled_from(["digest", "size", "mediaType", "platform", "annotations"]), json)
def test_whatever_stands_in_a_child_is_read_or_refused(name, value):
    found = outcome(index(child(AMD, **{name: value})), INDEX)
    if isinstance(found, DocumentError):
        assert str(found).isprintable()
    else:
        (only,) = found.children
        assert f"{only.platform}{only.digest}{only.media_type}".isprintable()
        assert 0 <= only.size < 2**63


@given(st.sampled_from(["schemaVersion", "mediaType", "config", "layers", "manifests"]), json)
def test_whatever_stands_in_a_document_is_read_or_refused(name, value):
    for body, media_type in ((image(**{name: value}), IMAGE), (index(**{name: value}), INDEX)):
        assert str(outcome(body, media_type)).isprintable()


@given(st.binary(max_size=40), st.text(max_size=40))
def test_bytes_that_are_no_document_are_refused(body, media_type):
    for kind in (media_type, IMAGE):
        with pytest.raises(DocumentError):
            read(body, kind)
