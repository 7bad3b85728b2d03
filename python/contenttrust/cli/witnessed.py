"""What witnessed roles list: shown before they are signed, and asked about if one is broken."""

from __future__ import annotations

from contenttrust.cli import text
from contenttrust.cli.confirm import answered
from contenttrust.cli.repositories import CancelledError
from contenttrust.cli.tag_lines import tag_lines
from contenttrust.errors import InputNeededError

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
    for place, one in enumerate(witnessed):
        request.tell("witnessed", gun=gun, role=one.role, broken=one.is_broken,
                     tags=dict(one.tags), delegations=list(one.delegations),
                     outside=list(one.outside))  # fmt: skip
        told, listed = _told(gun, one)
        if not one.is_broken or request.options.yes:
            if not request.options.quiet:  # on standard error: notary prints nothing of it
                text.complain(told, *(f"  {line}" for line in listed))
            continue
        try:
            agreed = answered(request, told, listed, "Sign it? [y/N] ", option="-y")
        except InputNeededError as error:
            error.message = "; ".join([*_told_at_once(gun, witnessed[place + 1 :]), error.message])
            raise
        if not agreed:
            role = f"{text.safe(one.role)} of {text.safe(gun)}"
            raise CancelledError(f"{role} was not witnessed: nothing was signed or published")


def _told(gun: str, one: Witnessed) -> tuple[str, list[str]]:
    """What there is to know of a role, and what it lists."""
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
    return told, listed or ["no tag"]


def _told_at_once(gun: str, witnessed: Sequence[Witnessed]) -> list[str]:
    """The broken roles that follow one that nobody could be asked about: -y answers for all."""
    from contenttrust.publish.tags import enumerated  # noqa: PLC0415 -- only on failure

    broken = [_told(gun, one) for one in witnessed if one.is_broken]
    return [f"{told} {enumerated(listed)}" for told, listed in broken]
