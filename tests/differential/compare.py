"""Both verdicts on each repository, and which row of the differences explains where they part."""

from __future__ import annotations

import itertools
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone

from contenttrust import Anchor, verify_many
from differential import facts, oracle, rows, verdicts
from differential.draft import Draft
from differential.mutations import mutated
from differential.verdicts import Verdict, View

BATCH = 500


@dataclass(frozen=True)
class Comparison:
    """What came of one repository."""

    draft: Draft
    ours: Verdict
    theirs: Verdict
    kind: str
    row: str | None = None
    """What explains a difference; `None` where there is none, or nothing explains it."""
    detail: str = ""

    @property
    def unexplained(self) -> bool:
        """Whether this must not be."""
        return not self.kind.startswith("both") and self.row is None


@dataclass
class Summary:
    """Counts of a run."""

    kinds: Counter[str] = field(default_factory=Counter)
    explained: Counter[tuple[str, str]] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    """By kind of change: how many of them both sides accept."""
    unexplained: list[Comparison] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """Repositories compared."""
        return sum(self.kinds.values())

    def take(self, comparison: Comparison) -> None:
        """Count one comparison."""
        self.kinds[comparison.kind] += 1
        changes = set(comparison.draft.changes[1:])
        self.changes.update(changes)
        if comparison.kind == "both accept":
            self.accepted.update(changes)
        if comparison.row:
            self.explained[comparison.kind, comparison.row] += 1
        if comparison.unexplained:
            self.unexplained.append(comparison)


def compared(count: int, seed: int) -> Summary:
    """Compare `count` repositories of the seed.

    Raises:
        go_program.NotBuiltError: The program that asks the notary library cannot be had.
    """
    summary = Summary()
    drafts = itertools.islice(mutated(seed), count)
    begin = time.monotonic()
    with oracle.running() as asked:
        while batch := list(itertools.islice(drafts, BATCH)):
            for comparison in judged(asked, batch):
                summary.take(comparison)
    summary.seconds = time.monotonic() - begin
    return summary


def judged(asked: oracle.Oracle, drafts: list[Draft]) -> Iterator[Comparison]:
    """Both verdicts on each draft."""
    answers = asked.ask(drafts)
    now = datetime.now(timezone.utc)  # the notary library reads the clock itself
    items = [(draft.gun, draft.files, None) for draft in drafts]
    batch = verify_many(items, anchor=Anchor.first_use(), now=now, threads=1)
    errors = batch.errors
    for index, (draft, answer) in enumerate(zip(drafts, answers, strict=True)):
        error = errors[index]
        repository = batch[index] if error is None else None
        theirs = verdicts.theirs(answer)
        ours = verdicts.ours(repository, error)
        comparison = classified(draft, ours, theirs)
        if repository is not None and comparison.kind == "both accept" and ours.view:
            wrong = verdicts.look_up(repository, ours.view.tags)
            if wrong:
                comparison = Comparison(draft, ours, theirs, "differ", None, f"look-up: {wrong}")
        yield comparison


def classified(draft: Draft, ours: Verdict, theirs: Verdict) -> Comparison:
    """The difference between two verdicts, if any, and what explains it."""
    if ours.view is None and theirs.view is None:
        return Comparison(draft, ours, theirs, "both refuse")
    if ours.view is None:
        found = _why_we_refuse(draft, ours, theirs.view)
        return Comparison(draft, ours, theirs, "we refuse", found, ours.text)
    if theirs.view is None:
        found = _why_we_accept(draft, theirs)
        return Comparison(draft, ours, theirs, "we accept", found, theirs.text)
    detail = _difference(ours.view, theirs.view)
    if not detail:
        return Comparison(draft, ours, theirs, "both accept")
    row = _why_roles_differ(draft, ours.view, theirs.view)
    return Comparison(draft, ours, theirs, "differ", row, detail)


def _why_we_refuse(draft: Draft, ours: Verdict, theirs: View) -> str | None:
    for row in rows.WE_REFUSE:
        if row.explains(draft, ours, ours.role):
            return row.what
    # They never came to a role below one that they had left out.
    above = ours.role.rpartition("/")[0]
    while "/" in above:
        if above not in theirs.roles:
            return next((r.what for r in rows.LEFT_OUT_BY_THEM if r.fact(draft, above)), None)
        above = above.rpartition("/")[0]
    return None


def _why_we_accept(draft: Draft, theirs: Verdict) -> str | None:
    named = re.search(r"threshold for (\S+)$|integrity of (root)s$", theirs.text)
    roles = [named[1] or named[2]] if named else sorted(draft.files)
    for row in rows.WE_ACCEPT:
        if any(row.explains(draft, theirs, role) for role in roles):
            return row.what
    return None


def _difference(ours: View, theirs: View) -> str:
    for name, mine, other in (
        ("roles", ours.roles, theirs.roles),
        ("lists", ours.lists, theirs.lists),
        ("tags", ours.tags, theirs.tags),
    ):
        if mine != other:
            apart = sorted({*mine} ^ {*other}) or [k for k in sorted(mine) if mine[k] != other[k]]  # type: ignore[index]
            return f"{name}: {apart}"
    return ""


def _why_roles_differ(draft: Draft, ours: View, theirs: View) -> str | None:
    """The row that explains which roles or targets one side leaves out, if nothing else differs."""
    found: str | None = None
    for role in sorted(set(ours.roles) & set(theirs.roles)):
        if ours.roles[role] != theirs.roles[role]:
            return None
        if ours.lists.get(role) != theirs.lists.get(role):
            found = _why_lists_differ(draft, role, ours, theirs)
            if found is None:
                return None
    apart = set(ours.roles) ^ set(theirs.roles)
    for role in sorted(apart):
        if role.rpartition("/")[0] in apart:
            continue  # a role is left out with the one above it
        found = _why_left_out(draft, role, ours, by_us=role in theirs.roles)
        if found is None:
            return None
    return found


def _why_lists_differ(draft: Draft, role: str, ours: View, theirs: View) -> str | None:
    mine, other = ours.lists[role], theirs.lists[role]
    known = all(
        (role, name) in ours.unusable and facts.short_sha512(draft, role, name)
        for name in set(other) - set(mine)
    )
    same = all(other.get(name) == mine[name] for name in mine)
    return rows.SHORT_SHA512 if known and same else None


def _why_left_out(draft: Draft, role: str, ours: View, *, by_us: bool) -> str | None:
    if not by_us:
        return next((r.what for r in rows.LEFT_OUT_BY_THEM if r.fact(draft, role)), None)
    code = ours.broken.get(role, "")
    return next(
        (r.what for r in rows.LEFT_OUT_BY_US if code in r.codes and r.fact(draft, role)), None
    )
