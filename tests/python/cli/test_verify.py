from __future__ import annotations

import pytest


def test_shows_the_full_digest_size_role_signers_and_pinned_name(case, run):
    repository = case("good-revoked-tag")
    ran = run("verify", *repository.options, f"{repository.gun}:3.0")
    expected = repository.expected["tags"]["3.0"]
    digest = f"sha256:{expected['sha256']}"
    lines = [line.split(maxsplit=1) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert lines[0][1] == f"{repository.gun}:3.0"
    assert dict(lines[1:]) == {
        "digest": digest,
        "size": f"{expected['length']} bytes",
        "role": "targets/releases",
        "signers": "alice, bob",
        "pinned": f"{repository.gun}@{digest}",
    }


def test_an_image_without_a_tag_means_latest(case, run):
    repository = case("good-one-tag")
    ran = run("verify", *repository.options, repository.gun)
    assert ran.code == 1
    assert "No valid trust data for latest" in ran.err


def test_an_unsigned_tag_is_refused_with_dockers_line_and_an_explanation(case, run):
    repository = case("good-one-tag")
    ran = run("verify", *repository.options, f"{repository.gun}:9.9")
    assert (ran.code, ran.out) == (1, "")
    assert "No valid trust data for 9.9" in ran.err
    assert "contenttrust list" in ran.err


def test_a_tag_of_another_delegation_only_is_refused_with_dockers_other_line(case, run):
    repository = case("good-delegations")
    ran = run("verify", *repository.options, f"{repository.gun}:qa-7")
    assert ran.code == 1
    assert "No trust data for qa-7" in ran.err
    assert "--all-roles" in ran.err
    unknown = run("verify", *repository.options, f"{repository.gun}:unknown")
    assert "--all-roles" not in unknown.err
    assert "with the same options" in " ".join(unknown.err.split())


def test_a_digest_is_looked_up_among_the_signed_tags(case, run):
    repository = case("good-one-tag")
    (tag,) = repository.expected["tags"].values()
    good, bad = f"sha256:{tag['sha256']}", f"sha256:{'0' * 64}"
    assert run("verify", *repository.options, f"{repository.gun}@{good}").code == 0
    assert run("verify", *repository.options, f"{repository.gun}@{bad}").code == 1
    ran = run("verify", "--json", *repository.options, f"{repository.gun}:1.0@{bad}")
    assert ran.document["results"][0]["error"]["code"] == "digest_mismatch"


def test_one_bad_image_does_not_hide_the_others(case, run):
    repository = case("good-releases-precedence")
    images = [f"{repository.gun}:{tag}" for tag in ("1.0", "nosuch", "1.1")]
    ran = run("verify", "-o", "json", *repository.options, *images)
    assert ran.code == 1
    assert ran.document["schema"] == "contenttrust.verify/1"
    results = ran.document["results"]
    assert [result["image"] for result in results] == images
    assert [result["verified"] for result in results] == [True, False, True]
    tag = repository.expected["tags"]["1.0"]
    assert results[0] == {
        "image": images[0],
        "verified": True,
        "digest": f"sha256:{tag['sha256']}",
        "size": tag["length"],
        "role": tag["role"],
        "signers": ["Repo Admin"],
        "signer_keys": {"Repo Admin": results[0]["signer_keys"]["Repo Admin"]},
        "pinned": f"{repository.gun}@sha256:{tag['sha256']}",
        "valid_until": results[0]["valid_until"],
        "degraded": [],
        "warnings": results[0]["warnings"],
        "error": None,
    }
    assert set(results[1]) == set(results[0])
    assert results[1]["digest"] is None
    assert results[1]["pinned"] is None
    assert results[1]["error"]["code"] == "not_signed"
    assert results[1]["valid_until"] is None
    assert set(results[1]["error"]) == {"code", "role", "message", "gun", "expected", "found"}


@pytest.mark.parametrize("verb", ["verify", "lookup"])
def test_the_document_tells_trust_on_first_use_and_that_a_pin_ends_it(case, run, verb):
    repository = case("good-one-tag")
    name = [f"{repository.gun}:1.0"] if verb == "verify" else [repository.gun, "1.0"]
    root = next((repository.path / "tuf").rglob("root.json"))

    def warnings(*options):
        ran = run(verb, "--json", *repository.options, *options, *name)
        assert ran.code == 0
        found = ran.document["results"][0] if verb == "verify" else ran.document
        assert {*map(frozenset, found["warnings"])} <= {frozenset({"code", "message"})}
        return [warning["code"] for warning in found["warnings"]]

    assert warnings() == ["first_use"]
    assert warnings("--anchor-root", str(root)) == []


@pytest.mark.parametrize("verb", ["verify", "lookup"])
@pytest.mark.parametrize("options", [[], ["--compatible"]])
def test_the_document_tells_broken_roles_whether_the_tag_is_refused_or_not(
    case, run, verb, options
):
    repository = case("degraded-expired-releases")
    name = [f"{repository.gun}:1.0"] if verb == "verify" else [repository.gun, "1.0"]
    ran = run(verb, "--json", *repository.options, *options, *name)
    found = ran.document["results"][0] if verb == "verify" else ran.document
    (notice,) = found["degraded"]
    assert (notice["role"], notice["code"]) == ("targets/releases", "expired")
    assert set(notice) == {"role", "code", "message"}
    assert found["verified"] == (found["pinned"] is not None) == bool(options)


@pytest.mark.parametrize("verb", ["verify", "lookup"])
def test_a_document_of_a_refused_collection_has_no_notices_and_nothing_to_pin(case, run, verb):
    repository = case("bad-expired-timestamp")
    name = [f"{repository.gun}:1.0"] if verb == "verify" else [repository.gun, "1.0"]
    ran = run(verb, "--json", *repository.options, *name)
    found = ran.document["results"][0] if verb == "verify" else ran.document
    assert ran.code == 1
    assert (found["pinned"], found["degraded"], found["warnings"]) == (None, [], [])


@pytest.mark.parametrize(
    ("name", "tag", "code"),
    [
        ("bad-expired-timestamp", "1.0", "expired"),
        ("bad-digest-flipped-rehash", "1.0", "signature"),
        ("bad-rollback-targets-smaller", "2.0", "rollback"),
        ("bad-threshold-same-key-two-ids", "1.0", "threshold"),
        ("degraded-expired-releases", "1.0", "role_broken"),
        ("bad-target-no-hash", "1.0", "tag_unusable"),
    ],
)
def test_refusals_carry_the_reason_code_in_json_and_exit_with_1(case, run, name, tag, code):
    repository = case(name)
    ran = run("verify", "--json", *repository.options, f"{repository.gun}:{tag}")
    assert ran.code == 1
    assert ran.document["results"][0]["error"]["code"] == code


def test_a_refusal_outweighs_a_missing_answer_and_both_outweigh_success(case, run, tmp_path):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    # Remembered first, then judged offline: one image is known, one is not signed, one is unknown.
    assert run("verify", "--remember", *repository.options, image).code == 0
    offline = ["--offline", *repository.options[2:]]
    assert run("verify", *offline, image).code == 0
    assert run("verify", *offline, image, "registry.example.com/never/seen:1").code == 3
    both = [image, "registry.example.com/never/seen:1", f"{repository.gun}:unsigned"]
    assert run("verify", *offline, *both).code == 1


def test_quiet_says_nothing_on_success_and_still_names_refusals(case, run):
    repository = case("good-one-tag")
    good = run("verify", "-q", *repository.options, f"{repository.gun}:1.0")
    assert good == (0, "", "")
    bad = run("verify", "-q", *repository.options, f"{repository.gun}:2")
    assert (bad.code, bad.out) == (1, "")
    assert "No valid trust data for 2" in bad.err


def test_verbose_and_the_document_name_the_keys_that_signed_and_until_when_it_holds(case, run):
    repository = case("good-revoked-tag")
    arguments = [*repository.options, f"{repository.gun}:3.0"]
    ran = run("verify", "-v", *arguments)
    (result,) = run("verify", "--json", *arguments).document["results"]
    assert result["signer_keys"] == repository.description["signers"]["signers"]
    for ids in result["signer_keys"].values():
        assert ids[0] in ran.out
    assert result["valid_until"] == min(repository.description["expires"].values())[:26] + "Z"
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["valid", "until", result["valid_until"]] in lines


def test_compatible_falls_back_as_docker_does(case, run):
    repository = case("degraded-expired-releases")
    image = f"{repository.gun}:1.0"
    assert run("verify", *repository.options, image).code == 1
    ran = run("verify", "--compatible", *repository.options, image)
    assert ran.code == 0
    assert repository.expected["tags"]["1.0"]["sha256"] in ran.out
    assert "targets/releases is left out (expired)" in ran.err


def test_a_wrong_name_among_the_images_judges_none_of_them(case, run):
    repository = case("good-one-tag")
    ran = run("verify", *repository.options, f"{repository.gun}:1.0", "team/UPPER")
    assert (ran.code, ran.out) == (2, "")
    assert "lowercase" in ran.err
