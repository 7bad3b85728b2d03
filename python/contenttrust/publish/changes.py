"""What somebody has changed in a document, in words."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.publish.metadata import message_of
from contenttrust.publish.tags import digest_of, enumerated, with_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from contenttrust.publish.metadata import Document

_NAMED = 5


def between(before: Document, after: Document) -> list[str]:
    """How the content of a root or targets document differs, in words; empty where it does not.

    Version, expiry and the keys that no role has are no content.
    """
    kinds = (
        ("tag", _targets, lambda name, meta: with_digest(name, digest_of(meta))),
        ("delegation", _delegations, lambda name, _: shown(name)),
        ("role", _roles, lambda name, _: shown(name)),
    )
    return [
        f"{kind}{'s' * (len(names) > 1)} {what}: {enumerated(names, most=_NAMED)}"
        for kind, content, name_of in kinds
        for what, names in _differences(content(before), content(after), name_of)
    ]


def _differences(
    before: Mapping[str, Document],
    after: Mapping[str, Document],
    name_of: Callable[[str, Document], str],
) -> Iterator[tuple[str, list[str]]]:
    both = before.keys() & after.keys()
    found = (
        ("added", after.keys() - before.keys()),
        # In the canonical form, because for Python 1 equals true.
        ("changed", {one for one in both if message_of(before[one]) != message_of(after[one])}),
        ("removed", before.keys() - after.keys()),
    )
    all_ = {**before, **after}
    return (
        (what, [name_of(one, all_[one]) for one in sorted(names)]) for what, names in found if names
    )


def _targets(document: Document) -> Mapping[str, Document]:
    return document.get("targets") or {}


def _delegations(document: Document) -> Mapping[str, Document]:
    given = (document.get("delegations") or {}).get("roles") or []
    return {one["name"]: one for one in given}


def _roles(document: Document) -> Mapping[str, Document]:
    roles: Mapping[str, Document] = document.get("roles") or {}
    return roles
