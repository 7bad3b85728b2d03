from __future__ import annotations

import pytest


def test_prints_name_digest_and_length_as_notary_does(case, run):
    repository = case("good-delegations")
    tag = repository.expected["tags"]["1.0"]
    ran = run("lookup", "-q", *repository.options, repository.gun, "1.0")
    assert ran == (0, f"1.0 sha256:{tag['sha256']} {tag['length']}\n", "")


def test_a_name_that_is_no_docker_tag_can_be_looked_up(case, run):
    repository = case("good-name-escapes")
    tag = repository.expected["tags"]["a<b>&c"]
    ran = run("lookup", *repository.options, repository.gun, "a<b>&c")
    assert ran.out == f"a<b>&c sha256:{tag['sha256']} {tag['length']}\n"


def test_the_json_document_names_what_was_asked_for(case, run):
    repository = case("good-one-tag")
    tag = repository.expected["tags"]["1.0"]
    ran = run("lookup", "--json", *repository.options, repository.gun, "1.0")
    assert ran.document == {
        "schema": "contenttrust.lookup/1",
        "gun": repository.gun,
        "name": "1.0",
        "verified": True,
        "digest": f"sha256:{tag['sha256']}",
        "size": tag["length"],
        "role": tag["role"],
        "signers": ["Repo Admin"],
        "pinned": f"{repository.gun}@sha256:{tag['sha256']}",
        "degraded": [],
        "warnings": ran.document["warnings"],
    }
    refused = run("lookup", "--json", *repository.options, repository.gun, "2.0")
    assert refused.code == 1
    assert refused.document["error"]["code"] == "not_signed"
    assert refused.document["verified"] is False


@pytest.mark.parametrize("name", ["degraded-expired-releases", "bad-expired-timestamp"])
def test_refuses_what_verify_refuses(case, run, name):
    repository = case(name)
    ran = run("lookup", *repository.options, repository.gun, "1.0")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err
