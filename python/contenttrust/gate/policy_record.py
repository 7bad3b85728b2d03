"""Which version of each policy was seen last: an older one does not come back."""

from __future__ import annotations

import json

from contenttrust.errors import PolicyError, TrustDirectoryError, shown
from contenttrust.transport import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contenttrust.policy.rules import Policy
    from contenttrust.transport.cache import TrustDirectory

_FOLDER = ("contenttrust", "policies")
_NAME = "versions.json"
_LIMIT = 1_048_576
_PATIENCE_S = 30.0


def check(directory: TrustDirectory, policy: Policy, *, remember: bool = True) -> None:
    """Refuse a policy of a lower version than one of its name that was used before.

    A policy without name and version, as Docker's own, has nothing that could be compared.

    Args:
        directory: Where versions are remembered.
        policy: To be used.
        remember: Whether its version is remembered.

    Raises:
        PolicyError: A newer one was used.
        TrustDirectoryError: The record cannot be read or written.
    """
    if not policy.name:
        return
    try:
        with (
            directory.opened(make=True) as top,
            files.opened(files.open_below(top, _FOLDER, make=True)) as folder,
            files.locked(folder, f"{_NAME}.lock", patience=_PATIENCE_S),
        ):
            seen = _read(folder)
            last = seen.get(policy.name, 0)
            if policy.version < last:
                raise PolicyError(
                    f"the policy {shown(policy.name)} is of version {policy.version}, and version "
                    f"{last} was used here before: use that one, or give this one a higher version",
                    expected=str(last),
                    found=str(policy.version),
                )
            if remember and policy.version > last:
                seen[policy.name] = policy.version
                files.replace(folder, _NAME, json.dumps(seen, sort_keys=True).encode())
    except OSError as error:
        raise TrustDirectoryError(
            f"the record of policies in {shown(directory.path)} cannot be used: "
            f"{error.strerror or error}"
        ) from error


def _read(folder: int) -> dict[str, int]:
    try:
        data = files.read(folder, _NAME, _LIMIT, private=True)
    except FileNotFoundError:
        return {}
    try:
        found = json.loads(data)
        return {str(name): int(version) for name, version in found.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise TrustDirectoryError(
            f"the record of policies is damaged: remove {'/'.join(_FOLDER)}/{_NAME} from the trust "
            "directory once you know which versions were in use"
        ) from error
