"""JSON documents for machines: one on standard output, failures included."""

from __future__ import annotations

import json
import re
import sys

from contenttrust.cli import report, streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from contenttrust._core import Notice, SignedTag, TrustedRepository
    from contenttrust.errors import ContentTrustError

_DECEIVING = "\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"


def tag_members(tag: SignedTag) -> dict[str, Any]:
    """A signed tag as every document shows it."""
    return {
        "name": tag.name,
        "digest": tag.digest,
        "size": tag.size,
        "role": tag.role,
        "signers": report.signer_names(tag),
    }


def error_code(error: ContentTrustError) -> str:
    """The reason code of an error, or the word for its kind where the closed list has none."""
    from contenttrust.errors import (  # noqa: PLC0415 -- only on failure
        InputNeededError,
        KeyStoreError,
        PublishError,
    )

    if error.code:
        return error.code
    words = (
        (InputNeededError, "input_needed"),  # of its kind, before the kind above it
        (KeyStoreError, "key_store"),
        (PublishError, "publish"),
    )
    return next((word for kind, word in words if isinstance(error, kind)), "internal")


def error_members(error: ContentTrustError) -> dict[str, Any]:
    """A refusal or a missing answer, with its stable reason code."""
    members = {
        "code": error_code(error),
        "role": error.role,
        "message": error.message,
        "gun": error.gun,
        "expected": error.expected,
        "found": error.found,
    }
    if error.upload:
        members["upload"] = error.upload
    return {**members, "kept_keys": list(error.kept_keys)} if error.kept_keys else members


def repository_members(repository: TrustedRepository) -> dict[str, Any]:
    """The tags, roles and notices of a verified repository."""
    return {
        "tags": [tag_members(tag) for tag in repository.tags.values()],
        "roles": {
            name: {
                "version": role.version,
                "expires": role.expires_text,
                "key_ids": list(role.key_ids),
                "canonical_key_ids": list(role.canonical_key_ids),
                "threshold": role.threshold,
            }
            for name, role in repository.roles.items()
        },
    }


def notice_members(repository: TrustedRepository | None) -> dict[str, Any]:
    """What must be told beside a verdict: broken roles, and warnings such as trust on first use."""
    degraded = repository.degraded if repository is not None else ()
    warnings = repository.warnings if repository is not None else ()
    return {
        "degraded": _notices(degraded, "role", "code", "message"),
        "warnings": _notices(warnings, "code", "message"),
    }


def unusable_members(repository: TrustedRepository | None) -> dict[str, Any]:
    """The tags that no image can be fetched by."""
    unusable = repository.unusable if repository is not None else ()
    return {"unusable": _notices(unusable, "name", "role", "code")}


def _notices(notices: Iterable[Notice], *members: str) -> list[dict[str, str]]:
    return [{member: getattr(notice, member) for member in members} for notice in notices]


def encode(document: object, *, indent: int | None = None) -> str:
    """JSON text without a character that a terminal could take for a command.

    Text outside ASCII stays readable where standard output is UTF-8; control characters and
    bidirectional marks become JSON escapes, which mean the same.
    """
    text = json.dumps(document, ensure_ascii=not _utf8(), indent=indent)
    return text if text.isprintable() else re.sub(r"[^ -~\n]", _escape, text)


def write(schema: str, members: dict[str, Any]) -> None:
    """Print one document; indented for a reader at a terminal, in one line otherwise."""
    document = {"schema": schema, **members}
    streams.write(encode(document, indent=2 if sys.stdout.isatty() else None) + "\n")


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("_", "-") in {"utf-8", "utf8"}


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return character if character.isprintable() else json.dumps(character)[1:-1]


def encode_as_go(document: object) -> str:
    """JSON text as docker prints it, to the byte where no name is meant to deceive a reader.

    Control characters beyond ASCII and bidirectional marks, which docker prints raw, are escapes
    everywhere; whatever else a terminal would not show is one at a terminal only.

    Source: Go's encoding/json escapes what HTML and JavaScript would stumble over.
    """
    text = json.dumps(document, ensure_ascii=not _utf8(), indent=4)
    text = re.sub(f"[<>&\u2028\u2029{_DECEIVING}]", lambda match: f"\\u{ord(match[0]):04x}", text)
    return re.sub(r"[^ -~\n]", _escape, text) if sys.stdout.isatty() else text
