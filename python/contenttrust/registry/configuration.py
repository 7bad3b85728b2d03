"""What an image's configuration says of builds that begin with the image.

As of manifests, what two readers could take for two things is refused.

Source: OCI image-spec 1.1 `config.md`; moby docker-image-spec 1.3 `spec.md` (``OnBuild``).
"""

from __future__ import annotations

from contenttrust.registry.manifest import DocumentError, check_names
from contenttrust.transport.docker_config import json_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = "config"
_ON_BUILD = "OnBuild"


def triggers(body: bytes) -> tuple[str, ...]:
    """The instructions that ``ONBUILD`` left in an image, in their order.

    Args:
        body: The configuration, as it was received.

    Raises:
        DocumentError: It is none, or not without doubt. The text can be shown; it begins like
            ``is no JSON``.
    """
    members, reason = json_object(body)
    if reason:
        raise DocumentError(reason)
    found = _member(_object(_member(members, _CONFIG)), _ON_BUILD)
    if found is None:
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise DocumentError(f"has '{_ON_BUILD}' that is no list of instructions")
    if any("\ud800" <= letter <= "\udfff" for one in found for letter in one):
        raise DocumentError(f"has '{_ON_BUILD}' with half a surrogate pair")
    return tuple(found)


def _member(members: Mapping[str, object], name: str) -> object:
    check_names(members, (name,))
    return members.get(name)


def _object(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DocumentError(f"has '{_CONFIG}' that is no object")
    return value
