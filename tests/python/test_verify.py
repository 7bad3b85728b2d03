"""From a name to a verdict: what is asked for, and what comes of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import contenttrust as ct
from contenttrust.errors import (
    AnchorMismatchError,
    DigestMismatchError,
    ExpiredError,
    LimitExceededError,
    MalformedError,
    NoTrustDataError,
    NotSignedError,
)
from contenttrust.transport.directory import DirectorySource
from contenttrust.verification import run
from contenttrust.verify import gun_of
from vector_case import Case, Remote, tags_of

DIGEST = "sha256:" + "0" * 64


@pytest.fixture
def case(vectors):
    return lambda name: Case(vectors / name)


@pytest.fixture
def good(case):
    return case("good-releases-precedence")


@pytest.fixture(autouse=True)
def trust_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "config"))
    return tmp_path / "config" / "trust"


def test_directories_mappings_and_sources_give_the_same_view(good):
    for source in (good.tuf, str(good.tuf), DirectorySource(good.tuf), Remote(good), good.files):
        repository = ct.load(good.gun, source=source, now=good.at)
        assert tags_of(repository) == good.tags != {}


def test_only_what_the_engine_asks_for_is_fetched(good):
    remote = Remote(good)
    ct.load(good.gun, source=remote, now=good.at)
    assert sorted(remote.asked) == sorted(set(remote.asked))
    assert set(remote.asked[:2]) == {"root", "timestamp"}
    assert "1.root" not in remote.asked


@pytest.mark.parametrize(
    ("name", "gun"),
    [
        ("alpine", "docker.io/library/alpine"),
        ("library/alpine", "library/alpine"),
        ("just/a/collection", "just/a/collection"),
        ("localhost:5000/x", "localhost:5000/x"),
        (ct.Reference.parse("user/img"), "docker.io/user/img"),
    ],
)
def test_a_name_with_a_slash_is_taken_literally(name, gun):
    assert gun_of(name) == gun
    with pytest.raises(NoTrustDataError) as caught:
        ct.load(name, source={})
    assert caught.value.gun == gun


@pytest.mark.parametrize(
    "name",
    [
        "alpine:3",
        "alpine:latest",
        f"alpine@{DIGEST}",
        "host.example/team/web:1.4",
        f"host.example/team/web@{DIGEST}",
        "host.example/team@web",
        ct.Reference.parse("a/b:latest"),
        ct.Reference.parse(f"a/b@{DIGEST}"),
        "Alpine",
        "",
    ],
)
def test_a_collection_has_neither_tag_nor_digest(name):
    with pytest.raises(ValueError, match=r"tag|reference"):
        ct.load(name, source={})


@pytest.mark.parametrize(
    "gun", ["a/../../etc", "a//b", "a/b c", "a/\x1b[2J", "x/" + "y" * 300, "host/\u0430"]
)
def test_t060_a_name_that_is_no_collection_is_refused_before_anything_is_asked(gun):
    class Untouched:
        def fetch(self, gun, files):
            pytest.fail("asked")

    with pytest.raises(MalformedError) as caught:
        ct.load(gun, source=Untouched())
    assert str(caught.value).isprintable()
    assert "how it is spelled" in caught.value.explain()


def test_a_moment_needs_a_time_zone(good):
    naive = good.at.replace(tzinfo=None)
    for call in (
        lambda: ct.load(good.gun, source=good.files, now=naive),
        lambda: ct.verify_many([], now=naive),
    ):
        with pytest.raises(ValueError, match="timezone-aware"):
            call()


def test_verify_gives_the_digest_that_was_signed(good):
    for name, (wanted, _, _) in good.tags.items():
        tag = ct.verify(f"{good.gun}:{name}", source=good.tuf, now=good.at)
        assert tag.digest == f"sha256:{wanted}"
        assert tag.pinned == f"{good.gun}@{tag.digest}"


def test_t083_tag_and_digest_must_agree(good):
    (name, (first, *_)), *_ = good.tags.items()
    other = next(sha256 for sha256, *_ in good.tags.values() if sha256 != first)
    image = f"{good.gun}:{name}@sha256:"
    verify = lambda image: ct.verify(image, source=good.tuf, now=good.at)  # noqa: E731
    assert verify(image + first).name == name
    with pytest.raises(DigestMismatchError):
        verify(image + other)


def test_t084_a_digest_is_looked_up_among_the_signed_tags(good):
    digest, *_ = next(iter(good.tags.values()))
    tag = ct.verify(f"{good.gun}@sha256:{digest}", source=good.tuf, now=good.at)
    assert tag.digest == f"sha256:{digest}"
    with pytest.raises(NotSignedError):
        ct.verify(f"{good.gun}@{DIGEST}", source=good.tuf, now=good.at)


def test_an_unsigned_tag_is_refused_in_docker_s_words(good):
    with pytest.raises(NotSignedError) as caught:
        ct.verify(f"{good.gun}:nope", source=good.tuf, now=good.at)
    assert str(caught.value).startswith("No valid trust data for nope. ")
    assert caught.value.gun == good.gun
    assert caught.value.subject == "nope"


def test_a_tag_of_another_delegation_is_refused_in_docker_s_words(case):
    other = case("good-delegations")
    name = other.members["expected"]["docker_only_in_other_delegations"][-1]
    with pytest.raises(NotSignedError, match=f"^No trust data for {name}\\. "):
        ct.verify(f"{other.gun}:{name}", source=other.tuf, now=other.at)


def test_a_missing_directory_is_a_mistake_of_the_caller(good, tmp_path):
    with pytest.raises(FileNotFoundError):
        ct.load(good.gun, source=tmp_path / "nowhere")


def test_a_source_that_answers_too_little_is_a_bug(good):
    class Short:
        def fetch(self, gun, files):
            return []

    with pytest.raises(TypeError, match=r"Short\.fetch must give one answer for each of 2 files"):
        ct.load(good.gun, source=Short())


def test_anchor_and_requirements_reach_the_engine(good):
    with pytest.raises(AnchorMismatchError):
        ct.load(good.gun, source=good.tuf, now=good.at, anchor=ct.Anchor.remembered())
    ct.load(good.gun, source=good.tuf, now=good.at, anchor=ct.Anchor.root(good.files["root"]))
    with pytest.raises(LimitExceededError):
        ct.load(
            good.gun, source=good.tuf, now=good.at, requirements=ct.Requirements(root_length=10)
        )


def test_run_tells_the_checks_also_of_a_refusal(case):
    expired = case("bad-expired-timestamp")
    verification = run(expired.gun, source=expired.tuf, now=expired.at)
    assert isinstance(verification.outcome, ExpiredError)
    *passed, last = verification.steps
    assert not last.passed
    assert last.role == "timestamp"
    assert all(step.passed for step in passed)
    with pytest.raises(ExpiredError):
        verification.repository()


def test_t141_a_verification_is_not_a_truth_value(good):
    with pytest.raises(TypeError):
        bool(run(good.gun, source=good.tuf, now=good.at))


def test_t141_optimised_python_refuses_all_the_same(case):
    expired = case("bad-expired-timestamp")
    program = (
        "import sys, contenttrust as ct\nfrom datetime import datetime\n"
        "try: ct.load(sys.argv[1], source=sys.argv[2], now=datetime.fromisoformat(sys.argv[3]))\n"
        "except ct.VerificationError as error: print(error.code)"
    )
    arguments = [expired.gun, str(expired.tuf), expired.at.isoformat()]
    command = [sys.executable, "-OO", "-c", program, *arguments]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == "expired\n"


@pytest.mark.parametrize("threads", [None, 1, 3])
def test_t146_many_verdicts_in_one_call_equal_single_ones(case, threads):
    cases = [case(name) for name in ("good-releases-precedence", "bad-hash-root", "good-one-tag")]
    now = cases[0].at
    items = [(each.gun, each.files, None) for each in cases]
    batch = ct.verify_many(items, now=now, threads=threads)
    assert batch.codes == ["ok", "hash", "ok"]
    assert tags_of(batch[0]) == cases[0].tags
    assert batch.states[2] == ct.load(cases[2].gun, source=cases[2].files, now=now).state
    with pytest.raises(ct.VerificationError) as caught:
        batch[1]
    assert (caught.value.code, caught.value.gun) == ("hash", cases[1].gun)


def test_many_verdicts_touch_no_trust_directory(good, trust_dir):
    ct.verify_many([(good.gun, good.files, None)])
    assert not trust_dir.exists()


def test_one_odd_item_of_many_hides_no_other() -> None:
    odd = [("a/\ud800", {}, None), ("a/b", {"\udc00": b""}, None), ("a/b", {}, None)]

    assert ct.verify_many(odd).codes == ["malformed", "no_trust_data", "no_trust_data"]


@pytest.mark.parametrize(
    "item", [(1, {}, None), ("a/b", {"root": None}, None), None, ("a/b", {}), ("a/b", {}, {})]
)
def test_an_item_of_the_wrong_type_is_named(item: object) -> None:
    with pytest.raises(TypeError, match=r"^item 1: "):
        ct.verify_many([("a/b", {}, None), item])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("5", TypeError),
        (None, TypeError),
        (True, TypeError),
        (-5, ValueError),
        (float("nan"), ValueError),
    ],
)
def test_max_stale_is_a_span_of_time(good, value, error):
    for call in (
        lambda: ct.load(good.gun, source=good.files, now=good.at, max_stale=value),
        lambda: ct.verify(f"{good.gun}:1.0", source=good.files, now=good.at, max_stale=value),
    ):
        with pytest.raises(error, match=r"^max_stale is a number of seconds"):
            call()


@pytest.mark.parametrize("value", [0, 0.5, 100, float("inf")])
def test_max_stale_may_be_any_span(good, value):
    repository = ct.load(good.gun, source=good.files, now=good.at, max_stale=value)
    assert tags_of(repository) == good.tags


@pytest.mark.parametrize("source", ["localhost:4443", "notary.example.com:4443/prefix"])
def test_a_source_that_reads_like_a_server_is_told_its_url(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match=f"https://{source}") as caught:
        ct.load("a/b", source=source)
    assert caught.value.filename == source


def test_a_directory_that_reads_like_a_server_is_a_directory(good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "localhost:4443").symlink_to(good.tuf)
    assert tags_of(ct.load(good.gun, source="localhost:4443", now=good.at)) == good.tags


@pytest.mark.parametrize("source", ["copies/web", "copies:web", ":4443", "a/b:4443"])
def test_a_missing_directory_is_no_server(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError) as caught:
        ct.load("a/b", source=source)
    assert "https" not in str(caught.value)
