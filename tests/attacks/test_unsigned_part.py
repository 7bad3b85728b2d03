"""What nobody signed must have no influence, and what was verified must be what is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from attacks.judge import Judge, facts, repository, with_releases
from simulator import Raw, image, key_pair
from simulator.roles import digest_of

ROLES = ["root", "targets", "targets/releases", "snapshot", "timestamp"]
EVIL = json.dumps({"_type": "Targets", "targets": {"evil": image("evil")}, "version": 99}).encode()

DECOYS: dict[str, Callable[[bytes], bytes]] = {
    "a member in front": lambda data: b'{"x":{"signed":%s},' % EVIL + data[1:],
    "a member behind": lambda data: data[:-1] + b',"x":{"signed":%s}}' % EVIL,
    "a list in front": lambda data: b'{"x":[{"signed":%s},"signed"],' % EVIL + data[1:],
    "a text in front": lambda data: (
        b'{"x":%s,' % json.dumps('"signed":' + EVIL.decode()).encode() + data[1:]
    ),
    "a text full of brackets": lambda data: b'{"x":"}}}]]]{\\"signed\\":{\\\\",' + data[1:],
    "a text that ends in backslashes": lambda data: (
        b'{"x":"\\\\","y":"\\\\\\\\","z":"\\"",' + data[1:]
    ),
    "the name as a value": lambda data: b'{"x":"signed","y":%s,' % EVIL + data[1:],
    "names that nearly match": lambda data: (
        b'{"signed ":%s,"signe":%s," signed":1,' % (EVIL, EVIL) + data[1:]
    ),
    "an empty name": lambda data: b'{"":%s,' % EVIL + data[1:],
    "numbers of any kind": lambda data: b'{"x":[1.5,1e9,-0,12345678901234567890],' + data[1:],
    "white space": lambda data: data.replace(b'{"signed":', b'{ "signed"\t:\r\n '),
}


@pytest.mark.parametrize("decoy", DECOYS.values(), ids=DECOYS.keys())
@pytest.mark.parametrize("role", ROLES)
def test_t055_members_beside_the_signed_part_have_no_influence(
    judge: Judge, role: str, decoy: Callable[[bytes], bytes]
) -> None:
    repo = with_releases()
    good = facts(judge.accepts(repo.publish()))
    repo[role].edit_file(decoy)

    assert facts(judge.accepts(repo.publish())) == good


@pytest.mark.parametrize("role", ROLES)
def test_t055_the_order_of_the_envelope_has_no_influence(judge: Judge, role: str) -> None:
    repo = with_releases()
    good = facts(judge.accepts(repo.publish()))

    def turned(data: bytes) -> bytes:
        signed, signatures = data[1:-1].split(b',"signatures":')
        return b'{"signatures":' + signatures + b"," + signed + b"}"

    repo[role].edit_file(turned)
    assert facts(judge.accepts(repo.publish())) == good


@pytest.mark.parametrize(
    "extra",
    [
        {"threshold": 0},
        {"role": "root"},
        {"keyval": {"public": "AAAA"}},
        {"signed": {}},
        {"sigs": ["AAAA"]},
        {"certificate": "-----BEGIN CERTIFICATE-----"},
        {"trusted": True, "x": Raw("1.5"), "y": None},
    ],
)
def test_t055_members_of_a_signature_have_no_influence(judge: Judge, extra: dict[str, Any]) -> None:
    repo = repository()
    good = facts(judge.accepts(repo.publish()))
    repo.top.edit_signatures(lambda entries: [entry | extra for entry in entries])
    assert facts(judge.accepts(repo.publish())) == good

    stranger = key_pair("stranger").bare
    repo.top.signers = [stranger]
    judge.refuses(repo.publish(), "signature", "targets")


def test_t017_a_name_of_the_envelope_spelt_with_escapes_is_refused(judge: Judge) -> None:
    repo = repository()
    repo.top.edit_file(lambda data: data.replace(b'"signed"', b'"sign\\u0065d"', 1))

    judge.refuses(repo.publish(), "malformed", "targets")


def test_t017_a_twin_of_the_signed_part_spelt_with_escapes_is_refused(judge: Judge) -> None:
    repo = repository()
    for decoy in (
        lambda data: b'{"sign\\u0065d":%s,' % EVIL + data[1:],
        lambda data: data[:-1] + b',"\\u0073igned":%s}' % EVIL,
    ):
        repo.top.file_edits[:] = [decoy]
        judge.refuses(repo.publish(), "malformed", "targets")


def test_t017_names_inside_the_signed_part_may_be_spelt_with_escapes(judge: Judge) -> None:
    repo = repository()
    repo.top.edit_file(
        lambda data: data.replace(b'"1.0"', b'"\\u0031.0"').replace(
            b'"targets":', b'"target\\u0073":'
        )
    )

    assert facts(judge.accepts(repo.publish()))["1.0"][0] == digest_of("1.0")


@pytest.mark.parametrize("role", ROLES)
def test_t017_what_was_not_signed_is_not_used_in_any_spelling(judge: Judge, role: str) -> None:
    repo = with_releases()
    repo[role].edit_file(lambda data: json.dumps(_one_version_up(json.loads(data))).encode())

    judge.turns_down(repo.publish(), "signature", role)


def _one_version_up(document: dict[str, Any]) -> dict[str, Any]:
    document["signed"]["version"] += 1
    return document


def test_t017_a_signature_over_the_raw_form_counts_for_the_escaped_file(judge: Judge) -> None:
    """Text that Go's encoder escapes is signed in raw form."""
    repo = repository()
    repo.targets["a<b>&c"] = image("markup")

    assert facts(judge.accepts(repo.publish()))["a<b>&c"][0] == digest_of("markup")
