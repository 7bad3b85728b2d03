"""`contenttrust key rotate GUN ROLE`: other keys for a role, published at once."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, report, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.options import UsageError
from contenttrust.errors import NoKeyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request
    from contenttrust.publish.publication import Published

_ROLES = ("root", "targets", "snapshot", "timestamp")
_QUESTION = """\
Warning: you are about to rotate your root key.

You must use your old key to sign this root rotation.
Are you sure you want to proceed?  (yes/no)  """


def run(request: Request) -> int:
    """Rotate the keys of one role; a root rotation is confirmed first."""
    options = request.options
    role = options.target
    if role not in _ROLES and not role.startswith("targets/"):
        raise UsageError(f"{role}: keys are rotated of {', '.join(_ROLES)}")
    edited = editing.collection(request, options.gun)
    if role == "root" and not confirmed(request, _QUESTION):
        text.complain("", "Aborting action.")
        return exit_codes.REFUSED
    managed = options.server_managed
    files = [word for word in options.keys if not editing.is_key_id(word)]
    for path in files:
        editing.check_file(path)
    if files:
        from contenttrust.publish import rotation  # noqa: PLC0415 -- see editing

        # No key is brought in for a rotation that nobody here can sign.
        try:
            rotation.check(edited, role, server_managed=managed, key_ids=options.keys)
        except NoKeyError as error:
            if role == "root":
                error.message += (
                    ". If one of them is in a file that was named, bring it in first: contenttrust "
                    "key import FILE"
                )
            raise
    with editing.named_keys(edited, options.keys, role=role) as key_ids, editing.usage():
        done = edited.rotate_key(
            role, server_managed=managed, key_ids=key_ids, legacy=options.legacy or 0
        )
    report.warn(request, [*done.notes, *_old_keys(done, role), *_where_else(done, role)])
    request.tell("published", gun=done.gun, versions=dict(done.versions))
    request.tell("rotated", gun=done.gun, role=role, replaced=list(done.replaced),
                 recertified=list(done.recertified),
                 still_in={one: list(ids) for one, ids in done.still_in.items()})  # fmt: skip
    kept = [f"The {role} key {one} of {text.safe(edited.gun)} stays: only its certificate is new"
            for one in done.recertified]  # fmt: skip
    text.say(*kept)
    if set(done.repository.roles[role].canonical_key_ids) != set(done.recertified):
        text.say(f"Successfully rotated {role} key for repository {text.safe(edited.gun)}")
    return exit_codes.OK


def _old_keys(done: Published, role: str) -> list[str]:
    """That the keys that were replaced are here still, and until when they are needed."""
    lines = []
    for key_id in done.replaced:
        users = [one for one, it in done.repository.roles.items() if key_id in it.canonical_key_ids]
        if role == "root":
            need = "keep it, in a backup: clients that were away for long know no other"
        elif users:
            need = f"keep it: it still signs {', '.join(users)}"
        else:
            need = f"once nothing else needs it, 'contenttrust key remove {key_id}' takes it away"
        lines.append(f"the old {role} key {key_id} is still here; {need}")
    return lines


def _where_else(done: Published, role: str) -> list[str]:
    """Which roles name a replaced key still, whoever has it, and how that ends."""
    from contenttrust.publish.commands import taking_keys_out  # noqa: PLC0415 -- see editing

    return [
        f"the old {role} key is still a key of {one}: {', '.join(key_ids)}. To take it out there: "
        f"{taking_keys_out(done.gun, one, key_ids)}"
        for one, key_ids in done.still_in.items()
    ]
