"""The environment of programs that we start: ours, without what only we are to know."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIXES = ("DOCKER_CONTENT_TRUST_", "NOTARY_")
_SUFFIXES = ("_PASSPHRASE", "_AUTH")


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that a credential helper or docker may have.

    Passphrases of keys and the credentials in ``NOTARY_AUTH`` are not among them: whoever may look
    at such a program's environment would have them.

    Args:
        env: Ours.
    """
    return {
        name: value
        for name, value in env.items()
        if not (name.startswith(_PREFIXES) and name.endswith(_SUFFIXES))
    }
