"""What can be seen of a changed repository: why a known difference may show in it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from differential.draft import TOP, Draft
from differential.notary_json import message
from simulator.canonical import encoded

ONE_CERTIFICATE = re.compile(
    rb"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/\n]+=*\n-----END CERTIFICATE-----\n?"
)
PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}")


def _signed(draft: Draft, name: str) -> Any:
    try:
        return json.loads(draft.files[name])["signed"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def listed_keys(draft: Draft, role: str) -> list[tuple[str, bytes]]:
    """Type and public part of each key that the delegator of `role` lists for it, once an id."""
    try:
        if role in TOP:
            part = _signed(draft, "root")
            keys, entries = part["keys"], [part["roles"][role]]
        else:
            part = _signed(draft, role.rpartition("/")[0])["delegations"]
            keys, entries = part["keys"], [r for r in part["roles"] if r["name"] == role]
        ids = {key_id for entry in entries for key_id in entry["keyids"] or []}
        found = [keys[key_id] for key_id in sorted(ids)]
        return [(key["keytype"], base64.b64decode(key["keyval"]["public"])) for key in found]
    except (KeyError, TypeError, ValueError):
        return []


def _public_key(key_type: str, public: bytes) -> Any:
    try:
        if public.lstrip().startswith(b"-----") or key_type.endswith("-x509"):
            begin = public.index(b"-----BEGIN CERTIFICATE")
            return x509.load_pem_x509_certificate(public[begin:]).public_key()
        if key_type == "ed25519":
            return ed25519.Ed25519PublicKey.from_public_bytes(public)
        return serialization.load_der_public_key(public)
    except (ValueError, TypeError):
        return None


def _identities(draft: Draft, role: str) -> list[bytes]:
    keys = [_public_key(*listed) for listed in listed_keys(draft, role)]
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return [key.public_bytes(serialization.Encoding.DER, form) for key in keys if key is not None]


def same_key_twice(draft: Draft, role: str) -> bool:
    """Whether two ids of the role stand for one key."""
    identities = _identities(draft, role)
    return len(set(identities)) < len(identities)


def on_p224(draft: Draft, role: str) -> bool:
    """Whether a key of the role is on the curve P-224."""
    keys = [_public_key(*listed) for listed in listed_keys(draft, role)]
    return any(isinstance(getattr(key, "curve", None), ec.SECP224R1) for key in keys)


def unclean_certificate(draft: Draft, role: str) -> bool:
    """Whether a key of the role is a certificate with something around it, or not quite one."""
    keys = listed_keys(draft, role)
    return any(kind.endswith("-x509") and not ONE_CERTIFICATE.fullmatch(pem) for kind, pem in keys)


def other_root_pem(draft: Draft, _role: str) -> bool:
    """Whether a certificate of root is not spelt as it would be written."""
    keys = [(_certificate(public), public) for kind, public in listed_keys(draft, "root")]
    pem = serialization.Encoding.PEM
    return any(made is not None and made.public_bytes(pem) != public for made, public in keys)


def _certificate(public: bytes) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(public)
    except ValueError:
        return None


def short_sha512(draft: Draft, role: str, name: str) -> bool:
    """Whether a target of the role has a sha512 that is none."""
    try:
        return (
            len(base64.b64decode(_signed(draft, role)["targets"][name]["hashes"]["sha512"])) != 64
        )
    except (KeyError, TypeError, ValueError):
        return False


def wrong_label(draft: Draft, role: str) -> bool:
    """Whether a key of the role is labelled with another type than its own."""
    for kind, public in listed_keys(draft, role):
        key = _public_key(kind, public)
        family = "ecdsa" if isinstance(key, ec.EllipticCurvePublicKey) else "rsa"
        if key is not None and kind != family + ("-x509" if b"-----BEGIN" in public else ""):
            return True
    return False


def unusual_numbers(draft: Draft, role: str) -> bool:
    """Whether the file of the role holds a number that is no plain integer within 2^53."""
    spelt: list[str] = []
    try:
        text = draft.files[role].decode("utf-8", "replace")
        json.loads(text, parse_int=spelt.append, parse_float=spelt.append)
    except (KeyError, ValueError, RecursionError):
        return False
    return any(not PLAIN_INTEGER.fullmatch(number) or abs(int(number)) > 2**53 for number in spelt)


def signed_as_served(draft: Draft, role: str) -> bool:
    """Whether a key of the role has signed the text of `signed`, and that is not canonical."""
    document = draft.files.get(role, b"")
    text = signed_text(document.decode("utf-8", "surrogateescape"))
    try:
        signatures = json.loads(document)["signatures"]
        if text is None or message(text) == encoded(text):
            return False
    except (KeyError, TypeError, ValueError, RecursionError):
        return False
    keys = [_public_key(*listed) for listed in listed_keys(draft, role)]
    return any(
        _has_signed(key, base64.b64decode(entry["sig"]), encoded(text))
        for entry in signatures
        for key in keys
    )


def signed_text(document: str) -> str | None:
    """The value of the member `signed` as it stands in the document."""
    decoder = json.JSONDecoder(object_pairs_hook=list)
    space = re.compile(r"[ \t\n\r]*[,:{]?[ \t\n\r]*")
    try:
        at = space.match(document).end()  # type: ignore[union-attr]
        while True:
            name, at = decoder.raw_decode(document, at)
            at = space.match(document, at).end()  # type: ignore[union-attr]
            end = decoder.raw_decode(document, at)[1]
            if name == "signed":
                return document[at:end]
            at = space.match(document, end).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        return None


def _has_signed(key: Any, signature: bytes, text: bytes) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            r, s = (
                int.from_bytes(half, "big")
                for half in (signature[: len(signature) // 2], signature[len(signature) // 2 :])
            )
            key.verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
            key.verify(signature, text, pss, hashes.SHA256())
        else:
            key.verify(signature, text)
    except (AttributeError, InvalidSignature, ValueError):
        return False
    return True


def _objects(node: Any, name: str) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        found = node.get(name)
        if isinstance(found, dict):
            yield found
        for value in node.values():
            yield from _objects(value, name)
    elif isinstance(node, list):
        for value in node:
            yield from _objects(value, name)


def means_nothing(draft: Draft, _role: str) -> bool:
    """Whether there are other hashes, other roles in root, or other files in timestamp."""
    for name in draft.files:
        part = _signed(draft, name)
        if any(set(hashes) - {"sha256", "sha512"} for hashes in _objects(part, "hashes")):
            return True
        if not isinstance(part, dict):
            continue
        if set(part.get("roles") or ()) - set(TOP):
            return True
        if name == "timestamp" and set(part.get("meta") or ()) - {"snapshot"}:
            return True
    return False


def always(_draft: Draft, _role: str) -> bool:
    """Nothing needs to be looked at: the texts say it."""
    return True
