"""What the verbs of docker trust do alike: names of repositories, one after the other."""

from __future__ import annotations

from contenttrust.cli import exit_codes, text
from contenttrust.cli.options import UsageError
from contenttrust.errors import ContentTrustError, PublishError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contenttrust.cli.request import Request


class CancelledError(Exception):
    """Whoever was asked said no."""


def gun_of(request: Request, repository: str) -> str:
    """The collection of a repository, which is named without a tag.

    Raises:
        UsageError: It is no name, or has a tag or a digest.
    """
    reference = request.reference(repository)
    if not reference.name_only:
        raise UsageError(f"{repository}: a repository is named without a tag or a digest")
    return reference.gun


def each(
    request: Request, repositories: Sequence[str], do: Callable[[str], None], *, failed: str
) -> int:
    """Do something with each repository on its own, as docker does: one that fails stops no other.

    Args:
        request: Of this run.
        repositories: Their names.
        do: What to do with one.
        failed: Beginning of the line that names those that failed.

    Raises:
        ContentTrustError: The only one failed, and JSON is wanted.
    """
    alone = len(repositories) == 1
    codes = {repository: _done(request, repository, do, alone=alone) for repository in repositories}
    lost = [repository for repository, code in codes.items() if code != exit_codes.OK]
    if lost:
        text.complain(f"{failed}: {', '.join(map(text.safe, lost))}")
    return exit_codes.worst(codes.values())


def tell_failed(request: Request, gun: str, error: ContentTrustError) -> None:
    """Note, for a JSON document, that one of several collections failed, and why."""
    from contenttrust.cli.document import error_members  # noqa: PLC0415 -- where something failed

    request.tell("failed", **{**error_members(error), "gun": error.gun or gun})


def _done(request: Request, repository: str, do: Callable[[str], None], *, alone: bool) -> int:
    try:
        do(repository)
    except CancelledError as cancelled:
        tell_failed(request, gun_of(request, repository), PublishError(str(cancelled)))
        text.complain(text.safe(str(cancelled)))
        return exit_codes.REFUSED
    except ContentTrustError as error:
        if request.json and alone:
            raise
        tell_failed(request, gun_of(request, repository), error)
        text.complain(text.safe(str(error)), "")
        return exit_codes.of(error)
    return exit_codes.OK
