"""Files of other publications and of other repositories in the place of the right ones."""

from __future__ import annotations

from random import Random

from differential.draft import Collection, Draft


def swap_files(
    random: Random, draft: Draft, collections: list[Collection], own: Collection
) -> None:
    """Exchange, drop or rename files; sometimes the parents are made to fit."""
    kind = random.choice(
        ("older", "older", "older", "other repository", "drop", "as another role", "name")
    )
    names = sorted(draft.files)
    name = random.choice(names)
    if kind == "older":
        # Every choice of old and new files, the wholly old publication included.
        for each in names:
            if each in own.older and random.random() < 0.5:
                draft.files[each] = own.older[each]
    elif kind == "other repository":
        other = random.choice(collections)
        taken = [
            each for each in sorted(other.files) if random.random() < random.choice((0.2, 1.0))
        ]
        draft.files.update({each: other.files[each] for each in taken})
    elif kind == "drop":
        del draft.files[name]
    elif kind == "as another role":
        draft.files[random.choice(names)] = draft.files[name]
    else:
        draft.gun = random.choice(
            (draft.gun + "x", draft.gun.upper(), "docker.io/acme/other", draft.gun[:-1])
        )
    fitted = random.random() < 0.4
    if fitted:
        draft.refit(sorted(draft.files))
    draft.changes.append(f"files: {kind}{', refitted' if fitted else ''}")
