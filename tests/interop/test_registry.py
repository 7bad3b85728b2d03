"""The original registry, asked by us: with and without TLS, open and closed."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contenttrust.daemon import local_manifest
from contenttrust.errors import ImageLookupError
from contenttrust.reference import Reference
from contenttrust.registry import Manifest, NoImageError, Registry, registry_of
from interop import images, parts
from interop.images import image, sha256
from interop.publisher import Publisher
from interop.registries import (
    PASSWORD,
    USER,
    asks_for_password,
    asks_for_token,
    registry,
    token_server,
)
from interop.trust_stack import TrustStack
from servers import Authority
from servers.registry import DOCKER_INDEX, IMAGE, INDEX, child, index, platform

ONE, TWO = image("one"), image("two")
ELSEWHERE = "registry.localhost"
"""Leads to this machine, and counts for us as another."""
OCI = json.dumps({**json.loads(ONE.manifest), "mediaType": IMAGE}).encode()
INDEXES = {
    media_type: index(
        child(ONE.manifest, images.MANIFEST, platform=platform("linux", "amd64")),
        child(TWO.manifest, images.MANIFEST, platform=platform("linux", "arm64", variant="v8")),
        media_type=media_type,
    )
    for media_type in (INDEX, DOCKER_INDEX)
}


class Place:
    """A storage with images, and those who serve it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.authority = Authority(folder)
        self.env = {"HOME": str(folder), "PATH": "/nowhere"}

    def asked(self, reference: str) -> Manifest:
        """What we are told."""
        parsed = Reference.parse(reference)
        return self.registry_of(parsed).manifest(parsed)

    def registry_of(self, reference: Reference) -> Registry:
        certificates = str(self.folder / "certs.d")
        return registry_of(reference, env=self.env, certificates=certificates)

    def trust(self, host: str) -> None:
        """Have our authority vouch for that registry, as Docker would be told."""
        place = self.folder / "certs.d" / host
        place.mkdir(parents=True)
        shutil.copy(self.authority.ca_file, place / "ca.crt")

    def log_in(self, host: str, login: str = f"{USER}:{PASSWORD}") -> None:
        """Write credentials as `docker login` does."""
        config = self.folder / ".docker" / "config.json"
        config.parent.mkdir(exist_ok=True)
        auth = base64.b64encode(login.encode()).decode()
        config.write_text(json.dumps({"auths": {host: {"auth": auth}}}))


@pytest.fixture(scope="module")
def storage(place: Callable[[str], Path]) -> Place:
    """Images of all four types."""
    if lacking := parts.missing("docker-registry"):
        parts.skip(f"not on PATH: {', '.join(lacking)}")
    made = Place(place("registry"))
    with registry(made.folder) as host:
        upload = images.Registry(host)
        upload.push("team/web", ONE, tag="1")
        upload.push("team/web", TWO, tag="2")
        upload.put("team/web", OCI, IMAGE, tag="oci")
        upload.put("team/web", INDEXES[INDEX], INDEX, tag="index")
        upload.put("team/web", INDEXES[DOCKER_INDEX], DOCKER_INDEX, tag="list")
    return made


@pytest.fixture(scope="module")
def plain(storage: Place) -> Iterator[str]:
    """The storage served without TLS."""
    with registry(storage.folder) as host:
        yield host


@pytest.mark.parametrize(
    ("tag", "body", "media_type"),
    [
        ("1", ONE.manifest, images.MANIFEST),
        ("2", TWO.manifest, images.MANIFEST),
        ("oci", OCI, IMAGE),
        ("index", INDEXES[INDEX], INDEX),
        ("list", INDEXES[DOCKER_INDEX], DOCKER_INDEX),
    ],
)
def test_each_type_is_had_as_it_was_pushed(
    storage: Place, plain: str, tag: str, body: bytes, media_type: str
) -> None:
    by_tag = storage.asked(f"{plain}/team/web:{tag}")
    assert (by_tag.body, by_tag.media_type) == (body, media_type)
    assert (by_tag.digest, by_tag.size) == (sha256(body), len(body))
    assert storage.asked(f"{plain}/team/web@{by_tag.digest}") == by_tag


@pytest.mark.parametrize("tag", ["index", "list"])
def test_children_are_what_the_index_says(storage: Place, plain: str, tag: str) -> None:
    reference = Reference.parse(f"{plain}/team/web:{tag}")
    asker = storage.registry_of(reference)
    children = asker.manifest(reference).children
    assert [each.platform for each in children] == ["linux/amd64", "linux/arm64/v8"]
    assert [asker.child(reference, each).body for each in children] == [ONE.manifest, TWO.manifest]


@pytest.mark.parametrize(
    "name", ["team/web:3", f"team/web@{sha256(b'nothing')}", "team/other:1", "web"]
)
def test_what_is_not_there_is_told(storage: Place, plain: str, name: str) -> None:
    with pytest.raises(NoImageError, match="has no image"):
        storage.asked(f"{plain}/{name}")


def test_a_certificate_of_nobody_is_good_for_this_machine_alone(storage: Place) -> None:
    certificate = storage.authority.issue((ELSEWHERE,), self_signed=True)
    with registry(storage.folder, certificate=certificate) as host:
        assert storage.asked(f"{host}/team/web:1").digest == ONE.digest
        with pytest.raises(ImageLookupError, match="its certificate is not trusted"):
            storage.asked(f"{host.replace('localhost', ELSEWHERE)}/team/web:1")


def test_an_authority_in_docker_s_folder_vouches_for_a_registry(storage: Place) -> None:
    with registry(storage.folder, certificate=storage.authority.issue((ELSEWHERE,))) as host:
        elsewhere = host.replace("localhost", ELSEWHERE)
        with pytest.raises(ImageLookupError, match="its certificate is not trusted"):
            storage.asked(f"{elsewhere}/team/web:1")
        storage.trust(elsewhere)
        assert storage.asked(f"{elsewhere}/team/web:1").digest == ONE.digest


def test_without_tls_another_host_is_not_spoken_to(storage: Place, plain: str) -> None:
    with pytest.raises(ImageLookupError, match="it does not speak TLS"):
        storage.asked(f"{plain.replace('localhost', ELSEWHERE)}/team/web:1")


@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "tls"])
def test_a_password_is_given_where_it_is_asked_for(storage: Place, *, with_tls: bool) -> None:
    certificate = storage.authority.issue() if with_tls else None
    auth = asks_for_password(storage.folder)
    with registry(storage.folder, certificate=certificate, auth=auth) as host:
        name = f"{host}/team/web:1"
        with pytest.raises(ImageLookupError, match="no credentials are known"):
            storage.asked(name)
        storage.log_in(host, f"{USER}:wrong")
        with pytest.raises(ImageLookupError, match="the credentials are refused"):
            storage.asked(name)
        storage.log_in(host)
        assert storage.asked(name).digest == ONE.digest


@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "tls"])
def test_a_token_is_had_for_the_repository(storage: Place, *, with_tls: bool) -> None:
    issued = storage.authority.issue()
    certificate = issued if with_tls else None
    with token_server(storage.folder, issued) as url:
        auth = asks_for_token(url, issued[0])
        with registry(storage.folder, certificate=certificate, auth=auth) as host:
            name = f"{host}/team/web:index"
            assert storage.asked(name).digest == sha256(INDEXES[INDEX])
            storage.log_in(host)
            assert storage.asked(name).digest == sha256(INDEXES[INDEX])
            storage.log_in(host, f"{USER}:wrong")
            with pytest.raises(ImageLookupError, match="the credentials are refused by the token"):
                storage.asked(name)


def test_docker_and_we_mean_the_same_image(docker_stack: TrustStack, publisher: Publisher) -> None:
    gun = f"{docker_stack.registry}/registry/app"
    layer = publisher.folder / "registry.tar"
    layer.write_bytes(images.layer_tar("one"))
    publisher.docker("import", str(layer), f"{gun}:1", trust=False)
    env = {**publisher.env, "DOCKER_CONTENT_TRUST": "0"}
    reference = Reference.parse(f"{gun}:1")
    with pytest.raises(ImageLookupError, match="push it first"):
        local_manifest(reference, env=env)
    pushed = publisher.docker("push", str(reference), trust=False).out
    said = re.search(r"digest: (sha256:[0-9a-f]{64}) size: (\d+)", pushed)
    assert said, pushed
    asker = registry_of(reference, env=env)
    found = asker.manifest(reference)
    assert (found.digest, str(found.size)) == said.groups()
    local = local_manifest(reference, env=env)
    assert local.digest == found.digest
    assert asker.manifest(local) == found
    with pytest.raises(ImageLookupError, match="docker has no answer"):
        local_manifest(Reference.parse(f"{gun}:2"), env=env)
