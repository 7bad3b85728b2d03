"""Tags as messages list them."""

from __future__ import annotations

from contenttrust.cli import natural_order, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def tag_lines(digests: Mapping[str, str]) -> list[str]:
    """Tags in the order of people, each with its digest; names and all are strangers' text."""
    from contenttrust.publish.tags import with_digest  # noqa: PLC0415 -- see editing

    tags = sorted(digests, key=natural_order.key)
    return [text.safe(with_digest(tag, digests[tag])) for tag in tags]
