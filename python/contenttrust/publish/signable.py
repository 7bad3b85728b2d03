"""What a signing request may ask to be signed: a document of one role, to its last member.

Who signs a request looks at what is shown of it, so nothing may be in it that is not shown, that
another reader would take for another kind of document, or that belongs to another collection. The
form is the one in which documents are published here; whatever else a stranger put there is
refused.
"""

from __future__ import annotations

from contenttrust import _core
from contenttrust.errors import MalformedError
from contenttrust.publish.delegations import authority_in, is_delegation
from contenttrust.publish.draft import checked_meta
from contenttrust.publish.metadata import (
    BASE_ROLES,
    ROOT,
    TARGETS,
    key_value,
    public_key,
)
from contenttrust.publish.strict_json import exactly, list_of, object_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from contenttrust._core import PublicKey
    from contenttrust.publish.delegations import Authority
    from contenttrust.publish.metadata import Document

_HEADER = frozenset({"_type", "expires", "version"})
_OF_ROOT = _HEADER | {"consistent_snapshot", "keys", "roles"}
_OF_TARGETS = _HEADER | {"delegations", "targets"}
_MOST_KEYS = 64
_TOO_LARGE_VERSION = 2**31


def check(
    role: str,
    document: Document,
    authorities: Collection[Authority],
    optional: Collection[Authority],
    *,
    gun: str,
) -> None:
    """Refuse a document that is not what it is said to be.

    Args:
        role: Whose document it is said to be.
        document: Its signed part.
        authorities: Who is to sign it.
        optional: Who may sign it too.
        gun: The collection that it is said to belong to.

    Raises:
        ValueError: It is another, or keys of another role or collection are to sign it.
        TypeError: A member has the wrong type.
        ContentTrustError: A key is not usable.
    """
    for one in (*authorities, *optional):
        if one.role != role:
            raise ValueError(f"keys of {one.role} are to sign a document of {role}")
        if not 0 < len(one.keys) <= _MOST_KEYS:
            raise ValueError(f"{len(one.keys)} keys are to sign a document of {role}")
    if role == ROOT:
        _check_root(document)
        first, *others = authorities
        if first != authority_in(document, ROOT) or len(others) > 1:
            raise ValueError("other keys are to sign a root than it names")
        for one in (*authorities, *optional):
            for key in one.keys.values():
                check_certificate(public_key(key), gun)
        return
    if role != TARGETS and not is_delegation(role):
        raise ValueError(f"a document of {role} is not signed in turns")
    if len(authorities) != 1 or optional:
        raise ValueError(f"too many are to sign a document of {role}")
    _check_targets(document, role)


def check_document(role: str, document: Document, *, gun: str | None) -> None:
    """Refuse a document that is not, to its last member, one of its role.

    Args:
        role: Whose document it is said to be.
        document: Its signed part.
        gun: The collection that it is said to belong to; None where it was made here: readers judge
            the certificates of a root that nobody else is asked to sign.

    Raises:
        ValueError: It is another.
        TypeError: A member has the wrong type.
        ContentTrustError: A key is not usable.
    """
    if role != ROOT:
        _check_targets(document, role)
        return
    _check_root(document)
    if gun is not None:
        for key in authority_in(document, ROOT).keys.values():
            check_certificate(public_key(key), gun)


def check_snapshot(document: Document) -> None:
    """Refuse a document that is no snapshot; nobody is asked to sign one.

    Args:
        document: Its signed part.

    Raises:
        ValueError: It is another.
        TypeError: A member has the wrong type.
    """
    _check_header(document, "Snapshot", _HEADER | {"meta"})
    for name, meta in object_of(document["meta"]).items():
        if not isinstance(meta, dict) or not {"hashes", "length"} <= meta.keys():
            raise ValueError(f"it does not say what {name!r} is")


def check_certificate(key: PublicKey, gun: str) -> None:
    """Refuse a root key that belongs to another collection than its certificate names.

    A wildcard would let one signature serve collections that nobody was shown, and who made the
    certificate is not known: it is refused.

    Args:
        key: Of a root.
        gun: The collection that the root is said to belong to.

    Raises:
        ValueError: It is certified for something else, or a bare key.
    """
    name = key.common_name
    if not key.key_type.endswith("-x509") or gun != name:
        raise ValueError(f"a root key is certified for {name or 'nothing'}, not for {gun}")


def odd_targets(document: Document) -> dict[str, str]:
    """What is wrong with the targets of a document that no request may ask to be signed, by name.

    Readers accept more than that, and other programs may have published it.

    Args:
        document: Of `targets` or a delegation.

    Raises:
        TypeError: It has no targets.
    """
    found: dict[str, str] = {}
    for name, meta in object_of(document["targets"]).items():
        if not name:
            found[name] = "it has no name"
        else:
            try:
                if checked_meta(object_of(meta)) != meta:
                    found[name] = "it is spelt otherwise"
            except (ValueError, TypeError, MalformedError) as error:
                found[name] = error.message if isinstance(error, MalformedError) else str(error)
    return found


def _check_header(document: Document, kind: str, names: frozenset[str]) -> None:
    exactly(document, names)
    if document["_type"] != kind:
        raise ValueError(f"its type is not {kind}")
    if _number(document["version"], "a version") >= _TOO_LARGE_VERSION:
        raise ValueError("its version is 2^31 or more: after it hardly another could be published")
    if _core.Instant.parse(text_of(document["expires"])) is None:
        raise ValueError("it does not say when it expires")


def _check_root(document: Document) -> None:
    _check_header(document, "Root", _OF_ROOT)
    if document["consistent_snapshot"] is not False:  # Notary knows no other
        raise ValueError("its consistent_snapshot is not false, as it is in every published root")
    keys = _checked_keys(document["keys"])
    roles = object_of(document["roles"])
    exactly(roles, frozenset(BASE_ROLES))
    for value in roles.values():
        exactly(object_of(value), frozenset({"keyids", "threshold"}))
        _check_signers(value, keys)


def _check_targets(document: Document, role: str) -> None:
    _check_header(document, "Targets", _OF_TARGETS)
    delegations = object_of(document["delegations"])
    exactly(delegations, frozenset({"keys", "roles"}))
    keys = _checked_keys(delegations["keys"])
    names = set()
    for value in list_of(delegations["roles"]):
        entry = object_of(value)
        exactly({**entry, "paths": None}, frozenset({"keyids", "name", "paths", "threshold"}))
        name = text_of(entry["name"])
        if name.rpartition("/")[0] != role or not is_delegation(name) or name in names:
            raise ValueError(f"{name!r} is no delegation of {role}, or is there twice")
        names.add(name)
        for path in list_of(entry.get("paths", [])):
            text_of(path)
        _check_signers(entry, keys, may_be_empty=True)
    for name, cause in odd_targets(document).items():
        raise ValueError(f"the target {name!r} is not written as a published one is: {cause}")


def _check_signers(
    value: Document, keys: Mapping[str, object], *, may_be_empty: bool = False
) -> None:
    ids = [text_of(one) for one in list_of(value["keyids"])]
    if len(set(ids)) != len(ids) or not set(ids) <= keys.keys() or not (ids or may_be_empty):
        raise ValueError("a role names keys that are not there, or none")
    if _number(value["threshold"], "a threshold") > max(len(ids), 1) and not may_be_empty:
        raise ValueError("a role asks for more signatures than it has keys")


def _checked_keys(value: object) -> Mapping[str, Document]:
    keys: Mapping[str, Document] = object_of(value)
    for key_id, key in keys.items():
        exactly(object_of(key), frozenset({"keytype", "keyval"}))
        exactly(object_of(key["keyval"]), frozenset({"private", "public"}))
        if key["keyval"]["private"] is not None:
            raise ValueError("a private key stands in it")
        found = public_key(key)
        if found.key_id != key_id or key_value(found) != key:
            raise ValueError("a key is filed under an id that is not its own")
    return keys


def _number(value: object, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{what} is no number of 1 or more")
    return value
