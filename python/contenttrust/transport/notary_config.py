"""The `trust_pinning` section of a notary client's configuration, as an anchor.

Source: notary 0.7.0 `trustpinning/trustpin.go`: `certs` by exact name, then `certs` by the longest
wildcard, then `ca` by the longest prefix, then trust on first use unless it is switched off.
"""

from __future__ import annotations

import json
from pathlib import Path

from contenttrust._core import Anchor

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_MEMBERS = {"certs", "ca", "disable_tofu"}
_ID_LENGTH = 64


class NotaryConfigError(ValueError):
    """The configuration cannot mean what somebody wanted it to mean."""


def anchor_from_notary_config(path: str | os.PathLike[str], gun: str) -> Anchor:
    """What a notary client's configuration pins a collection to.

    Args:
        path: Of the JSON file. Paths in it are relative to its directory.
        gun: Name of the collection.

    Returns:
        Certificate ids, a CA, trust on first use, or, where that is switched off and nothing fits,
        what is remembered only.

    Raises:
        NotaryConfigError: Something in `trust_pinning` has the wrong type, is unknown or is empty.
        OSError: The file, or a CA file that it names for this collection, cannot be read.

    Source: notary 0.7.0 `NewTrustPinChecker`.
    """
    file = Path(path)
    certs, authorities, first_use = _trust_pinning(file)
    ids = _best(certs, gun)
    if ids is not None:
        return Anchor.certificates(certs[ids])
    prefix = _longest(prefix for prefix in authorities if gun.startswith(prefix))
    if prefix is not None:
        pem = (file.parent / authorities[prefix]).read_bytes()
        if not pem.strip():
            raise NotaryConfigError(f"the CA file {authorities[prefix]!r} is empty")
        return Anchor.ca(pem)
    return Anchor.first_use() if first_use else Anchor.remembered()


def _best(certs: dict[str, list[str]], gun: str) -> str | None:
    """The entry for this very name, else the wildcard with the longest prefix."""
    if gun in certs:
        return gun
    return _longest(
        name for name in certs if name.endswith("*") and gun.startswith(name.removesuffix("*"))
    )


def _longest(names: Iterable[str]) -> str | None:
    return max(names, key=len, default=None)


def _trust_pinning(file: Path) -> tuple[dict[str, list[str]], dict[str, str], bool]:
    """The section's three members, each of the right type: a slip must not unpin anything."""
    try:
        config = json.loads(file.read_bytes(), object_pairs_hook=_without_duplicates)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NotaryConfigError(f"{file} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise NotaryConfigError(f"{file} holds no JSON object")
    for name in config:
        # notary ignores case here: a section that it would obey must not be passed over
        if name.lower() == "trust_pinning" and name != "trust_pinning":
            raise NotaryConfigError(f"{name!r} must be written as 'trust_pinning'")
    section = _object(config.get("trust_pinning", {}), "trust_pinning")
    unknown = sorted(set(section) - _MEMBERS)
    if unknown:
        raise NotaryConfigError(f"trust_pinning has the unknown member {unknown[0]!r}")
    certs = _object(section.get("certs", {}), "certs")
    authorities = _object(section.get("ca", {}), "ca")
    disable_tofu = section.get("disable_tofu", False)
    if not isinstance(disable_tofu, bool):
        raise NotaryConfigError("disable_tofu must be true or false")
    for name, pem in authorities.items():
        if not isinstance(pem, str) or not pem:
            raise NotaryConfigError(f"ca: {name!r} must name a file")
    pinned = {name: _ids(name, ids) for name, ids in certs.items()}
    return pinned, {name: str(pem) for name, pem in authorities.items()}, not disable_tofu


def _object(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise NotaryConfigError(f"{name} must be an object")
    return value


def _ids(name: str, value: object) -> list[str]:
    """Key ids of one entry; without a single one the entry would pin to nothing."""
    if not isinstance(value, list) or not value:
        raise NotaryConfigError(f"certs: {name!r} must list at least one key id")
    ids = [text for text in value if isinstance(text, str) and len(text) == _ID_LENGTH]
    if len(ids) != len(value) or not set("".join(ids)) <= set("0123456789abcdef"):
        raise NotaryConfigError(
            f"certs: {name!r} must list ids of 64 lower-case hexadecimal digits"
        )
    return ids


def _without_duplicates(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) != len(members):
        raise NotaryConfigError("the configuration has a member twice")
    return found
