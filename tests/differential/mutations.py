"""Endless repositories with something changed, the same ones for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from differential.byte_mutations import change_bytes
from differential.draft import Collection, Draft, Unchanged
from differential.json_mutations import change_json
from differential.role_mutations import change_role
from differential.shapes import collections
from differential.signature_mutations import change_signatures
from differential.swaps import swap_files

CHANGES: tuple[tuple[Callable[[Random, Draft, list[bytes]], None], int], ...] = (
    (change_bytes, 15),
    (change_json, 35),
    (change_role, 30),
    (change_signatures, 12),
)
SWAPS = 8
HOW_MANY = (1, 1, 1, 1, 2, 2, 3)


def mutated(seed: int) -> Iterator[Draft]:
    """Changed repositories without end."""
    random = Random(seed)
    pristine = list(collections())
    donors = [document for one in pristine for document in one.files.values()]
    while True:
        yield _changed(random, random.choice(pristine), pristine, donors)


def _changed(
    random: Random, own: Collection, pristine: list[Collection], donors: list[bytes]
) -> Draft:
    draft = Draft.of(own)
    draft.changes.append(own.name)
    wanted = random.choice(HOW_MANY)
    weights = [weight for _, weight in CHANGES]
    for _ in range(wanted):
        for _attempt in range(4):
            files, signers = dict(draft.files), dict(draft.signers)
            try:
                if random.random() * (sum(weights) + SWAPS) < SWAPS:
                    swap_files(random, draft, pristine, own)
                else:
                    change = random.choices([change for change, _ in CHANGES], weights)[0]
                    change(random, draft, donors)
            except (Unchanged, UnicodeEncodeError):  # no bytes stand for half a surrogate pair
                draft.files, draft.signers = files, signers
                continue
            break
    return draft
