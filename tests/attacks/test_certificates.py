"""Certificates of root keys that are no leaf for this collection at this time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from attacks.judge import Judge, repository
from simulator import NOW, Certificate, Repository, Signing, key_pair
from simulator.certificates import signed_with_sha1

DAY = timedelta(days=1)


def root_with(**certificate: object) -> Repository:
    """A repository whose root certificate has these fields."""
    repo = repository()
    common_name = certificate.pop("common_name", repo.gun)
    repo.root.keys = [key_pair("root").certified(common_name, **certificate)]  # type: ignore[arg-type]
    return repo


@pytest.mark.parametrize(
    "certificate",
    [
        {"not_after": NOW - timedelta(seconds=1)},
        {"not_before": NOW + 2 * DAY},
        {"is_ca": True},
        {"common_name": "docker.io/acme/app2"},
        {"common_name": "docker.io/acme/ap"},
        {"common_name": "docker.io/acme/App"},
        {"common_name": "acme/app"},
        {"common_name": " docker.io/acme/app"},
        {"common_name": "docker.io/acme/app "},
        {"common_name": "docker.io/acme/app\x00"},
        {"common_name": "docker.io/acme/app\x00.example.org"},
        {"common_name": "docker.io/other/*"},
        {"common_name": "docker.io/*/app"},
        {"common_name": "*.io/acme/app"},
        {"common_name": "docker.io/acme/app*x"},
        {"common_name": None, "organisation": "docker.io/acme/app"},
        {"common_name": "someone", "organisation": "docker.io/acme/app"},
        {"common_name": "someone", "alternative_names": ("docker.io/acme/app",)},
        {"common_name": "someone", "more_names": ("docker.io/acme/app",)},
        {"common_name": "docker.io/acme/app", "more_names": ("someone",)},
    ],
    ids=lambda fields: ", ".join(f"{name}={value!r}" for name, value in fields.items()),
)
def test_t030_a_certificate_that_is_no_leaf_for_this_gun_now_is_refused(
    judge: Judge, certificate: dict[str, object]
) -> None:
    judge.accepts(root_with().publish())

    judge.refuses(root_with(**certificate).publish(), "root_certificate", "root")


@pytest.mark.parametrize(
    "moment",
    [{"not_before": NOW + DAY}, {"not_before": NOW}, {"not_after": NOW + timedelta(seconds=1)}],
    ids=["a day ahead", "from now", "ends in a second"],
)
def test_t030_a_certificate_within_its_life_is_accepted(
    judge: Judge, moment: dict[str, datetime]
) -> None:
    judge.accepts(root_with(**moment).publish())


@pytest.mark.parametrize(
    "common_name", ["docker.io/acme/*", "docker.io/acme/app*", "*", "docker.io/ac*"]
)
def test_t030_a_wildcard_certificate_is_accepted_with_a_warning(
    judge: Judge, common_name: str
) -> None:
    repo = judge.accepts(root_with(common_name=common_name).publish())

    assert ("root_certificate", "root") in {(notice.code, notice.role) for notice in repo.warnings}


def test_t030_a_certificate_for_the_very_name_gives_no_warning(judge: Judge) -> None:
    repo = judge.accepts(root_with().publish())

    assert "root_certificate" not in {notice.code for notice in repo.warnings}


def test_t030_a_bare_root_key_is_refused(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [key_pair("root").bare]

    judge.refuses(repo.publish(), "root_certificate", "root")


@pytest.mark.parametrize("kind", ["rsa1024"])
def test_t030_a_certificate_with_a_short_key_is_refused(judge: Judge, kind: str) -> None:
    repo = repository()
    repo.root.keys = [key_pair("root", kind).certified(repo.gun)]

    judge.refuses(repo.publish(), "root_certificate", "root")


def test_t030_a_certificate_under_the_label_of_another_family_is_refused(judge: Judge) -> None:
    repo = repository()
    repo.root.keys = [replace(repo.root.keys[0], keytype="rsa-x509")]

    judge.refuses(repo.publish(), "root_certificate", "root")


def test_t030_the_threshold_counts_only_keys_with_good_certificates(judge: Judge) -> None:
    repo = repository()
    stranger = key_pair("second root").certified("someone/else")
    repo.root.keys.append(stranger)
    repo.root.threshold = 2
    judge.refuses(repo.publish(), "root_certificate", "root")

    repo.root.keys[1] = key_pair("second root").certified(repo.gun)
    judge.accepts(repo.publish())


def test_t030_a_certificate_signed_with_sha_1_is_refused(judge: Judge) -> None:
    repo = repository()
    key = key_pair("root", "rsa2048").certified(repo.gun)
    repo.root.keys = [key]
    judge.accepts(repo.publish())

    assert isinstance(key.pair.private, rsa.RSAPrivateKey)
    repo.root.keys = [key.pair.in_pem(signed_with_sha1(key.public, key.pair.private))]

    judge.refuses(repo.publish(), "root_certificate", "root")


def test_t030_a_self_issued_certificate_need_not_be_signed_by_its_own_key(judge: Judge) -> None:
    """Notary does not look at a certificate's own signature: the root's signatures count."""
    repo = repository()
    issuer = key_pair("issuer")
    wish = Certificate(repo.gun, issuer=Certificate(repo.gun).as_issuer(issuer.private))
    repo.root.keys = [key_pair("root").in_pem(wish.pem(key_pair("root").private))]
    judge.accepts(repo.publish())

    repo.root.signers = [Signing(issuer.bare, key_id=repo.root.keys[0].id)]
    judge.refuses(repo.publish(), "signature", "root")
