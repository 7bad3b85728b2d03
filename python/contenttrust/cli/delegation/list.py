"""`contenttrust delegation list GUN`: who may sign what, from verified data."""

from __future__ import annotations

from itertools import zip_longest

from contenttrust.cli import exit_codes, report, text
from contenttrust.cli.delegation.add import EVERY_PATH
from contenttrust.publish.listing import delegations_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust.cli.request import Request
    from contenttrust.publish.listing import Delegation

_HEADER = ("ROLE", "PATHS", "KEY IDS", "THRESHOLD")


def run(request: Request) -> int:
    """List the delegations of one collection, as notary delegation list does."""
    gun = request.options.gun
    repository, error = request.judge(request.gun(gun))
    listed = delegations_in(request.documents(gun)) if repository is not None else ()
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write(
            "contenttrust.delegations/1",
            {
                "gun": gun,
                "verified": repository is not None,
                "delegations": [_members(one) for one in listed],
                **document.notice_members(repository),
                "error": document.error_members(error) if error else None,
            },
        )
    elif repository is None:
        text.complain(*(report.refusal(error) if error is not None else ()))
    else:
        rows = [row for one in listed for row in _rows(one)]
        if rows:
            rule = tuple("-" * len(title) for title in _HEADER)
            text.say("", *text.table([_HEADER, rule, *rows], padding=4), "")
        else:
            text.say("", "", "No delegations present in this repository.", "", "")  # as notary
        report.notices(request, repository)
    return exit_codes.of(error)


def _rows(one: Delegation) -> Iterator[tuple[str, str, str, str]]:
    """One row, and more where a delegation has several paths or keys."""
    first = (text.safe(one.role), str(one.threshold))
    paths = [text.safe(path) or EVERY_PATH for path in sorted(one.paths)]
    for path, key_id in zip_longest(paths or [""], one.key_ids, fillvalue=""):
        yield first[0], path, key_id, first[1]
        first = ("", "")


def _members(one: Delegation) -> dict[str, object]:
    return {
        "role": one.role,
        "paths": list(one.paths),
        "key_ids": list(one.key_ids),
        "threshold": one.threshold,
    }
