"""What witnessed roles list: shown before they are signed, and asked about if one is broken."""

from __future__ import annotations

from contenttrust.cli import text
from contenttrust.cli.confirm import answered
from contenttrust.cli.repositories import CancelledError
from contenttrust.cli.tag_lines import tag_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from contenttrust.cli.request import Request
    from contenttrust.publish.witnessed import Witnessed


def confirm(request: Request, gun: str, witnessed: Sequence[Witnessed]) -> None:
    """Show what each role lists; ask whether somebody answers for a broken one.

    Raises:
        CancelledError: Whoever was asked said no.
        InputNeededError: Nobody can be asked; names the tags.
    """
    for one in witnessed:
        request.tell("witnessed", gun=gun, role=one.role, broken=one.is_broken,
                     tags=dict(one.tags), delegations=list(one.delegations),
                     outside=list(one.outside))  # fmt: skip
        role = f"{text.safe(one.role)} of {text.safe(gun)}"
        outside = {tag: one.tags[tag] for tag in one.outside}
        listed = tag_lines({tag: it for tag, it in one.tags.items() if tag not in outside})
        listed += [f"{line}, outside the paths of the role" for line in tag_lines(outside)]
        listed += [f"the delegation {text.safe(name)}" for name in one.delegations]
        told = f"{role} is signed again as it is. It lists:"
        if one.is_broken:
            told = (
                f"{role} is broken: it does not count now. Whoever witnesses it answers for what "
                "it listed when it was valid here:"
            )
        if not one.is_broken or request.options.yes:
            if not request.options.quiet:  # on standard error: notary prints nothing of it
                text.complain(told, *(f"  {line}" for line in listed or ["no tag"]))
        elif not answered(request, told, listed or ["no tag"], "Sign it? [y/N] ", option="-y"):
            raise CancelledError(f"{role} was not witnessed: nothing was signed or published")
