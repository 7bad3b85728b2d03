from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from contenttrust.cli.document import encode_as_go
from simulator import GUN, NOW, Repository, before, image
from simulator.roles import b64

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


@pytest.fixture
def served(run, tmp_path):
    """Runs a verb on a repository in memory."""

    def call(repository, verb, *arguments):
        for name, data in repository.publish().items():
            path = tmp_path / "served" / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        origin = ["--metadata", str(tmp_path / "served"), "--trust-dir", str(tmp_path / "trust")]
        return run(verb, "-q", *origin, "--at", NOW.isoformat(), *arguments)

    return call


def _signed(*tags):
    repository = Repository()
    repository.targets.update({tag: image(tag) for tag in tags})
    return repository


def _releases_expired():
    repository = _signed("1.0")
    repository.delegate("targets/releases").expires = before(days=1)
    return repository


def _without_sha256():
    repository = Repository()
    repository.targets["1.0"] = {"hashes": {"sha512": b64(bytes(64))}, "length": 5}
    return repository


def _hidden_by_a_nested_role():
    repository = _signed("1.0")
    repository.delegate("targets/releases")
    repository.delegate("targets/releases/x").targets["1.0"] = image("x")
    return repository


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_releases_expired, "targets/releases"),
        (_without_sha256, "no valid hash"),
        (_hidden_by_a_nested_role, "No trust data for 1.0"),
    ],
)
@pytest.mark.parametrize("image_name", [GUN, f"{GUN}:1.0"])
@pytest.mark.parametrize("form", [[], ["--pretty"]])
def test_a_required_signature_is_one_that_verify_accepts(served, make, why, image_name, form):
    assert served(make(), "verify", f"{GUN}:1.0").code == 1
    shown = served(make(), "inspect", *form, image_name)
    assert shown.code == 0
    required = served(make(), "inspect", "--require-signed", *form, image_name)
    assert (required.code, required.out) == (1, shown.out)
    assert "1.0" in required.out
    assert f"no signed tag for {image_name}" in required.err
    assert why in " ".join(required.err.split())


def test_a_required_signature_is_asked_for_with_the_same_strictness_as_verify(served):
    image_name = f"{GUN}:1.0"
    for options, code in (([], 1), (["--compatible"], 0)):
        assert served(_releases_expired(), "verify", *options, image_name).code == code
        inspected = served(_releases_expired(), "inspect", "--require-signed", *options, image_name)
        assert inspected.code == code


def test_a_required_signature_is_of_the_digest_that_was_named(served):
    repository = _signed("1.0", "2.0")
    rows = json.loads(served(repository, "inspect", GUN).out)[0]["SignedTags"]
    one, two = (f"sha256:{row['Digest']}" for row in rows)
    unsigned = "sha256:" + "0" * 64
    codes = {f"@{one}": 0, f":1.0@{one}": 0, f"@{unsigned}": 1, f":1.0@{two}": 1}
    for suffix, code in codes.items():
        assert served(repository, "verify", GUN + suffix).code == code
        assert served(repository, "inspect", "--require-signed", GUN + suffix).code == code
        assert served(repository, "inspect", GUN + suffix).code == 0


def test_a_bare_name_needs_one_tag_that_verifies_whatever_it_is_called(served):
    repository = _hidden_by_a_nested_role()
    assert served(repository, "inspect", "--require-signed", GUN).code == 1
    repository.targets["zz"] = image("zz")
    assert served(repository, "inspect", "--require-signed", GUN).code == 0
    empty = served(Repository(), "inspect", "--require-signed", GUN)
    assert empty.code == 1
    assert empty.err == f"no signed tag for {GUN}\n"


def test_one_image_without_a_signature_fails_the_run_wherever_it_stands(served):
    good, bad = f"{GUN}:1.0", f"{GUN}:2.0"
    for images in ([good, bad], [bad, good]):
        ran = served(_signed("1.0"), "inspect", "--require-signed", *images)
        assert ran.code == 1
        assert good not in ran.err


@pytest.mark.parametrize("name", sorted(path.name for path in _VECTORS.glob("*-*")))
def test_require_signed_ends_as_verify_does_for_every_tag_of_a_vector(case, run, name):
    repository = case(name)
    tags = [*sorted(repository.expected.get("tags", {}))[:3], "latest", "1.0", "unsigned"]
    for image_name in (f"{repository.gun}:{tag}" for tag in tags):
        verified = run("verify", "-q", *repository.options, image_name)
        required = run("inspect", "-q", "--require-signed", *repository.options, image_name)
        assert required.code == verified.code


def test_other_tags_cost_no_more_than_their_file_however_long_their_names_are(served):
    length = 500_000
    repository = _signed("1.0", "a" * length, "a1" * (length // 2))
    served(repository, "inspect", f"{GUN}:1.0")  # imports
    peaks = []
    for image_name in (f"{GUN}:1.0", GUN):
        tracemalloc.start()
        try:
            assert served(repository, "inspect", image_name).code == 0
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    one, all_of_them = (peak / (2 * length) for peak in peaks)
    assert one < 10
    assert all_of_them < 40


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


def test_what_could_deceive_a_reader_is_escaped_through_a_pipe_too():
    marks = "\x7f\x80\x9b\u061c\u200e\u202e\u2066\u2069"
    text = encode_as_go([{"Name": f"é{marks}日"}])
    assert text.isascii() is False
    assert json.loads(text) == [{"Name": f"é{marks}日"}]
    assert not set(text) & set(marks)


def test_pretty_text_and_json_exclude_each_other(case, run):
    repository = case("good-one-tag")
    ran = run("inspect", "--pretty", "--json", *repository.options, repository.gun)
    assert ran.code == 2
    assert ran.document["schema"] == "contenttrust.error/1"
