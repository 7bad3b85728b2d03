"""Changed repositories: nothing is judged otherwise than the page of differences says."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

import go_program
from differential import compare, facts, rows
from differential.draft import Draft
from differential.mutations import mutated
from differential.oracle import Oracle
from differential.shapes import collections
from differential.verdicts import Verdict, View

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "differences.md"
COUNT = 3000


def test_changed_repositories_differ_only_as_the_page_says(asked: Oracle) -> None:
    summary = compare.compared(COUNT, seed=7)

    assert summary.count == COUNT
    assert [(c.kind, c.detail, c.draft.changes) for c in summary.unexplained] == []
    # A run in which everything is refused at the first check would show little.
    assert summary.kinds["both accept"] > COUNT * 0.15
    assert summary.kinds["both refuse"] > COUNT * 0.15


def test_what_changes_begin_from_is_accepted_by_both(asked: Oracle) -> None:
    drafts = [Draft.of(collection) for collection in collections()]
    kinds = {c.draft.gun: (c.kind, c.detail) for c in compare.judged(asked, drafts)}

    assert kinds == dict.fromkeys(kinds, ("both accept", ""))


def test_the_oracle_refuses_what_it_cannot_read(asked: Oracle) -> None:
    draft = Draft.of(next(collections()))
    draft.files["targets"] = b"{"

    assert "error" in next(asked.ask([draft]))


def test_every_row_is_on_the_page() -> None:
    first_columns = {
        line.split("|")[1].strip() for line in PAGE.read_text().splitlines() if "|" in line
    }
    named = {row.what for row in (*rows.WE_REFUSE, *rows.WE_ACCEPT)} | {rows.SHORT_SHA512}

    assert named <= first_columns


def view(**changed: object) -> View:
    whole = {
        "tags": {"1.0": ("targets", "sha256:" + "0" * 64, 5)},
        "roles": {"root": (1, 9), "targets": (1, 9)},
        "lists": {"targets": {"1.0": ("sha256:" + "0" * 64, 5)}},
    }
    return View(**(whole | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs", "kind"),
    [
        (Verdict(view()), Verdict(None, "refused", "some new reason"), "we accept"),
        (Verdict(None, "signature", "not signed", "targets"), Verdict(view()), "we refuse"),
        (Verdict(None, "malformed", "duplicate", "targets"), Verdict(view()), "we refuse"),
        (Verdict(view()), Verdict(view(tags={})), "differ"),
        (Verdict(view(lists={"targets": {}})), Verdict(view()), "differ"),
        (Verdict(view(roles={"root": (1, 9), "targets": (2, 9)})), Verdict(view()), "differ"),
        (Verdict(view(roles={"root": (1, 9)})), Verdict(view()), "differ"),
    ],
)
def test_a_difference_without_a_row_is_unexplained(
    ours: Verdict, theirs: Verdict, kind: str
) -> None:
    comparison = compare.classified(Draft.of(next(collections())), ours, theirs)

    assert comparison.kind == kind
    assert comparison.unexplained


def test_without_a_toolchain_that_is_new_enough_the_reason_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(go_program, "OLDEST_GO", (99, 0))

    with pytest.raises(go_program.NotBuiltError, match=r"no Go toolchain of 99\.0 or newer"):
        go_program.go.__wrapped__()


def test_the_same_seed_changes_the_same_things() -> None:
    first, second = ([draft.changes for draft in islice(mutated(5), 100)] for _ in range(2))

    assert first == second


def test_the_text_of_signed_is_found_wherever_it_stands() -> None:
    assert facts.signed_text('{"signed" : {"a": [1, "}"]} ,"signatures":[]}') == '{"a": [1, "}"]}'
    assert facts.signed_text(' {"signatures": [{"signed": 1}], "signed":{}}') == "{}"
    assert facts.signed_text('{"signatures": []}') is None
    assert facts.signed_text('{"signed": {') is None
