from __future__ import annotations

import hashlib

import pytest


def rows(out):
    header, rule, *lines = out.splitlines()
    assert header.split("  ")[0] == "NAME"
    assert set(rule) == {"-", " "}
    return lines


def test_the_table_begins_as_notarys_does_and_adds_the_signers(case, run):
    repository = case("good-delegations")
    ran = run("list", "-q", *repository.options, repository.gun)
    tags = repository.expected["tags"]
    assert ran.code == 0
    assert ran.out.splitlines()[0].split(maxsplit=2) == [
        "NAME",
        "DIGEST",
        "SIZE (BYTES)    ROLE                SIGNERS",
    ]
    assert [line.split() for line in rows(ran.out)] == [
        [name, tag["sha256"], str(tag["length"]), tag["role"], "Repo", "Admin"]
        for name, tag in sorted(tags.items())
    ]


def test_all_roles_shows_what_docker_does_not_pull_from(case, run):
    repository = case("good-delegations")
    ran = run("list", "-q", "--all-roles", *repository.options, repository.gun)
    listed = {tuple(line.split()[:4:3]) for line in rows(ran.out)}
    assert {("a/one", "targets/alice"), ("qa-7", "targets/releases/qa")} <= listed
    document = run("list", "--all-roles", "--json", *repository.options, repository.gun).document
    assert [tag["name"] for tag in document["all_roles"]["targets/releases/qa"]] == ["qa-7"]
    assert "all_roles" not in run("list", "--json", *repository.options, repository.gun).document


def test_an_empty_repository_says_so_and_exits_with_0(case, run):
    repository = case("degraded-last-signer-removed")
    ran = run("list", "-q", *repository.options, repository.gun)
    assert ran == (0, "No targets present in this repository.\n", "")


def test_the_json_document_has_tags_roles_and_notices(case, run):
    repository = case("good-delegations")
    document = run("list", "-o", "json", *repository.options, repository.gun).document
    assert document["schema"] == "contenttrust.list/1"
    assert document["gun"] == repository.gun
    assert document["verified"] is True
    assert document["tags"] == [
        {
            "name": name,
            "digest": f"sha256:{tag['sha256']}",
            "size": tag["length"],
            "role": tag["role"],
            "signers": ["Repo Admin"],
        }
        for name, tag in sorted(repository.expected["tags"].items())
    ]
    versions = repository.description["versions"]
    for role, members in document["roles"].items():
        assert set(members) == {
            "version", "expires", "key_ids", "canonical_key_ids", "threshold",
        }  # fmt: skip
        assert members["version"] == versions[role]
        assert members["expires"] == repository.description["expires"][role]
    assert document["roles"]["root"]["key_ids"] == repository.description["role_keys"]["root"]
    assert document["degraded"] == document["unusable"] == []


def test_a_broken_role_is_reported_beside_what_the_intact_ones_hold(case, run):
    repository = case("degraded-expired-releases")
    ran = run("list", *repository.options, repository.gun)
    assert ran.code == 0
    assert "targets/releases is left out (expired)" in ran.err
    assert "warning" not in ran.out
    (broken,) = run("list", "--json", *repository.options, repository.gun).document["degraded"]
    assert (broken["role"], broken["code"]) == ("targets/releases", "expired")
    assert broken["message"]


def test_a_tag_without_a_digest_is_listed_as_unusable(case, run):
    repository = case("bad-target-no-hash")
    document = run("list", "--json", *repository.options, repository.gun).document
    assert document["unusable"] == [{"name": "1.0", "role": "targets", "code": "tag_unusable"}]
    assert "1.0 in targets cannot be used" in run("list", *repository.options, repository.gun).err


def test_a_refusal_is_one_document_without_tags(case, run):
    repository = case("bad-expired-timestamp")
    ran = run("list", "--json", *repository.options, repository.gun)
    assert (ran.code, ran.err) == (1, "")
    assert ran.document["verified"] is False
    assert ran.document["error"]["code"] == "expired"
    assert ran.document["error"]["role"] == "timestamp"
    assert "tags" not in ran.document
    assert ran.document["error"]["gun"] == repository.gun
    assert ran.document["error"]["found"] == "2026-11-20T00:00:00Z"
    for name in ("degraded", "unusable", "warnings"):
        assert ran.document[name] == []


def test_the_gun_is_literal_and_who_gives_an_image_name_is_told_the_difference(case, run, tmp_path):
    repository = case("good-name-library")
    assert repository.gun.startswith("docker.io/library/")
    assert run("list", *repository.options, repository.gun).code == 0
    short = repository.gun.removeprefix("docker.io/library/")
    hint = f"the collection of this image is {repository.gun}"
    ran = run("list", "--metadata", str(tmp_path), short)
    assert ran.code == 1
    assert hint in ran.err
    offline = run("list", "--offline", "--trust-dir", str(tmp_path), short)
    assert offline.code == 3
    assert hint in offline.err
    assert hint in run("list", *repository.options, short).err
    # Where something else is wrong, the name is not what to look at first.
    ran = run("list", "--limit", "root_length=9", *repository.options, short)
    assert ran.code == 1
    assert "the collection of this image" not in ran.err


@pytest.mark.parametrize("words", [("list",), ("lookup", "1.0")])
def test_a_gun_with_a_tag_is_told_to_have_none_whatever_it_is_refused_for(case, run, words):
    repository = case("good-one-tag")
    verb, *rest = words
    ran = run(verb, *repository.options, f"{repository.gun}:1.0", *rest)
    assert ran.code == 1
    hint = f"A GUN has no tag: the collection of this image is {repository.gun}."
    assert hint in ran.err
    assert hint not in run(verb, *repository.options, repository.gun, *rest).err


def test_names_that_are_no_docker_tags_are_listed(case, run):
    repository = case("good-name-escapes")
    document = run("list", "--json", *repository.options, repository.gun).document
    assert [tag["name"] for tag in document["tags"]] == sorted(repository.expected["tags"])


@pytest.mark.parametrize("name", ["good-syn-escaped-control-char", "good-name-escapes"])
def test_names_of_strangers_cannot_add_lines(case, run, name):
    repository = case(name)
    ran = run("list", "-q", *repository.options, repository.gun)
    assert len(ran.out.splitlines()) == 2 + len(repository.expected["tags"])
    assert ran.out.replace("\n", "").isprintable()
    machine = run("list", "--json", *repository.options, repository.gun)
    assert machine.out.removesuffix("\n").isprintable()
    assert {tag["name"] for tag in machine.document["tags"]} == set(repository.expected["tags"])


def test_twenty_thousand_tags_are_listed_completely(case, run):
    repository = case("good-large-20000")
    ran = run("list", "-q", *repository.options, repository.gun)
    listed = [line.split() for line in rows(ran.out)]
    assert len(listed) == repository.expected["tags_count"]
    text = "".join(f"{name} {digest} {size} {role}\n" for name, digest, size, role, *_ in listed)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest in repository.expected.values()
