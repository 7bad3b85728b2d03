"""The engine's values in a program: pickled, printed, and given what they are not made for."""

from __future__ import annotations

import copy
import pickle
import pydoc
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import contenttrust as ct
from contenttrust import _core, errors
from contenttrust.cli.options import LIMITS
from vector_case import Case

_ID = "ab" * 32
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def _pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda value: pickle.loads(pickle.dumps(value, protocol))


REMAKE = [copy.copy, copy.deepcopy, *map(_pickled, PROTOCOLS)]


@pytest.fixture
def good(vectors: Path) -> Case:
    return Case(vectors / "good-revoked-tag")


@pytest.fixture
def repository(good: Case, tmp_path: Path) -> ct.TrustedRepository:
    return ct.load(good.gun, source=good.files, now=good.at, trust_dir=tmp_path)


@pytest.mark.parametrize("remake", REMAKE)
def test_tags_signers_and_states_survive_pickle_and_copy(
    repository: ct.TrustedRepository, remake: Callable[[Any], Any]
) -> None:
    for value in (*repository.tags.values(), *repository.signers, repository.state):
        again = remake(value)
        assert type(again) is type(value)
        assert again == value
        assert repr(again) == repr(value)


def test_a_tag_keeps_its_custom_data_and_names_that_need_escapes(
    vectors: Path, tmp_path: Path
) -> None:
    case = Case(vectors / "good-name-escapes")
    repository = ct.load(case.gun, source=case.files, now=case.at, trust_dir=tmp_path)

    again = pickle.loads(pickle.dumps(dict(repository.tags.items())))

    assert again == dict(repository.tags.items())
    assert [tag.custom for tag in again.values()] == [
        tag.custom for tag in repository.tags.values()
    ]


@pytest.mark.parametrize("remake", REMAKE)
def test_an_anchor_pins_the_same_after_pickle_and_copy(
    good: Case, repository: ct.TrustedRepository, tmp_path: Path, remake: Callable[[Any], Any]
) -> None:
    root = repository.roles["root"]
    right = ct.Anchor.certificates(root.key_ids) & ct.Anchor.keys([_ID, *root.canonical_key_ids])
    wrong = right & ct.Anchor.keys([_ID])
    given = ct.Anchor.root(good.files["root"])

    def code(anchor: ct.Anchor) -> str:
        return ct.verify_many([(good.gun, good.files, None)], now=good.at, anchor=anchor).codes[0]

    for anchor in (right, wrong, given, ct.Anchor.first_use(), ct.Anchor.remembered()):
        assert repr(remake(anchor)) == repr(anchor)
        assert code(remake(anchor)) == code(anchor)
    assert [code(anchor) for anchor in (right, wrong, given)] == ["ok", "anchor_mismatch", "ok"]


@pytest.mark.parametrize("remake", REMAKE)
def test_limits_and_moments_survive_pickle_and_copy(remake: Callable[[Any], Any]) -> None:
    for name in LIMITS:
        limits = ct.Requirements(**{name: 7})  # type: ignore[arg-type]
        assert repr(limits) == f"Requirements({name}=7)"
        assert remake(limits) == limits != ct.Requirements()
        assert hash(remake(limits)) == hash(limits)
    assert remake(ct.Requirements(compatible=True)) == ct.Requirements(compatible=True)
    assert remake(_core.Instant(-5, 6)) == _core.Instant(-5, 6)


def _of_this_process_only(repository: ct.TrustedRepository, files: dict[str, bytes]) -> list[Any]:
    """A value of each bound class that stays in its process."""
    update = _core.Update("a/b", anchor=ct.Anchor.first_use(), now=_core.Instant(0))
    (wanted, *_) = update.wanted()
    update.put("root", files["root"])
    update.put("timestamp", None)
    assert not update.wanted()  # judged
    key = _core.PrivateKey.generate("ed25519")
    return [
        repository,
        repository.tags,
        repository.roles["root"],
        repository.warnings[0],
        ct.verify_many([("a/b", {}, None)]),
        update,
        wanted,
        update.steps[0],
        _core.Secret(b"x"),
        key,
        _core.KeyFile.parse(key.encode(_core.Secret(b"x"), rounds=1000)),
        _core.PublicKey.of(key.key_type, key.public),
    ]


@pytest.mark.parametrize("how", [copy.copy, *map(_pickled, PROTOCOLS)])
def test_what_stays_here_is_no_pickle_and_ends_no_process(
    good: Case, repository: ct.TrustedRepository, how: Callable[[Any], Any]
) -> None:
    for value in _of_this_process_only(repository, good.files):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            how(value)


def test_every_class_of_the_engine_has_an_answer_to_pickle() -> None:
    for name, one in vars(_core).items():
        if isinstance(one, type):
            assert "__reduce_ex__" in vars(one), name


def test_the_base_of_the_engine_s_classes_has_no_values() -> None:
    base = ct.Requirements.__mro__[1]
    for make in (base, lambda: base.__new__(base)):
        with pytest.raises(TypeError, match="has no values of its own"):
            make()


def test_a_name_with_half_a_surrogate_pair_is_in_nothing(
    repository: ct.TrustedRepository,
) -> None:
    odd = "\ud800"
    assert odd not in repository.tags
    assert repository.tags.get(odd) is None
    for look_up in (repository.tags.__getitem__, repository.role_tags):
        with pytest.raises(KeyError):
            look_up(odd)
    with pytest.raises(errors.NotSignedError):
        repository.verify(odd)


def test_a_collection_with_half_a_surrogate_pair_in_its_name_is_none(tmp_path: Path) -> None:
    for source in ({}, None, "https://localhost:1"):
        with pytest.raises(errors.MalformedError, match="no name of a collection"):
            ct.load("a/\ud800", source=source, trust_dir=tmp_path)
    with pytest.raises(errors.MalformedError):
        ct.load("a/\ud800", offline=True, trust_dir=tmp_path)


def test_what_is_no_limit_is_refused_as_on_the_command_line() -> None:
    for name in LIMITS:
        with pytest.raises((ValueError, TypeError)):
            ct.Requirements(**{name: 0})  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            ct.Requirements(**{name: True})  # type: ignore[arg-type]


def test_a_batch_has_the_error_of_each_item_and_raises_none(good: Case) -> None:
    items = [(good.gun, good.files, None), (good.gun, {}, None), ("a//b", {}, None)]
    batch = ct.verify_many(items, now=good.at)

    assert repr(batch) == "Batch(3 items, 1 ok)"
    assert [error and error.code for error in batch.errors] == [None, *batch.codes[1:]]
    for index, error in enumerate(batch.errors):
        if error is not None:
            with pytest.raises(type(error)) as caught:
                batch[index]
            assert vars(caught.value) == vars(error)


def test_a_code_is_equal_to_its_text_and_prints_as_it() -> None:
    error = errors.refusal("not_signed")

    assert error.code == ct.ErrorCode.NOT_SIGNED
    assert error.code != ct.ErrorCode.EXPIRED
    assert f"{ct.ErrorCode.NOT_SIGNED}" == str(ct.ErrorCode.NOT_SIGNED) == "not_signed"
    assert {ct.ErrorCode.NOT_SIGNED: 1}["not_signed"] == 1
    assert ct.ErrorCode("not_signed") is ct.ErrorCode.NOT_SIGNED


def test_sources_and_directories_say_what_they_are(good: Case, tmp_path: Path) -> None:
    assert repr(ct.TrustDirectory(tmp_path)) == f"TrustDirectory('{tmp_path}')"
    assert repr(ct.DirectorySource(good.tuf)) == f"DirectorySource('{good.tuf}')"
    assert repr(ct.MappingSource({})) == "MappingSource(0 files)"


def test_a_trust_directory_may_be_given_as_one(good: Case, tmp_path: Path) -> None:
    directory = ct.TrustDirectory(tmp_path / "trust")
    ct.load(good.gun, source=good.files, now=good.at, trust_dir=directory, remember=True)
    assert directory.state(good.gun) is not None


class Answers:
    """A source that answers whatever it is told to."""

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def fetch(self, gun: str, files: list[object]) -> object:
        del gun
        return [self.answer for _ in files] if self.answer != "nothing" else None


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"now": "2026-11-24"}, "now is a timezone-aware datetime, not str"),
    ({"anchor": "x"}, r"an anchor is made by contenttrust\.Anchor, not str"),
    ({"requirements": {}}, r"requirements are a contenttrust\.Requirements, not dict"),
    ({"source": 3}, "a source is a Source, a mapping or a path, not int"),
    ({"source": {"root": "text"}}, "the document for root must be bytes, not str"),
    ({"source": Answers("text")}, "Answers.fetch answered timestamp with str"),
    ({"source": Answers("nothing")}, "Answers.fetch must give one answer for each"),
    ({"trust_dir": 3}, "PathLike"),
    ({"remember": "no"}, "remember is True or False, not str"),
    ({"offline": "no", "source": None}, "offline is True or False, not str"),
]


@pytest.mark.parametrize(("argument", "sentence"), WRONG)
def test_an_argument_of_the_wrong_type_is_named(
    argument: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    arguments = {"source": {}, "trust_dir": tmp_path} | argument
    with pytest.raises(TypeError, match=sentence):
        ct.verify("alpine", **arguments)


@pytest.mark.parametrize("call", [ct.verify, ct.load, ct.Reference.parse])
def test_a_name_of_the_wrong_type_is_named(call: Callable[..., object]) -> None:
    for name in (3, None, b"alpine"):
        with pytest.raises(TypeError, match=r"an image name is a str or a Reference, not"):
            call(name)


@pytest.mark.parametrize(
    ("argument", "kind", "sentence"),
    [
        ({"threads": -1}, ValueError, "threads: one or more"),
        ({"threads": 0}, ValueError, "threads: one or more"),
        ({"threads": "2"}, TypeError, "threads is an int or None, not str"),
        ({"anchor": "x"}, TypeError, "an anchor is made by"),
        ({"requirements": {}}, TypeError, "requirements are a"),
        ({"now": "x"}, TypeError, "now is a"),
        ({"items": [("a/b", [], None)]}, TypeError, "item 0: the files must be a mapping"),
        ({"items": [("a/b", {"root": "x"}, None)]}, TypeError, "item 0: metadata must be bytes"),
        ({"items": [("a/b", {}, {})]}, TypeError, "item 0: what is remembered must be a State"),
        ({"items": ["a/b"]}, TypeError, r"item 0: an item is \(gun, documents, state or None\)"),
    ],
)
def test_arguments_of_many_verifications_are_named_too(
    argument: dict[str, Any], kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(kind, match=sentence):
        ct.verify_many(**{"items": []} | argument)


def test_an_empty_trust_directory_or_tag_is_a_slip(
    good: Case, repository: ct.TrustedRepository
) -> None:
    with pytest.raises(ValueError, match="trust_dir is empty"):
        ct.load(good.gun, source=good.files, now=good.at, trust_dir="")
    with pytest.raises(ValueError, match="an empty text is no tag"):
        repository.verify("")


def test_a_state_that_is_damaged_is_the_callers_own_and_no_fault_of_the_publisher(
    repository: ct.TrustedRepository,
) -> None:
    good = repository.state.to_json()
    junk = re.sub('"root":"[^"]*"', '"root":"AAAA"', good)
    for text in ("{}", junk):
        with pytest.raises(errors.RecordError) as caught:
            ct.State.from_json(text)
        assert caught.value.code == "malformed"
        assert "remembered" in caught.value.explain()
        assert "publish" not in str(caught.value)


def test_a_trust_directory_that_was_not_there_is_logged_with_first_use(
    good: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ct.load(good.gun, source=good.files, now=good.at, trust_dir=tmp_path / "nosuch")
    assert f"{tmp_path}/nosuch did not exist" in caplog.text
    caplog.clear()
    ct.load(good.gun, source=good.files, now=good.at, trust_dir=tmp_path)
    assert "did not exist" not in caplog.text
    assert "first one seen" in caplog.text


def test_help_explains_members_methods_and_limits() -> None:
    shown = pydoc.plain(pydoc.render_doc(ct.SignedTag))
    for name in ("name", "gun", "digest", "size", "role", "signers", "pinned", "custom"):
        assert getattr(ct.SignedTag, name).__doc__, name
    assert "the name to use from here on" in shown
    for name in ("first_use", "remembered", "root", "keys", "certificates", "ca"):
        text = getattr(ct.Anchor, name).__doc__ or ""
        assert "believed" in text, name
    for name in LIMITS:
        assert f"    {name}: " in (ct.Requirements.__doc__ or "")


def test_a_naive_moment_and_a_date_are_told_apart() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        ct.verify("alpine", source={}, now=datetime(2026, 11, 24))  # noqa: DTZ001
    with pytest.raises(TypeError, match="not date"):
        ct.verify("alpine", source={}, now=datetime(2026, 11, 24).date())  # type: ignore[arg-type]  # noqa: DTZ001
