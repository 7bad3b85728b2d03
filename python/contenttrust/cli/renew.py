"""`contenttrust renew GUN…`: sign anew what has expired or soon will."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.repositories import tell_failed
from contenttrust.errors import ContentTrustError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Renew each collection on its own: one that fails does not keep the others from it."""
    options = request.options
    edited = [editing.collection(request, gun) for gun in options.names]
    days = editing.SOON if options.within is None else options.within
    codes: list[int] = []
    for one in edited:
        gun = text.safe(one.gun)
        try:
            done = one.renew(days=days, roles=editing.split(options.roles) or None)
        except ContentTrustError as error:
            text.complain(f"cannot renew {gun}", *report.refusal(error))
            tell_failed(request, one.gun, error)
            codes.append(exit_codes.of(error))
            continue
        report.warn(request, (f"{gun}: {note}" for note in done.notes))
        request.tell("published", gun=done.gun, versions=dict(done.versions))
        roles = ", ".join(f"{role} (version {number})" for role, number in done.versions.items())
        text.say(f"Renewed of {gun}: {roles}" if roles else f"Nothing to renew of {gun}")
        # What ends soon and could not be renewed is not done.
        codes.append(exit_codes.REFUSED if done.notes else exit_codes.OK)
    return exit_codes.worst(codes)
