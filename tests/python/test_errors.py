"""The tree of exceptions: closed codes, Docker's lines, explanations."""

from __future__ import annotations

import copy
import importlib
import pickle

import pytest

from contenttrust import _core, errors
from contenttrust.errors import (
    ContentTrustError,
    ErrorCode,
    FetchError,
    MalformedError,
    PolicyError,
    RecordError,
    TrustDirectoryError,
    VerificationError,
    refusal,
)

GUN = "docker.io/library/alpine"
CODES = [code.value for code in ErrorCode]
FETCH_CODES = {"unreachable", "server_error", "unauthorized", "tls", "service_ended"}


def made(code, **facts):
    facts = {"gun": GUN, "role": "timestamp", "message": "the cause"} | facts
    return refusal(code, **facts)


def test_the_list_of_codes_is_the_engine_s():
    assert tuple(CODES) == _core.codes


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_class_in_the_right_branch(code):
    error = made(code)
    assert error.code == code
    branch = (
        FetchError
        if code in FETCH_CODES
        else PolicyError
        if code == "policy"
        else VerificationError
    )
    assert isinstance(error, branch)
    assert type(error).__name__.endswith("Error")


def test_no_two_codes_share_a_class():
    assert len({type(made(code)) for code in CODES}) == len(CODES)


def test_a_code_outside_the_list_is_a_bug():
    with pytest.raises(KeyError):
        made("no_such_code")


@pytest.mark.parametrize("code", CODES)
def test_every_code_explains_itself_in_three_different_sentences(code):
    explanation = made(code, subject="1.4").explain()
    sentences = [text for text in explanation.split(". ") if text]
    assert len(sentences) == 3
    assert len(set(sentences)) == 3
    assert explanation.endswith(".")
    assert "{" not in explanation


def test_every_code_has_its_own_words():
    words = {code: made(code).explain() for code in CODES}
    assert len(set(words.values())) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_error_without_facts_still_reads_well(code):
    error = refusal(code)
    for text in (str(error), error.explain()):
        assert text.strip() == text
        assert text.endswith(".")
        assert "  " not in text
        assert "::" not in text
        assert "()" not in text
        assert " ." not in text


@pytest.mark.parametrize("code", CODES)
def test_facts_are_part_of_the_explanation(code):
    error = made(code, expected="version 5", found="version 3")
    assert "expected version 5, found version 3" in error.explain()
    assert "the cause" in error.explain()
    assert "the cause" in str(error)


DOCKER = {
    "no_trust_data": f"Error: remote trust data does not exist for {GUN}: ",
    "not_signed": "No valid trust data for 1.4",
    "expired": f"Error: remote repository {GUN} out-of-date: the cause",
    "signature": (
        "Warning: potential malicious behavior - trust data has insufficient signatures "
        f"for remote repository {GUN}: the cause"
    ),
    "threshold": (
        "Warning: potential malicious behavior - trust data has insufficient signatures "
        f"for remote repository {GUN}: the cause"
    ),
    "rollback": (
        "Warning: potential malicious behavior - trust data version is lower than expected "
        f"for remote repository {GUN}: the cause"
    ),
    "missing_role": (
        f"Error: trust data missing for remote repository {GUN} "
        "or remote repository not found: the cause"
    ),
    "root_chain": "could not rotate trust to a new trusted root: the cause",
    "root_certificate": (
        "could not validate the path to a trusted root: unable to retrieve valid leaf certificates"
    ),
    "anchor_mismatch": "could not validate the path to a trusted root: the cause",
    "unreachable": "Error: error contacting notary server: the cause",
    "tls": "Error: error contacting notary server: the cause",
    "unauthorized": (
        "you are not authorized to perform this operation: server returned 401.: the cause"
    ),
}


@pytest.mark.parametrize("code", DOCKER)
def test_docker_s_line_comes_first_word_for_word(code):
    text = str(made(code, subject="1.4"))
    assert text.startswith(DOCKER[code])
    assert len(text) > len(DOCKER[code])  # what to do next follows


def test_docker_s_other_lines_for_root_and_for_server_errors():
    assert str(made("signature", role="root")).startswith(
        "could not validate the path to a trusted root: failed to validate integrity of roots: "
    )
    assert str(made("server_error", found="503")).startswith(
        "unable to reach trust server at this time: 503."
    )
    assert "trust server at this time" not in str(made("server_error", found="a FIFO"))


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("not_signed", "No valid trust data for 1.4"),
        ("not_signed", "No trust data for 1.4"),
        ("root_chain", "could not rotate trust to a new trusted root: failed"),
        ("tag_unusable", "no valid hash, expecting sha256"),
    ],
)
def test_a_cause_that_is_docker_s_line_already_is_not_repeated(code, message):
    text = str(made(code, subject="1.4", message=message))
    assert text.startswith(f"{message}. ")
    assert text.count(message) == 1


def test_where_docker_has_no_line_the_error_says_what_it_is_about():
    assert str(made("malformed", role="targets/releases")).startswith(
        f"The targets/releases metadata of {GUN}: the cause. "
    )
    assert str(made("wrong_type", role="")).startswith(f"Metadata of {GUN}: the cause. ")


def test_a_time_of_expiry_is_shown_as_docker_shows_it():
    moment = "2026-11-20T00:00:00Z"
    error = made("expired", message=f"timestamp expired at {moment}", found=moment)
    assert str(error).startswith(
        f"Error: remote repository {GUN} out-of-date: "
        "timestamp expired at Fri Nov 20 00:00:00 UTC 2026. "
    )


def test_a_trust_directory_that_cannot_be_read_is_no_server_failure():
    error = TrustDirectoryError("the record is a link", gun=GUN)
    assert isinstance(error, FetchError)
    assert str(error).startswith("the record is a link. ")
    assert "server" not in error.explain()


@pytest.mark.parametrize(
    ("wanted", "advice"),
    [
        ("a writable trust directory", "Name a trust directory that you may write"),
        ("a home directory", "Name a trust directory that you may write"),
        ("free space", "Free space, or name a trust directory"),
        ("a free lock", "Wait for the process that holds it"),
    ],
)
def test_the_advice_fits_what_the_trust_directory_lacks(wanted, advice):
    error = TrustDirectoryError("the record: no", gun=GUN, expected=wanted)
    assert str(error).startswith("the record: no. ")
    for text in (str(error), error.explain(), str(pickle.loads(pickle.dumps(error)))):
        assert advice in text
        assert "Repair owner, mode and content" not in text


def test_a_damaged_record_is_told_apart_from_damaged_metadata():
    error = RecordError("the record is cut", gun=GUN, role="root")
    assert isinstance(error, VerificationError)
    assert error.code == "malformed"
    assert str(error).startswith("the record is cut. ")
    assert "remembered" in error.explain()
    assert type(made("malformed")) is MalformedError


def test_a_name_that_looks_like_another_one_does_not_look_right():
    assert "\\u0430lpine" in refusal("expired", gun="\u0430lpine").explain()


def test_an_error_is_one_printable_line_whatever_strangers_wrote():
    error = made(
        "not_signed",
        subject="1\x1b[2J\n\u202ex",
        found="a\nb",
        expected="{gun}\r",
        role="targets/\x07",
        message="",
    )
    for text in (str(error), error.explain(), repr(error)):
        assert text.isprintable()
    assert error.subject == "1\x1b[2J\n\u202ex"
    assert "{gun}" in error.explain()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize(
    "remake",
    [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))],
)
def test_errors_survive_pickle_and_copy(code, remake):
    error = made(code, expected="a", found="b", subject="c")
    again = remake(error)
    assert type(again) is type(error)
    assert vars(again) == vars(error)
    assert str(again) == str(error)


def test_the_tree_has_five_branches():
    for module in ("gate.audit_log", "gate.dockerfile", "policy.load", "policy.importers"):
        importlib.import_module(f"contenttrust.{module}")  # they have errors of their own
    branches = {error for error in ContentTrustError.__subclasses__()}  # noqa: C416
    assert branches == {
        errors.VerificationError,
        errors.FetchError,
        errors.PolicyError,
        errors.KeyStoreError,
        errors.PublishError,
    }


def test_what_is_shown_at_once_is_what_the_engine_would_show():
    for character in map(chr, range(128)):
        assert errors.shown(character) == _core.printable(character)
