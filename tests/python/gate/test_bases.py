"""The triggers of base images, as their registry gives them: by digests, or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from pathlib import Path

import pytest

from asked_registry import asked, reference, registry
from contenttrust.errors import ImageLookupError
from contenttrust.gate.bases import RegistryBases
from contenttrust.transport.cache import TrustDirectory
from servers import HttpsServer
from servers.answers import document, status
from servers.registry import (
    IMAGE,
    INDEX,
    blob_path_of,
    child,
    configuration,
    descriptor,
    digest_of,
    image,
    index,
    name_of,
    platform,
    push,
    push_blob,
    push_with_triggers,
    signed_meta,
)

AMD, ARM = "RUN amd", "RUN arm"


def kept_in(folder: str | Path, *, offline: bool = False) -> RegistryBases:
    return RegistryBases(env={}, trust_dir=TrustDirectory(folder), offline=offline)


def triggers(
    server: HttpsServer,
    digest: str,
    *platforms: str,
    bases: RegistryBases | None = None,
    size: int | None = None,
) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        bases = bases or kept_in(folder)
        name = name_of(server, f"@{digest}")
        return bases.triggers(name, size=size, platforms=lambda: platforms)


def failure(
    server: HttpsServer, digest: str, bases: RegistryBases | None = None
) -> ImageLookupError:
    with pytest.raises(ImageLookupError) as caught:
        triggers(server, digest, bases=bases)
    return caught.value


def listed(server: HttpsServer, **images: object) -> str:
    """An index with one image for each platform, whose one trigger is the platform's name."""
    children = []
    for name, where in images.items():
        config = configuration(f"RUN {name}")
        push_blob(server, config)
        body = image(config=descriptor(config))
        push(server, body, tag=None)
        children.append(child(body, platform=where))
    return push(server, index(*children), INDEX)


def test_triggers_are_those_of_the_digest(server: HttpsServer) -> None:
    digest = push_with_triggers(server, AMD, ARM)
    assert triggers(server, digest) == (AMD, ARM)
    assert push_with_triggers(server) != digest
    assert triggers(server, digest) == (AMD, ARM)
    assert triggers(server, digest_of(server_image())) == ()


def server_image() -> bytes:
    return image(config=descriptor(configuration()))


def test_what_was_asked_once_is_kept(server: HttpsServer, tmp_path: Path) -> None:
    digest = push_with_triggers(server, AMD)
    bases = kept_in(tmp_path)
    assert [triggers(server, digest, bases=bases) for _ in range(3)] == [(AMD,)] * 3
    assert len(server.requests) == 2


BOTH = {"amd": platform("linux", "amd64"), "arm": platform("linux", "arm64", variant="v8")}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["linux/amd64"], {AMD}),
        (["linux/amd64/v3"], {AMD}),
        (["linux/arm64"], {ARM}),
        (["linux/arm64", "linux/amd64"], {AMD, ARM}),
        ([], {AMD, ARM}),  # nobody knows what is built for
        (["linux/386"], {AMD, ARM}),  # none fits: the builder takes what runs there
        (["linux/amd64", "linux/386"], {AMD, ARM}),
        (["linux/x86_64"], {AMD, ARM}),  # builders make something else of it
        (["amd64"], {AMD, ARM}),
        (["local"], {AMD, ARM}),
    ],
)
def test_of_an_index_every_image_counts_that_may_be_built_upon(
    server: HttpsServer, wanted: Collection[str], found: set[str]
) -> None:
    assert set(triggers(server, listed(server, **BOTH), *wanted)) == found


KIN = {
    "amd": platform("linux", "amd64", variant="v3"),
    "i386": platform("linux", "386"),
    "arm": platform("linux", "arm64", variant="v9"),
    "v7": platform("linux", "arm", variant="v7"),
    "v6": platform("linux", "arm", variant="v6"),
    "power": platform("linux", "ppc64le"),
    "statement": platform("unknown", "unknown"),
}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (["linux/amd64"], "amd i386"),  # not every machine runs v3
        (["linux/arm64"], "arm v7 v6"),
        (["linux/arm/v6"], "v7 v6"),
        (["linux/386"], "i386"),
        (["linux/ppc64le"], "power"),
        (["linux/ppc64le", "linux/386"], "power i386"),
        (["windows/arm64"], "amd i386 arm v7 v6 power"),
        (["unknown/unknown"], "amd i386 arm v7 v6 power statement"),
        (["linux/amd64", "Unknown/unknown"], "amd i386 arm v7 v6 power statement"),
    ],
)
def test_what_runs_on_the_platform_may_be_built_upon(
    server: HttpsServer, wanted: Collection[str], found: str
) -> None:
    digest = listed(server, **KIN)
    assert triggers_of(triggers(server, digest, *wanted)) == set(found.split())


def triggers_of(found: Collection[str]) -> set[str]:
    """The names of the images that have them."""
    return {text.removeprefix("RUN ") for text in found}


@pytest.mark.parametrize(
    "where", [None, {}, platform("linux", "x86_64"), platform("Linux", "amd64")]
)
def test_an_image_whose_platform_builders_tell_apart_otherwise_counts_always(
    server: HttpsServer, where: object
) -> None:
    digest = listed(server, **BOTH, odd=where)
    assert set(triggers(server, digest, "linux/amd64")) == {AMD, "RUN odd"}


def test_attestations_are_no_images(server: HttpsServer) -> None:
    unknown = platform("unknown", "unknown")
    assert triggers(server, listed(server, amd=BOTH["amd"], attestation=unknown)) == (AMD,)


def test_an_image_that_is_called_an_attestation_is_one_all_the_same(server: HttpsServer) -> None:
    body = image(config=descriptor(configuration(AMD)))
    push_blob(server, configuration(AMD))
    push(server, body, tag=None)
    named = {"vnd.docker.reference.type": "attestation-manifest"}
    called = child(body, platform=BOTH["amd"], annotations=named)
    assert triggers(server, push(server, index(called), INDEX)) == (AMD,)


def test_the_platform_is_asked_only_where_there_is_a_choice(
    server: HttpsServer, tmp_path: Path
) -> None:
    def never() -> Collection[str]:
        pytest.fail("asked")

    bases = kept_in(tmp_path)
    for digest in (push_with_triggers(server, AMD), listed(server, amd=BOTH["amd"])):
        pinned = name_of(server, f"@{digest}")
        assert bases.triggers(pinned, size=None, platforms=never) == (AMD,)


def test_an_index_within_an_index_is_looked_into(server: HttpsServer) -> None:
    listed(server, **BOTH)
    inner = registry(server).manifest(reference(server)).body
    digest = push(server, index(child(inner, INDEX)), INDEX, tag="outer")
    assert set(triggers(server, digest)) == {AMD, ARM}


def test_an_index_without_end_is_refused(server: HttpsServer) -> None:
    body = server_image()
    push(server, body, tag=None)
    push_blob(server, configuration())
    digest = push(server, index(*[child(body)] * 65), INDEX)
    assert "stands for more than 64 images" in failure(server, digest).message


def test_a_registry_that_does_not_answer_is_a_failure(server: HttpsServer) -> None:
    digest = push_with_triggers(server, AMD)
    missing = digest_of(configuration(AMD))
    server.answer(blob_path_of(missing), status(503))
    assert "answers with status 503" in failure(server, digest).message
    assert (
        f"has no image team/web@sha256:{'0' * 64}" in failure(server, f"sha256:{'0' * 64}").message
    )


def test_another_configuration_is_a_failure(server: HttpsServer) -> None:
    digest = push_with_triggers(server, AMD)
    server.answer(blob_path_of(digest_of(configuration(AMD))), document(configuration(ARM)))
    assert "its digest is" in failure(server, digest).message


def test_a_configuration_that_is_none_is_a_failure(server: HttpsServer) -> None:
    config = configuration(config={"onbuild": [AMD]})
    push_blob(server, config)
    digest = push(server, image(config=descriptor(config)), IMAGE)
    assert "which Docker reads as 'OnBuild'" in failure(server, digest).message


@pytest.mark.parametrize("kind", ["image", "index"])
def test_t088_a_manifest_of_another_length_than_is_signed_is_refused(
    server: HttpsServer, tmp_path: Path, kind: str
) -> None:
    digest = push_with_triggers(server, AMD) if kind == "image" else listed(server, **BOTH)
    size = int(str(signed_meta(digest)["length"]))
    bases = kept_in(tmp_path)
    assert AMD in triggers(server, digest, bases=bases, size=size)
    for wrong in (0, size - 1, size + 1):
        for asker in (None, bases, kept_in(tmp_path)):  # whether it is fetched, or known already
            with pytest.raises(ImageLookupError) as caught:
                triggers(server, digest, bases=asker, size=wrong)
            error = caught.value
            assert (error.code, error.expected, error.found) == ("length", str(wrong), str(size))
            assert error.message.startswith(
                f"its manifest has {size} bytes, and {wrong} are signed"
            )


def test_offline_nobody_is_asked(server: HttpsServer, tmp_path: Path) -> None:
    error = failure(server, push_with_triggers(server, AMD), kept_in(tmp_path, offline=True))
    assert (error.code, "go online" in error.message) == ("unreachable", True)
    assert asked(server) == []


# --- What is kept from run to run ---------------------------------------------


def blobs(folder: Path) -> Path:
    return folder / "contenttrust" / "blobs" / "sha256"


@pytest.mark.parametrize("offline", [False, True])
def test_a_second_run_asks_nobody(server: HttpsServer, tmp_path: Path, *, offline: bool) -> None:
    digest = listed(server, **BOTH)
    assert set(triggers(server, digest, bases=kept_in(tmp_path))) == {AMD, ARM}
    server.requests.clear()
    again = kept_in(tmp_path, offline=offline)
    assert set(triggers(server, digest, bases=again)) == {AMD, ARM}
    assert server.requests == []


def test_documents_that_say_nothing_of_their_type_are_kept_too(
    server: HttpsServer, tmp_path: Path
) -> None:
    body = image(config=descriptor(configuration(AMD)), mediaType=...)
    push_blob(server, configuration(AMD))
    alone = push(server, body)
    outer = push(server, index(child(body), mediaType=...), INDEX)
    for _ in range(2):
        for digest in (alone, outer):
            assert triggers(server, digest, bases=kept_in(tmp_path)) == (AMD,)
    assert len(server.requests) == 3


@pytest.mark.parametrize("what", ["other", "cut", "longer", "empty", "link", "folder"])
def test_what_is_damaged_is_fetched_again(server: HttpsServer, tmp_path: Path, what: str) -> None:
    digest, other = push_with_triggers(server, AMD), push_with_triggers(server, ARM)
    for each in (digest, other):
        triggers(server, each, bases=kept_in(tmp_path))
    file, evil = blobs(tmp_path) / digest[7:], blobs(tmp_path) / other[7:]
    whole = file.read_bytes()
    if what in {"link", "folder"}:
        file.unlink()
        file.symlink_to(evil) if what == "link" else file.mkdir()
    else:
        damaged = {"other": evil.read_bytes(), "cut": whole[:-1], "longer": whole + b" "}
        file.write_bytes(damaged.get(what, b""))
    server.requests.clear()
    assert triggers(server, digest, bases=kept_in(tmp_path)) == (AMD,)
    assert len(server.requests) == 1
    assert what == "folder" or file.read_bytes() == whole


def test_a_child_that_is_not_what_its_index_says_is_refused_though_it_is_kept(
    server: HttpsServer, tmp_path: Path
) -> None:
    body = image(config=descriptor(configuration(AMD)))
    push_blob(server, configuration(AMD))
    assert triggers(server, push(server, body), bases=kept_in(tmp_path)) == (AMD,)
    outer = push(server, index(child(body) | {"size": len(body) + 1}), INDEX)
    assert "another size or type" in failure(server, outer, kept_in(tmp_path)).message


def test_a_configuration_that_is_not_what_its_manifest_says_is_refused_though_it_is_kept(
    server: HttpsServer, tmp_path: Path
) -> None:
    config = configuration(AMD)
    assert triggers(server, push_with_triggers(server, AMD), bases=kept_in(tmp_path)) == (AMD,)
    wrong = push(server, image(config=descriptor(config) | {"size": len(config) + 1}))
    assert "it has" in failure(server, wrong, kept_in(tmp_path)).message


def test_where_nothing_can_be_kept_every_run_asks(server: HttpsServer, tmp_path: Path) -> None:
    digest = push_with_triggers(server, AMD)
    tmp_path.joinpath("contenttrust").write_text("no folder")
    for _ in range(2):
        assert triggers(server, digest, bases=kept_in(tmp_path)) == (AMD,)
    assert len(server.requests) == 4


def test_a_registry_that_limits_us_says_what_to_do(server: HttpsServer) -> None:
    digest = push_with_triggers(server, AMD)
    server.answer(blob_path_of(digest_of(configuration(AMD))), status(429))
    message = failure(server, digest).message
    assert "answers with status 429: it limits how much it is asked: wait, or log in" in message
    assert "'docker login localhost:" in message
