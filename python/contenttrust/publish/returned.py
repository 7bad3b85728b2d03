"""What has come back with a delegation, once it is published: that is read back, and compared.

A server can hide what it has kept until the keys that signed it count again.
"""

from __future__ import annotations

from itertools import accumulate

from contenttrust.errors import PublishError
from contenttrust.publish.commands import command
from contenttrust.publish.delegations import authorities_in
from contenttrust.publish.metadata import (
    LAST_VERSION,
    OTHER_LIFE_DAYS,
    SNAPSHOT,
    ends,
    is_soon,
    signed_part,
)
from contenttrust.publish.part import Part
from contenttrust.publish.returning import described, listed_in, not_counting
from contenttrust.publish.signers import is_name, role_of
from contenttrust.publish.vouched import RELEASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.draft import Draft
    from contenttrust.publish.metadata import Document


def check_returned(
    draft: Draft,
    before: Mapping[str, Authority],
    uploaded: Collection[str],
    served: Mapping[str, bytes],
) -> None:
    """See that nothing has come back unseen: what a server says it has is one thing.

    What somebody has signed since is no such thing: that is noted.

    Args:
        draft: As it was published.
        before: What `authorities` gave of the collection as it was.
        uploaded: Roles whose files were replaced.
        served: The verified files as they were read back.

    Raises:
        PublishError: Something has; names it.
    """
    roles = not_counting(draft, before, uploaded)
    unseen = tuple(f"{role}/" for role in roles)
    found = {}
    for role, file in served.items():
        if not f"{role}/".startswith(unseen) or draft.may_return.get(role) == file:
            continue
        document = Part.of_served(role, file).document
        if not listed_in(role, file) and not any(authorities_in(document)):
            continue
        if _is_new(draft, role, document):
            draft.notes.append(
                f"{role} was signed meanwhile with a key that it has now, and lists "
                f"{described(role, file)}"
            )
        else:
            found[role] = described(role, file)
    if found:
        what = "; and of ".join(
            f"{role} what nobody was shown: {listed}" for role, listed in found.items()
        )
        look = command("list", "--all-roles", draft.gun)
        ways = " and ".join(dict.fromkeys(_taking_away(draft, role, roles) for role in found))
        raise PublishError(
            f"{draft.gun} is published, but the server serves of {what}. It counts with the keys "
            "that are named now. It may be old, or signed just now with a clock that is behind: "
            f"look at it ({look}); if it is wrong, take it away again ({ways}), or revoke the tags",
            gun=draft.gun,
            role=next(iter(found)),
            found="; ".join(found.values()),
        )


def _is_new(draft: Draft, role: str, document: Document) -> bool:
    """Whether a role was signed after the server was asked what it had kept of it.

    What was signed before has no later version than what the server had, or was verified here. One
    that hid a file has to be told by the expiry: whoever signs gives a role its whole life from
    that moment, so that what is older ends earlier. This machine's clock may be slow: so it must
    also end later than the snapshot and what is above the role, which took its keys away after it
    was signed. With the key all this could be feigned, but who has it may sign.
    """
    if draft.asked is None or document["version"] <= draft.known.get(role, LAST_VERSION):
        return False
    if is_soon(document, draft.asked, days=OTHER_LIFE_DAYS):
        return False
    above = (SNAPSHOT, *accumulate(role.split("/")[:-1], "{}/{}".format))
    seen = [signed_part(draft.files[one]) for one in above if one in draft.files]
    return all(ends(document) > ends(one) for one in seen)


def _taking_away(draft: Draft, role: str, roles: Collection[str]) -> str:
    """The commands that take away again what came back: a signer, where it is one's."""
    top = next(one for one in roles if f"{role}/".startswith(f"{one}/"))
    signers = [one for one in (roles if top == RELEASES else [top]) if _is_signer(one)]
    if not signers:
        return command("delegation", "remove", draft.gun, top, "-p")
    names = [one.rpartition("/")[2] for one in signers]
    return " and ".join(command("signer", "remove", name, draft.gun) for name in names)


def _is_signer(role: str) -> bool:
    name = role.rpartition("/")[2]
    return role == role_of(name) and role != RELEASES and is_name(name)
