"""`contenttrust delegation remove GUN ROLE`: stage that it loses keys, paths, or all."""

from __future__ import annotations

from contenttrust.cli import editing, exit_codes, text
from contenttrust.cli.confirm import confirmed
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

_QUESTION = "\nAre you sure you want to remove all data for this delegation? (yes/no)  "


def run(request: Request) -> int:
    """Stage a removal; that of a whole delegation is confirmed first."""
    options = request.options
    paths = editing.split(options.paths)
    if options.all_paths and paths:
        raise UsageError("--paths and --all-paths: leave out one of them")
    edited = editing.collection(request, options.gun, asks=options.publish)
    role, gun = text.safe(options.operand), text.safe(edited.gun)
    if not (options.keys or paths or options.all_paths):
        if not confirmed(request, _QUESTION):
            text.complain("Aborting action.")
            return exit_codes.REFUSED
        with editing.usage():
            edited.remove_delegation(options.operand)
        said = f"Forced removal (including all keys and paths) of delegation role {role} to"
    else:
        with editing.usage():
            edited.remove_delegation(
                options.operand, key_ids=options.keys, paths=paths, every_path=options.all_paths
            )
        said = f"Removal of delegation role {role}"
        if options.keys:
            said += f" with keys [{' '.join(options.keys)}],"
        if options.all_paths or paths:
            shown = "\n".join(map(text.safe, paths))
            said += " with all paths," if options.all_paths else f" with paths [{shown}],"
        said += " to"
    text.say("", f'{said} repository "{gun}" staged for next publish.', "")
    return editing.staged(request, edited)
