"""`contenttrust key generate [NAME]`: a signer's key with NAME.pub to pass on, or a root key."""

from __future__ import annotations

import os

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.key.list import members
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

_DEFAULT = "ecdsa"
_ALGORITHMS_OF_NOTARY = ("ecdsa", "rsa")


def run(request: Request) -> int:
    """Generate a key; both halves are kept by whoever runs this."""
    options = request.options
    algorithm = options.algorithm or _DEFAULT
    if not options.operand:
        if options.directory is not None:
            raise UsageError("--dir is for the public key of a signer: name the signer")
        role = options.role or "root"
        entry = editing.key_store(request).generate(
            algorithm, role=role, gun=options.gun_filter or ""
        )
        text.say(
            f"Generated new {algorithm} {text.safe(role)} key with keyID: {text.safe(entry.key_id)}"
        )
        request.tell("keys", **members(entry))
        return exit_codes.OK
    if options.role is not None or options.gun_filter is not None:
        raise UsageError("--role and --gun are for keys of roles: leave out the signer's name")
    from contenttrust.keys.public_file import check_name, generate_for_signer  # noqa: PLC0415

    name = options.operand
    check_name(name)
    if name in _ALGORITHMS_OF_NOTARY:
        # Before anybody types a passphrase: whoever types notary's words wants a root key.
        told = (
            f"this makes a key for a signer named {name}, as docker does; where notary's algorithm "
            f"is meant, leave out the name: contenttrust key generate --algorithm {name}"
        )
        report.warn(request, [told])
    directory = os.getcwd() if options.directory is None else options.directory  # noqa: PTH109
    text.say(f"Generating key for {text.safe(name)}...")
    store = editing.key_store(request)
    entry, path = generate_for_signer(store, name, directory=directory, algorithm=algorithm)
    request.tell("keys", **members(entry), public_key_file=path)
    text.say(
        "Successfully generated and loaded private key. Corresponding public key available: "
        f"{text.safe(path)}"
    )
    return exit_codes.OK
