"""What goes where a broken role begins anew, and what `targets` would decide in its place.

A tag that `targets/releases` does not list is pulled as `targets` lists it, perhaps by an older
digest. While the role is broken nobody pulls it. Whoever can break the role, as who holds the
snapshot key, must not find a publisher who brings the older image back by an upload.
"""

from __future__ import annotations

import contextlib

from contenttrust.errors import MalformedError, PublishError
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import (
    authority_of,
    below,
    is_signable,
    paths_before,
    paths_of,
)
from contenttrust.publish.metadata import TARGETS, signed_part
from contenttrust.publish.tags import (
    MOST,
    NO_DIGEST,
    digests,
    enumerated,
    is_tag,
    named,
    with_digest,
)
from contenttrust.publish.vouched import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document

# How a file that nobody has verified, or that somebody has written over here, can fail to be read.
_UNREADABLE = (KeyError, TypeError, AttributeError, MalformedError)


def known_of(draft: Draft, role: str) -> Iterator[tuple[dict[str, str], str]]:
    """Digests of what a broken role is known to list, by tag, and where that is from."""
    for document, when in _documents(draft, role):
        with contextlib.suppress(*_UNREADABLE):
            yield digests(document.get("targets") or {}), when


def _documents(draft: Draft, role: str) -> Iterator[tuple[Document, str]]:
    for files, when in (
        (draft.unverified, "as the server has it, which nobody has verified here"),
        (draft.verified(), "when it was valid here last"),
    ):
        with contextlib.suppress(*_UNREADABLE):
            yield signed_part(files[role]), when


def listed_before(draft: Draft, role: str) -> str:
    """The tags that go where a broken role begins anew, whoever has broken it."""
    told: dict[tuple[str, ...], str] = {}  # by what is listed
    for listed, when in known_of(draft, role):
        told[tuple(with_digest(tag, one) for tag, one in listed.items())] = when
    found = "; ".join(
        f"{when}: {', '.join(names) or 'no tag'}"  # nobody else may know them any more
        for names, when in reversed(told.items())
    )
    return found or "what that was is not known here"


def check_not_left_to_targets(draft: Draft) -> None:
    """Refuse to leave a tag to `targets` which a broken `targets/releases` listed otherwise.

    That is so where the role begins anew without it, is removed, or may not list it any more. A
    server may show a list in which nothing seems to differ: `targets` must list the same as each
    that is known. A role that is signed as somebody was shown it is not asked about again.

    Args:
        draft: With all changes.

    Raises:
        PublishError: There is such a tag; names them, and the ways out.
    """
    if RELEASES not in draft.was_broken or RELEASES in draft.agreed:
        return
    then = _left_to_targets(draft)
    known: dict[str, dict[str, str]] = {}  # where it is known from, by tag and digest
    for listed, when in known_of(draft, RELEASES):
        for tag in then.keys() & listed.keys():
            if listed[tag] != then[tag]:
                known.setdefault(tag, {})[listed[tag]] = when
    for tag, when in _left_to_gone(draft, then.keys() - known.keys()):
        known.setdefault(tag, {})["perhaps another, by a role below it,"] = when
    if not known:
        return
    told = [
        f"{named(tag)} as {then[tag]}, where it listed "
        + " and ".join(f"{one or NO_DIGEST} {when}" for one, when in known[tag].items())
        for tag in sorted(known)
    ]
    if RELEASES not in set(below(draft)):
        what = "be removed with"
    elif all(tag.startswith(_paths(draft)) for tag in known):
        what = "begin anew without"
    else:
        what = "lose paths of"
    raise PublishError(
        f"{RELEASES} is broken, so that what it listed is refused, and would {what} "
        f"tags that {TARGETS} lists otherwise. These would be pulled then: "
        f"{enumerated(told, separator='; ')}. Nothing was published. {_ways_out(draft, known)}",
        gun=draft.gun,
        role=RELEASES,
        subject=min(known),
        found="; ".join(told),
    )


def _left_to_targets(draft: Draft) -> dict[str, str]:
    """Digests of what `targets` decides that a broken `targets/releases` decided before, by tag."""
    before, paths = tuple(paths_before(draft, RELEASES)), _paths(draft)
    # As long as it does not begin anew, what it may list is refused.
    begins = RELEASES in draft.roles or RELEASES in draft.made
    kept = draft.roles[RELEASES]["targets"] if RELEASES in draft.roles else {}
    return {
        tag: digest
        for tag, digest in digests(draft.roles[TARGETS]["targets"]).items()
        if digest
        and tag.startswith(before)  # else nothing changes for it
        and (not tag.startswith(paths) or (begins and tag not in kept))
    }


def _left_to_gone(draft: Draft, tags: Collection[str]) -> Iterator[tuple[str, str]]:
    """Tags that a broken `targets/releases` left to roles below it, and where that is from."""
    kept = draft.roles.get(RELEASES, {})
    for document, when in _documents(draft, RELEASES):
        with contextlib.suppress(*_UNREADABLE):
            gone = tuple(path for _, path in _given(document) - _given(kept))
            listed = document.get("targets") or {}
            yield from [(tag, when) for tag in tags if tag not in listed and tag.startswith(gone)]


def _given(document: Document) -> set[tuple[str, str]]:
    """The roles that a document delegates to, with each of their paths."""
    roles = (document.get("delegations") or {}).get("roles") or []
    return {(one["name"], path) for one in roles for path in one.get("paths") or []}


def _paths(draft: Draft) -> tuple[str, ...]:
    """The prefixes of what `targets/releases` may list; none where it is removed."""
    return tuple(paths_of(draft, RELEASES)) if RELEASES in set(below(draft)) else ()


def _ways_out(draft: Draft, tags: Collection[str]) -> str:
    """How nothing older is pulled; what is staged of the role is in the way of the first."""
    ways = []
    if RELEASES in draft.broken and all(tag.startswith(_paths(draft)) for tag in tags):
        if draft.broken[RELEASES] is not None and is_signable(authority_of(draft, RELEASES)):
            witness = command("witness", "-p", draft.gun, RELEASES)
            reset = command("reset", "-n", "NUMBER", draft.gun)
            first = (
                f"forget what is staged of it ({reset}), then " if RELEASES in draft.staged else ""
            )
            way = f"have it signed as it was, before it is changed ({witness}), which shows it"
            ways.append(f"{first}{way}")
        some = sorted(tags) if len(tags) <= MOST and all(map(is_tag, tags)) else ["TAG"]
        sign = command("sign", *(f"{draft.gun}:{tag}" for tag in some))
        ways.append(f"sign all of them in one publication, with which it begins anew{_in(sign)}")
    tag = next(iter(tags)) if len(tags) == 1 else "TAG"
    remove = command("remove", "-p", "-r", TARGETS, draft.gun, "--", tag)
    ways.append(f"take each out of {TARGETS} first, so that it is not signed any more{_in(remove)}")
    listed = "; or ".join(ways)
    return listed[0].upper() + listed[1:]


def _in(shown: str) -> str:
    return f" ({shown})" if shown else ""
