"""Which keys a backup was made of, as far as this trust directory knows.

It is a convenience for whoever asks what would be lost with this machine: no secret, no proof that
the archive still exists.
"""

from __future__ import annotations

from contenttrust.errors import TrustDirectoryError, shown
from contenttrust.keys.entry import is_key_id
from contenttrust.transport import files, remark
from contenttrust.transport.cache import TrustDirectory

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_FOLDER = "contenttrust"
_NAME = "keys-backed-up"
_LIMIT = 1024 * 1024


def backed_up(trust_dir: str | os.PathLike[str]) -> frozenset[str]:
    """Canonical ids of the keys that are in an archive, or came from one; empty if nobody knows."""
    try:
        with (
            TrustDirectory(trust_dir).opened() as top,
            files.opened(files.open_below(top, [_FOLDER])) as folder,
        ):
            text = files.read(folder, _NAME, _LIMIT, private=True).decode("ascii", "replace")
    except OSError:
        return frozenset()
    return frozenset(filter(is_key_id, text.split()))


def note(trust_dir: str | os.PathLike[str], key_ids: Iterable[str]) -> None:
    """Note that keys are in an archive; where that cannot be written, it is a warning.

    Args:
        trust_dir: The trust directory.
        key_ids: Their canonical ids.
    """
    place = TrustDirectory(trust_dir)
    try:
        with place.locked(_NAME, _NAME), place.opened(make=True) as top:
            known = sorted({*backed_up(trust_dir), *key_ids})
            with files.opened(files.open_below(top, [_FOLDER], make=True)) as folder:
                files.replace(folder, _NAME, "".join(f"{one}\n" for one in known).encode())
    except (TrustDirectoryError, OSError) as error:
        cause = error.__cause__ if isinstance(error, TrustDirectoryError) else error
        reason = getattr(cause, "strerror", None) or str(cause or error)
        remark.warn(
            __name__,
            f"it could not be noted in {shown(place.path)} that these keys are in an archive, so "
            f"that doctor does not know of it: {shown(reason)}",
        )
