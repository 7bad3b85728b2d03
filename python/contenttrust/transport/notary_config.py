"""A notary client's configuration: its `trust_pinning` as an anchor, its `remote_server`.

Source: notary 0.7.0 `trustpinning/trustpin.go`: `certs` by exact name, then `certs` by the longest
wildcard, then `ca` by the longest prefix, then trust on first use unless it is switched off;
`cmd/notary/tuf.go` `getTransport`.
"""

from __future__ import annotations

import json
from pathlib import Path

from contenttrust._core import Anchor
from contenttrust.transport import chosen_file
from contenttrust.transport.authorities import certificates_in
from contenttrust.transport.tls import Tls

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

_MEMBERS = {"certs", "ca", "disable_tofu"}
_SERVER_TEXTS = ("url", "root_ca", "tls_client_cert", "tls_client_key")
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
        NotaryConfigError: Something in `trust_pinning` has the wrong type, is unknown or is empty,
            or a file is no regular file or larger than 1 MiB.
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
        pem = _content(file.parent / authorities[prefix])
        if not pem.strip():
            raise NotaryConfigError(f"the CA file {authorities[prefix]!r} is empty")
        return Anchor.ca(pem)
    return Anchor.first_use() if first_use else Anchor.remembered()


class RemoteServer:
    """The trust server of a notary client.

    Attributes:
        url: Where it is, or None where the configuration does not say.
        tls: What its certificate must satisfy, or None where the configuration does not say.
    """

    __slots__ = ("tls", "url")

    def __init__(self, url: str | None, tls: Tls | None) -> None:
        self.url = url
        self.tls = tls


def remote_server_from_notary_config(path: str | os.PathLike[str]) -> RemoteServer:
    """The trust server that a notary client asks.

    Args:
        path: Of the JSON file. Paths in it are relative to its directory.

    Returns:
        URL, certificate authority (which takes the place of the system's, as with notary) and
        client certificate.

    Raises:
        NotaryConfigError: Something in `remote_server` has the wrong type or is unknown, a file is
            no regular file or larger than 1 MiB, or one of certificates holds none.
        OSError: The file, or one that it names, cannot be read.

    Source: notary 0.7.0 `getTransport`.
    """
    file = Path(path)
    section = _object(_config(file, "remote_server"), "remote_server")
    unknown = sorted(set(section) - {*_SERVER_TEXTS, "skipTLSVerify"})
    if unknown:
        raise NotaryConfigError(f"remote_server has the unknown member {unknown[0]!r}")
    texts: dict[str, str] = {}
    for name in _SERVER_TEXTS:
        value = section.get(name, "")
        if not isinstance(value, str):
            raise NotaryConfigError(f"remote_server: {name} must be a text")
        texts[name] = value
    skip = section.get("skipTLSVerify", False)
    if not isinstance(skip, bool):
        raise NotaryConfigError("remote_server: skipTLSVerify must be true or false")
    authority, certificate, key = (
        str(file.parent / texts[name]) if texts[name] else None for name in _SERVER_TEXTS[1:]
    )
    if (certificate is None) != (key is None):
        raise NotaryConfigError("remote_server: either both client key and cert, or neither")
    for pem in (authority, certificate):
        if pem is not None:
            _check_certificates(pem)
    if key is not None:
        _content(Path(key))
    tls = None
    if skip or authority is not None or certificate is not None:
        tls = Tls(
            ca_files=() if authority is None else (authority,),
            cert_file=certificate,
            key_file=key,
            verify=not skip,
            system=authority is None,
        )
    return RemoteServer(texts["url"] or None, tls)


def _check_certificates(pem: str) -> None:
    """Find a slip before anybody is asked: no cache may stand in for an authority."""
    try:
        certificates_in(pem)
    except ValueError as error:
        raise NotaryConfigError(f"{pem}: {error}") from error


def _best(certs: dict[str, list[str]], gun: str) -> str | None:
    """The entry for this very name, else the wildcard with the longest prefix."""
    if gun in certs:
        return gun
    return _longest(
        name for name in certs if name.endswith("*") and gun.startswith(name.removesuffix("*"))
    )


def _longest(names: Iterable[str]) -> str | None:
    return max(names, key=len, default=None)


def _content(file: Path) -> bytes:
    try:
        return chosen_file.read(file)
    except chosen_file.ChosenFileError as error:
        raise NotaryConfigError(f"{file}: {error}") from error


def _config(file: Path, section: str) -> object:
    """One section of the configuration; empty where it has none."""
    try:
        config = json.loads(_content(file), object_pairs_hook=_without_duplicates)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise NotaryConfigError(f"{file} is no JSON: {error}") from error
    if not isinstance(config, dict):
        raise NotaryConfigError(f"{file} holds no JSON object")
    for name in config:
        # notary ignores case here: a section that it would obey must not be passed over
        if name.lower() == section and name != section:
            raise NotaryConfigError(f"{name!r} must be written as {section!r}")
    return config.get(section, {})


def _trust_pinning(file: Path) -> tuple[dict[str, list[str]], dict[str, str], bool]:
    """The section's three members, each of the right type: a slip must not unpin anything."""
    section = _object(_config(file, "trust_pinning"), "trust_pinning")
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
