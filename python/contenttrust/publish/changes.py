"""What somebody has changed in a document, in words."""

from __future__ import annotations

from contenttrust.errors import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contenttrust.publish.metadata import Document

_NAMED = 5


def between(before: Document, after: Document) -> list[str]:
    """How the content of a root or targets document differs, in words; empty where it does not.

    Version, expiry and the keys that no role has are no content.
    """
    kinds = (("tag", _targets), ("delegation", _delegations), ("role", _roles))
    return [
        f"{kind}{'s' * (len(names) > 1)} {what}: {_listed(names)}"
        for kind, content in kinds
        for what, names in _differences(content(before), content(after))
    ]


def _differences(
    before: Mapping[str, Document], after: Mapping[str, Document]
) -> Iterator[tuple[str, list[str]]]:
    both = before.keys() & after.keys()
    found = (
        ("added", after.keys() - before.keys()),
        ("changed", {name for name in both if before[name] != after[name]}),
        ("removed", before.keys() - after.keys()),
    )
    return ((what, sorted(names)) for what, names in found if names)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(map(shown, names[:_NAMED])) + (f" and {more} more" if more > 0 else "")


def _targets(document: Document) -> Mapping[str, Document]:
    return document.get("targets") or {}


def _delegations(document: Document) -> Mapping[str, Document]:
    given = (document.get("delegations") or {}).get("roles") or []
    return {one["name"]: one for one in given}


def _roles(document: Document) -> Mapping[str, Document]:
    roles: Mapping[str, Document] = document.get("roles") or {}
    return roles
