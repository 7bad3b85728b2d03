"""`contenttrust delegation add GUN ROLE [KEYFILE…]`: stage a delegation, or more keys and paths."""

from __future__ import annotations

from contenttrust.cli import editing, text
from contenttrust.cli.options import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.cli.request import Request

EVERY_PATH = '"" <all paths>'
"""How notary shows the empty prefix."""


def run(request: Request) -> int:
    """Stage what was named of keys, paths and threshold."""
    options = request.options
    paths = ("",) if options.all_paths else editing.split(options.paths)
    if options.all_paths and options.paths:
        raise UsageError("--paths and --all-paths: leave out one of them")
    keys = editing.public_keys(request, options.files)
    if not keys and not paths and options.threshold is None:
        raise UsageError("a delegation is added with files of public keys, --paths or --all-paths")
    edited = editing.collection(request, options.gun, asks=options.publish)
    with editing.usage():
        edited.add_delegation(
            options.operand, keys=keys, paths=paths, threshold=options.threshold or 1
        )
        if options.threshold is not None:
            edited.set_threshold(options.operand, options.threshold)
    said = [f"Addition of delegation role {text.safe(options.operand)}"]
    if keys:
        said.append(f"with keys [{' '.join(key.canonical_key_id for key in keys)}],")
    if paths:
        shown = "\n".join(text.safe(path) or EVERY_PATH for path in paths)
        said.append(f"with paths [{shown}],")
    if options.threshold is not None:
        said.append(f"with threshold {options.threshold},")
    said.append(f'to repository "{text.safe(edited.gun)}" staged for next publish.')
    text.say("", " ".join(said), "")
    return editing.staged(request, edited)
