from __future__ import annotations

import shutil

import pytest


def test_shows_every_check_in_order_and_the_verdict(case, run):
    repository = case("good-releases-precedence")
    image = f"{repository.gun}:1.0"
    document = run("explain", "--json", *repository.options, image).document
    assert document["schema"] == "contenttrust.explain/1"
    assert (document["image"], document["gun"]) == (image, repository.gun)
    assert document["verified"] is True
    assert document["error"] is None
    steps = document["steps"]
    assert all(set(s) == {"check", "role", "passed", "expected", "found"} for s in steps)
    assert all(step["passed"] for step in steps)
    roles = list(dict.fromkeys(step["role"] for step in steps))
    assert roles == ["root", "timestamp", "snapshot", "targets", "targets/releases"]
    text = run("explain", *repository.options, image)
    assert text.code == 0
    lines = [line.split() for line in text.out.splitlines() if line.startswith("  ")]
    assert lines.pop(0) == ["CHECK", "ROLE", "FOUND", "EXPECTED"]
    assert [line[1] for line in lines[: len(steps)]] == [s["check"].split()[0] for s in steps]
    assert f"sha256:{repository.expected['tags']['1.0']['sha256']}" in text.out


@pytest.mark.parametrize(
    ("name", "code", "role"),
    [
        ("bad-expired-timestamp", "expired", "timestamp"),
        ("bad-digest-flipped-rehash", "signature", "targets"),
        ("bad-rollback-targets-smaller", "rollback", "targets"),
        ("bad-hash-snapshot", "hash", "snapshot"),
    ],
)
def test_the_last_step_of_a_refusal_is_the_check_that_failed(case, run, name, code, role):
    repository = case(name)
    image = f"{repository.gun}:1.0"
    ran = run("explain", "--json", *repository.options, image)
    assert ran.code == 1
    assert ran.document["verified"] is False
    assert (ran.document["error"]["code"], ran.document["error"]["role"]) == (code, role)
    failed = [step for step in ran.document["steps"] if not step["passed"]]
    assert failed
    assert ran.document["steps"][-1]["role"] == role
    assert not ran.document["steps"][-1]["passed"]
    assert ran.document["explanation"]
    text = run("explain", *repository.options, image)
    assert text.code == 1
    assert f"refused ({code})" in text.out
    assert ran.document["steps"][-1]["expected"] in text.out
    assert ran.document["steps"][-1]["found"] in text.out
    assert ran.document["explanation"].split(". ")[-1].split()[0] in text.err


def test_a_missing_answer_is_no_refusal(run, tmp_path):
    ran = run("explain", "--offline", "--trust-dir", str(tmp_path), "alpine")
    assert ran.code == 3
    assert "could not tell (unreachable)" in ran.out


def steps_of(run, *arguments):
    return run("explain", "--json", *arguments).document["steps"]


def test_no_answer_is_not_shown_as_absence(case, run, tmp_path):
    nobody = ["--server", "https://127.0.0.1:1", "--trust-dir", str(tmp_path)]
    (step,) = steps_of(run, *nobody, "host.example/a/b:1")
    assert (step["check"], step["role"], step["found"]) == ("presence", "root", "no answer")
    assert "absent" not in run("explain", *nobody, "host.example/a/b:1").out
    (step,) = steps_of(run, "--metadata", str(tmp_path), "host.example/a/b:1")
    assert step["found"] == "absent"


def test_what_is_not_cached_is_not_shown_as_absence(run, tmp_path):
    (step,) = steps_of(run, "--offline", "--trust-dir", str(tmp_path), "host.example/a/b:1")
    assert step["found"] == "no usable copy"


def test_a_link_of_the_root_chain_without_an_answer_is_not_absent(case, run, tmp_path):
    repository = case("bad-real-root-gap")
    gap = steps_of(run, *repository.options, f"{repository.gun}:1.0")[-1]
    assert (gap["check"], gap["found"]) == ("root chain", "absent")
    copy = shutil.copytree(repository.path / "tuf", tmp_path / "copy")
    (copy / gap["expected"]).mkdir()  # where that cannot be read, nobody knows
    options = ["--metadata", str(copy), *repository.options[2:]]
    failed = steps_of(run, *options, f"{repository.gun}:1.0")[-1]
    assert failed == gap | {"found": "no answer"}


def test_the_document_has_the_warnings(case, run):
    repository = case("good-one-tag")
    arguments = [*repository.options, f"{repository.gun}:1.0"]
    document = run("explain", "--json", *arguments).document
    (result,) = run("verify", "--json", *arguments).document["results"]
    assert "first_use" in [warning["code"] for warning in document["warnings"]]
    assert document["warnings"] == result["warnings"]


def test_the_document_tells_of_a_timestamp_that_the_server_did_not_give(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    assert run("verify", "--remember", *repository.options, image).code == 0
    nobody = ["--server", "https://127.0.0.1:1", *repository.options[2:]]
    document = run("explain", "--json", *nobody, image).document
    assert document["verified"] is True
    (warning,) = document["warnings"]
    assert "using cached timestamp" in warning["message"]


def test_the_document_has_the_roles_that_are_left_out(case, run):
    repository = case("degraded-expired-releases")
    document = run("explain", "--json", *repository.options, f"{repository.gun}:1.0").document
    assert [role["role"] for role in document["degraded"]] == ["targets/releases"]
