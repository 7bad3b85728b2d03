from __future__ import annotations

import json
from pathlib import Path

import pytest

from contenttrust.cli.document import encode_as_go

_HERE = Path(__file__).parent
_VECTORS = _HERE.parents[1] / "vectors"

# Docker lists entries outside the paths of their delegation, which it then refuses to pull.
_OUTSIDE_PATHS = {"degraded-delegation-no-paths", "degraded-delegation-outside-paths"}
# Stands where the recording of twenty thousand tags leaves out its middle.
_CUT = "\n... (cut) ...\n"


def _recorded(pretty):
    """Every recording of docker that shows trust data, with the case it was made of."""
    name = "docker-trust-inspect-pretty.txt" if pretty else "docker-trust-inspect.txt"
    for file in sorted(_VECTORS.glob(f"*/docker/{name}")):
        yield file.parent.parent.name, file
    for file in sorted((_HERE / "docker_trust_inspect").glob("*.txt")):
        if file.name.endswith(".pretty.txt") == pretty:
            yield file.name.split(".")[0], file


def _read(file):
    """The image, the standard output and the exit code of a recording."""
    command, rest = file.read_bytes().decode().split("\n--- stdout\n", 1)
    out, rest = rest.split("--- stderr\n", 1)
    return command.split()[-1], out, int(rest.rsplit("--- exit ", 1)[1])


def _rows(document):
    """A document with its tags' rows in one order: docker's order within a tag is random."""
    for repository in document:
        repository["SignedTags"].sort(key=lambda row: (row["SignedTag"], row["Digest"]))
    return document


def test_there_are_recordings_to_compare_with():
    assert len(list(_recorded(pretty=False))) > 40
    assert len(list(_recorded(pretty=True))) > 15


@pytest.mark.parametrize(
    ("name", "file"), list(_recorded(pretty=False)), ids=lambda v: str(v)[-60:]
)
def test_prints_what_docker_printed(case, run, name, file):
    repository = case(name)
    image, out, code = _read(file)
    ran = run("inspect", "-q", *repository.options, image)
    assert ran.code == code
    if _CUT in out:
        head, tail = out.split(_CUT)
        assert ran.out.startswith(head)
        assert ran.out.endswith(tail)
    elif name in _OUTSIDE_PATHS:
        signed = {row["SignedTag"] for row in json.loads(ran.out)[0]["SignedTags"]}
        assert signed == set(repository.expected["tags"])
        assert signed < {row["SignedTag"] for row in json.loads(out)[0]["SignedTags"]}
    else:
        assert _rows(ran.document) == _rows(json.loads(out))
        assert sorted(ran.out.splitlines()) == sorted(out.splitlines())
        names = [row["SignedTag"] for row in json.loads(out)[0]["SignedTags"]]
        if len(names) == len(set(names)):
            assert ran.out == out


@pytest.mark.parametrize(("name", "file"), list(_recorded(pretty=True)), ids=lambda v: str(v)[-60:])
def test_prints_the_pretty_text_that_docker_printed(case, run, name, file):
    repository = case(name)
    image, out, code = _read(file)
    ran = run("inspect", "-q", "--pretty", *repository.options, image)
    assert ran.code == code
    if _CUT in out:
        head, tail = out.split(_CUT)
        assert ran.out.startswith(head)
        assert ran.out.endswith(tail)
    else:
        assert sorted(ran.out.splitlines()) == sorted(out.splitlines())
        names = [line.split()[0] for line in out.splitlines() if "   " in line]
        if len(names) == len(set(names)):
            assert ran.out == out


def test_the_digest_that_counts_comes_first_where_a_tag_has_two(case, run):
    repository = case("good-releases-precedence")
    (document,) = run("inspect", *repository.options, f"{repository.gun}:1.0").document
    first, second = (row["Digest"] for row in document["SignedTags"])
    assert first == repository.expected["tags"]["1.0"]["sha256"]
    assert second != first


def test_without_trust_data_the_list_is_empty_and_docker_s_line_names_the_image(case, run):
    repository = case("bad-expired-timestamp")
    ran = run("inspect", *repository.options, repository.gun)
    assert (ran.code, ran.out) == (1, "[]\n")
    lines = ran.err.splitlines()
    assert lines[0] == f"no signatures or cannot access {repository.gun}"
    assert "timestamp expired" in ran.err
    pretty = run("inspect", "--pretty", *repository.options, repository.gun)
    assert (pretty.code, pretty.out) == (1, "")


def test_an_unsigned_tag_is_an_empty_list_unless_a_signature_is_required(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:unsigned"
    ran = run("inspect", *repository.options, image)
    assert ran.code == 0
    (document,) = ran.document
    assert document["Name"] == image
    assert document["SignedTags"] == []
    required = run("inspect", "--require-signed", *repository.options, image)
    assert (required.code, required.out) == (1, ran.out)
    assert image in required.err
    pretty = run("inspect", "--pretty", *repository.options, image)
    assert pretty.code == 0
    assert pretty.out.startswith(f"\nNo signatures for {image}\n\n\nAdministrative keys for")


def test_several_images_are_one_list_or_texts_two_lines_apart(case, run):
    repository = case("good-delegations")
    images = [f"{repository.gun}:1.0", f"{repository.gun}:base"]
    ran = run("inspect", *repository.options, *images)
    assert [d["Name"] for d in ran.document] == images
    assert [d["SignedTags"][0]["SignedTag"] for d in ran.document] == ["1.0", "base"]
    pretty = run("inspect", "--pretty", *repository.options, *images).out
    alone = [run("inspect", "--pretty", *repository.options, image).out for image in images]
    assert pretty == "\n\n".join(alone)


def test_names_are_escaped_in_json_as_go_escapes_them():
    text = encode_as_go([{"Name": 'a<b>&c"d\\e\u2028f\u2029g\n\x01é日'}])
    assert '"a\\u003cb\\u003e\\u0026c\\"d\\\\e\\u2028f\\u2029g\\n\\u0001é日"' in text
    assert encode_as_go([]) == "[]"


def test_pretty_text_and_json_exclude_each_other(case, run):
    repository = case("good-one-tag")
    ran = run("inspect", "--pretty", "--json", *repository.options, repository.gun)
    assert ran.code == 2
    assert ran.document["schema"] == "contenttrust.error/1"
