"""Names that mean something else than they seem to: of roles, of collections, of images."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import contenttrust as ct
from attacks.judge import Judge, repository, with_releases
from simulator import NOW, Repository, image
from simulator.roles import digest_of

ALPINE = "docker.io/library/alpine"
HEX = "0123456789abcdef" * 4


@pytest.fixture
def alpine(tmp_path: Path) -> dict[str, object]:
    """What `contenttrust.verify` needs to know of a signed alpine with the tags latest and 3.20."""
    repo = Repository(ALPINE)
    repo.top.targets |= {"latest": image("latest"), "3.20": image("3.20")}
    return {"source": repo.publish(), "trust_dir": tmp_path / "trust", "now": NOW}


ROLE_NAMES = [
    "../x",
    "/abs",
    "a/../../b",
    "..",
    ".",
    "CON",
    "a" * 300,
    "a\x01b",
    "a\nb",
    "%2e%2e",
    "a\\b",
    "a.",
    "a?b",
    "a#b",
    "a:b",
    "~",
    "a\u202eb",
    "a//b",
]


@pytest.mark.parametrize("name", ROLE_NAMES)
def test_t059_a_role_name_that_is_no_file_name_is_refused_and_nothing_is_written(
    judge: Judge, name: str, tmp_path: Path
) -> None:
    repo = repository()
    repo.delegate(f"targets/{name}", parent="targets").published = False

    judge.refuses(repo.publish(), "role_name", "targets", remember=True)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "targets" in path.name]


def test_t059_files_of_roles_stay_below_the_collections_folder(
    judge: Judge, tmp_path: Path
) -> None:
    repo = with_releases()
    repo.delegate("targets/releases/con").targets["x"] = image("x")
    judge.remembers(repo.publish())

    written = {path.relative_to(judge.trust_dir) for path in tmp_path.rglob("*.json")}
    docker = Path("tuf") / repo.gun / "metadata"
    assert {path for path in written if path.parts[0] != "contenttrust"} == {
        docker / f"{name}.json"
        for name in (
            "root",
            "targets",
            "snapshot",
            "timestamp",
            "targets/releases",
            "targets/releases/con",
        )
    }


GUNS = [
    "docker.io/../../etc/x",
    "docker.io/a/..",
    "../a",
    "a/../b",
    "./a",
    "a/./b",
    "/etc/passwd",
    "a//b",
    "a/b/",
    "docker.io/acme/app%2f..",
    "docker.io/acme\\app",
    "docker.io/acme/ap\x00p",
    "docker.io/acme/ap\np",
    "docker.io/acme/a p",
    "docker.io/acme/*",
    "docker.io/acme/\u0430pp",
    "docker.io/acme/App",
    "docker.io/" + "a" * 250,
]


@pytest.mark.parametrize("gun", GUNS)
def test_t060_a_gun_that_is_no_safe_path_is_refused_before_anything_is_touched(
    judge: Judge, gun: str, tmp_path: Path
) -> None:
    class Untouched:
        def fetch(self, gun: str, files: object) -> list[bytes | None]:
            pytest.fail(f"asked for {files} of {gun}")

    with pytest.raises((ValueError, ct.VerificationError)) as caught:
        ct.load(gun, source=Untouched(), trust_dir=judge.trust_dir, now=NOW, remember=True)

    assert str(caught.value).isprintable()
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("gun", GUNS)
def test_t060_a_bulk_call_refuses_such_a_gun_alone(gun: str) -> None:
    files = repository().publish()
    good = ("docker.io/acme/app", files, None)

    assert ct.verify_many([good, (gun, files, None), good], now=NOW).codes == [
        "ok",
        "malformed",
        "ok",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "alpine",
        "library/alpine",
        "docker.io/alpine",
        "docker.io/library/alpine",
        "index.docker.io/alpine",
        "index.docker.io/library/alpine",
        "alpine:latest",
        "docker.io/alpine:latest",
    ],
)
def test_t080_the_names_of_one_repository_are_one_gun(alpine: dict[str, object], name: str) -> None:
    tag = ct.verify(name, **alpine)  # type: ignore[arg-type]

    assert (tag.digest, tag.pinned) == (digest_of("latest"), f"{ALPINE}@{digest_of('latest')}")


@pytest.mark.parametrize(
    "name",
    [
        "registry-1.docker.io/library/alpine",
        "docker.io:443/library/alpine",
        "localhost/library/alpine",
        "www.docker.io/library/alpine",
        "docker.com/library/alpine",
        "Docker.io/library/alpine",
        "DOCKER.IO/library/alpine",
        "Library/alpine",
        "docker.io/alpine/alpine",
        "docker.io/library/alpine2",
        "hub.docker.io/library/alpine",
        "library/alpine/alpine",
    ],
)
def test_t080_t081_another_host_or_path_does_not_share_its_trust(
    alpine: dict[str, object], name: str
) -> None:
    with pytest.raises(ct.VerificationError) as caught:
        ct.verify(name, **alpine)  # type: ignore[arg-type]

    assert (caught.value.code, caught.value.role) == ("root_certificate", "root")


BAD_NAMES = [
    "Alpine",
    "library/Alpine",
    "docker.io/Library/alpine",
    "docker.io/library/ALPINE",
    "localhost/Foo",
    "\u0430lpine",
    "alpin\u0435",
    "d\u043ecker.io/library/alpine",
    "alpine\u200b",
    "\u202ealpine",
    "al\ufeffpine",
    "\uff41lpine",
    "docker.io\uff0flibrary/alpine",
    "docker.io\u2044alpine",
    "alpine\u0000",
    "alpine\n",
    " alpine",
    "alpine ",
    "al pine",
    "alpine\t",
    "-alpine",
    "alpine-",
    "_alpine",
    "alpine_",
    ".alpine",
    "al..pine",
    "al___pine",
    "al._pine",
    "",
    "/",
    "/alpine",
    "alpine/",
    "library//alpine",
    "library/../alpine",
    "library/./alpine",
    ":latest",
    "@sha256:" + HEX,
    "https://docker.io/library/alpine",
    "docker.io:port/alpine",
    "[::1/alpine",
    "docker..io/alpine",
    "docker.io./alpine",
    "-docker.io/alpine",
    "docker.io-/alpine",
    "user@docker.io/alpine",
    "alpine?tag=x",
    "alpine#x",
    "alpine%2f",
    "xn--alpine\u00e9",
    "a" * 256,
    HEX,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_t081_t082_t085_a_name_outside_dockers_grammar_is_refused(
    alpine: dict[str, object], name: str
) -> None:
    with pytest.raises(ct.InvalidReferenceError) as caught:
        ct.verify(name, **alpine)  # type: ignore[arg-type]

    assert str(caught.value).isprintable()
    assert not set(str(caught.value)) & set("\u200b\u202e\ufeff\u0430\u0435\u043e\uff41\uff0f")


@pytest.mark.parametrize("name", [HEX[:12], HEX[:63], HEX + "0", "sha256"])
def test_t085_what_only_begins_like_an_image_id_is_a_name_and_is_not_signed(
    alpine: dict[str, object], name: str
) -> None:
    with pytest.raises(ct.VerificationError):
        ct.verify(name, **alpine)  # type: ignore[arg-type]


def test_t083_tag_and_digest_must_agree(alpine: dict[str, object]) -> None:
    assert ct.verify(f"alpine:3.20@{digest_of('3.20')}", **alpine).name == "3.20"  # type: ignore[arg-type]

    for digest in (digest_of("latest"), f"sha256:{HEX}"):
        with pytest.raises(ct.VerificationError) as caught:
            ct.verify(f"alpine:3.20@{digest}", **alpine)  # type: ignore[arg-type]
        assert caught.value.code == "digest_mismatch"


def test_t083_a_digest_beside_a_tag_that_is_not_signed_signs_nothing(
    alpine: dict[str, object],
) -> None:
    with pytest.raises(ct.NotSignedError):
        ct.verify(f"alpine:edge@{digest_of('latest')}", **alpine)  # type: ignore[arg-type]


def test_t084_a_digest_is_looked_up_among_the_signed_tags(alpine: dict[str, object]) -> None:
    assert ct.verify(f"alpine@{digest_of('3.20')}", **alpine).name == "3.20"  # type: ignore[arg-type]

    with pytest.raises(ct.NotSignedError):
        ct.verify(f"alpine@sha256:{HEX}", **alpine)  # type: ignore[arg-type]


def test_t084_a_digest_that_only_another_delegation_lists_is_not_signed(judge: Judge) -> None:
    repo = with_releases()
    repo.delegate("targets/alice").targets["3.0"] = image("3.0")
    verdict = judge.accepts(repo.publish())

    with pytest.raises(ct.NotSignedError):
        verdict.verify(digest=digest_of("3.0"))


def test_t084_a_digest_that_another_role_hides_is_not_signed(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].targets["1.0"] = image("1.0 released")
    verdict = judge.accepts(repo.publish())

    assert verdict.verify(digest=digest_of("1.0 released")).name == "1.0"
    with pytest.raises(ct.NotSignedError):
        verdict.verify(digest=digest_of("1.0"))


def test_t084_a_broken_role_hides_digests_as_it_hides_tags(judge: Judge) -> None:
    repo = with_releases()
    repo["targets/releases"].expires = "2026-01-01T00:00:00Z"
    verdict = judge.accepts(repo.publish())

    with pytest.raises(ct.VerificationError) as caught:
        verdict.verify(digest=digest_of("1.0"))
    assert caught.value.code == "role_broken"


@pytest.mark.parametrize(
    "digest",
    [
        f"sha512:{HEX}{HEX}",
        f"sha1:{HEX[:40]}",
        f"sha256:{HEX.upper()}",
        f"SHA256:{HEX}",
        f"sha256:{HEX[:63]}",
        f"sha256:{HEX}0",
        f"sha256:{'g' * 64}",
        "sha256:",
        HEX,
        f"sha256-{HEX}",
        f"sha256:{HEX} ",
        f"sha256: {HEX[:63]}",
        f"sha256+b64:{HEX}",
        "",
        f"sha256:{HEX}@sha256:{HEX}",
        "sha256:" + "\uff10" * 64,
    ],
)
@pytest.mark.parametrize("tag", ["", ":3.20"])
def test_t086_a_digest_that_is_not_sha256_in_small_hexadecimal_is_refused(
    alpine: dict[str, object], tag: str, digest: str
) -> None:
    with pytest.raises(ct.InvalidReferenceError):
        ct.verify(f"alpine{tag}@{digest}", **alpine)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "a" * 129,
        ".1",
        "-1",
        "a/b",
        "a:b",
        "a b",
        "a+b",
        "a\n",
        "\u00e9",
        "\uff11",
        "*",
        "a@",
        "a\x00",
    ],
)
def test_t087_what_is_no_tag_is_refused(alpine: dict[str, object], tag: str) -> None:
    with pytest.raises(ct.InvalidReferenceError):
        ct.verify(f"alpine:{tag}", **alpine)  # type: ignore[arg-type]


def test_t087_no_tag_means_latest(alpine: dict[str, object]) -> None:
    assert ct.verify("alpine", **alpine).name == "latest"  # type: ignore[arg-type]


@pytest.mark.parametrize("tag", ["a" * 128, "_", "A.b-c_1", "0"])
def test_t087_a_tag_of_dockers_grammar_is_asked_for(alpine: dict[str, object], tag: str) -> None:
    with pytest.raises(ct.NotSignedError):
        ct.verify(f"alpine:{tag}", **alpine)  # type: ignore[arg-type]


def test_t087_a_port_is_no_tag(tmp_path: Path) -> None:
    repo = Repository("host:5000/x")
    repo.targets["latest"] = image("latest")

    tag = ct.verify("host:5000/x", source=repo.publish(), trust_dir=tmp_path / "trust", now=NOW)
    assert (tag.gun, tag.name) == ("host:5000/x", "latest")


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "a-" * 50_000,
        "a." * 50_000,
        "a/" * 50_000,
        "a:" * 50_000,
        "a@" * 50_000,
        "-" * 100_000,
        "a" + "_" * 100_000,
        "a:" + "b" * 100_000,
        "a@sha256:" + "0" * 100_000,
        "a" * 254 + "!",
        "a--" * 84 + "!",
    ],
    ids=lambda text: f"{text[:4]} {len(text)}",
)
def test_t079_names_cost_no_more_than_their_length(text: str) -> None:
    ct.Reference.parse("alpine")  # compiles the grammar
    started = time.process_time()
    with pytest.raises(ct.InvalidReferenceError):
        ct.Reference.parse(text)

    assert time.process_time() - started < 0.01
