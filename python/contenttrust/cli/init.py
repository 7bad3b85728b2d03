"""`contenttrust init GUN`: a new collection in the trust directory, as notary init makes it."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.publish.collection import Collection


def run(request: Request) -> int:
    """Initialize a collection; with -p it is published too."""
    options = request.options
    edited = editing.collection(request, options.gun)
    root_key_ids = _root_keys(edited, options.root_key)
    certificate = None
    if options.root_cert is not None:
        [certificate] = editing.public_keys(request, [options.root_cert])
    edited.initialize(
        root_key_ids=root_key_ids,
        root_certificate=certificate,
        # As notary, not as docker: the snapshot's key stays with the publisher.
        server_managed=("timestamp", *(["snapshot"] if options.server_managed else [])),
    )
    return editing.staged(request, edited) if options.publish else exit_codes.OK


def _root_keys(edited: Collection, named: str | None) -> tuple[str, ...]:
    """The keys that were named, else the root key that is here; none: one is made."""
    if named is not None:
        return editing.key_ids(edited, [named], role="root")
    here = [entry.key_id for entry in edited.keys.entries() if entry.role == "root"]
    if here:
        text.say(f"Root key found, using: {here[0]}")
        return (here[0],)
    return ()
