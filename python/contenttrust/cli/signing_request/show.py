"""`contenttrust signing-request show FILE`: what would be signed, and who has signed it."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text
from contenttrust.cli.signing_request import output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust._core import Instant
    from contenttrust.cli.request import Request
    from contenttrust.publish.part import Part


def run(request: Request) -> int:
    """Show a request; nobody is asked for anything."""
    from contenttrust import clock  # noqa: PLC0415 -- see editing
    from contenttrust.publish.request import read_request  # noqa: PLC0415 -- see editing

    editing.check_file(request.options.file)
    found, now = read_request(request.options.file), clock.now()
    if request.json:
        from contenttrust.cli import document  # noqa: PLC0415 -- text needs no json

        missing = found.missing()
        parts = [
            {
                **_facts(part, now),
                "signed_by": sorted(
                    key_id for one in part.authorities for key_id in part.signed_by(one)
                ),
                "missing": [
                    {
                        "role": one.role,
                        "former": one.is_former,
                        "count": one.count,
                        "key_ids": list(one.key_ids),
                    }
                    for one in missing
                    if one.document == part.role
                ],
            }
            for part in found.parts
        ]
        members = {
            "gun": found.gun,
            "complete": not missing,
            "documents": parts,
            "files": [_facts(part, now) for part in found.ready()],
            "staged": list(found.staged),
        }
        document.write("contenttrust.signing-request-status/1", members)
    else:
        text.say(*output.lines(found, now))
    return exit_codes.OK


def _facts(part: Part, now: Instant) -> dict[str, object]:
    return {
        "role": part.role,
        "version": part.document["version"],
        "expires": part.document["expires"],
        "expired": part.has_expired(now),
        "document": part.document,
    }
