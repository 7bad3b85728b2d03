"""`contenttrust revoke IMAGE[:TAG]`: take signatures away, as docker trust revoke does."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError, NotSignedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


def run(request: Request) -> int:
    """Revoke one tag, or all of a repository once that is confirmed."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing

    image = request.options.image
    shown = text.safe(image)
    reference = request.reference(image)
    if reference.digest is not None:
        raise UsageError(f"{image}: cannot use a digest reference for IMAGE:TAG")
    tags = None if reference.name_only else [str(reference.tag)]
    edited = editing.collection(request, reference.gun)
    question = f"Confirm you would like to delete all signature data for {shown}? [y/N] "
    if tags is None and not confirmed(request, question):
        text.complain("trust revoke has been cancelled")
        return exit_codes.REFUSED
    try:
        done = images.revoke(edited, tags)
    except ContentTrustError as error:
        if request.json:
            raise
        # What is not signed is told in docker's words alone: there is nothing to be done about it.
        why = error.message if isinstance(error, NotSignedError) else str(error)
        text.complain(f"could not remove signature for {shown}: {text.safe(why)}")
        return exit_codes.of(error)
    report.warn(request, done.notes)
    request.tell("published", gun=done.gun, versions=dict(done.versions))
    text.say(f"Successfully deleted signature for {shown}")
    return exit_codes.OK
