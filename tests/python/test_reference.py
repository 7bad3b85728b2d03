"""Image names: Docker's rules, and what they must not let through."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contenttrust.reference import InvalidReferenceError, Reference

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"


@pytest.mark.parametrize(
    "text",
    [
        "alpine",
        "library/alpine",
        "docker.io/alpine",
        "index.docker.io/alpine",
        "docker.io/library/alpine",
        "index.docker.io/library/alpine:latest",
    ],
)
def test_t080_every_spelling_of_an_official_image_is_one_collection(text):
    reference = Reference.parse(text)
    assert reference.gun == "docker.io/library/alpine"
    assert reference.familiar == "alpine"
    assert str(reference) == "docker.io/library/alpine:latest"


@pytest.mark.parametrize(
    "text",
    [
        "registry-1.docker.io/library/alpine",
        "docker.io:443/library/alpine",
        "docker.io:443/alpine",
        "docker.io./library/alpine".replace("io.", "io"),
        "Docker.io/library/alpine",
        "DOCKER.IO/library/alpine",
        "localhost/library/alpine",
    ],
)
def test_t080_another_host_is_another_collection(text):
    assert (Reference.parse(text).gun == "docker.io/library/alpine") == (
        text == "docker.io/library/alpine"
    )


@pytest.mark.parametrize(
    ("text", "domain", "path", "tag", "familiar"),
    [
        ("user/img", "docker.io", "user/img", "latest", "user/img"),
        ("docker.io/a/b/c:1", "docker.io", "a/b/c", "1", "a/b/c"),
        ("docker.io/library/a/b", "docker.io", "library/a/b", "latest", "library/a/b"),
        ("host:5000/a/b", "host:5000", "a/b", "latest", "host:5000/a/b"),
        ("host:5000", "docker.io", "library/host", "5000", "host"),
        ("localhost/x", "localhost", "x", "latest", "localhost/x"),
        ("localhost:5000/x:y", "localhost:5000", "x", "y", "localhost:5000/x"),
        ("Foo/bar", "Foo", "bar", "latest", "Foo/bar"),
        ("127.0.0.1/x", "127.0.0.1", "x", "latest", "127.0.0.1/x"),
        ("[::1]:5000/x", "[::1]:5000", "x", "latest", "[::1]:5000/x"),
        ("xn--n3h.example/x", "xn--n3h.example", "x", "latest", "xn--n3h.example/x"),
        ("a.b_c/d__e/f---g.h", "a.b_c", "", "", ""),
        ("a-b.c/d__e/f---g.h_i", "a-b.c", "d__e/f---g.h_i", "latest", "a-b.c/d__e/f---g.h_i"),
    ],
)
def test_t087_host_repository_and_tag_are_told_apart_as_docker_does(
    text, domain, path, tag, familiar
):
    if not path:  # Docker would make this a name without a host
        with pytest.raises(InvalidReferenceError):
            Reference.parse(text)
        return
    reference = Reference.parse(text)
    assert (reference.domain, reference.path, reference.tag) == (domain, path, tag)
    assert reference.familiar == familiar
    assert reference.gun == f"{domain}/{path}"


def test_tag_and_digest_are_both_kept():
    reference = Reference.parse(f"host:5000/a:1.4@{DIGEST}")
    assert (reference.tag, reference.digest) == ("1.4", DIGEST)
    assert str(reference) == f"host:5000/a:1.4@{DIGEST}"


def test_a_bare_digest_implies_no_tag():
    reference = Reference.parse(f"alpine@{DIGEST}")
    assert reference.tag is None
    assert str(reference) == f"docker.io/library/alpine@{DIGEST}"


def test_name_only_is_known_although_latest_is_implied():
    assert Reference.parse("alpine").name_only
    assert not Reference.parse("alpine:latest").name_only
    assert Reference.parse("alpine") == Reference.parse("docker.io/library/alpine:latest")
    assert len({Reference.parse("alpine"), Reference.parse("alpine:latest")}) == 1
    assert Reference.parse("alpine") != Reference.parse("alpine:3")
    assert Reference.parse("alpine") != "docker.io/library/alpine:latest"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("docker.io/Foo/bar", "lowercase"),
        ("Alpine", "lowercase"),
        ("host.example/team/Web:1", "lowercase"),
    ],
)
def test_t081_a_repository_with_capitals_is_refused(text, reason):
    with pytest.raises(InvalidReferenceError, match=reason):
        Reference.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "аlpine",  # Cyrillic a  # noqa: RUF001
        "docker.io/library/alpine\u200b",
        "docker.io/\u202eenipla",
        "docker.io／library/alpine",  # noqa: RUF001
        "alpine:１",  # noqa: RUF001
        "exämple.com/x",
        "alpine\n",
        "alpine:latest\n",
        f"alpine@{DIGEST}\n",
        "al\0pine",
        "alpine%2f..",
        "host/../etc/passwd",
        "host.example/./x",
        "host.example//x",
        "/alpine",
        "alpine/",
        "",
        " alpine",
        "alpine ",
        "-alpine",
        "alpine-",
        "a..b",
        "a___b",
        "a._b",
        "host:port/x",
        "host:/x",
        ":5000/x",
        "https://host.example/x",
        "a@b/c",
        "[::1/x",
        "[fe80::1%eth0]/x",
        "*",
    ],
)
def test_t082_what_docker_s_grammar_does_not_allow_is_refused(text):
    with pytest.raises(InvalidReferenceError, match="invalid reference format") as caught:
        Reference.parse(text)
    assert str(caught.value).isprintable()
    assert str(caught.value).isascii()


def test_t082_refused_names_are_shown_escaped():
    with pytest.raises(InvalidReferenceError) as caught:
        Reference.parse("alpine\x1b[2J\u202e")
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)


@pytest.mark.parametrize("text", [HEX, DIGEST])
def test_t085_an_image_id_is_refused(text):
    with pytest.raises(InvalidReferenceError):
        Reference.parse(text)


@pytest.mark.parametrize("text", [HEX[:12], HEX[:63], HEX + "0", f"library/{HEX}", f"{HEX}:1"])
def test_t085_what_only_resembles_an_image_id_stays_a_name(text):
    assert Reference.parse(text).gun.startswith("docker.io/library/")


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "sha256:",
        f"sha512:{HEX}{HEX}",
        f"sha384:{HEX}{HEX[:32]}",
        "sha1:" + "0" * 40,
        f"sha256:{HEX.upper()}",
        f"SHA256:{HEX}",
        f"sha256:{HEX[:63]}",
        f"sha256:{HEX}0",
        f"sha256:{'g' * 64}",
        f"sha256+b64:{HEX}",
        f"sha256:{HEX}@sha256:{HEX}",
    ],
)
def test_t086_only_a_whole_sha256_is_a_digest(digest):
    with pytest.raises(InvalidReferenceError, match=r"digest|longer"):
        Reference.parse(f"alpine@{digest}")


@pytest.mark.parametrize(
    "tag", ["", "a" * 129, "a/b", ".a", "-a", "a:b", "ä", "a b", "a+b", "\u0661"]
)
def test_t087_a_text_that_is_no_tag_is_refused(tag):
    with pytest.raises(InvalidReferenceError):
        Reference.parse(f"host:5000/x:{tag}")


@pytest.mark.parametrize("tag", ["a" * 128, "_", "0", "A.b-C_d", "LATEST"])
def test_t087_a_tag_keeps_its_case(tag):
    assert Reference.parse(f"host:5000/x:{tag}").tag == tag


def test_names_end_at_255_characters():
    longest = "host.example/" + "a" * (255 - len("host.example/"))
    assert Reference.parse(f"{longest}:{'t' * 128}@{DIGEST}").gun == longest
    with pytest.raises(InvalidReferenceError, match="longer than 255"):
        Reference.parse(longest + "a")
    with pytest.raises(InvalidReferenceError, match="longer than 255"):
        Reference.parse("a" * 240)  # docker.io/library/ counts


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000 + "!", "a-" * 50_000, "a." * 50_000, "a/" * 50_000, "-" * 400, "a_" * 220 + "!"],
)
def test_t079_no_name_makes_the_matching_slow(text):
    start = time.process_time()
    with pytest.raises(InvalidReferenceError):
        Reference.parse(text)
    assert time.process_time() - start < 0.01


@given(st.text(max_size=40) | st.text("aB0.-_:/@[]", max_size=60))
def test_what_parses_reads_back_as_itself(text):
    try:
        reference = Reference.parse(text)
    except InvalidReferenceError:
        return
    assert Reference.parse(str(reference)) == reference
    assert re.fullmatch(r"[A-Za-z0-9.:/_\[\]-]+", reference.gun)
    assert not {"", ".", ".."} & set(reference.gun.split("/"))
    assert Reference.parse(reference.familiar).gun == reference.gun


def test_a_reference_has_one_line_to_show():
    assert repr(Reference.parse("a/b:1")) == "Reference('docker.io/a/b:1')"
