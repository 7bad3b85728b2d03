"""What an image's configuration says of builds that begin with the image, read without doubt."""

from __future__ import annotations

import json

import pytest

from asked_registry import asked, reference, registry
from contenttrust.registry import DocumentError, NoImageError, triggers
from contenttrust.registry.manifest import read
from servers import HttpsServer
from servers.registry import (
    IMAGE,
    INDEX,
    child,
    configuration,
    descriptor,
    digest_of,
    image,
    index,
    path_of,
    push,
    push_blob,
)

RUN = "RUN --mount=from=a:1 true"


def test_triggers_come_in_their_order() -> None:
    assert triggers(configuration("COPY --from=b / /", RUN)) == ("COPY --from=b / /", RUN)


@pytest.mark.parametrize(
    "body",
    [
        configuration(),
        configuration(config=None),
        configuration(config={}),
        configuration(config={"OnBuild": []}),
        configuration(config={"OnBuild": None}),
        b"{}",
        configuration(container_config={"OnBuild": [RUN]}),
    ],
)
def test_most_images_have_none(body: bytes) -> None:
    assert triggers(body) == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"[]", "holds no JSON object"),
        (configuration(config=[]), "'config' that is no object"),
        (configuration(config={"OnBuild": RUN}), "no list of instructions"),
        (configuration(config={"OnBuild": [1]}), "no list of instructions"),
        (configuration(config={"OnBuild": {RUN: 1}}), "no list of instructions"),
        (configuration(config={"OnBuild": ["RUN echo \ud800"]}), "half a surrogate pair"),
    ],
)
def test_what_is_no_configuration_is_refused(body: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        triggers(body)


def test_what_docker_reads_otherwise_is_refused() -> None:
    for process in ({"onbuild": [RUN]}, {"OnBuild": [], "ONBUILD": [RUN]}):
        with pytest.raises(DocumentError, match="which Docker reads as 'OnBuild'"):
            triggers(configuration(config=process))
    with pytest.raises(DocumentError, match="which Docker reads as 'config'"):
        triggers(configuration(Config={"OnBuild": [RUN]}))
    twice = json.dumps({"config": {"OnBuild": []}})[:-1] + ', "config": {"OnBuild": ["RUN x"]}}'
    with pytest.raises(DocumentError, match="has a member twice"):
        triggers(twice.encode())


def test_a_configuration_is_had_by_the_digest_that_the_manifest_has(server: HttpsServer) -> None:
    body = configuration(RUN)
    push_blob(server, body)
    push(server, image(config=descriptor(body)))
    asker = registry(server)
    manifest = asker.manifest(reference(server))
    assert manifest.config is not None
    assert asker.blob(reference(server), manifest.config) == body
    assert asked(server) == [path_of(), f"/v2/team/web/blobs/{digest_of(body)}"]


def test_a_configuration_that_is_missing_is_told(server: HttpsServer) -> None:
    body = configuration(RUN)
    push(server, image(config=descriptor(body)))
    asker = registry(server)
    manifest = asker.manifest(reference(server))
    assert manifest.config is not None
    with pytest.raises(NoImageError, match=f"has no image team/web@{digest_of(body)}"):
        asker.blob(reference(server), manifest.config)


def test_a_blob_of_another_registry_is_not_asked_for(server: HttpsServer) -> None:
    push(server, image())
    manifest = registry(server).manifest(reference(server))
    assert manifest.config is not None
    with pytest.raises(ValueError, match="is no image of"):
        registry(server).blob(reference(server, host="127.0.0.1"), manifest.config)


def test_an_index_has_no_configuration(server: HttpsServer) -> None:
    push(server, index(child(image())), INDEX)
    assert registry(server).manifest(reference(server)).config is None


@pytest.mark.parametrize(
    "config", [{}, {"digest": "x"}, descriptor(b"", digest="sha512:0"), descriptor(b"", size=-1)]
)
def test_t091_a_configuration_that_is_not_named_by_a_digest_is_refused(config: object) -> None:
    with pytest.raises(DocumentError, match="has a configuration"):
        read(image(config=config), IMAGE)
