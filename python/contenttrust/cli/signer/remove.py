"""`contenttrust signer remove NAME REPOSITORY…`: nothing rests on a signer any more, really."""

from __future__ import annotations

from functools import partial

from contenttrust.cli import editing, natural_order, report, text
from contenttrust.cli.confirm import answered
from contenttrust.cli.repositories import CancelledError, each, gun_of
from contenttrust.cli.tag_lines import tag_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from contenttrust.cli.request import Request
    from contenttrust.publish.images import Removed


def run(request: Request) -> int:
    """Remove a signer from each repository; those that fail are named at the end."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing

    options = request.options
    name = options.signer
    with editing.usage():
        images.check_name(name, is_removed=True)
    guns = {repository: gun_of(request, repository) for repository in options.names}

    def remove(repository: str) -> None:
        shown = text.safe(repository)
        text.say(f'Removing signer "{name}" from {shown}...')
        edited = editing.collection(request, guns[repository])
        done = images.remove_signer(
            edited,
            name,
            force=options.force,
            revoke=options.revoke,
            confirm=partial(_ask, request, repository),
            confirm_last=partial(_ask_last, request, repository),
            resume=partial(_ask_again, request, repository),
            resume_over=partial(_tell_changes, request, repository),
        )
        report.warn(request, done.published.notes)
        report.warn(request, _where_else(done, name))
        text.say(*_told(done, name, repository))
        request.tell("removed", repository=repository, key_ids=list(done.key_ids),
                     lost=dict(done.lost), unreleased=list(done.unreleased),
                     signed_again=list(done.signed_again),
                     still_in={role: list(ids) for role, ids in done.still_in.items()},
                     unvouched=dict(done.unvouched), revoked=dict(done.revoked),
                     pulled_as=dict(done.pulled_as),
                     revoked_in_targets=dict(done.revoked_in_targets))  # fmt: skip
        roles = ", ".join(map(text.safe, done.still_in))
        text.say(
            f"Removed {name} from {shown}, but a key of {name} may sign still: {roles}"
            if roles
            else f"Successfully removed {name} from {shown}"
        )

    return each(request, options.names, remove, failed="error removing signer from")


def _ask_last(
    request: Request, repository: str, lost: Mapping[str, str], pulled_as: Mapping[str, str]
) -> None:
    """Ask whether the last signer is to go, and with it what is released; -y does not answer that.

    Raises:
        CancelledError: Whoever was asked said no.
        InputNeededError: Nobody can be asked; names the tags.
    """
    name, shown = request.options.signer, text.safe(repository)
    unless = "Unless another signer is added and signs them first, "
    told = f'The signer "{name}" is the last one of {shown}. '
    if pulled_as:
        told += f"{unless}these tags become unpullable, or what targets lists under their names:"
    elif lost:
        told += f"{unless}this will make these tags unpullable:"
    else:
        told += "No tag is released that could be pulled only by it."
    lines = tag_lines(lost) + [f"{one}, as targets lists it" for one in tag_lines(pulled_as)]
    question = "Are you sure you want to continue? [y/N] "
    if not answered(request, told, lines, question, option="--force"):
        raise CancelledError(f"the removal of {name} from {shown} has been cancelled")


def _ask(request: Request, repository: str, unvouched: Mapping[str, str]) -> None:
    """Ask whether others are to answer for tags that only the signer lists.

    Raises:
        CancelledError: Whoever was asked said no.
        InputNeededError: Nobody can be asked; names the tags.
    """
    name, shown = request.options.signer, text.safe(repository)
    told = f'Nobody but the signer "{name}" lists these tags of {shown}, which stay released:'
    question = (
        "Others will answer for them; --revoke takes them back instead. Are you sure you want "
        "to continue? [y/N] "
    )
    if not answered(request, told, tag_lines(unvouched), question, option="--revoke or -y"):
        raise CancelledError(f"the removal of {name} from {shown} has been cancelled")


def _tell_changes(request: Request, repository: str, changes: str) -> None:
    """Tell, before it is asked, what the end of an interrupted removal changes."""
    told = (
        f"the trust server has another targets/releases of {repository} than was shown. What was "
        f"shown changes that, if it is signed: {changes}"
    )
    report.warn(request, [told])


def _ask_again(request: Request, repository: str, begun: str, digests: Mapping[str, str]) -> None:
    """Ask whether a removal that was interrupted is to end as it was agreed then.

    Raises:
        CancelledError: Whoever was asked said no.
        InputNeededError: Nobody can be asked; names the tags.
    """
    name, shown = request.options.signer, text.safe(repository)
    told = (
        f'The removal of the signer "{name}" from {shown}, begun at {text.safe(begun)}, was '
        "interrupted. targets/releases is signed again as it was shown then:"
    )
    tags = tag_lines(digests) or ["no tag"]
    if not answered(request, told, tags, "Continue? [y/N] ", option="-y"):
        raise CancelledError(f"the removal of {name} from {shown} was not brought to its end")


def _where_else(done: Removed, name: str) -> list[str]:
    """Which roles the keys may sign still, and how that ends."""
    from contenttrust.publish.commands import taking_keys_out  # noqa: PLC0415 -- see editing

    return [
        f"a key of {name} is still a key of {role}: {', '.join(key_ids)}. To take it out there: "
        f"{taking_keys_out(done.published.gun, role, key_ids)}"
        for role, key_ids in done.still_in.items()
    ]


def _told(done: Removed, name: str, repository: str) -> list[str]:
    """What docker never says: which tags lost the signature, and what became of them.

    Of many the first: a document names all.
    """
    from contenttrust.publish.tags import named, shortened  # noqa: PLC0415 -- see editing

    gone = set(done.unreleased)
    lost = sorted(done.lost, key=natural_order.key)
    stay = sorted(done.unvouched, key=natural_order.key)
    told = [
        [
            f"  {told} lost the signature of {name}"
            + (" and can no longer be pulled" if tag in gone else "")
            for tag, told in zip(lost, tag_lines(done.lost), strict=True)
        ],
        [
            f"  {text.safe(named(tag))} can no longer be pulled"
            for tag in sorted(gone - {*done.lost})
        ],
        [f"  {text.safe(role)} was signed again" for role in done.signed_again],
        [
            f"  {told} is what can be pulled from now on: targets lists it so"
            for told in tag_lines(done.pulled_as)
        ],
        [f"  {tag} is revoked: nobody else lists it" for tag in tag_lines(done.revoked)],
        [
            f"  {tag} is revoked too: targets listed it under the same name, and it would be pulled"
            for tag in tag_lines(done.revoked_in_targets)
        ],
        [
            f"  {told} stays released, though nobody else lists it"
            f"{_taken_back(done, repository, tag)}"
            for tag, told in zip(stay, tag_lines(done.unvouched), strict=True)
        ],
    ]
    return [line for lines in told for line in shortened(lines)]


def _taken_back(done: Removed, repository: str, tag: str) -> str:
    """How a tag is taken back, if its name can be typed."""
    from contenttrust.publish.commands import taking_back  # noqa: PLC0415 -- see editing

    way = taking_back(repository, done.published.gun, tag, "targets/releases")
    return f": to take it back, {way}" if way else ""
