"""`contenttrust signer add NAME REPOSITORY…`: let somebody sign, as docker trust does."""

from __future__ import annotations

from contenttrust.cli import editing, report, text
from contenttrust.cli.options import UsageError
from contenttrust.cli.repositories import each, gun_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request


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
        editing.check_may_begin(request, edited)
        done = images.add_signer(edited, name, keys)
        request.tell("published", gun=done.gun, versions=dict(done.versions))
        if done.versions.get("root") == 1:
            text.say(
                f"Initializing signed repository for {shown}...",
                f'Successfully initialized "{shown}"',
            )
            editing.tell_root_key(done.documents["root"])
        text.say(f"Successfully added signer: {name} to {shown}", "")

    return each(request, options.names, add, failed="failed to add signer to")
