"""Differences that changed repositories show: each is made once, and looks as the page says."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from differential import compare
from differential.draft import Draft, text_of
from differential.keyring import bare, certificate, certified, known, pair, remember
from differential.oracle import Oracle
from differential.shapes import collections
from simulator import Signing

Change = Callable[[Draft], object]


@pytest.fixture
def difference(asked: Oracle) -> Callable[[Change], tuple[str, str | None]]:
    """What differs after a change to a repository with delegations, and the row that says so."""
    collection = next(one for one in collections() if one.name == "delegated")

    def found(change: Change) -> tuple[str, str | None]:
        draft = Draft.of(collection)
        change(draft)
        (comparison,) = compare.judged(asked, [draft])
        return comparison.kind, comparison.row

    return found


def new_key(draft: Draft, role: str, key_id: str, *, signed_as: str | None = None) -> None:
    """Have root list one key for a role, and the role signed by it, maybe under another id."""
    key = known(key_id)
    assert key is not None

    def edit(part: dict) -> None:
        part["keys"][key.id] = key.json
        part["roles"][role]["keyids"] = [key.id]

    draft.signers[role] = [signed_as or key.id]
    draft.change("root", edit)
    draft.change(role, lambda part: None)


MEANS_NOTHING = (
    "values that mean nothing: hashes of other algorithms, other roles in root, other files in "
    "timestamp"
)
NOTHING = "`null`, or nothing, where a value belongs; a list of numbers for bytes"


def test_a_target_without_a_length_is_refused(difference) -> None:
    assert difference(
        lambda draft: draft.change("targets", lambda part: part["targets"]["1.0"].pop("length"))
    ) == ("we refuse", NOTHING)


def test_a_time_that_is_nearly_rfc_3339_is_refused(difference) -> None:
    assert difference(
        lambda draft: draft.change(
            "targets", lambda part: part.update(expires="2046-10-01T0:00:00Z")
        )
    ) == ("we refuse", "a time that is only nearly RFC 3339")


def test_a_snapshot_that_names_no_role_is_refused(difference) -> None:
    assert difference(
        lambda draft: draft.change(
            "snapshot", lambda part: part["meta"].update({"root.json": part["meta"]["root"]})
        )
    ) == ("we refuse", "a name in snapshot that is no role's")


def test_a_role_delegated_twice_is_refused(difference) -> None:
    def twice(draft: Draft) -> None:
        # With a file of its own they refuse the role too: it "has already been loaded".
        draft.change("snapshot", lambda part: part["meta"].pop("targets/bob"))
        draft.change("targets", lambda part: part["delegations"]["roles"].extend(bob(part)))

    def bob(part: dict) -> list:
        return [role for role in part["delegations"]["roles"] if role["name"] == "targets/bob"]

    assert difference(twice) == ("we refuse", "a role delegated twice in one file")


def test_a_key_under_an_id_that_is_not_its_own_is_refused_though_it_signs_nothing(
    difference,
) -> None:
    assert difference(
        lambda draft: draft.change(
            "root", lambda part: part["keys"].update({"x": bare("stranger").json})
        )
    ) == ("we refuse", "a key under an id that is not its own")


def test_a_key_on_p224_is_not_usable(difference) -> None:
    assert difference(lambda draft: new_key(draft, "targets", bare("newcomer", "p224").id)) == (
        "we refuse",
        "ECDSA keys on P-224",
    )


def test_the_label_of_a_root_key_must_fit(difference) -> None:
    def relabelled(draft: Draft) -> None:
        (old,) = draft.keys_of("root")
        made = type(old)(old.pair, "rsa-x509", old.public)

        def edit(part: dict) -> None:
            part["keys"] = {key_id: key for key_id, key in part["keys"].items() if key_id != old.id}
            part["keys"][made.id] = made.json
            part["roles"]["root"]["keyids"] = [made.id]

        # Signed under the id of the certificate, whatever the label says.
        draft.change("root", edit)

    assert difference(relabelled) == ("we refuse", "`keytype` of a root key")


def test_a_root_certificate_for_a_prefix_with_two_stars_is_refused(difference) -> None:
    key = certified("two stars", "docker.io/**")

    assert difference(lambda draft: new_key(draft, "root", key.id)) == (
        "we refuse",
        "a root certificate for `prefix**`",
    )


def test_a_target_with_a_short_sha512_is_unusable(difference) -> None:
    short = base64.b64encode(bytes(63)).decode()

    assert difference(
        lambda draft: draft.change(
            "targets", lambda part: part["targets"]["2.0"]["hashes"].update(sha512=short)
        )
    ) == ("differ", "a sha512 of a target that is not 64 bytes long")


AS_SERVED = "a signature over `signed` as it is served, where that is not its canonical form"


@pytest.mark.parametrize(("role", "kind"), [("targets", "we accept"), ("targets/bob", "differ")])
def test_a_signature_over_the_text_as_served_counts(difference, role: str, kind: str) -> None:
    def change(draft: Draft) -> None:
        text = text_of(draft.signed(role)).replace('":', '": ')
        draft.put(role, text, [Signing(key).entry(text.encode()) for key in draft.keys_of(role)])
        draft.refit([role])

    assert difference(change) == (kind, AS_SERVED)


def test_expires_may_be_written_with_escapes(difference) -> None:
    def change(draft: Draft) -> None:
        text = text_of(draft.signed("targets")).replace('"2046', '"20\\u00346')
        draft.put("targets", text, draft.entries("targets", text))
        draft.refit(["targets"])

    assert difference(change) == ("we accept", "`expires` written with JSON escapes")


@pytest.mark.parametrize(
    ("role", "edit"),
    [
        ("targets", lambda part: part["targets"]["1.0"]["hashes"].update(md5={})),
        ("root", lambda part: part["roles"].update(mirror=5)),
        ("timestamp", lambda part: part["meta"].update(root=5)),
    ],
)
def test_values_that_mean_nothing_are_not_looked_at(difference, role: str, edit) -> None:
    assert difference(lambda draft: draft.change(role, edit)) == (
        "we accept",
        MEANS_NOTHING,
    )


def test_sha512_alone_is_enough_for_every_file(difference) -> None:
    assert difference(
        lambda draft: draft.change(
            "snapshot", lambda part: part["meta"]["root"]["hashes"].pop("sha256")
        )
    ) == ("we accept", "sha512 without sha256 for `root`, `targets` and `snapshot`")


def test_line_ends_of_a_root_certificate_do_not_count(difference) -> None:
    gun = next(collections()).gun
    keys = pair("other line ends")
    key = remember(keys.in_pem(certificate(keys, gun).replace(b"\n", b"\r\n")))

    assert difference(lambda draft: new_key(draft, "root", key.id)) == (
        "we accept",
        "line ends in a root certificate, and its last one",
    )


def test_a_signature_that_names_a_root_certificate_by_another_spelling_does_not_count(
    difference,
) -> None:
    keys, gun = pair("other line ends"), next(collections()).gun
    pem = certificate(keys, gun)
    listed, spelt = remember(keys.in_pem(pem.rstrip(b"\n"))), remember(keys.in_pem(pem))

    assert difference(lambda draft: new_key(draft, "root", listed.id, signed_as=spelt.id)) == (
        "we refuse",
        "line ends in a root certificate, and its last one",
    )
