"""The verbs of docker trust, against a trust server in memory and a registry on loopback."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def signed(place, images):
    """A repository with the signers alice and bob, whose keys are here, and the tags 1.0, 2.0."""
    for tag in ("1.0", "2.0"):
        images.push(tag)
    for name in ("alice", "bob"):
        place.done("key", "generate", name)
        place.done("signer", "add", "--key", f"{name}.pub", name, images.repository)
    place.done("sign", f"{images.repository}:1.0", f"{images.repository}:2.0")
    return images.repository


def verified(place, image):
    """The result of verify for one image."""
    return json.loads(place.run("verify", "-o", "json", image).out)["results"][0]


def test_a_first_signature_initializes_the_repository(place, images):
    digest = images.push("1.0")
    image = f"{images.repository}:1.0"
    assert place.done("sign", image) == (
        f"Signing and pushing trust metadata for {image}\n"
        f"Finished initializing signed repository for {image}\n"
        f"Successfully signed {image}\n"
    )
    result = verified(place, image)
    assert (result["digest"], result["role"]) == (digest, "targets")


@pytest.mark.parametrize("named", [[], ["--signer", "alice"]])
def test_the_first_signer_is_the_one_that_is_named_or_the_only_one_here(place, images, named):
    images.push("1.0")
    place.done("key", "generate", "alice")
    if named:
        place.done("key", "generate", "bob")
    image = f"{images.repository}:1.0"
    assert "Created signer: alice\n" in place.done("sign", *named, image)
    assert verified(place, image)["signers"] == ["alice"]


def test_a_signer_that_is_named_signs_or_nobody_does(place, images, signed):
    """The name says who begins a repository: later on it must not be passed over."""
    images.push("3.0")
    sent = len(place.server.uploads)
    ran = place.run("sign", "--signer", "carol", f"{signed}:3.0")
    assert ran.code == 1
    assert "carol would not sign: add it (contenttrust signer add --key FILE carol" in ran.err
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    [bob] = [key["key_id"] for key in keys if key["role"] == "bob"]
    place.done("key", "remove", "-y", bob)
    ran = place.run("sign", "--signer", "bob", f"{signed}:3.0")
    assert (ran.code, "its key is not here" in ran.err) == (1, True)
    assert len(place.server.uploads) == sent
    place.done("sign", "--signer", "alice", f"{signed}:3.0")
    assert verified(place, f"{signed}:3.0")["signers"] == ["alice"]


def test_all_tags_of_a_repository_are_signed_in_one_publication(place, images, signed):
    digest = images.push("3.0")
    images.push("1.0", "another")
    before = len(place.server.uploads)
    out = place.done("sign", f"{signed}:3.0", f"{signed}:1.0")
    assert len(place.server.uploads) == before + 1
    assert out.splitlines()[-1] == f"Successfully signed {signed}:1.0"
    assert verified(place, f"{signed}:3.0")["digest"] == digest


def test_what_others_signed_is_told_in_docker_s_words(place, images, signed, tmp_path):
    place.done("key", "export", "-o", "keys.pem")
    bob = json.loads(place.done("key", "list", "--json"))["keys"]
    [bob] = [key["key_id"] for key in bob if key["role"] == "bob"]
    place.done("key", "remove", "-y", bob)
    digest = verified(place, f"{signed}:1.0")["digest"].removeprefix("sha256:")
    assert place.done("sign", f"{signed}:1.0").splitlines()[1:3] == [
        f"Existing signatures for tag 1.0 digest {digest} from:", "bob",
    ]  # fmt: skip


def test_an_index_is_signed_and_its_images_on_request(place, images):
    index, *children = images.push_index("1.0", ["linux/amd64", "linux/arm64"])
    image = f"{images.repository}:1.0"
    place.done("sign", image)
    assert verified(place, image)["digest"] == index
    assert not verified(place, f"{images.repository}@{children[0]}")["verified"]
    place.done("sign", "--recursive", image)
    for child in children:
        assert verified(place, f"{images.repository}@{child}")["verified"]


def test_an_image_of_an_index_that_is_named_by_its_tag_is_signed_or_nothing_is(place, images):
    child = f"sha256-{'ab' * 32}.child"
    for tag in ("1.0", child):
        images.push(tag)
    place.done("init", "-p", "--server-managed", images.repository)
    place.done("key", "generate", "qa")
    paths = ["targets/qa", "qa.pub", "--paths", "1"]
    place.done("delegation", "add", "-p", images.repository, *paths)
    sent = len(place.server.uploads)
    named = [f"{images.repository}:{tag}" for tag in ("1.0", child)]

    ran = place.run("sign", *named)

    assert (ran.code, "Successfully signed" in ran.out) == (1, False)
    assert f"to sign {child}, targets/qa may not list it" in ran.err
    assert len(place.server.uploads) == sent


def test_a_digest_may_be_named(place, images):
    first = images.push("1.0")
    images.push("1.0", "another")
    image = f"{images.repository}:1.0"
    place.done("sign", "--digest", first, image)
    assert verified(place, image)["digest"] == first


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["sign", "{repository}"], 2, "no tag specified for {repository}"),
        (["sign", "{repository}:1@sha256:{hex}"], 2, "cannot use a digest reference"),
        (["sign", "{repository}:nosuch"], 3, "failed to sign {repository}:nosuch: "),
        (["sign", "--signer", "releases", "{repository}:1.0"], 2, "releases is a reserved keyword"),
        (["sign", "--digest", "x", "{repository}:1.0"], 2, "is no digest"),
        (["sign", "--digest", "sha256:{hex}", "a:1", "b:1"], 2, "name one image"),
        (["sign", "--metadata", ".", "{repository}:1.0"], 2, "--metadata says nothing to sign"),
        (["revoke", "{repository}:1@sha256:{hex}"], 2, "cannot use a tag and a digest"),
        (["revoke", "{repository}@sha256:{hex}"], 1, "No valid trust data for sha256:{hex}\n"),
        (["revoke", "{repository}:9"], 1,
         "could not remove signature for {repository}:9: No valid trust data for 9\n"),
        (["signer", "add", "carol", "{repository}"], 2,
         "path to a public key must be provided using the `--key` flag"),
        (["signer", "add", "--key", "alice.pub", "Carol", "{repository}"], 2,
         'signer name "Carol" must start with lowercase alphanumeric characters'),
        (["signer", "add", "--key", "alice.pub", "releases", "{repository}"], 2,
         "releases is a reserved keyword"),
        (["signer", "add", "--key", "alice.pub", "root", "{repository}"], 2,
         "root is a reserved keyword, use a different signer name"),
        (["signer", "remove", "root", "{repository}"], 1, "no signer root for repository"),
        (["signer", "add", "--key", "nosuch", "carol", "{repository}"], 2, "nosuch: No such file"),
        (["signer", "add", "--key", "alice.pub", "carol", "{repository}:1"], 2, "without a tag"),
        (["signer", "remove", "nobody", "{repository}"], 1,
         "no signer nobody for repository {repository}"),
        (["signer", "remove", "releases", "{repository}"], 2,
         "releases is a reserved keyword and cannot be removed"),
        (["signer", "list", "--passphrase-fd", "3", "{repository}"], 2, "says nothing to signer"),
    ],
)  # fmt: skip
def test_what_is_refused_and_how(place, signed, words, code, text):
    before = len(place.server.uploads)
    filled = {"repository": signed, "hex": "0" * 64}
    ran = place.run(*(word.format(**filled) for word in words))
    assert ran.code == code
    assert text.format(**filled) in ran.err
    assert "Successfully" not in ran.out
    assert len(place.server.uploads) == before


def test_a_tag_is_revoked(place, signed):
    assert place.done("revoke", f"{signed}:1.0") == (
        f"Successfully deleted signature for {signed}:1.0\n"
    )
    assert not verified(place, f"{signed}:1.0")["verified"]
    assert verified(place, f"{signed}:2.0")["verified"]


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1), ("", 1)])
def test_all_tags_are_revoked_once_somebody_says_so(place, signed, typed, code):
    with place.typing(typed) as shown:
        ran = place.run("revoke", signed)
        assert (
            f"Confirm you would like to delete all signature data for {signed}? [y/N] " in shown()
        )
    assert ran.code == code
    said = f"Successfully deleted signature for {signed}\n"
    assert (ran.out, ran.err) == ((said, "") if code == 0 else (
        "", "trust revoke has been cancelled\n"
    ))  # fmt: skip
    assert verified(place, f"{signed}:1.0")["verified"] == (code == 1)


@pytest.mark.parametrize("words", [["revoke"], ["revoke", "--no-input"]])
def test_nothing_is_revoked_where_nobody_can_be_asked(place, signed, words):
    ran = place.run(*words, signed)
    assert ran.code == 1
    assert "must be confirmed" in ran.err
    assert verified(place, f"{signed}:1.0")["verified"]


def test_nothing_signed_is_told_in_docker_s_words(place, signed):
    place.done("revoke", "-y", signed)
    ran = place.run("revoke", "-y", signed)
    assert ran.code == 1
    assert ran.err == f"could not remove signature for {signed}: no signed tags to remove\n"


def test_a_signer_is_added_with_docker_s_texts_to_several_repositories(place, images, signed):
    place.done("key", "generate", "carol")
    other = f"{images.repository}-other"
    out = place.done("signer", "add", "--key", "carol.pub", "carol", signed, other)
    assert out == (
        f'Adding signer "carol" to {signed}...\n'
        f"Successfully added signer: carol to {signed}\n\n"
        f'Adding signer "carol" to {other}...\n'
        f"Initializing signed repository for {other}...\n"
        f'Successfully initialized "{other}"\n'
        f"Successfully added signer: carol to {other}\n\n"
    )
    listed = json.loads(place.done("signer", "list", "-o", "json", signed))
    assert listed["schema"] == "contenttrust.signers/1"
    assert [signer["name"] for signer in listed["signers"]] == ["alice", "bob", "carol"]
    assert "alice     " in place.done("signer", "list", signed)


def test_t078_a_removed_signer_is_gone_and_what_it_signed_alone_is_named(place, images, signed):
    out = place.done("signer", "remove", "bob", signed)
    assert out.startswith(f'Removing signer "bob" from {signed}...\n')
    assert out.endswith(f"Successfully removed bob from {signed}\n")
    digest = verified(place, f"{signed}:1.0")["digest"]
    assert f"  1.0 ({digest}) lost the signature of bob\n" in out
    assert "  targets/releases was signed again\n" in out
    assert verified(place, f"{signed}:1.0")["signers"] == ["alice"]
    ran = place.run("signer", "remove", "bob", signed, f"{images.repository}-nosuch")
    assert ran.code == 1
    assert f"no signer bob for repository {signed}" in ran.err
    assert f"error removing signer from: {signed}, {images.repository}-nosuch\n" in ran.err


def test_t078_roles_that_keep_a_key_of_a_removed_signer_are_named(place, images, signed):
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/qa", "bob.pub")
    ran = place.run("signer", "remove", "bob", signed)
    assert (ran.code, "Removed" in ran.out, "Successfully" in ran.out) == (1, False, False)
    assert "is also a key of targets/qa" in ran.err
    place.done("delegation", "add", "-p", "--all-paths", signed, "targets/alice/sub", "bob.pub")
    ran = place.run("signer", "remove", "-f", "bob", signed)
    assert ran.code == 0
    roles = "targets/alice/sub, targets/qa"
    assert ran.out.endswith(
        f"Removed bob from {signed}, but a key of bob may sign still: {roles}\n"
    )
    assert "Successfully" not in ran.out
    for role in ("targets/alice/sub", "targets/qa"):
        assert f"warning: a key of bob is still a key of {role}: " in ran.err
        assert f"contenttrust delegation remove -p {signed} {role} " in ran.err


@pytest.mark.parametrize(("typed", "code"), [("y", 0), ("n", 1)])
def test_the_last_signer_goes_once_somebody_says_so(place, signed, typed, code):
    place.done("signer", "remove", "bob", signed)
    ran = place.run("signer", "remove", "alice", signed)
    assert ran.code == 1
    assert "use --force" in ran.err
    with place.typing(typed) as shown:
        ran = place.run("signer", "remove", "alice", signed)
        assert "Are you sure you want to continue? [y/N] " in shown()
    assert ran.code == code
    assert ("can no longer be pulled" in ran.out) == (code == 0)
    assert ("has been cancelled" in ran.err) == (code == 1)
    assert verified(place, f"{signed}:1.0")["verified"] == (code == 1)


def test_the_last_signer_goes_by_force(place, signed):
    place.done("signer", "remove", "bob", signed)
    place.done("signer", "remove", "-f", "alice", signed)
    assert "No signers for" in place.done("signer", "list", signed)


def test_without_a_key_of_releases_a_signature_is_said_to_release_nothing(
    place, images, signed, tmp_path
):
    place.done("key", "generate", "carol")
    place.done("delegation", "add", "-p", signed, "targets/carol", "carol.pub", "--all-paths")
    place.done("key", "export", "-o", "all.pem")
    keys = json.loads(place.done("key", "list", "--json"))["keys"]
    for key in keys:
        if key["role"] in {"alice", "bob"}:
            place.done("key", "remove", "-y", key["key_id"])
    images.push("5.0")
    ran = place.run("sign", f"{signed}:5.0")
    assert ran.code == 0
    assert "not released" in ran.err
    assert not verified(place, f"{signed}:5.0")["verified"]


def test_a_failure_is_a_document_where_json_is_wanted(place, signed):
    for words in (
        ["sign", f"{signed}:nosuch"],
        ["revoke", f"{signed}:nosuch"],
        ["signer", "remove", "nobody", signed],
    ):
        ran = place.run("-o", "json", *words)
        document = json.loads(ran.out.splitlines()[-1])
        assert document["schema"] == "contenttrust.error/1"
        assert document["error"]["code"] in {"unreachable", "server_error", "not_signed", "publish"}
        assert document["error"]["gun"] == signed


@pytest.mark.parametrize("first", [True, False])
def test_of_several_repositories_one_that_fails_hides_no_signature_in_json(
    place, images, signed, first
):
    digest, missing = images.push("7.0"), f"{signed}-nosuch"
    named = [f"{missing}:1.0", f"{signed}:7.0"]
    ran = place.run("-o", "json", "sign", *(named if first else named[::-1]))
    assert (ran.code, ran.document["done"]) == (3, False)
    assert [(one["image"], one["digest"]) for one in ran.document["signed"]] == [
        (f"{signed}:7.0", digest)
    ]
    [failed] = ran.document["failed"]
    assert (failed["gun"], failed["code"]) == (missing, "server_error")


def test_what_fails_before_the_server_is_asked_names_the_collection_too(place, signed, monkeypatch):
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE", "wrong")
    ran = place.run("-o", "json", "key", "rotate", signed, "targets")
    assert ran.code == 1
    error = ran.document["error"]
    assert (error["code"], error["gun"]) == ("key_store", signed)


def test_t101_a_passphrase_that_is_wrong_signs_nothing(place, images, signed, monkeypatch):
    images.push("9.0")
    before = len(place.server.uploads)
    for name in ("ROOT", "REPOSITORY"):
        monkeypatch.setenv(f"DOCKER_CONTENT_TRUST_{name}_PASSPHRASE", "wrong")
    ran = place.run("sign", f"{signed}:9.0")
    assert ran.code == 1
    assert "password invalid, operation has failed" in ran.err
    assert len(place.server.uploads) == before


def test_what_was_done_is_one_document_where_json_is_wanted(place, images):
    digest = images.push("1.0")
    image = f"{images.repository}:1.0"
    made = place.run("key", "generate", "alice", "-o", "json").document
    assert (made["schema"], made["verb"], made["done"]) == (
        "contenttrust.done/1", "key generate", True,
    )  # fmt: skip
    assert made["keys"][0]["role"] == "alice"
    assert made["messages"][0] == "Generating key for alice..."
    signed = place.run("sign", "--json", image).document
    [one] = signed["signed"]
    assert (one["image"], one["digest"]) == (image, digest)
    assert one["roles"] == ["targets/alice", "targets/releases"]
    assert signed["published"][0]["versions"]["root"] == 1
    assert f"Successfully signed {image}" in signed["messages"]
    removed = place.run("-o", "json", "signer", "remove", "-f", "alice", images.repository).document
    assert removed["removed"][0]["lost"] == {"1.0": digest}
    assert removed["removed"][0]["unreleased"] == ["1.0"]
    revoked = place.run("-o", "json", "revoke", images.repository)
    assert (revoked.code, revoked.document["schema"]) == (1, "contenttrust.error/1")
