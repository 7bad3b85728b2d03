from __future__ import annotations

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
