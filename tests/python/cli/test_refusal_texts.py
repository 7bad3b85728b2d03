"""What people read beside a refusal: the cause once, in their words, and the option that helps."""

from __future__ import annotations

import hashlib
import shutil

import pytest

from contenttrust import explanations
from contenttrust.errors import NotCachedError, refusal


def told(ran):
    """Standard error in one line."""
    return " ".join(ran.err.split())


@pytest.fixture
def root_ids(case, run):
    """The two ids of the root key: of its certificate, and its own."""
    repository = case("good-one-tag")
    root = run("list", "--json", *repository.options, repository.gun).document["roles"]["root"]
    return root["key_ids"][0], root["canonical_key_ids"][0]


def test_the_two_ids_of_a_root_are_shown_and_each_fits_its_own_option(case, run, root_ids):
    repository = case("good-one-tag")
    certificate, key = root_ids
    shown = run("list", "-v", *repository.options, repository.gun).out.splitlines()
    assert [line.split() for line in shown[-2:]] == [
        ["--pin-cert", certificate],
        ["--pin-key", key],
    ]
    for option, value in (("--pin-cert", certificate), ("--pin-key", key)):
        ran = run("verify", option, value, *repository.options, f"{repository.gun}:1.0")
        assert (ran.code, ran.err) == (0, "")


def test_a_pin_of_the_other_kind_is_told_which_option_it_is_for(case, run, root_ids):
    repository = case("good-one-tag")
    certificate, key = root_ids

    def told_of(option, value):
        ran = run("verify", option, value, *repository.options, f"{repository.gun}:1.0")
        assert ran.code == 1
        return told(ran)

    assert "is a certificate id: use --pin-cert" in told_of("--pin-key", certificate)
    assert "is a key id: use --pin-key" in told_of("--pin-cert", key)
    for option in ("--pin-key", "--pin-cert"):
        assert ": use --pin" not in told_of(option, "ab" * 32)


def test_without_a_pin_and_without_memory_nothing_is_called_pinned(case, run):
    repository = case("good-one-tag")
    ran = run("verify", "--no-tofu", *repository.options, f"{repository.gun}:1.0")
    assert ran.code == 1
    assert "No pin is given, nothing is remembered" in told(ran)
    assert "you or your organisation pinned" not in told(ran)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2006-11-24T00:00:00Z", ["is not valid yet", "this machine's clock", "'--at'"]),
        ("2066-11-24T00:00:00Z", ["has expired", "this machine's clock"]),
    ],
)
def test_a_certificate_judged_at_the_wrong_moment_points_at_the_clock(case, run, moment, words):
    repository = case("good-one-tag")
    metadata = repository.options[:2]
    ran = run("verify", *metadata, "--at", moment, f"{repository.gun}:1.0")
    assert ran.code == 1
    for text in words:
        assert text in told(ran)


def test_a_missing_timestamp_is_named_by_nobody(case, run, tmp_path):
    repository = case("good-one-tag")
    copy = shutil.copytree(repository.path / "tuf", tmp_path / "copy")
    (copy / "timestamp.json").unlink()
    options = ["--metadata", str(copy), *repository.options[2:]]
    ran = run("verify", *options, f"{repository.gun}:1.0")
    assert ran.code == 1
    assert "There is no timestamp metadata" in told(ran)
    assert "signed metadata names" not in told(ran)


def test_a_given_root_of_another_collection_is_said_to_be_one(case, run):
    repository, other = case("good-one-tag"), case("good-revoked-tag")
    root = str(other.path / "tuf" / "root.json")
    arguments = ["--anchor-root", root, *repository.options, f"{repository.gun}:1.0"]
    ran = run("verify", *arguments)
    assert ran.code == 1
    assert "the root given as anchor" in told(ran)
    assert f"found {other.gun}" in told(ran)
    assert "remembered" not in told(ran)
    (result,) = run("verify", "--json", *arguments).document["results"]
    assert result["error"]["code"] == "root_certificate"


def test_a_root_of_another_collection_is_no_expired_certificate(case, run):
    repository = case("good-one-tag")
    ran = run("verify", *repository.options, f"{repository.gun}x:1.0")
    assert ran.code == 1
    assert "speaks for another collection" in told(ran)
    assert "expired" not in told(ran)


def test_a_limit_that_can_be_set_is_raised_by_an_option_and_another_is_not(case, run):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    ran = run("verify", "--limit", "file_length=9", *repository.options, image)
    assert "'--limit NAME=VALUE'" in told(ran)
    too_deep = refusal("limit_exceeded", message="nesting deeper than 64 levels", expected="64")
    assert "limit NAME" not in too_deep.explain()


def test_a_broken_role_is_described_in_words(case, run):
    repository = case("degraded-expired-releases")
    ran = run("lookup", *repository.options, repository.gun, "1.0")
    assert "found an expired one" in told(ran)
    assert "'--compatible'" in told(ran)


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("bad-expired-timestamp", "1.0"),
        ("bad-digest-flipped-rehash", "1.0"),
        ("degraded-expired-releases", "1.0"),
        ("bad-hash-snapshot", "1.0"),
        ("good-one-tag", "9.9"),
    ],
)
def test_a_refusal_says_its_cause_once(case, run, name, tag):
    repository = case(name)
    image = f"{repository.gun}:{tag}"
    (result,) = run("verify", "--json", *repository.options, image).document["results"]
    error = result["error"]
    shown = told(run("verify", "-q", *repository.options, image))
    # Beside Docker's line an expiry is written as Docker writes it.
    cause = error["message"].partition(" at 20")[0]
    assert shown.count(cause) == 1
    explained = run("explain", "--json", *repository.options, image).document["explanation"]
    assert cause in explained  # alone, the explanation is complete


def test_facts_have_one_form_of_time(case, run):
    repository = case("bad-expired-timestamp")
    ran = run("verify", *repository.options, f"{repository.gun}:1.0")
    line, *explanation = ran.err.splitlines()[1:]
    assert "UTC 2026" in line  # Docker's
    assert "UTC" not in " ".join(explanation)


def test_the_explanation_ends_with_the_lookup_of_an_unsigned_tag(case, run):
    repository = case("good-one-tag")
    bad = run("explain", "--json", *repository.options, f"{repository.gun}:9.9").document
    good = run("explain", "--json", *repository.options, f"{repository.gun}:1.0").document
    assert bad["steps"][-1] == {
        "check": "lookup", "role": "targets", "passed": False,
        "expected": "a signed tag", "found": "none",
    }  # fmt: skip
    assert good["steps"][-1]["passed"]
    assert good["steps"][-1]["found"] == good["tag"]["digest"]
    assert "✗ lookup" in run("explain", *repository.options, f"{repository.gun}:9.9").out


def test_lines_fit_a_narrow_terminal(case, run, monkeypatch):
    repository = case("good-one-tag")
    arguments = ["verify", "-q", *repository.options, f"{repository.gun}:9.9"]
    monkeypatch.setenv("COLUMNS", "40")
    narrow = run(*arguments).err.splitlines()
    # A name is not broken: what was copied must stay whole.
    assert all(len(line) <= 40 or " " not in line.strip() for line in narrow[2:])
    monkeypatch.setenv("COLUMNS", "9999999999")
    assert max(map(len, run(*arguments).err.splitlines())) <= 100


def test_nobody_asked_is_no_failure_of_a_server():
    error = NotCachedError("offline, and the trust directory /t has not cached root", gun="a/b")
    assert "notary" not in explanations.line(error).lower()
    assert "No server was asked" in error.explain()


@pytest.fixture
def made_anew(case, run, tmp_path):
    """A collection before and after it was made anew, and a reader who remembers it as before."""
    old, new = case("degraded-delegation-threshold"), case("degraded-delegation-outside-paths")
    assert old.gun == new.gun
    trust = tmp_path / "reader"
    assert run("list", "--remember", *old.options[:-1], str(trust), old.gun).code == 0
    return new, trust


def served(new, trust):
    return [*new.options[:-1], str(trust), f"{new.gun}:rel-1"]


def test_a_root_made_anew_is_told_from_a_broken_chain(run, made_anew):
    ran = run("verify", *served(*made_anew))
    assert ran.code == 1
    assert "deleted the collection and made it anew" in told(ran)
    assert "over another channel" in told(ran)


def test_record_and_cache_that_differ_are_named_and_no_anchor_is_blamed(run, made_anew):
    new, trust = made_anew
    cached = trust / "tuf" / new.gun / "metadata" / "root.json"
    cached.write_bytes((new.path / "tuf" / "root.json").read_bytes())
    ran = run("verify", *served(new, trust))
    assert ran.code == 1
    assert "those of the record and of Docker's cache" in told(ran)
    assert "correct" not in told(ran)
    (result,) = run("verify", "--json", *served(new, trust)).document["results"]
    assert result["error"]["code"] == "anchor_conflict"


def test_a_pin_against_what_is_remembered_is_named(case, run, root_ids):
    repository = case("good-one-tag")
    image = f"{repository.gun}:1.0"
    assert run("verify", "--remember", *repository.options, image).code == 0
    ran = run("verify", "--pin-key", "ab" * 32, *repository.options, image)
    assert ran.code == 1
    assert "The pin that is given" in told(ran)
    assert "correct the pin if it is wrong" in told(ran)
    assert "two different roots" not in told(ran).lower()


def test_only_with_both_places_moved_away_is_a_root_made_anew_believed(run, made_anew, tmp_path):
    new, trust = made_anew
    record = next((trust / "contenttrust").glob("*.json"))
    assert record.stem == hashlib.sha256(new.gun.encode()).hexdigest()
    cache = trust / "tuf" / new.gun / "metadata"
    aside = tmp_path / "aside"
    for place in (record, cache):
        place.rename(aside)
        assert run("verify", *served(new, trust)).code == 1
        aside.rename(place)
    record.unlink()
    shutil.rmtree(cache)
    assert run("verify", *served(new, trust)).code == 0


def test_a_state_of_another_collection_is_named():
    error = refusal(
        "anchor_conflict", gun="a/b", message="the remembered state is of another collection"
    )
    assert "Give each collection its own State" in error.explain()
