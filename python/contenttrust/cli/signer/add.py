"""`contenttrust signer add NAME REPOSITORY…`: let somebody sign, as docker trust does."""

from __future__ import annotations

from functools import partial

from contenttrust.cli import editing, report, text
from contenttrust.cli.confirm import answered
from contenttrust.cli.options import UsageError
from contenttrust.cli.repositories import CancelledError, each, gun_of
from contenttrust.cli.tag_lines import tag_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from contenttrust._core import PublicKey
    from contenttrust.cli.request import Request
    from contenttrust.publish.publication import Published


def run(request: Request) -> int:
    """Add a signer to each repository; those that fail are named at the end."""
    from contenttrust.publish import images  # noqa: PLC0415 -- see editing

    options = request.options
    name = options.signer
    with editing.usage():
        images.check_name(name)
    if not options.keys:
        raise UsageError("path to a public key must be provided using the `--key` flag")
    keys = editing.public_keys(request, options.keys)
    weak = [key.canonical_key_id for key in keys if key.key_type.startswith("ed25519")]
    report.warn(
        request,
        [f"key {one}: docker and notary take no Ed25519 key as a signer's" for one in weak],
    )
    guns = {repository: gun_of(request, repository) for repository in options.names}

    def add(repository: str) -> None:
        shown = text.safe(repository)
        text.say(f'Adding signer "{name}" to {shown}...')
        edited = editing.collection(request, guns[repository])
        is_here = any(edited.keys.find(key.canonical_key_id) is not None for key in keys)
        ask = partial(_ask, request, repository, is_here)
        begin = partial(editing.check_may_begin, request, edited)
        done = images.add_signer(edited, name, keys, confirm=ask, may_begin=begin)
        report.warn(request, [*done.notes, *_more_than_a_signer(done, name, keys)])
        request.tell("published", gun=done.gun, versions=dict(done.versions))
        if done.versions.get("root") == 1:
            text.say(
                f"Initializing signed repository for {shown}...",
                f'Successfully initialized "{shown}"',
            )
            editing.tell_root_key(done.documents["root"])
        text.say(f"Successfully added signer: {name} to {shown}", "")

    return each(request, options.names, add, failed="failed to add signer to")


def _more_than_a_signer(done: Published, name: str, keys: Sequence[PublicKey]) -> Iterator[str]:
    """That a key which was added is one of the collection itself, and how that ends."""
    from contenttrust.publish.commands import taking_keys_out  # noqa: PLC0415 -- see editing
    from contenttrust.publish.metadata import BASE_ROLES  # noqa: PLC0415

    signed_by = {role: done.repository.roles[role].canonical_key_ids for role in BASE_ROLES}
    for key_id in dict.fromkeys(key.canonical_key_id for key in keys):
        roles = [role for role, key_ids in signed_by.items() if key_id in key_ids]
        if roles:
            ways = "; ".join(
                taking_keys_out(done.gun, role, [key_id])
                for role in (f"targets/{name}", "targets/releases")
            )
            yield (
                f"key {key_id} of {name} is a key of {', '.join(roles)} too: whoever has it can do "
                "more than sign tags. Add a key that is the signer's alone (contenttrust key "
                f"generate), then take this one out: {ways}"
            )


def _ask(
    request: Request,
    repository: str,
    is_here: bool,  # noqa: FBT001 -- for partial
    back: Mapping[str, Mapping[str, str]],
) -> None:
    """Ask whether what the same key has signed before is to count again.

    Raises:
        CancelledError: Whoever was asked said no.
        InputNeededError: Nobody can be asked; names the tags.
    """
    name, shown = request.options.signer, text.safe(repository)
    told = (
        f"The server has kept what was signed for {shown} before. With the key of "
        f'"{name}" this counts again:'
    )
    lines = [
        f"{text.safe(role)} lists {tag}"
        for role, tags in back.items()
        for tag in tag_lines(tags) or ["no tag"]
    ]
    if is_here:  # what was removed begins anew then, so that these are there already
        roles = " and ".join(map(text.safe, back))
        why = f"The private key is here, but {roles} is there already, and broken."
        way = (
            f"first sign {roles} with a key that it has (contenttrust sign), or take it away and "
            "add its signers again (contenttrust delegation remove, then signer add): it begins "
            "anew then"
        )
    else:
        why = "Where the private key is, a role that was removed begins anew, without it."
        way = "add the signer where the private key is: a role that was removed begins anew there"
    question = f"{why} Add the signer all the same? [y/N] "
    if not answered(request, told, lines, question, option=f"-y, or {way}"):
        raise CancelledError(f"the signer {name} was not added to {shown}")
    if request.options.yes:
        report.warn(request, [f"{line} again" for line in lines])
