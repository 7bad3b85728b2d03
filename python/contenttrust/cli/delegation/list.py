"""`contenttrust delegation list GUN`: who may sign what, from verified data."""

from __future__ import annotations

from itertools import zip_longest

from contenttrust.cli import exit_codes, report, text
from contenttrust.cli.delegation.add import EVERY_PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from contenttrust._core import RoleInfo, TrustedRepository
    from contenttrust.cli.request import Request

_HEADER = ("ROLE", "PATHS", "KEY IDS", "THRESHOLD")


def run(request: Request) -> int:
    """List the delegations of one collection, as notary delegation list does."""
    gun = request.options.gun
    repository, error = request.judge(request.gun(gun))
    roles = [] if repository is None else _delegations(repository)
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        document.write(
            "contenttrust.delegations/1",
            {
                "gun": gun,
                "verified": repository is not None,
                "delegations": [_members(role) for role in roles],
                **document.notice_members(repository),
                "error": document.error_members(error) if error else None,
            },
        )
    elif repository is None:
        text.complain(*(report.refusal(error) if error is not None else ()))
    else:
        rows = [row for role in roles for row in _rows(role)]
        if rows:
            rule = tuple("-" * len(title) for title in _HEADER)
            text.say("", *text.table([_HEADER, rule, *rows], padding=4), "")
        else:
            text.say("", "", "No delegations present in this repository.", "", "")  # as notary
        report.notices(request, repository)
    return exit_codes.of(error)


def _delegations(repository: TrustedRepository) -> list[RoleInfo]:
    names = sorted(name for name in repository.roles if name.startswith("targets/"))
    return [repository.roles[name] for name in names]


def _rows(role: RoleInfo) -> Iterator[tuple[str, str, str, str]]:
    """One row, and more where a delegation has several paths or keys."""
    first = (text.safe(role.name), str(role.threshold))
    paths = [text.safe(path) or EVERY_PATH for path in sorted(role.paths)]
    for path, key_id in zip_longest(paths, sorted(role.canonical_key_ids), fillvalue=""):
        yield first[0], path, key_id, first[1]
        first = ("", "")


def _members(role: RoleInfo) -> dict[str, object]:
    return {
        "role": role.name,
        "paths": list(role.paths),
        "key_ids": list(role.canonical_key_ids),
        "threshold": role.threshold,
        "version": role.version,
        "expires": role.expires_text,
    }
