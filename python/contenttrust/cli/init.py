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
    certificate = None
    if options.root_cert is not None:
        [certificate] = editing.public_keys(request, [options.root_cert])
    named = [] if options.root_key is None else [options.root_key]
    with editing.named_keys(edited, named, role="root") as given:
        root_key_ids = given or (_root_keys(edited) if certificate is None else ())
        edited.initialize(
            root_key_ids=root_key_ids,
            root_certificate=certificate,
            # As notary, not as docker: the snapshot's key stays with the publisher.
            server_managed=("timestamp", *(["snapshot"] if options.server_managed else [])),
        )
        if not root_key_ids:
            editing.tell_root_key(edited.trust_dir.cached(edited.gun)["root"])
        return editing.staged(request, edited) if options.publish else exit_codes.OK


def _root_keys(edited: Collection) -> tuple[str, ...]:
    """The root key that is here; none: one is made."""
    from contenttrust.publish import first_root  # noqa: PLC0415 -- see editing

    here = first_root.chosen(edited)
    if here:
        text.say(f"Root key found, using: {here}")
        return (here,)
    return ()
