"""A broken `targets/releases` that would leave a tag to an older image: what is said, and done."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from contenttrust import _core
from contenttrust.keys import EnvironmentPassphrases, KeyStore, PassphraseChain
from contenttrust.publish.metadata import key_value, target_meta
from labelled_tags import digest
from signed_anew import garble, sign_anew

RELEASES = "targets/releases"


@pytest.fixture
def broken(place, images):
    """Of 2.0 `targets` lists an older image; the server has broken what alice released."""
    images.push("1.0")
    place.done("key", "generate", "alice")
    place.done("init", "--server-managed", "-p", images.repository)
    place.done(
        "addhash", "-p", images.repository, "2.0", "7", "--sha256", digest("old"), "-r", "targets"
    )
    place.done("signer", "add", "--key", "alice.pub", "alice", images.repository)
    new = images.push("2.0")
    place.done("sign", *(f"{images.repository}:{tag}" for tag in ("1.0", "2.0")))
    place.before = place.server.files[images.repository]
    garble(place.server, images.repository)
    return new


def ways(told):
    """The commands that a message suggests, without the program."""
    return [shlex.split(one) for one in re.findall(r"\(contenttrust ([^()]*)\)", told)]


def looked_up(place, gun, tag):
    ran = place.run("lookup", gun, tag)
    return ran.code, ran.out.split()[1] if ran.out else ""


def test_nothing_is_revoked_where_an_older_image_would_be_pulled_then(place, images, broken):
    sent = len(place.server.uploads)

    ran = place.run("revoke", f"{images.repository}:1.0")

    assert ran.code == 1
    assert (
        f"could not remove signature for {images.repository}:1.0: {RELEASES} is broken, so "
        f"that what it listed is refused, and would begin anew without tags that targets lists "
        f"otherwise. These would be pulled then: 2.0 as sha256:{digest('old')}, where it listed "
        f"{broken} when it was valid here last. Nothing was published. Sign all of them in one "
        "publication, with which it begins anew (contenttrust sign "
        f"{images.repository}:2.0); or take each out of targets first, so that it is not signed "
        f"any more (contenttrust remove -p -r targets {images.repository} -- 2.0)"
    ) in ran.err
    assert len(place.server.uploads) == sent
    assert looked_up(place, images.repository, "2.0") == (1, "")


def test_a_document_has_what_would_be_pulled(place, images, broken):
    ran = place.run("-o", "json", "revoke", f"{images.repository}:1.0")
    assert ran.code == 1
    error = json.loads(ran.out)["error"]
    assert (error["code"], error["role"]) == ("publish", RELEASES)
    assert error["found"].startswith(f"2.0 as sha256:{digest('old')}, where it listed {broken} ")


def test_what_is_signed_too_is_no_matter(place, images, broken):
    sign, _ = ways(place.run("revoke", f"{images.repository}:1.0").err)
    place.done(*sign)
    assert looked_up(place, images.repository, "2.0") == (0, broken)
    assert looked_up(place, images.repository, "1.0") == (1, "")


def test_what_is_taken_out_of_targets_first_is_no_matter(place, images, broken):
    images.push("3.0")
    ran = place.run("sign", f"{images.repository}:3.0")
    assert (ran.code, f"failed to sign {images.repository}:3.0: {RELEASES} is" in ran.err) == (1, 1)
    _, remove = ways(ran.err)

    place.done(*remove)
    place.done("sign", f"{images.repository}:3.0")

    assert looked_up(place, images.repository, "2.0") == (1, "")
    assert looked_up(place, images.repository, "3.0")[0] == 0


def test_what_is_staged_goes_with_what_is_taken_out_of_targets(place, images, broken):
    stage = ("remove", "-p", "-r", RELEASES, images.repository, "1.0")
    ran = place.run(*stage)
    assert (ran.code, "1 staged change stays" in ran.err) == (1, True)
    _, remove = ways(ran.err)[:2]

    place.done(*remove)

    assert place.done("status", images.repository).startswith("No unpublished changes")
    assert looked_up(place, images.repository, "2.0") == (1, "")


def test_what_is_witnessed_first_goes_on_as_it_was(place, images, broken):
    """The keys were exchanged as notary does it: what is served was valid here."""
    place.server.files[images.repository] = place.before
    place.done("key", "generate", "bob")
    bob = _core.PublicKey.read((place.here / "bob.pub").read_bytes())

    def exchange(targets):
        given = targets["delegations"]
        given["keys"][bob.key_id] = key_value(bob)
        [releases] = [one for one in given["roles"] if one["name"] == RELEASES]
        releases["keyids"] = [bob.key_id]

    keys = KeyStore(place.config / "trust", passphrases=PassphraseChain([EnvironmentPassphrases()]))
    sign_anew(place.server, images.repository, keys, "targets", exchange)
    ran = place.run("revoke", f"{images.repository}:1.0")
    assert ran.code == 1
    witness, *_ = ways(ran.err)

    place.done(*witness, "-y")
    place.done("revoke", f"{images.repository}:1.0")

    assert looked_up(place, images.repository, "2.0") == (0, broken)


@pytest.mark.parametrize("options", [(), ("-o", "json")], ids=["text", "json"])
def test_of_what_goes_a_document_names_all(place, images, broken, options):
    many = {f"tag{number}": target_meta(7, sha256=digest("many")) for number in range(200)}
    garble(place.server, images.repository, lambda listed: listed.update(many))

    ran = place.run(*options, "sign", *(f"{images.repository}:{tag}" for tag in ("1.0", "2.0")))

    assert ran.code == 0
    if options:
        [told] = [one for one in json.loads(ran.out)["warnings"] if RELEASES in one["message"]]
        assert all(f"{tag} (sha256:" in told["message"] for tag in many)
    else:
        [told] = [line for line in ran.err.splitlines() if f"{RELEASES} was broken" in line]
        assert 100 < told.count("tag") < 200
        assert told.endswith(" … (-o json has all of it)")
