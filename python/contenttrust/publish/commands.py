"""Commands that messages suggest: quoted for a shell, or none where a name cannot be typed."""

from __future__ import annotations

from contenttrust.errors import shown
from contenttrust.publish.metadata import BASE_ROLES, ROOT, TIMESTAMP
from contenttrust.publish.tags import child_digest, is_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def command(*words: str) -> str:
    """One command of this program; empty where a word has what cannot be shown as it is.

    Whoever may list a tag chooses its name: unquoted it could be a second command.
    """
    import shlex  # noqa: PLC0415 - only where something is suggested

    if any(shown(word) != word for word in words):
        return ""
    return shlex.join(("contenttrust", *words))


def taking_keys_out(gun: str, role: str, key_ids: Sequence[str]) -> str:
    """The command that takes keys out of a role."""
    if role in BASE_ROLES:
        managed = ["--server-managed"] if role == TIMESTAMP else []
        return command("key", "rotate", gun, role, *managed)
    return command("delegation", "remove", "-p", gun, role, *key_ids)


def renewing_root(gun: str) -> str:
    """How root is renewed where its keys are kept elsewhere."""
    rotate = command("signing-request", "rotate", "--key", "NEW.crt", gun, ROOT, "FILE")
    return (
        "where they are kept elsewhere, they sign a request with a new certificate of each "
        f"(contenttrust key certificate): {rotate}"
    )


def taking_back(repository: str, gun: str, name: str, role: str) -> str:
    """The command that takes a target back; empty where its name cannot be typed.

    Args:
        repository: As images are named.
        gun: Its collection.
        name: Of the target; what is no tag is taken out of one role.
        role: Which.
    """
    if digest := child_digest(name):
        return command("revoke", f"{repository}@{digest}")
    if is_tag(name):
        return command("revoke", f"{repository}:{name}")
    return command("remove", "-p", "-r", role, gun, "--", name)
